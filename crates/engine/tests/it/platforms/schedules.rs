//! A receiver that fails for ever is tried at exactly the documented moments, and then what is documented follows.

use shopwire_core::DialectId;
use shopwire_core::delivery::{DeadReason, EndpointState};
use shopwire_engine::DeliveryState;
use shopwire_engine::configure::ConfigureError;
use shopwire_engine::deliver::RedeliverError;
use shopwire_testkit::{Reply, ScriptedReceiver};

use super::Answering;
use crate::egress::NOW;
use crate::world::{World, until};

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;

/// A world with a failing receiver and one endpoint of a dialect there, and the delivery to it.
struct Failing {
    world: World,
    receiver: ScriptedReceiver,
    endpoint: shopwire_core::delivery::Endpoint,
    shop: shopwire_core::ShopId,
    event: shopwire_core::EventId,
}

async fn failing(id: DialectId, reply: Reply) -> Failing {
    let world = World::new().await;
    let Answering { receiver, shop, endpoint, .. } = world.answering(id, reply, None).await;
    let event = world.new_order(shop, "169").await;
    Failing { world, receiver, endpoint, shop, event }
}

impl Failing {
    /// Lives through the whole schedule, given in seconds from the first attempt: at each moment one attempt, none a
    /// moment earlier, and then a dead letter.
    async fn is_tried_at(&self, offsets_s: &[i64]) {
        let (world, endpoint) = (&self.world, self.endpoint.id);
        let mut passed_s = 0;
        for (made, offset_s) in (1..).zip(offsets_s) {
            assert_eq!(world.attempts(endpoint, made).await.len(), made);
            let wait_ms = (offset_s - passed_s) * 1_000;
            world.due_in(wait_ms).await;
            world.clock.advance_ms(wait_ms - 1);
            assert_eq!(self.receiver.requests().len(), made, "a moment before {offset_s} s");
            world.clock.advance_ms(1);
            passed_s = *offset_s;
        }
        let attempts = world.attempts(endpoint, offsets_s.len() + 1).await;
        let made: Vec<_> = attempts.iter().map(|attempt| attempt.at.since_ms(NOW)).collect();
        let expected: Vec<_> = [0].iter().chain(offsets_s).map(|offset_s| offset_s * 1_000).collect();
        assert_eq!(made, expected);
        let dead = world.dead(endpoint, 1).await.remove(0);
        assert_eq!((dead.event, dead.reason), (self.event, DeadReason::Exhausted));
        assert_eq!(attempts.last().unwrap().next_at, None);
    }
}

#[tokio::test]
async fn ecwid_tries_28_times_within_a_day_counted_from_the_first_attempt_and_drops_it() {
    let failing = failing(DialectId::Ecwid, Reply::status(500)).await;
    let hours = (1..=24).map(|hour| hour * HOUR_S);
    let offsets: Vec<_> = [15, 30, 45].map(|minutes| minutes * MINUTE_S).into_iter().chain(hours).collect();
    assert_eq!(offsets.len(), 27);
    failing.is_tried_at(&offsets).await;
    assert_eq!(failing.world.endpoint_state(&failing.endpoint), EndpointState::Active);
}

#[tokio::test]
async fn bigcommerce_tries_12_times_in_48_hours_and_deactivates_the_hook() {
    let failing = failing(DialectId::BigCommerce, Reply::status(404)).await;
    let gaps = [60, 180, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 50_400, 86_400];
    let offsets: Vec<_> = gaps
        .iter()
        .scan(0, |sum, gap| {
            *sum += gap;
            Some(*sum)
        })
        .collect();
    assert_eq!(offsets.last(), Some(&173_040));
    failing.is_tried_at(&offsets).await;
    let Failing { world, receiver, endpoint, shop, event } = &failing;
    until(async || matches!(world.endpoint_state(endpoint), EndpointState::Disabled { .. })).await;
    let EndpointState::Disabled { reason, .. } = world.endpoint_state(endpoint) else { panic!("it is") };
    assert_eq!(
        reason,
        "bigcommerce deactivates an endpoint after 12 failed attempts of one delivery, the last: refused (404)"
    );
    // What happens meanwhile is kept, and goes out once it is switched on again.
    receiver.set_replies([Reply::status(200)]);
    let next = world.new_order(*shop, "170").await;
    assert_eq!(world.state(next, endpoint.id).await, DeliveryState::Held);
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    world.attempts(endpoint.id, 13).await;
    assert!(matches!(world.state(next, endpoint.id).await, DeliveryState::Delivered { .. }));
    assert!(matches!(world.state(*event, endpoint.id).await, DeliveryState::Dead { .. }));
}

#[tokio::test]
async fn shoptet_tries_three_times_in_half_an_hour_and_gives_that_notification_up() {
    // 204 is a success elsewhere.
    let failing = failing(DialectId::Shoptet, Reply::status(204)).await;
    failing.is_tried_at(&[15 * MINUTE_S, 30 * MINUTE_S]).await;
    let Failing { world, receiver, endpoint, shop, .. } = &failing;
    assert_eq!(world.endpoint_state(endpoint), EndpointState::Active);
    receiver.set_replies([Reply::status(200)]);
    let next = world.new_order(*shop, "170").await;
    world.attempts(endpoint.id, 4).await;
    assert!(matches!(world.state(next, endpoint.id).await, DeliveryState::Delivered { .. }));
}

#[tokio::test]
async fn shoplazza_tries_20_times_in_48_hours_and_deletes_the_subscription() {
    let failing = failing(DialectId::Shoplazza, Reply::status(500)).await;
    let gaps_min = [1, 2, 2, 5, 20, 30, 60, 120].into_iter().chain([240; 11]);
    let offsets: Vec<_> = gaps_min
        .scan(0, |sum, gap: i64| {
            *sum += gap * MINUTE_S;
            Some(*sum)
        })
        .collect();
    assert_eq!(offsets.last(), Some(&(48 * HOUR_S)));
    failing.is_tried_at(&offsets).await;
    let Failing { world, receiver, endpoint, shop, event } = failing;
    until(async || matches!(world.endpoint_state(&endpoint), EndpointState::Removed { .. })).await;
    // For good: nothing more is sent, it can't be resumed, and its dead letter stays, also over a restart.
    let next = world.new_order(shop, "170").await;
    let DeliveryState::Filtered(why) = world.state(next, endpoint.id).await else { panic!("it is told") };
    assert!(why.contains("shoplazza deletes the subscription after 20 failed attempts"), "{why}");
    let world = world.restarted().await;
    for changed in
        [world.engine.resume_endpoint(endpoint.id).await, world.engine.pause_endpoint(endpoint.id).await]
    {
        assert!(matches!(changed, Err(ConfigureError::Conflict { .. })), "{changed:?}");
    }
    let again = world.engine.redeliver(endpoint.id, event).await;
    assert!(matches!(again, Err(RedeliverError::Removed(_))), "{again:?}");
    assert_eq!(world.dead(endpoint.id, 1).await.len(), 1);
    assert_eq!(receiver.requests().len(), 20);
    world.engine.delete_endpoint(endpoint.id).await.unwrap();
}

#[tokio::test]
async fn duda_tries_five_times_at_moments_within_its_bands_and_nothing_follows() {
    let failing = failing(DialectId::Duda, Reply::status(500)).await;
    let (world, endpoint) = (&failing.world, failing.endpoint.id);
    for (made, (min_s, max_s)) in (1..).zip([(20, 40), (40, 80), (80, 160), (160, 240)]) {
        let attempts = world.attempts(endpoint, made).await;
        let last = attempts.last().unwrap();
        let wait_ms = last.next_at.expect("a retry").since_ms(last.at);
        assert!((min_s * 1_000..=max_s * 1_000).contains(&wait_ms), "{wait_ms}");
        world.pass_ms(wait_ms).await;
    }
    assert_eq!(world.attempts(endpoint, 5).await.len(), 5);
    assert_eq!(world.dead(endpoint, 1).await[0].reason, DeadReason::Exhausted);
    assert_eq!(world.endpoint_state(&failing.endpoint), EndpointState::Active);
}

#[tokio::test]
async fn each_platform_counts_its_own_statuses_and_hears_no_wishes() {
    for (id, reply, code) in [
        (DialectId::Ecwid, Reply::status(209), "delivered"),
        (DialectId::Ecwid, Reply::status(203), "refused"),
        (DialectId::Ecwid, Reply::status(208), "refused"),
        (DialectId::BigCommerce, Reply::status(299), "delivered"),
        (DialectId::BigCommerce, Reply::status(302), "redirected"),
        (DialectId::BigCommerce, Reply::status(410), "refused"),
        (DialectId::BigCommerce, Reply::status(429).header("Retry-After", "7"), "refused"),
        (DialectId::Shoptet, Reply::status(200), "delivered"),
        (DialectId::Shoptet, Reply::status(201), "refused"),
        (DialectId::Shoplazza, Reply::status(204), "delivered"),
        (DialectId::Shoplazza, Reply::status(400), "refused"),
        (DialectId::Duda, Reply::status(200), "delivered"),
        (DialectId::Duda, Reply::status(202), "refused"),
    ] {
        let told = format!("{id} {reply:?}");
        let failing = failing(id, reply).await;
        let attempt = failing.world.attempts(failing.endpoint.id, 1).await.remove(0);
        assert_eq!(attempt.outcome.code(), code, "{told}");
        let is_retried = attempt.next_at.map(|at| at.since_ms(NOW) >= 20_000);
        assert_eq!(is_retried, (code != "delivered").then_some(true), "{told}");
        assert_eq!(failing.world.endpoint_state(&failing.endpoint), EndpointState::Active, "{told}");
    }
}

#[tokio::test]
async fn an_answer_has_to_come_within_the_platform_s_own_time() {
    for (id, timeout_ms, next_ms) in [
        (DialectId::Ecwid, 10_000, 900_000),
        (DialectId::BigCommerce, 10_000, 10_000 + 60_000),
        (DialectId::Shoptet, 4_000, 4_000 + 900_000),
        (DialectId::Shoplazza, 5_000, 5_000 + 60_000),
    ] {
        let failing = failing(id, Reply::hang()).await;
        failing.receiver.wait_for(1).await;
        failing.world.pass_ms(timeout_ms).await;
        let attempt = failing.world.attempts(failing.endpoint.id, 1).await.remove(0);
        assert_eq!(attempt.outcome.code(), "timed_out", "{id}");
        assert_eq!(attempt.next_at, Some(NOW.plus_ms(next_ms)), "{id}");
    }
}

#[tokio::test]
async fn moments_of_ecwid_that_pass_while_the_endpoint_is_paused_are_left_out() {
    let failing = failing(DialectId::Ecwid, Reply::status(500)).await;
    let (world, endpoint) = (&failing.world, failing.endpoint.id);
    world.attempts(endpoint, 1).await;
    world.engine.pause_endpoint(endpoint).await.unwrap();
    world.clock.advance_ms((2 * HOUR_S + 5 * MINUTE_S) * 1_000);
    world.engine.resume_endpoint(endpoint).await.unwrap();
    let second = world.attempts(endpoint, 2).await.remove(1);
    assert_eq!(second.next_at, Some(NOW.plus_ms(3 * HOUR_S * 1_000)));
}
