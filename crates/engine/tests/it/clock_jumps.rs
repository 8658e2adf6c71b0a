//! The machine's clock is put right, by hours back or days forward: no storm, no stall, nothing twice.

use shopwire_core::DialectId;
use shopwire_core::delivery::{DeadReason, RetryPolicy};
use shopwire_engine::configure::EndpointDraft;
use shopwire_engine::receive::ReceiveError;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::changing::{cart, put};
use crate::egress::NOW;
use crate::world::{World, ids, subject, until};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[tokio::test]
async fn days_forward_make_what_waits_due_once_and_not_once_for_each_moment_that_was_skipped() {
    const EVENTS: usize = 30;
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500)]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    for n in 0..EVENTS {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint.id, EVENTS).await;
    world.due_in(5_000).await;
    world.clock.advance_ms(3 * DAY_MS);
    let attempts = world.attempts(endpoint.id, 2 * EVENTS).await;
    assert!(attempts[EVENTS..].iter().all(|attempt| attempt.number == 2));
    // The next wait counts from now, as the policy has it.
    world.due_in(300_000).await;
    assert_eq!(receiver.requests().len(), 2 * EVENTS);
    receiver.set_replies([Reply::status(200)]);
    world.clock.advance_ms(300_000);
    receiver.wait_for(3 * EVENTS).await;
    assert!(world.dead(endpoint.id, 0).await.is_empty());
}

#[tokio::test]
async fn what_became_too_old_by_a_jump_gets_its_attempt_and_is_dead_only_if_that_fails() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500)]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    let [bad, good] = [world.order(&source, "bad").await, world.order(&source, "good").await];
    world.attempts(endpoint.id, 2).await;
    receiver.set_script(|request| Reply::status(if subject(request) == "order/bad" { 500 } else { 200 }));
    world.due_in(5_000).await;
    world.clock.advance_ms(10 * DAY_MS);
    world.attempts(endpoint.id, 4).await;
    let dead = world.dead(endpoint.id, 1).await;
    assert_eq!(
        dead.iter().map(|letter| (letter.event, letter.reason)).collect::<Vec<_>>(),
        [(bad, DeadReason::TooOld)]
    );
    assert!(ids(&receiver.requests()[2..]).contains(&good.to_string()));
}

#[tokio::test]
async fn hours_back_hold_up_nothing_new_and_what_waits_comes_at_the_moment_it_was_told() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500), Reply::status(200)]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    let waiting = world.order(&source, "1").await;
    assert_eq!(world.attempts(endpoint.id, 1).await[0].next_at, Some(NOW.plus_ms(5_000)));
    world.due_in(5_000).await;
    world.clock.advance_ms(-5 * HOUR_MS);
    let mut sent = vec![waiting.to_string()];
    for n in 2..22 {
        sent.push(world.order(&source, &n.to_string()).await.to_string());
    }
    receiver.wait_for(21).await;
    // In the log the order of arrival stays, whatever the clock said.
    let log: Vec<_> = world.log().await.iter().map(|head| head.id.to_string()).collect();
    assert_eq!(log, sent);
    assert_eq!(receiver.requests().len(), 21, "the clock is not there yet");
    world.clock.set(NOW.plus_ms(5_000));
    assert_eq!(ids(&receiver.wait_for(22).await)[21], waiting.to_string());
    assert_eq!(world.attempts(endpoint.id, 22).await.len(), 22);
}

#[tokio::test]
async fn a_restart_after_the_clock_was_put_back_sends_nothing_twice() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let retry = RetryPolicy { delays_s: vec![60], jitter: 0.0 };
    let draft = EndpointDraft { retry: Some(retry), ..World::draft(receiver.url("/")) };
    let endpoint = world.engine.create_endpoint(draft).await.unwrap().0;
    for n in 0..10 {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint.id, 10).await;
    world.clock.advance_ms(-DAY_MS);
    let world = world.restarted().await;
    let next = world.order(&source, "next").await.to_string();
    assert_eq!(ids(&receiver.wait_for(11).await)[10], next);
    assert_eq!(world.attempts(endpoint.id, 11).await.len(), 11);
}

#[tokio::test]
async fn a_timer_fires_once_however_often_its_moment_passes() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    let item = serde_json::json!({"line_items": [{"id": "1", "product_id": "7", "quantity": 1}]});
    put(&world.engine, &cart(shop, "c1"), item).await.unwrap();
    let abandoned =
        async || world.logged_types().await.iter().filter(|name| *name == "abandoned_cart.created").count();
    world.due_in(HOUR_MS).await;
    world.clock.advance_ms(-7 * HOUR_MS);
    assert_eq!(abandoned().await, 0);
    world.clock.set(NOW.plus_ms(30 * DAY_MS));
    // Counted last, once all is stored.
    until(async || world.engine.metrics().timers_fired.get() == 1).await;
    for at_ms in [0, HOUR_MS, 60 * DAY_MS] {
        world.clock.set(NOW.plus_ms(at_ms));
        assert_eq!(world.engine.ledger().next_timer().await.unwrap(), None);
    }
    assert_eq!((abandoned().await, world.engine.metrics().timers_fired.get()), (1, 1));
}

#[tokio::test]
async fn a_clock_that_is_wrong_refuses_signed_webhooks_and_takes_them_once_it_is_put_right() {
    for wrong_ms in [-DAY_MS, DAY_MS] {
        let world = World::new().await;
        let (_, source) = world.source(DialectId::Duda).await;
        let topic = crate::world::order_updated(DialectId::Duda);
        // Signed by a platform whose clock is right.
        let genuine = || world.webhook(DialectId::Duda, topic, "1", 1);
        let request = genuine();
        world.clock.advance_ms(wrong_ms);
        let refused = world.engine.receive(source.id, request.clone()).await.unwrap_err();
        assert!(matches!(refused, ReceiveError::NotGenuine(_)), "{refused}");
        assert_eq!((world.rejected(1).await.len(), world.log().await.len()), (1, 0));
        world.clock.advance_ms(-wrong_ms);
        assert!(!world.engine.receive(source.id, request).await.unwrap().merged);
    }
}
