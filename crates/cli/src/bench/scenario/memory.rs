//! What a server holds in memory: idle, and under full load.

use shopwire_engine::{SystemTimer, Timer as _};

use super::super::conductor::Bench;
use super::super::server::Kind;
use super::end_to_end::{Setup, deliver};

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let store = Setup::One.store(bench).await?;
    let server = bench.serve(&store, Kind::Real).await?;
    SystemTimer.sleep_ms((bench.plan.seconds * 1e3) as u64).await;
    let idle = server.memory()?;
    server.stop().await?;
    bench.figures.note("memory_idle", idle.resident_mb);
    for setup in [Setup::One, Setup::Everyone { endpoints: 10 }] {
        let delivered = deliver(bench, "memory", setup, bench.for_a_while()).await?;
        // The kernel's own record of the most there ever was.
        let loaded = delivered.server.memory()?;
        delivered.server.stop().await?;
        bench.figures.detail(&format!("memory_loaded_{}", setup.endpoints()), loaded.peak_mb.into());
        if setup == Setup::One {
            bench.figures.note("memory_loaded", loaded.peak_mb);
        }
    }
    Ok(())
}
