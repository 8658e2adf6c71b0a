//! Leaving alone what takes nothing, and coming back.

use shopwire_core::delivery::{BreakerState, Standing};
use shopwire_core::{DialectId, Limits};
use shopwire_testkit::{Reply, ScriptedReceiver};

use super::{health, refusing};
use crate::egress::NOW;
use crate::world::{World, ids, until};

/// Five failures open a breaker.
fn limits() -> Limits {
    Limits { breaker_failures_max: 5, ..Limits::default() }
}

#[tokio::test]
async fn an_endpoint_that_takes_nothing_is_left_alone_probed_and_catches_up() {
    let (world, receiver) = (World::with(limits()).await, refusing().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(world.order(&source, &n.to_string()).await.to_string());
    }
    world.attempts(endpoint.id, 5).await;
    world.due_in(10_000).await;
    let seen = health(&world, endpoint.id);
    assert_eq!((seen.care.breaker, seen.care.next_probe_at), (BreakerState::Open, Some(NOW.plus_ms(10_000))));
    assert_eq!((seen.care.standing, seen.next_due), (Standing::Failing, Some(NOW.plus_ms(5_000))));
    // What comes meanwhile stays in the log: neither tried nor kept in memory.
    for n in 5..15 {
        sent.push(world.order(&source, &n.to_string()).await.to_string());
    }
    world.clock.advance_ms(9_999);
    until(async || world.engine.metrics().queued_bytes.get() == 0).await;
    assert_eq!(receiver.requests().len(), 5);
    // One probe, and twice as long a wait since it fails.
    world.clock.advance_ms(1);
    world.attempts(endpoint.id, 6).await;
    world.due_in(20_000).await;
    assert_eq!((receiver.requests().len(), world.engine.metrics().breaker_opened.get()), (6, 2));
    receiver.set_replies([Reply::status(200)]);
    world.clock.advance_ms(20_000);
    receiver.wait_for(6 + 14).await;
    // The first probe was an attempt of one of them: it waits for its own turn.
    world.pass_ms(280_000).await;
    let mut got = ids(&receiver.wait_for(6 + 15).await)[6..].to_vec();
    got.sort();
    sent.sort();
    assert_eq!(got, sent, "each of them once");
    until(async || health(&world, endpoint.id).care.standing == Standing::Well).await;
    assert_eq!(health(&world, endpoint.id).care.breaker, BreakerState::Closed);
    until(async || world.engine.metrics().lanes_hot.get() == 1).await;
}

#[tokio::test]
async fn the_order_of_a_subject_is_kept_while_an_endpoint_is_left_alone() {
    let (world, receiver) = (World::with(limits()).await, refusing().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    for n in 1..5 {
        world.order(&source, &n.to_string()).await;
    }
    let mut of_one = vec![world.order(&source, "0").await.to_string()];
    world.attempts(endpoint.id, 5).await;
    world.due_in(10_000).await;
    for _ in 0..20 {
        of_one.push(world.order(&source, "0").await.to_string());
    }
    let world = world.crashed().await;
    receiver.set_replies([Reply::status(200)]);
    world.clock.advance_ms(10_000);
    let got = ids(&receiver.wait_for(5 + 4 + 21).await)[5..].to_vec();
    let in_order: Vec<_> = got.into_iter().filter(|id| of_one.contains(id)).collect();
    assert_eq!(in_order, of_one);
}

#[tokio::test]
async fn failures_between_successes_and_requests_to_wait_leave_nobody_alone() {
    let (world, receiver) = (World::with(limits()).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    for n in 0..40 {
        let status = if n % 4 == 3 { 200 } else { 500 };
        receiver.set_replies([Reply::status(if n < 20 { status } else { 429 })]);
        world.order(&source, &n.to_string()).await;
        world.attempts(endpoint.id, n + 1).await;
    }
    let seen = health(&world, endpoint.id).care;
    assert_eq!((seen.breaker, seen.standing), (BreakerState::Closed, Standing::Well));
}

#[tokio::test]
async fn a_probe_that_hangs_lets_nothing_else_through() {
    let (world, receiver) = (World::with(limits()).await, refusing().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    for n in 0..5 {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint.id, 5).await;
    world.due_in(10_000).await;
    receiver.set_replies([Reply::hang()]);
    world.clock.advance_ms(10_000);
    receiver.wait_for(6).await;
    world.pass_ms(15_000).await;
    world.due_in(20_000).await;
    assert_eq!((receiver.requests().len(), world.attempts(endpoint.id, 6).await.len()), (6, 6));
    assert_eq!(health(&world, endpoint.id).care.breaker, BreakerState::Open);
}

#[tokio::test]
async fn resuming_is_a_fresh_chance_at_once() {
    let (world, receiver) = (World::with(limits()).await, refusing().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    for n in 0..5 {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint.id, 5).await;
    world.due_in(10_000).await;
    world.engine.pause_endpoint(endpoint.id).await.unwrap();
    world.order(&source, "6").await;
    receiver.set_replies([Reply::status(200)]);
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    // The clock stands still: what is due is due, and what is new is sent.
    receiver.wait_for(6).await;
    until(async || health(&world, endpoint.id).care.standing == Standing::Well).await;
    world.pass_ms(5_000).await;
    receiver.wait_for(11).await;
}

#[tokio::test]
async fn deliveries_far_apart_keep_their_schedule_whatever_becomes_of_them() {
    let (world, receiver) = (World::new().await, refusing().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    for n in 0..16 {
        world.order(&source, &n.to_string()).await;
    }
    let mut made = 0;
    for wait_s in [0, 5, 300, 1_800, 7_200, 18_000] {
        if wait_s > 0 {
            world.pass_ms(wait_s * 1_000).await;
        }
        made += 16;
        let attempts = world.attempts(endpoint.id, made).await;
        let now = world.engine.timer().now();
        assert!(attempts[made - 16..].iter().all(|attempt| attempt.at == now), "{wait_s}");
    }
    assert_eq!(world.engine.metrics().breaker_opened.get(), 0);
}
