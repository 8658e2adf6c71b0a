//! Trouble with the disk, and with ourselves: nothing is lost, nothing is counted twice, and afterwards all goes on.

use shopwire_core::delivery::{DeadReason, EndpointState};
use shopwire_core::{DialectId, EndpointId, Seq};
use shopwire_engine::receive::ReceiveError;
use shopwire_engine::{DeliveryState, configure::ConfigureError};
use shopwire_store::StoreError;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::unreliable::Fault;
use crate::world::{World, ids, until};

fn full() -> Fault {
    Fault::Fails(StoreError::Full("no space left".to_owned()))
}

pub(crate) fn unavailable() -> Fault {
    Fault::Fails(StoreError::Unavailable("disk I/O error".to_owned()))
}

fn damaged(seq: u64) -> Fault {
    Fault::Fails(StoreError::Damaged { seq: Seq(seq), why: "its record is cut".to_owned() })
}

#[tokio::test]
async fn a_webhook_that_can_not_be_stored_is_refused_and_accepted_when_it_comes_again() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Shoplazza).await;
    world.endpoint(receiver.url("/")).await;
    for fault in [full(), unavailable()] {
        world.ledger.jam("append", 1, fault);
        let request = world.webhook(source.dialect, crate::world::order_updated(source.dialect), "1", 1);
        let error = world.engine.receive(source.id, request).await.unwrap_err();
        assert!(matches!(error, ReceiveError::Store(_)), "{error}");
    }
    assert_eq!(world.log().await.len(), 0);
    let event = world.order(&source, "1").await;
    assert_eq!(ids(&receiver.wait_for(1).await), [event.to_string()]);
    let (received, merged, rejected) = world.engine.metrics().webhooks(source.dialect);
    assert_eq!((received, merged, rejected), (1, 0, 0), "our fault is not booked on the sender");
}

#[tokio::test]
async fn a_disk_that_takes_too_long_is_answered_within_the_platforms_deadline() {
    for (dialect, within_ms) in [(DialectId::Shoptet, 3_000), (DialectId::Ecwid, 7_500)] {
        let world = World::new().await;
        let (_, source) = world.source(dialect).await;
        world.ledger.jam("append", 1, Fault::Stalls);
        let request = world.webhook(dialect, crate::world::order_updated(dialect), "1", 1);
        let (engine, id) = (world.engine.clone(), source.id);
        let late = tokio::spawn(async move { engine.receive(id, request).await });
        world.due_in(within_ms).await;
        world.clock.advance_ms(within_ms);
        let error = late.await.unwrap().unwrap_err();
        assert!(matches!(error, ReceiveError::Store(StoreError::Full(_))), "{error}");
        world.order(&source, "1").await;
    }
}

#[tokio::test]
async fn what_is_longer_than_such_things_are_is_refused() {
    let world = World::new().await;
    let (_, source) = world.source(DialectId::Shoplazza).await;
    let mut request = world.webhook(source.dialect, "orders/create", "1", 1);
    let long = "é".repeat(256);
    let of = |(name, value): (&str, &str)| {
        let value =
            if name.eq_ignore_ascii_case("x-shoplazza-topic") { long.clone() } else { value.to_owned() };
        (name.to_owned(), value)
    };
    request.headers = request.headers.iter().map(of).collect();
    let error = world.engine.receive(source.id, request).await.unwrap_err();
    assert_eq!(error.to_string(), "the webhook's topic has 256 characters, at most 255 are accepted");
    assert_eq!(world.log().await.len(), 0);
    let request = world.webhook(source.dialect, "orders/create", &"9".repeat(600), 1);
    let error = world.engine.receive(source.id, request).await.unwrap_err();
    assert!(error.to_string().starts_with("the webhook's subject has 606 characters"), "{error}");
}

#[tokio::test]
async fn attempts_that_can_not_be_recorded_are_recorded_later_and_once() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.ledger.jam("record", 3, unavailable());
    for n in 0..30 {
        world.order(&source, &n.to_string()).await;
    }
    receiver.wait_for(30).await;
    for _ in 0..3 {
        world.pass_ms(1_000).await;
    }
    let attempts = world.attempts(endpoint.id, 30).await;
    assert!(attempts.iter().all(|attempt| attempt.number == 1));
    let world = world.restarted().await;
    world.order(&source, "31").await;
    assert_eq!(receiver.wait_for(31).await.len(), 31);
    assert_eq!(world.attempts(endpoint.id, 31).await.len(), 31);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_store_that_never_records() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.ledger.jam("record", usize::MAX, unavailable());
    let event = world.order(&source, "1").await;
    receiver.wait_for(1).await;
    world.due_in(1_000).await;
    let world = world.restarted().await;
    // What could not be recorded is made again, with the same id.
    assert_eq!(ids(&receiver.wait_for(2).await), [event.to_string(), event.to_string()]);
    assert_eq!(world.attempts(endpoint.id, 1).await.len(), 1);
}

#[tokio::test]
async fn a_lane_that_can_not_read_the_log_goes_on_when_it_can() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.engine.pause_endpoint(endpoint.id).await.unwrap();
    let mut sent = Vec::new();
    for _ in 0..100 {
        sent.push(world.order(&source, "1").await.to_string());
    }
    world.ledger.jam("lane", 1, unavailable());
    world.ledger.jam("read_after", 2, unavailable());
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    for _ in 0..3 {
        world.pass_ms(1_000).await;
    }
    assert_eq!(ids(&receiver.wait_for(100).await), sent);
}

#[tokio::test]
async fn a_lane_that_meets_a_damaged_event_in_the_log_buries_it_and_goes_on() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint_for(receiver.url("/"), &["order.*"]).await;
    world.engine.pause_endpoint(endpoint.id).await.unwrap();
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(world.order(&source, "1").await);
    }
    world.ledger.jam("read_after", 1, damaged(1));
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    // The clock stands still: nothing had to be tried again.
    assert_eq!(ids(&receiver.wait_for(2).await), [sent[1].to_string(), sent[2].to_string()]);
    let dead = world.dead(endpoint.id, 1).await;
    assert_eq!(
        dead.iter().map(|d| (d.event, d.reason)).collect::<Vec<_>>(),
        [(sent[0], DeadReason::Unrenderable)]
    );
    let attempts = world.attempts(endpoint.id, 3).await;
    assert!(
        attempts
            .iter()
            .any(|a| a.detail.as_deref() == Some("event 1 of the log can't be read: its record is cut"))
    );
    assert!(matches!(world.state(sent[0], endpoint.id).await, DeliveryState::Dead { .. }));
    until(async || world.engine.metrics().dead.get() == 1).await;
    let world = world.restarted().await;
    let next = world.order(&source, "1").await.to_string();
    assert_eq!(
        ids(&receiver.wait_for(3).await)[2],
        next,
        "what was buried stays so, what was sent is not sent again"
    );
    assert_eq!((world.attempts(endpoint.id, 4).await.len(), world.dead(endpoint.id, 1).await.len()), (4, 1));
}

#[tokio::test]
async fn a_retry_whose_event_can_not_be_read_is_put_off_and_never_booked_on_the_receiver() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    receiver.set_replies([Reply::status(500), Reply::status(200)]);
    world.order(&source, "1").await;
    world.attempts(endpoint.id, 1).await;
    world.ledger.jam("read_at", 1, unavailable());
    world.pass_ms(5_000).await;
    world.pass_ms(1_000).await;
    receiver.wait_for(2).await;
    let codes: Vec<_> = world.attempts(endpoint.id, 3).await.iter().map(|a| a.outcome.code()).collect();
    assert_eq!(codes, ["refused", "our_fault", "delivered"]);
}

#[tokio::test]
async fn an_event_that_is_damaged_or_trips_us_up_costs_itself_and_not_the_lane() {
    let damaged = damaged(1);
    for (fault, says) in [(damaged, "event 1 of the log"), (Fault::Panics, "fault in Shopwire")] {
        let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
        let (_, source) = world.source(DialectId::Ecwid).await;
        let (endpoint, _) = world.endpoint(receiver.url("/")).await;
        receiver.set_replies([Reply::status(500), Reply::status(200)]);
        let event = world.order(&source, "1").await;
        world.attempts(endpoint.id, 1).await;
        world.ledger.jam("read_at", 1, fault);
        world.pass_ms(5_000).await;
        let dead = world.dead(endpoint.id, 1).await.remove(0);
        assert_eq!((dead.event, dead.reason), (event, DeadReason::Unrenderable));
        let attempts = world.attempts(endpoint.id, 2).await;
        assert!(attempts[1].detail.as_deref().unwrap().contains(says), "{:?}", attempts[1].detail);
        world.order(&source, "1").await;
        receiver.wait_for(2).await;
    }
}

#[tokio::test]
async fn a_lane_that_breaks_down_is_taken_up_again() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.ledger.jam("record", 1, Fault::Panics);
    let event = world.order(&source, "1").await;
    receiver.wait_for(1).await;
    world.pass_ms(1_000).await;
    // It had not been recorded, so it is made again.
    assert_eq!(ids(&receiver.wait_for(2).await), [event.to_string(), event.to_string()]);
    assert_eq!(world.attempts(endpoint.id, 1).await.len(), 1);
    assert_eq!(world.engine.metrics().lanes_running.get(), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_as_soon_as_that_can_be_stored() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    receiver.set_replies([Reply::status(410), Reply::status(200)]);
    world.ledger.jam("save", 2, full());
    let event = world.order(&source, "1").await;
    world.pass_ms(1_000).await;
    world.pass_ms(1_000).await;
    disabled(&world, endpoint.id).await;
    assert_eq!(world.state(event, endpoint.id).await, DeliveryState::Held);
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    receiver.wait_for(2).await;
}

async fn disabled(world: &World, endpoint: EndpointId) {
    let state = || world.engine.directory().endpoints.get(endpoint).unwrap().state.clone();
    until(async || matches!(state(), EndpointState::Disabled { .. })).await;
}

#[tokio::test]
async fn an_endpoint_that_can_not_be_removed_stays_as_it_was() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.ledger.jam("remove", 1, unavailable());
    let error = world.engine.delete_endpoint(endpoint.id).await.unwrap_err();
    assert!(matches!(error, ConfigureError::Store(_)), "{error}");
    world.order(&source, "1").await;
    receiver.wait_for(1).await;
    world.engine.delete_endpoint(endpoint.id).await.unwrap();
    let world = world.restarted().await;
    assert!(world.engine.directory().endpoints.is_empty());
}
