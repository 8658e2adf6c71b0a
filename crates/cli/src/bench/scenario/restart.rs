//! Time from the start of the process to `GET /readyz` being answered 200, with a full log.

use super::super::conductor::Bench;
use super::super::server::Kind;
use super::super::store::Fill;
use super::end_to_end::Setup;

/// Starts after an orderly end, and as many after a kill.
const STARTS: usize = 3;

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let store = Setup::One.store(bench).await?;
    let events = bench.plan.log_events;
    bench.progress(&format!("filling the log with {events} events"))?;
    store.fill(Fill { events, days_ago: 0 }).await?;
    bench.figures.detail("restart_disk_bytes", store.disk_bytes()?.into());
    for _ in 0..STARTS {
        let server = bench.serve(&store, Kind::Real).await?;
        bench.figures.note("restart", server.start_ms());
        server.kill().await?;
        let server = bench.serve(&store, Kind::Real).await?;
        bench.figures.note("restart_killed", server.start_ms());
        server.stop().await?;
    }
    Ok(())
}
