//! Time from a webhook's being due to its answer and to its event's arrival, at a steady rate.

use super::super::conductor::Bench;
use super::super::order::{Expected, Latency, Schedule, Sent, SinkOrder};
use super::super::server::Kind;
use super::end_to_end::{self, Setup};

/// A quiet server's events a second.
const QUIET_PER_S: f64 = 100.0;

/// So much longer than other measurements: a quiet server gives few figures.
const LONGER: f64 = 3.0;

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let (sent, delivered) = at(bench, QUIET_PER_S).await?;
    note(bench, "100", &sent, &delivered);
    // What was measured before in this run, or else here.
    let most_per_s = match bench.figures.median("end_to_end_1") {
        Some(most_per_s) => most_per_s,
        None => end_to_end::rate(bench, "latency").await?,
    };
    let half_per_s = (most_per_s / 2.0).max(1.0);
    let (sent, delivered) = at(bench, half_per_s).await?;
    bench.figures.note("half_rate", half_per_s);
    note(bench, "half", &sent, &delivered);
    Ok(())
}

fn note(bench: &mut Bench, rate: &str, sent: &Sent, delivered: &Latency) {
    for (what, latency) in [("accept", &sent.latency), ("delivered", delivered)] {
        bench.figures.note(&format!("{what}_{rate}_p50"), latency.p50_us as f64 / 1e3);
        bench.figures.note(&format!("{what}_{rate}_p99"), latency.p99_us as f64 / 1e3);
    }
}

async fn at(bench: &mut Bench, per_s: f64) -> anyhow::Result<(Sent, Latency)> {
    let store = Setup::One.store(bench).await?;
    let server = bench.serve(&store, Kind::Real).await?;
    bench.forget(1, true).await?;
    let load = bench.load(&store, &server, 1);
    let sent = bench.send_steadily(load, per_s, bench.plan.seconds * LONGER).await?;
    let expected = Expected::everywhere(sent.count, 1);
    bench.arrivals(expected.arrivals()).await?;
    bench.check("latency", expected).await?;
    let schedule = Schedule { started_us: sent.started_us, per_s };
    let latency = bench.sink.ask(&SinkOrder::Latency { expected, schedule }).await?;
    server.stop().await?;
    Ok((sent, latency))
}
