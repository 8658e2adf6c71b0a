//! Delivery while the log lets go of old events: whether those who come and go notice.

use serde_json::json;
use shopwire_engine::{SystemTimer, Timer as _};

use super::super::conductor::Bench;
use super::super::order::{Expected, LetGo, LoadOrder, Sent, ServerOrder, SinkOrder, Timeline, Until};
use super::super::server::Kind;
use super::super::store::Fill;
use super::end_to_end::Setup;

/// How old the events are that go, and from which age on they do: both within what the server keeps by itself.
const DAYS_AGO: i64 = 20;
const DAYS_KEPT: u32 = 10;

/// Measurements as long as others: warming up, before, while they go, and after.
const PARTS: f64 = 4.0;

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let store = Setup::One.store(bench).await?;
    let events = bench.plan.dropped_events;
    bench.progress(&format!("filling the log with {events} old events"))?;
    store.fill(Fill { events, days_ago: DAYS_AGO }).await?;
    let mut server = bench.serve(&store, Kind::Obeying).await?;
    bench.forget(1, false).await?;
    let seconds = bench.plan.seconds;
    let load = bench.load(&store, &server, 1);
    let order = LoadOrder::Closed(load, Until::Seconds(seconds * PARTS));
    let letting_go = async {
        SystemTimer.sleep_ms((seconds * 2e3) as u64).await;
        server.ask::<LetGo>(&ServerOrder::Retain { days: DAYS_KEPT }).await
    };
    let (sent, let_go) = tokio::join!(bench.generator.ask::<Sent>(&order), letting_go);
    let (sent, let_go) = (sent?, let_go?);
    let expected = Expected::everywhere(sent.count, 1);
    bench.arrivals(expected.arrivals()).await?;
    bench.check("retention", expected).await?;
    let timeline = bench.sink.ask(&SinkOrder::Timeline).await?;
    server.kill().await?;
    if let_go.events > 0 {
        note(bench, &sent, &let_go, &timeline);
    } else {
        let why = format!("{events} old events fill no segment of the log, so none could go: give more");
        bench.figures.leave_out("retention".to_owned(), why);
    }
    Ok(())
}

/// The rate from the moment they begin to go, for as long as the measurements beside it or as they take, against the mean
/// of those before and behind.
fn note(bench: &mut Bench, sent: &Sent, let_go: &LetGo, timeline: &Timeline) {
    let part_us = (bench.plan.seconds * 1e6) as u64;
    let (from_us, to_us) = (let_go.started_us, let_go.ended_us.max(let_go.started_us + part_us));
    let before = timeline.per_s_between(from_us.saturating_sub(part_us).max(sent.started_us), from_us);
    let during = timeline.per_s_between(from_us, to_us);
    let behind = timeline.per_s_between(to_us, sent.ended_us.max(to_us + 1));
    let beside = if sent.ended_us > to_us { f64::midpoint(before, behind) } else { before };
    bench.figures.note_beside("retention", during, beside);
    let took_ms = (let_go.ended_us - let_go.started_us) as f64 / 1e3;
    let detail = json!({
        "events": let_go.events, "took_ms": took_ms,
        "before_per_s": before, "during_per_s": during, "after_per_s": behind,
    });
    bench.figures.detail("retention", detail);
}
