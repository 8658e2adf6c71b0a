//! Finding the endpoints that want an event, among many: in this process, without a server.

use std::hint::black_box;

use bytes::Bytes;
use shopwire_core::commerce::{EntityKind, Subject};
use shopwire_core::delivery::Endpoint;
use shopwire_core::{
    Clock as _, EndpointId, Event, EventId, LoggedEvent, Origin, RecordedChange, Seq, ShopId, Timestamp,
};
use shopwire_engine::configure::EndpointDraft;
use shopwire_engine::dispatch::TopicIndex;
use shopwire_engine::{SystemRandom, SystemTimer};

use super::super::clock::{now_us, seconds_between};
use super::super::conductor::Bench;
use super::super::load::EVENT_TYPES;
use super::super::store::{Wanted, endpoint_to};

/// Endpoints of a shop, each for another type of event: an event is wanted by one of them.
const OF_A_SHOP: usize = EVENT_TYPES.len();

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let models = models(bench).await?;
    let count = usize::try_from(bench.plan.matched_endpoints)?;
    let (index, events) = crowd(&models, count)?;
    for _ in 0..bench.plan.rounds {
        let ns = per_event_ns(&index, &events, bench.plan.seconds)?;
        bench.figures.note("matching", ns);
    }
    bench.figures.detail("matching_endpoints", count.into());
    Ok(())
}

/// One endpoint for each type of event, as the engine makes them.
async fn models(bench: &Bench) -> anyhow::Result<Vec<Endpoint>> {
    let endpoints = |_: &[ShopId]| {
        let to = |event_type: &str| EndpointDraft {
            topics: Some(vec![event_type.to_owned()]),
            ..endpoint_to(bench.endpoint_url(0))
        };
        EVENT_TYPES.map(to).to_vec()
    };
    Ok(bench.store(Wanted::of_one_shop(endpoints)).await?.endpoints().to_vec())
}

/// So many endpoints, ten to a shop, and for each an event that it alone wants.
fn crowd(models: &[Endpoint], count: usize) -> anyhow::Result<(TopicIndex<EndpointId>, Vec<LoggedEvent>)> {
    let now = SystemTimer.now();
    let mut index = TopicIndex::default();
    let mut events = Vec::with_capacity(count);
    let mut shop = ShopId::new(now, &SystemRandom);
    for number in 0..count {
        let turn = number % OF_A_SHOP;
        if turn == 0 {
            shop = ShopId::new(now, &SystemRandom);
        }
        let id = EndpointId::new(now, &SystemRandom);
        index.put(&Endpoint { id, shop: Some(shop), ..models[turn].clone() }, id);
        events.push(event(number, shop, EVENT_TYPES[turn], now)?);
    }
    Ok((index, events))
}

fn event(number: usize, shop: ShopId, event_type: &str, now: Timestamp) -> anyhow::Result<LoggedEvent> {
    let change = RecordedChange { cause: None, actor: None, version: 1, data: Bytes::from_static(b"{}") };
    let event = Event {
        id: EventId::new(now, &SystemRandom),
        shop,
        event_type: event_type.parse()?,
        subject: Subject::new(EntityKind::Order, number),
        occurred_at: now,
        received_at: now,
        origin: Origin::Change(change),
    };
    Ok(LoggedEvent { seq: Seq(1), event })
}

/// Nanoseconds for one event, all of them in turn for so long.
fn per_event_ns(index: &TopicIndex<EndpointId>, events: &[LoggedEvent], seconds: f64) -> anyhow::Result<f64> {
    let started_us = now_us();
    let (mut asked, mut wanted) = (0_usize, 0_usize);
    loop {
        for event in events {
            wanted += index.matching(black_box(event)).map(black_box).count();
        }
        asked += events.len();
        let took_s = seconds_between(started_us, now_us());
        if took_s >= seconds {
            anyhow::ensure!(
                wanted == asked,
                "{wanted} endpoints were found for {asked} events, expected one each"
            );
            return Ok(took_s * 1e9 / asked as f64);
        }
    }
}
