//! Events that come while their endpoint is down (its connections are refused), and their delivery when it is up again.

use anyhow::{Context as _, ensure};
use serde_json::json;
use shopwire_core::delivery::RetryPolicy;
use shopwire_engine::configure::EndpointDraft;
use shopwire_engine::egress::Method;

use super::super::clock::{now_us, seconds_between};
use super::super::conductor::Bench;
use super::super::order::{Arrived, Expected, SinkOrder, Timeline, Until};
use super::super::server::{Kind, Server};
use super::super::statistics::median;
use super::super::store::{Store, Wanted, endpoint_to};
use super::end_to_end;
use crate::api::Api;

/// Seconds between two attempts, and how many there are: what failed before the lane stopped trying is soon due again.
const RETRY: (u32, usize) = (2, 49);

/// Parts of a drain whose rates are told.
const PARTS: u64 = 10;

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let before_per_s = end_to_end::rate(bench, "backlog").await?;
    let (server, store) = fill(bench).await?;
    let expected = Expected::everywhere(bench.plan.backlog, 1);

    bench.progress("draining the backlog")?;
    let sampler = server.sample_memory()?;
    let up_us = now_us();
    let () = bench.sink.ask(&SinkOrder::Shut(false)).await?;
    announce(&server, &store).await?;
    let arrived = bench.arrivals(expected.arrivals()).await?;
    let most_mb = sampler.seen().into_iter().map(|(_, mb)| mb).fold(0.0, f64::max);
    bench.check("backlog", expected).await?;
    let timeline = bench.sink.ask(&SinkOrder::Timeline).await?;
    server.stop().await?;

    let after_per_s = end_to_end::rate(bench, "backlog").await?;
    bench.figures.note("memory_drain", most_mb);
    note_drain(bench, &arrived, &timeline, f64::midpoint(before_per_s, after_per_s));
    bench.figures.detail("drain_first_after_s", seconds_between(up_us, arrived.first_us).into());
    Ok(())
}

/// A server that has taken in the whole backlog, and delivered nothing.
async fn fill(bench: &mut Bench) -> anyhow::Result<(Server, Store)> {
    let retry = RetryPolicy { delays_s: vec![RETRY.0; RETRY.1], jitter: 0.0 };
    let endpoint = EndpointDraft {
        retry: Some(retry),
        in_flight_max: Some(end_to_end::ALONE_IN_FLIGHT),
        ..endpoint_to(bench.endpoint_url(0))
    };
    let store = bench.store(Wanted::of_one_shop(move |_: &[_]| vec![endpoint])).await?;
    let server = bench.serve(&store, Kind::Real).await?;
    bench.forget(1, false).await?;
    let () = bench.sink.ask(&SinkOrder::Shut(true)).await?;
    let load = bench.load(&store, &server, 1);
    let sent = bench.send(load, Until::Count(bench.plan.backlog)).await?;
    let memory = server.memory()?;
    bench.figures.note("memory_undelivered", memory.peak_mb);
    let filled = json!({ "accepted_per_s": sent.per_s(), "resident_mb": memory.resident_mb });
    bench.figures.detail("backlog_filled", filled);
    Ok((server, store))
}

/// Tells the server that the endpoint is up again, as its operator would: what is measured is the drain, and not how long
/// it takes to be noticed.
async fn announce(server: &Server, store: &Store) -> anyhow::Result<()> {
    let api = Api::at(server.url(""), store.token().clone())?;
    let endpoint = store.endpoints().first().context("a backlog has an endpoint")?.id;
    for verb in ["pause", "resume"] {
        let answer = api.ask(Method::Post, &format!("/v1/endpoints/{endpoint}/{verb}"), None).await?;
        ensure!(answer.is_good(), "the endpoint can't be told to {verb}: it is answered {}", answer.status);
    }
    Ok(())
}

fn note_drain(bench: &mut Bench, arrived: &Arrived, timeline: &Timeline, end_to_end_per_s: f64) {
    let per_s = arrived.events as f64 / seconds_between(arrived.first_us, arrived.last_us);
    bench.figures.note_beside("drain", per_s, end_to_end_per_s);
    let ends_us: Vec<_> =
        (0..=PARTS).map(|part| timeline.reached_us(arrived.events * part / PARTS)).collect();
    let share = arrived.events as f64 / PARTS as f64;
    let parts: Vec<_> = ends_us.windows(2).map(|ends| share / seconds_between(ends[0], ends[1])).collect();
    let (first, second) = parts.split_at(parts.len() / 2);
    bench.figures.note("drain_flatness", median(second) / median(first).max(1e-9));
    bench.figures.detail("drain_per_s_by_tenths", parts.into());
}
