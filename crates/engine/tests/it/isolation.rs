//! One slow, dead or flooding endpoint costs the others nothing (P4), and memory is bounded whatever the backlog (P5).

use futures_util::future::join_all;
use shopwire_core::delivery::Rate;
use shopwire_core::{DialectId, Limits, Source};
use shopwire_engine::configure::{EndpointChange, EndpointDraft};
use shopwire_store::Ledger as _;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::world::{World, ids, until};

async fn hanging() -> ScriptedReceiver {
    let receiver = ScriptedReceiver::start().await;
    receiver.set_script(|_| Reply::hang());
    receiver
}

/// Orders of different subjects, as many as wanted; answers their ids.
async fn orders(world: &World, source: &Source, numbers: std::ops::Range<u64>) -> Vec<String> {
    let mut sent = Vec::new();
    for n in numbers {
        sent.push(world.order(source, &n.to_string()).await.to_string());
    }
    sent
}

/// The same ids in one order, to compare where none is promised.
fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[tokio::test]
async fn an_endpoint_that_hangs_and_one_that_refuses_cost_a_third_one_nothing() {
    let world = World::new().await;
    let (hung, good) = (hanging().await, ScriptedReceiver::start().await);
    let gone = ScriptedReceiver::start().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    world.endpoint(hung.url("/")).await;
    world.endpoint(gone.url("/")).await;
    world.endpoint(good.url("/")).await;
    drop(gone);
    let sent = orders(&world, &source, 0..200).await;
    // The clock stands still: whatever had to wait for a time-out would wait for ever.
    assert_eq!(sorted(ids(&good.wait_for(200).await)), sorted(sent));
    assert_eq!(hung.requests().len(), 16, "no more than its window");
}

#[tokio::test]
async fn hanging_endpoints_that_hold_all_places_do_not_starve_another() {
    let world = World::with(Limits { in_flight_max: 2, ..Limits::default() }).await;
    let (hung, good) = (hanging().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    for _ in 0..3 {
        world.endpoint(hung.url("/")).await;
    }
    orders(&world, &source, 0..20).await;
    // Two places of its own for each, and both that are shared.
    hung.wait_for(8).await;
    let (endpoint, _) = world.endpoint(good.url("/")).await;
    // As many at once as its window takes: they must not all queue for a shared place.
    world.engine.pause_endpoint(endpoint.id).await.unwrap();
    let sent = orders(&world, &source, 100..200).await;
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    assert_eq!(sorted(ids(&good.wait_for(100).await)), sorted(sent));
    assert_eq!(hung.requests().len(), 8);
}

#[tokio::test]
async fn a_lane_that_falls_behind_catches_up_from_the_log_with_every_event_once() {
    let (world, receiver) = (World::new().await, hanging().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    let mut sent = Vec::new();
    for n in 0..3_500u64 {
        let id = world.order(&source, &(n % 5).to_string()).await.to_string();
        sent.push((format!("order/{}", n % 5), id));
    }
    receiver.wait_for(5).await;
    // Its gate has closed.
    until(async || world.engine.metrics().lanes_hot.get() == 0).await;
    receiver.set_replies([Reply::status(200)]);
    world.pass_ms(15_000).await;
    world.pass_ms(5_000).await;
    let got = receiver.wait_for(3_505).await;
    let got: Vec<_> =
        got[5..].iter().map(|r| (crate::world::subject(r), ids(std::slice::from_ref(r)).remove(0))).collect();
    for subject in (0..5).map(|n| format!("order/{n}")) {
        let of = |all: &[(String, String)]| -> Vec<String> {
            all.iter().filter(|(of, _)| *of == subject).map(|(_, id)| id.clone()).collect()
        };
        assert_eq!(of(&got), of(&sent), "{subject}");
    }
    assert_eq!(world.attempts(endpoint.id, 3_505).await.len(), 3_505);
    until(async || world.engine.metrics().lanes_hot.get() == 1).await;
}

#[tokio::test]
async fn a_backlog_does_not_fill_the_memory() {
    const BUDGET: usize = 1 << 20;
    let world = World::with(Limits { queued_event_bytes_max: BUDGET, ..Limits::default() }).await;
    let (hung, good) = (hanging().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    // One lane full of different subjects, one held up by a single subject, one that is well.
    world.endpoint(hung.url("/")).await;
    let one = world.endpoint_for(hung.url("/one"), &["order.created"]).await;
    world.endpoint(good.url("/")).await;
    world.tell(&source, "order.created", "1").await;
    let mut most = 0;
    for batch in 0..100u64 {
        let many = (batch * 100..batch * 100 + 100).map(async |n| {
            world.order(&source, &n.to_string()).await;
            world.tell(&source, "order.created", "1").await;
            world.engine.metrics().queued_bytes.get()
        });
        most = most.max(join_all(many).await.into_iter().max().unwrap());
    }
    // What lies in the lanes' hands beyond the budget: their windows, a page for each, and two that all share.
    let page = 2 * (128 << 10);
    let beyond = 3 * (16 * 4_096 + page + 8_192) + 2 * page;
    assert!(most < i64::try_from(BUDGET).unwrap() + beyond, "{most} bytes");
    good.wait_for(20_001).await;
    // The followers of a failed delivery wait by name, and not in memory.
    world.pass_ms(15_000).await;
    world.attempts(one.id, 1).await;
    until(async || world.ledger.lane(one.id).await.unwrap().unwrap().waiting.len() > 1_000).await;
    let held = world.engine.metrics().queued_bytes.get();
    assert!(held < i64::try_from(BUDGET).unwrap() + beyond, "{held} bytes");
}

#[tokio::test]
async fn a_hanging_endpoint_gives_its_memory_back_to_the_others() {
    // Room for a few hundred events: less than fits into the feed of a lane.
    let world = World::with(Limits { queued_event_bytes_max: 1 << 20, ..Limits::default() }).await;
    let (hung, good) = (hanging().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let draft = EndpointDraft { in_flight_max: Some(1), ..World::draft(hung.url("/")) };
    let draft = EndpointDraft { topics: Some(vec!["product.*".to_owned()]), ..draft };
    world.engine.create_endpoint(draft).await.unwrap();
    world.endpoint_for(good.url("/"), &["order.*"]).await;
    for n in 0..1_000 {
        world.tell(&source, "product.updated", &n.to_string()).await;
    }
    hung.wait_for(1).await;
    orders(&world, &source, 0..50).await;
    good.wait_for(50).await;
    until(async || world.engine.metrics().lanes_hot.get() == 1).await;
    let reads = world.ledger.calls("read_after");
    orders(&world, &source, 50..100).await;
    good.wait_for(100).await;
    assert_eq!(world.ledger.calls("read_after"), reads, "the healthy lane gets its events from memory again");
}

#[tokio::test]
async fn an_endpoint_that_hangs_can_be_deleted_at_once() {
    let (world, hung) = (World::new().await, hanging().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(hung.url("/")).await;
    world.order(&source, "1").await;
    hung.wait_for(1).await;
    world.engine.delete_endpoint(endpoint.id).await.unwrap();
    hung.wait_for_closed(1).await;
    assert_eq!(world.ledger.lane(endpoint.id).await.unwrap(), None);
    assert_eq!(world.engine.metrics().in_flight.get(), 0);
    assert_eq!(world.engine.metrics().lanes_running.get(), 0);
}

#[tokio::test]
async fn what_waits_for_a_place_is_given_back_when_its_endpoint_changes_or_pauses() {
    let world = World::with(Limits { in_flight_per_host_max: 1, ..Limits::default() }).await;
    let (hung, good) = (hanging().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let draft = EndpointDraft {
        rate: Some(Rate { per_second: 0.001, burst: Some(10) }),
        ..World::draft(hung.url("/"))
    };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    let sent = orders(&world, &source, 0..10).await;
    hung.wait_for(3).await;
    let change = EndpointChange { url: Some(good.url("/")), ..EndpointChange::default() };
    world.engine.update_endpoint(endpoint.id, change).await.unwrap();
    // Those that are on their way time out; the others, which only waited for a place, did not begin.
    world.pass_ms(15_000).await;
    assert_eq!(good.wait_for(7).await.len(), 7);
    let attempts = world.attempts(endpoint.id, 10).await;
    assert_eq!(attempts.iter().filter(|attempt| attempt.outcome.is_delivered()).count(), 7);
    assert!(attempts.iter().all(|attempt| attempt.number == 1), "what was given back has cost no attempt");
    assert_eq!(hung.requests().len(), 3, "its own two places, and the one of the host");
    // That the rate had room for all ten shows that they took up none of it.
    let freed = EndpointChange { rate: Some(None), ..EndpointChange::default() };
    world.engine.update_endpoint(endpoint.id, freed).await.unwrap();
    world.pass_ms(5_000).await;
    assert_eq!(sorted(ids(&good.wait_for(10).await)), sorted(sent));
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_paused_as_soon_as_what_is_on_its_way_has_ended() {
    let world = World::with(Limits { in_flight_per_host_max: 1, ..Limits::default() }).await;
    let hung = hanging().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(hung.url("/")).await;
    let sent = orders(&world, &source, 0..10).await;
    hung.wait_for(3).await;
    world.engine.pause_endpoint(endpoint.id).await.unwrap();
    world.pass_ms(15_000).await;
    until(async || world.engine.metrics().lanes_running.get() == 0).await;
    assert_eq!(hung.requests().len(), 3);
    let lane = world.ledger.lane(endpoint.id).await.unwrap().unwrap();
    assert_eq!(lane.waiting.len(), 3, "what was tried waits for a retry");
    hung.set_replies([Reply::status(200)]);
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    hung.wait_for(10).await;
    world.pass_ms(5_000).await;
    assert_eq!(sorted(ids(&hung.wait_for(13).await[3..])), sorted(sent));
}
