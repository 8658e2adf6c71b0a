//! Nine endpoints that get every event, alone, beside a tenth that hangs, and beside a tenth that refuses: what the tenth
//! costs the nine. The three are run one behind the other in each round.

use super::super::clock::seconds_between;
use super::super::conductor::Bench;
use super::super::order::{Expected, Latency, Load, Schedule, SinkOrder};
use super::super::server::Kind;
use super::super::store::{Wanted, endpoint_to};

/// Endpoints that do as they should.
const HEALTHY: u64 = 9;

/// What the nine got.
struct Share {
    /// Deliveries a second as fast as it goes.
    per_s: f64,
    /// From an event's being due to its arrival, at a steady rate.
    p99_ms: f64,
}

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let (alone, per_s) = beside(bench, None, None).await?;
    let others = [
        ("hanging_throughput", "hanging_p99", bench.hanging_url()),
        ("refusing_throughput", "refusing_p99", refusing_url()?),
    ];
    for (throughput, p99, url) in others {
        let (share, _) = beside(bench, Some(url), Some(per_s)).await?;
        bench.figures.note_beside(throughput, share.per_s, alone.per_s);
        bench.figures.note_beside(p99, share.p99_ms, alone.p99_ms);
    }
    Ok(())
}

/// What the nine get, and at which steady rate: half of the most, unless that of another run is to be kept.
async fn beside(
    bench: &mut Bench,
    tenth: Option<String>,
    steady_per_s: Option<f64>,
) -> anyhow::Result<(Share, f64)> {
    let healthy = (0..HEALTHY).map(|number| bench.endpoint_url(number));
    let endpoints: Vec<_> = healthy.chain(tenth).map(endpoint_to).collect();
    let store = bench.store(Wanted::of_one_shop(move |_: &[_]| endpoints)).await?;
    let server = bench.serve(&store, Kind::Real).await?;
    bench.forget(HEALTHY, false).await?;
    let load = bench.load(&store, &server, 1);
    let sent = bench.send(load.clone(), bench.for_a_while()).await?;
    let expected = Expected::everywhere(sent.count, HEALTHY);
    let arrived = bench.arrivals(expected.arrivals()).await?;
    bench.check("neighbours", expected).await?;
    let took_s = seconds_between(sent.started_us, arrived.last_us);

    let rate = steady_per_s.unwrap_or((sent.count as f64 / took_s / 2.0).max(1.0));
    bench.forget(HEALTHY, true).await?;
    let load = Load { first: sent.count, ..load };
    let steady = bench.send_steadily(load, rate, bench.plan.seconds).await?;
    let expected = Expected::everywhere(steady.count, HEALTHY).behind(sent.count);
    bench.arrivals(expected.arrivals()).await?;
    bench.check("neighbours", expected).await?;
    let schedule = Schedule { started_us: steady.started_us, per_s: rate };
    let latency: Latency = bench.sink.ask(&SinkOrder::Latency { expected, schedule }).await?;
    // What hangs would hold an orderly end up until its deadline.
    server.kill().await?;
    let share = Share { per_s: arrived.events as f64 / took_s, p99_ms: latency.p99_us as f64 / 1e3 };
    Ok((share, rate))
}

/// An address at which nobody listens.
fn refusing_url() -> anyhow::Result<String> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    Ok(format!("http://{address}/refuse"))
}
