//! After a restart, orderly or not, everything goes on where it stood.

use std::collections::BTreeSet;

use shopwire_core::delivery::RetryPolicy;
use shopwire_core::{Clock as _, DialectId};
use shopwire_engine::configure::EndpointDraft;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::world::{World, ids};

#[tokio::test]
async fn what_waits_keeps_its_time_over_a_restart_and_what_is_overdue_goes_at_once() {
    for crashes in [false, true] {
        let (mut world, receiver) = (World::new().await, ScriptedReceiver::start().await);
        let (_, source) = world.source(DialectId::Ecwid).await;
        receiver.set_replies([Reply::status(500), Reply::status(500), Reply::status(200)]);
        let (endpoint, _) = world.endpoint(receiver.url("/")).await;
        world.order(&source, "1").await;
        world.attempts(endpoint.id, 1).await;
        world.due_in(5_000).await;
        world = if crashes { world.crashed().await } else { world.restarted().await };
        world.due_in(5_000).await;
        assert_eq!(receiver.requests().len(), 1, "not before its time");
        world.clock.advance_ms(5_000);
        world.attempts(endpoint.id, 2).await;
        world.due_in(300_000).await;
        // Its time comes while nobody is there.
        world.clock.advance_ms(299_999);
        world.ledger.die();
        world.clock.advance_ms(3_600_000);
        world = world.crashed().await;
        receiver.wait_for(3).await;
        let attempts = world.attempts(endpoint.id, 3).await;
        assert_eq!(attempts.iter().map(|a| a.number).collect::<Vec<_>>(), [1, 2, 3]);
    }
}

#[tokio::test]
async fn what_was_in_flight_when_we_crashed_is_sent_again_and_what_was_recorded_is_not() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    let mut sent = Vec::new();
    for n in 0..20 {
        sent.push(world.order(&source, &n.to_string()).await.to_string());
    }
    world.attempts(endpoint.id, 20).await;
    receiver.set_script(|_| Reply::hang());
    for n in 20..30 {
        sent.push(world.order(&source, &n.to_string()).await.to_string());
    }
    receiver.wait_for(30).await;
    receiver.set_script(|_| Reply::status(200));
    let world = world.crashed().await;
    assert_eq!(world.attempts(endpoint.id, 30).await.len(), 30);
    let again: BTreeSet<_> = ids(&receiver.requests()[30..]).into_iter().collect();
    assert_eq!(again, sent.drain(20..).collect());
}

#[tokio::test]
async fn a_long_backlog_survives_a_crash_in_its_middle() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let retry = RetryPolicy { delays_s: vec![60; 3], jitter: 0.0 };
    let draft = EndpointDraft { retry: Some(retry), ..World::draft(receiver.url("/")) };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    world.engine.pause_endpoint(endpoint.id).await.unwrap();
    let mut sent = Vec::new();
    for n in 0..300 {
        sent.push(world.order(&source, &(n % 30).to_string()).await.to_string());
    }
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    receiver.wait_for(100).await;
    let world = world.crashed().await;
    let attempts = world.attempts(endpoint.id, 300).await;
    assert_eq!(attempts.len(), 300, "one attempt is recorded for each");
    let got: BTreeSet<_> = ids(&receiver.requests()).into_iter().collect();
    assert!(got == sent.into_iter().collect(), "and each was sent");
    assert_eq!(world.clock.now(), crate::egress::NOW);
}
