//! How much of it at a time: rate, window, hosts.

use shopwire_core::delivery::Rate;
use shopwire_core::{Clock as _, DialectId, Limits};
use shopwire_engine::configure::{EndpointChange, EndpointDraft};
use shopwire_testkit::{Reply, ScriptedReceiver};

use super::health;
use crate::egress::NOW;
use crate::world::{World, ids, until};

fn rate(per_second: f64, burst: u32) -> Option<Rate> {
    Some(Rate { per_second, burst: Some(burst) })
}

#[tokio::test]
async fn a_rate_is_kept_exactly_over_an_hour_and_holds_up_nobody_else() {
    const WAIT_MS: i64 = 4_000;
    const OF_AN_HOUR: usize = 900;
    let world = World::new().await;
    let (slow, fast) = (ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let draft = EndpointDraft { rate: rate(0.25, 1), ..World::draft(slow.url("/")) };
    let (limited, _) = world.engine.create_endpoint(draft).await.unwrap();
    world.endpoint(fast.url("/")).await;
    for n in 0..=OF_AN_HOUR {
        world.order(&source, &(n % 50).to_string()).await;
    }
    fast.wait_for(OF_AN_HOUR + 1).await;
    assert_eq!(slow.wait_for(1).await.len(), 1);
    assert_eq!(health(&world, limited.id).care.rate_free_at, Some(NOW.plus_ms(WAIT_MS)));
    for made in 2..=OF_AN_HOUR + 1 {
        world.pass_ms(WAIT_MS).await;
        assert_eq!(slow.wait_for(made).await.len(), made);
    }
    let attempts = world.attempts(limited.id, OF_AN_HOUR + 1).await;
    let moments: Vec<_> = attempts.iter().map(|attempt| attempt.at.since_ms(NOW)).collect();
    let expected: Vec<_> = (0..).map(|n| n * WAIT_MS).take(OF_AN_HOUR + 1).collect();
    assert_eq!(moments, expected);
    assert!(attempts.iter().all(|attempt| attempt.number == 1 && attempt.outcome.is_delivered()));
}

#[tokio::test]
async fn retries_count_for_the_rate_and_a_changed_rate_holds_at_once() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500), Reply::status(500), Reply::status(200)]);
    let draft = EndpointDraft { rate: rate(0.1, 2), ..World::draft(receiver.url("/")) };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    for n in 0..4 {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint.id, 2).await;
    // Due after five seconds, and held back by the rate until the tenth.
    world.due_in(10_000).await;
    world.clock.advance_ms(9_999);
    assert_eq!(receiver.requests().len(), 2);
    world.clock.advance_ms(1);
    receiver.wait_for(3).await;
    let freed = EndpointChange { rate: Some(None), ..EndpointChange::default() };
    world.engine.update_endpoint(endpoint.id, freed).await.unwrap();
    assert_eq!(receiver.wait_for(6).await.len(), 6);
}

#[tokio::test]
async fn a_receiver_that_has_too_much_to_do_gets_less_at_a_time_and_more_again() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(429).header("Retry-After", "1")]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    assert_eq!(health(&world, endpoint.id).care.window, 16);
    for n in 0..100 {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint.id, 100).await;
    assert_eq!(health(&world, endpoint.id).care.window, 1);
    assert!(world.engine.metrics().window_narrowed.get() >= 4);
    receiver.set_replies([Reply::status(200)]);
    world.pass_ms(1_000).await;
    receiver.wait_for(200).await;
    until(async || health(&world, endpoint.id).care.window > 8).await;
    for n in 0..200 {
        world.order(&source, &n.to_string()).await;
    }
    receiver.wait_for(400).await;
    until(async || health(&world, endpoint.id).care.window == 16).await;
}

#[tokio::test]
async fn connections_bound_what_is_in_flight() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::hang()]);
    let draft = EndpointDraft { connections_max: Some(3), ..World::draft(receiver.url("/")) };
    world.engine.create_endpoint(draft).await.unwrap();
    for n in 0..20 {
        world.order(&source, &n.to_string()).await;
    }
    receiver.wait_for(3).await;
    world.due_in(15_000).await;
    assert_eq!((receiver.requests().len(), world.engine.metrics().in_flight.get()), (3, 3));
}

#[tokio::test]
async fn endpoints_of_one_host_share_its_places_and_none_starves() {
    let world = World::with(Limits { in_flight_per_host_max: 4, ..Limits::default() }).await;
    let (hung, good) = (ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    hung.set_replies([Reply::hang()]);
    let (_, source) = world.source(DialectId::Ecwid).await;
    // Both are on this machine, at different ports: one host.
    let (busy, _) = world.endpoint(hung.url("/")).await;
    let (endpoint, _) = world.endpoint(good.url("/")).await;
    let mut sent = Vec::new();
    for n in 0..100 {
        sent.push(world.order(&source, &n.to_string()).await.to_string());
    }
    let mut got = ids(&good.wait_for(100).await);
    got.sort();
    sent.sort();
    assert_eq!(got, sent);
    hung.wait_for(6).await;
    until(async || world.attempts(endpoint.id, 100).await.len() == 100).await;
    assert_eq!(hung.requests().len(), 6, "its own two places, and the four of the host");
    assert_eq!(health(&world, busy.id).care.window, 16, "that is no fault of its receiver");
    assert_eq!(world.clock.now(), NOW);
}
