//! BigCommerce leaves a host alone that fails too often: 2 minutes, 100 requests, 90 %, 3 minutes.

use shopwire_core::DialectId;
use shopwire_core::delivery::Outcome;
use shopwire_engine::DeliveryState;
use shopwire_testkit::{Reply, ScriptedReceiver};

use super::Answering;
use crate::egress::NOW;
use crate::world::{World, until};

#[tokio::test]
async fn a_host_that_fails_too_often_is_left_alone_on_all_paths_for_that_client_and_events_follow_the_schedule()
 {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    receiver.set_replies([Reply::status(500)]);
    let shop = world.known_shop().await.id;
    let app = world.app(DialectId::BigCommerce, shop).await;
    let one = World::of_app(&app, shop, receiver.url("/one"), &["store/order/created"]);
    let one = world.platform_endpoint(one).await;
    for n in 0..100 {
        world.new_order(shop, &n.to_string()).await;
        // One after the other, so that none is under way when the block begins.
        world.attempts(one.id, n + 1).await;
    }
    assert_eq!(receiver.requests().len(), 100);
    until(async || world.engine.metrics().hosts_blocked.get() == 1).await;
    // Another path of the host, the same client: left alone. Another client: not.
    let two = World::of_app(&app, shop, receiver.url("/two"), &["store/order/created"]);
    let two = world.platform_endpoint(two).await;
    let other = world.app(DialectId::BigCommerce, shop).await;
    let three = World::of_app(&other, shop, receiver.url("/three"), &["store/order/created"]);
    let three = world.platform_endpoint(three).await;
    let event = world.new_order(shop, "blocked").await;
    let attempt = world.attempts(two.id, 1).await.remove(0);
    assert_eq!((attempt.outcome, attempt.at.since_ms(NOW)), (Outcome::Blocked, 0));
    let detail =
        format!("host `127.0.0.1` failed too often and is left alone until {}", NOW.plus_ms(180_000));
    assert_eq!(attempt.detail, Some(detail));
    assert_eq!(attempt.next_at.map(|at| at.since_ms(NOW)), Some(60_000));
    world.attempts(three.id, 1).await;
    let requests = receiver.requests();
    assert!(requests.iter().skip(100).all(|request| request.target == "/three"), "nothing but the other's");
    let state = world.state(event, two.id).await;
    assert!(matches!(state, DeliveryState::Waiting { last: Some(Outcome::Blocked), .. }), "{state:?}");
    let counted = world.engine.metrics().attempts().find(|(code, _)| *code == "blocked");
    assert!(counted.is_some_and(|(_, count)| count >= 2), "{counted:?}");
    // Three minutes later new events flow at once.
    receiver.set_replies([Reply::status(200)]);
    world.clock.advance_ms(180_000);
    let later = world.new_order(shop, "later").await;
    until(async || matches!(world.state(later, two.id).await, DeliveryState::Delivered { .. })).await;
}

#[tokio::test]
async fn nine_successes_out_of_ten_are_enough_and_one_failure_more_is_not() {
    let world = World::new().await;
    let Answering { receiver, shop, endpoint, .. } =
        world.answering(DialectId::BigCommerce, Reply::status(500), None).await;
    let mut replies = vec![Reply::status(200); 90];
    replies.push(Reply::status(500));
    receiver.set_replies(replies);
    let metrics = world.engine.metrics();
    for n in 0..101 {
        assert_eq!(metrics.hosts_blocked.get(), 0, "after {n} requests");
        world.new_order(shop, &n.to_string()).await;
        world.attempts(endpoint.id, n + 1).await;
    }
    assert_eq!((receiver.requests().len(), metrics.hosts_blocked.get()), (101, 1));
}

#[tokio::test]
async fn other_platforms_leave_nobody_alone() {
    let world = World::new().await;
    let Answering { receiver, shop, endpoint, .. } =
        world.answering(DialectId::Ecwid, Reply::status(500), None).await;
    for n in 0..110 {
        world.new_order(shop, &n.to_string()).await;
    }
    world.attempts(endpoint.id, 110).await;
    assert_eq!((receiver.requests().len(), world.engine.metrics().hosts_blocked.get()), (110, 0));
}
