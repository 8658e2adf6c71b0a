//! Memory over a long time at a moderate load.

use serde_json::json;

use super::super::conductor::Bench;
use super::super::order::{Expected, Latency, Schedule, SinkOrder};
use super::super::server::Kind;
use super::super::statistics::{median, slope};
use super::end_to_end::Setup;

/// Of all looks at the memory, about so many are told.
const TOLD: usize = 240;

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let (per_s, minutes) = (bench.plan.soak_per_s, bench.plan.minutes);
    bench.progress(&format!("{per_s:.0} events a second for {minutes} minutes"))?;
    let store = Setup::One.store(bench).await?;
    let server = bench.serve(&store, Kind::Real).await?;
    bench.forget(1, true).await?;
    let sampler = server.sample_memory()?;
    let load = bench.load(&store, &server, 1);
    let sent = bench.send_steadily(load, per_s, minutes * 60.0).await?;
    let seen = sampler.seen();
    let expected = Expected::everywhere(sent.count, 1);
    bench.arrivals(expected.arrivals()).await?;
    bench.check("soak", expected).await?;
    let schedule = Schedule { started_us: sent.started_us, per_s };
    let latency: Latency = bench.sink.ask(&SinkOrder::Latency { expected, schedule }).await?;
    server.stop().await?;
    bench.figures.note("soak_p99", latency.p99_us as f64 / 1e3);
    note_memory(bench, &seen, sent.started_us);
    Ok(())
}

/// The last quarter's median against the second one's: the first is the warming up.
fn note_memory(bench: &mut Bench, seen: &[(u64, f64)], started_us: u64) {
    let quarter = seen.len() / 4;
    let of = |part: &[(u64, f64)]| median(&part.iter().map(|(_, mb)| *mb).collect::<Vec<_>>());
    let growth_mb = of(&seen[seen.len() - quarter..]) - of(&seen[quarter..2 * quarter]);
    bench.figures.note("soak_growth", growth_mb);
    let minutes = |at_us: u64| at_us.saturating_sub(started_us) as f64 / 60e6;
    let points: Vec<_> = seen.iter().skip(quarter).map(|(at_us, mb)| (minutes(*at_us), *mb)).collect();
    let told: Vec<_> = seen
        .iter()
        .step_by((seen.len() / TOLD).max(1))
        .map(|(at_us, mb)| json!([minutes(*at_us) * 60.0, mb]))
        .collect();
    bench.figures.detail("soak", json!({ "mb_per_minute": slope(&points), "seconds_and_mb": told }));
}
