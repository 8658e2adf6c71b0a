//! What interrupts a platform's schedule: a restart, a scope that is taken away, the end of the endpoint.

use shopwire_core::DialectId;
use shopwire_core::delivery::{DeadReason, EndpointState, LaneChanges, Outcome};
use shopwire_engine::DeliveryState;
use shopwire_store::{AttemptRecord, LaneUpdate, Ledger as _};
use shopwire_testkit::Reply;

use super::Answering;
use crate::egress::NOW;
use crate::world::{World, until};

const SHOPLAZZA_WAITS_MIN: [i64; 19] =
    [1, 2, 2, 5, 20, 30, 60, 120, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240];

#[tokio::test]
async fn a_restart_in_the_middle_of_a_schedule_changes_none_of_its_moments() {
    // BigCommerce counts from each failure, Ecwid from the first attempt.
    for (id, moments_s) in
        [(DialectId::BigCommerce, [60, 240, 540, 1_140]), (DialectId::Ecwid, [900, 1_800, 2_700, 3_600])]
    {
        let mut world = World::new().await;
        let Answering { receiver, shop, endpoint, .. } = world.answering(id, Reply::status(500), None).await;
        let endpoint = endpoint.id;
        world.new_order(shop, "169").await;
        let mut passed_s = 0;
        for (made, moment_s) in (1..).zip(moments_s) {
            world.attempts(endpoint, made).await;
            let wait_ms = (moment_s - passed_s) * 1_000;
            world.due_in(wait_ms).await;
            // Half of the wait before the process ends, and half of it after.
            world.clock.advance_ms(wait_ms / 2);
            world = if made % 2 == 0 { world.crashed().await } else { world.restarted().await };
            world.pass_ms(wait_ms / 2).await;
            passed_s = moment_s;
        }
        let attempts = world.attempts(endpoint, 5).await;
        let made: Vec<_> = attempts.iter().map(|made| (made.number, made.at.since_ms(NOW) / 1_000)).collect();
        let expected: Vec<_> = (1..).zip([0].into_iter().chain(moments_s)).collect();
        assert_eq!(made, expected, "{id}");
        assert_eq!(receiver.requests().len(), 5, "{id}");
    }
}

#[tokio::test]
async fn what_waits_is_sent_though_the_grant_is_revoked_and_what_was_passed_over_is_not_sent_later() {
    let world = World::new().await;
    let Answering { receiver, shop, app, endpoint } =
        world.answering(DialectId::Ecwid, Reply::status(500), None).await;
    receiver.set_replies([Reply::status(500), Reply::status(200)]);
    let endpoint = endpoint.id;
    world.clock.advance_ms(1);
    let waits = world.new_order(shop, "1").await;
    world.attempts(endpoint, 1).await;
    world.engine.delete_grant(app.id, shop).await.unwrap();
    let revoked = world.new_order(shop, "2").await;
    let state = world.state(waits, endpoint).await;
    assert!(matches!(state, DeliveryState::Waiting { next_at: Some(_), .. }), "{state:?}");
    world.pass_ms(900_000).await;
    world.attempts(endpoint, 2).await;
    assert!(matches!(world.state(waits, endpoint).await, DeliveryState::Delivered { .. }));
    world.engine.put_grant(app.id, shop, vec!["read_orders".to_owned()]).await.unwrap();
    let third = world.new_order(shop, "3").await;
    world.attempts(endpoint, 3).await;
    assert!(matches!(world.state(third, endpoint).await, DeliveryState::Delivered { .. }));
    let DeliveryState::Filtered(why) = world.state(revoked, endpoint).await else { panic!("passed over") };
    assert!(why.contains("when its turn came"), "{why}");
    assert_eq!(receiver.requests().len(), 3);
}

#[tokio::test]
async fn what_an_endpoint_was_owed_when_it_was_removed_is_dead_with_the_reason() {
    let world = World::new().await;
    let Answering { receiver, shop, endpoint, .. } =
        world.answering(DialectId::Shoplazza, Reply::status(500), Some(1)).await;
    let exhausted = world.new_order(shop, "1").await;
    for (made, wait_min) in (1..).zip(SHOPLAZZA_WAITS_MIN) {
        world.attempts(endpoint.id, made).await;
        if made == 19 {
            receiver.set_script(|_| Reply::hang());
        }
        world.pass_ms(wait_min * 60_000).await;
    }
    receiver.wait_for(20).await;
    // The last attempt hangs, and there is no room beside it.
    let never_sent = world.new_order(shop, "2").await;
    let neither = world.new_order(shop, "3").await;
    assert_eq!(world.state(never_sent, endpoint.id).await, DeliveryState::Queued);
    world.pass_ms(5_000).await;
    until(async || matches!(world.endpoint_state(&endpoint), EndpointState::Removed { .. })).await;
    let dead = world.dead(endpoint.id, 3).await;
    let told: Vec<_> = dead.iter().map(|letter| (letter.event, letter.reason)).collect();
    let removed = DeadReason::EndpointRemoved;
    assert_eq!(told, [(exhausted, DeadReason::Exhausted), (never_sent, removed), (neither, removed)]);
    let last = world.attempts(endpoint.id, 22).await.remove(21);
    assert_eq!((last.outcome, last.number, last.next_at), (Outcome::OurFault, 1, None));
    let detail = last.detail.unwrap();
    assert!(detail.starts_with("not sent, since the endpoint was removed: shoplazza deletes"), "{detail}");
    // What comes later never was for it, also after a restart.
    world.clock.advance_ms(1);
    let later = world.new_order(shop, "4").await;
    let world = world.restarted().await;
    let DeliveryState::Filtered(why) = world.state(later, endpoint.id).await else { panic!("removed") };
    assert!(why.starts_with("the endpoint is removed: shoplazza"), "{why}");
    assert_eq!((world.dead(endpoint.id, 3).await.len(), receiver.requests().len()), (3, 20));
}

#[tokio::test]
async fn what_waits_for_a_retry_when_the_endpoint_is_removed_is_dead_and_counts_its_attempts() {
    let world = World::new().await;
    let Answering { shop, endpoint, receiver: _receiver, .. } =
        world.answering(DialectId::Shoplazza, Reply::status(500), None).await;
    world.new_order(shop, "1").await;
    for (made, wait_min) in (1..).zip(SHOPLAZZA_WAITS_MIN) {
        world.attempts(endpoint.id, made).await;
        world.due_in(wait_min * 60_000).await;
        if made < 19 {
            world.clock.advance_ms(wait_min * 60_000);
        }
    }
    // A second before the last attempt of the first one.
    world.clock.advance_ms(240 * 60_000 - 1_000);
    let waits = world.new_order(shop, "2").await;
    world.attempts(endpoint.id, 20).await;
    world.pass_ms(1_000).await;
    let dead = world.dead(endpoint.id, 2).await.remove(1);
    assert_eq!((dead.event, dead.reason, dead.attempts), (waits, DeadReason::EndpointRemoved, 2));
    let state = world.state(waits, endpoint.id).await;
    assert!(matches!(state, DeliveryState::Dead { reason: DeadReason::EndpointRemoved, .. }), "{state:?}");
    assert!(world.ledger.lane(endpoint.id).await.unwrap().unwrap().waiting.is_empty(), "it waits no more");
}

/// The process ended between the last failed attempt's record and the endpoint's new state.
#[tokio::test]
async fn what_the_last_run_had_no_time_to_close_is_closed_by_the_next() {
    for (id, is_resumed) in
        [(DialectId::Shoplazza, false), (DialectId::BigCommerce, false), (DialectId::BigCommerce, true)]
    {
        let world = World::new().await;
        let Answering { shop, endpoint, .. } = world.answering(id, Reply::status(200), None).await;
        world.new_order(shop, "1").await;
        world.attempts(endpoint.id, 1).await;
        world.clock.advance_ms(1_000);
        let lane = world.ledger.lane(endpoint.id).await.unwrap().unwrap();
        let seq = world.ledger.head().await.unwrap();
        let attempt = AttemptRecord {
            seq,
            number: 20,
            at: world.engine.timer().now(),
            latency_us: 0,
            outcome: Outcome::TimedOut,
            detail: None,
            response: bytes::Bytes::new(),
            next_at: None,
            dead: Some(DeadReason::Exhausted),
        };
        let changes = LaneChanges::default();
        let update = LaneUpdate {
            endpoint: endpoint.id,
            cursor: lane.cursor,
            done: lane.done.into_iter().collect(),
            changes,
            attempts: vec![attempt],
        };
        world.ledger.record(vec![update]).await.unwrap();
        if is_resumed {
            world.clock.advance_ms(1_000);
            world.engine.pause_endpoint(endpoint.id).await.unwrap();
            world.engine.resume_endpoint(endpoint.id).await.unwrap();
        }
        let world = world.crashed().await;
        // It is looked for where the lane is taken up.
        if is_resumed {
            until(async || world.engine.metrics().lanes_running.get() == 1).await;
        } else {
            until(async || world.endpoint_state(&endpoint) != EndpointState::Active).await;
        }
        let state = world.endpoint_state(&endpoint);
        let as_documented = match id {
            _ if is_resumed => state == EndpointState::Active,
            DialectId::Shoplazza => matches!(state, EndpointState::Removed { .. }),
            _ => matches!(state, EndpointState::Disabled { .. }),
        };
        assert!(as_documented, "{id}: {state:?}");
    }
}
