//! Deliveries, attempts and dead letters.

use serde_json::{Value, json};
use shopwire_core::DialectId;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::world::{NOW, World, text};

/// A world with a receiver, a source, and an endpoint with one retry after a minute.
async fn world() -> (World, ScriptedReceiver, String, String) {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let source = world.source(DialectId::Shoptet).await;
    let endpoint = json!({
        "name": "erp", "url": receiver.url("/hook"), "retry": {"delays_s": [60], "jitter": 0},
    });
    let endpoint = text(&world.made("/v1/endpoints", endpoint).await["id"]);
    (world, receiver, source, endpoint)
}

/// The items of a list, as soon as there are `count`: what lanes do is written in the background.
async fn until(world: &World, list: &str, count: usize) -> Vec<Value> {
    loop {
        let items = world.all(list, 10).await;
        if items.len() == count {
            return items;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_delivery_is_told_with_its_attempt() {
    let (world, receiver, source, endpoint) = world().await;
    receiver.set_replies([Reply::status(202).body("taken")]);
    let event = world.event(&source, DialectId::Shoptet, "order:create", "1").await;
    let attempts = until(&world, "/v1/attempts", 1).await;
    assert_eq!(attempts[0]["event"], event);
    assert_eq!((&attempts[0]["outcome"], &attempts[0]["status"]), (&json!("delivered"), &json!(202)));
    assert_eq!((&attempts[0]["response"], &attempts[0]["number"]), (&json!("taken"), &json!(1)));
    let delivered = world.all(&format!("/v1/deliveries?state=delivered&endpoint={endpoint}"), 5).await;
    assert_eq!((delivered.len(), &delivered[0]["state"]), (1, &json!("delivered")));
    assert_eq!(world.all(&format!("/v1/deliveries?event={event}"), 5).await, delivered);
    for empty in ["/v1/attempts?outcome=refused", "/v1/deliveries?state=dead", "/v1/dead_letters"] {
        assert!(world.all(empty, 5).await.is_empty(), "{empty}");
    }
    let story = world.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(
        (&story["deliveries"][0]["state"], &story["deliveries"][0]["at"]),
        (&json!("delivered"), &json!(NOW))
    );
    world.stop().await;
}

#[tokio::test]
async fn a_failed_delivery_waits_then_is_dead_then_is_replayed() {
    let (world, receiver, source, endpoint) = world().await;
    receiver.set_replies([Reply::status(500), Reply::status(500), Reply::status(200)]);
    let event = world.event(&source, DialectId::Shoptet, "order:create", "1").await;
    let waiting = until(&world, &format!("/v1/deliveries?state=waiting&endpoint={endpoint}"), 1).await;
    let due = NOW.plus_ms(60_000);
    assert_eq!((&waiting[0]["event"], &waiting[0]["next_at"]), (&json!(event), &json!(due)));
    let listed = until(&world, "/v1/deliveries", 1).await;
    assert_eq!((&listed[0]["state"], &listed[0]["outcome"]), (&json!("waiting"), &json!("refused")));
    world.clock.wait_for_sleep_until(due).await;
    world.clock.set(due);
    let dead = until(&world, "/v1/dead_letters", 1).await;
    assert_eq!((&dead[0]["event"], &dead[0]["reason"]), (&json!(event), &json!("exhausted")));
    assert_eq!((&dead[0]["attempts"], &dead[0]["last_status"]), (&json!(2), &json!(500)));
    let listed = world.all(&format!("/v1/deliveries?state=dead&event={event}"), 5).await;
    assert_eq!((&listed[0]["state"], &listed[0]["reason"]), (&json!("dead"), &json!("exhausted")));
    assert_eq!(world.all("/v1/deliveries", 5).await[0]["state"], "dead");

    let replay = json!({"endpoint": endpoint, "event": event});
    let replayed = world.post("/v1/dead_letters/replay", &replay).await.expect(200);
    assert_eq!(replayed, json!({"replayed": 1, "more": false}));
    let delivered = until(&world, "/v1/deliveries?state=delivered", 1).await;
    assert_eq!(delivered[0]["event"], event);
    assert!(receiver.wait_for(3).await.iter().all(|request| request.header("webhook-id") == Some(&event)));
    assert!(world.all("/v1/dead_letters", 5).await.is_empty());
    world.post("/v1/dead_letters/replay", &replay).await.problem(409, "conflict");
    world.stop().await;
}

#[tokio::test]
async fn all_dead_letters_of_an_endpoint_are_replayed_in_one_call() {
    let (world, receiver, source, endpoint) = world().await;
    world.patch(&format!("/v1/endpoints/{endpoint}"), &json!({"retry": {"delays_s": []}})).await.expect(200);
    receiver.set_script(|_| Reply::status(500));
    for id in ["1", "2", "3"] {
        world.event(&source, DialectId::Shoptet, "order:create", id).await;
    }
    until(&world, "/v1/dead_letters", 3).await;
    receiver.set_script(|_| Reply::status(200));
    let replayed = world.post("/v1/dead_letters/replay", &json!({"endpoint": endpoint})).await.expect(200);
    assert_eq!(replayed, json!({"replayed": 3, "more": false}));
    until(&world, "/v1/deliveries?state=delivered", 3).await;
    let none = world.post("/v1/dead_letters/replay", &json!({"endpoint": endpoint})).await.expect(200);
    assert_eq!(none, json!({"replayed": 0, "more": false}));
    world.stop().await;
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let (world, _receiver, _, endpoint) = world().await;
    let event = "evt_0190000000007fffbfffffffffffffff";
    let stranger = "ep_0190000000007fffbfffffffffffffff";
    for list in ["attempts", "deliveries", "dead_letters"] {
        world.get(&format!("/v1/{list}?event={event}")).await.problem(404, "not_found");
    }
    world.get(&format!("/v1/deliveries?state=waiting&endpoint={stranger}")).await.problem(404, "not_found");
    for replay in [json!({"endpoint": endpoint, "event": event}), json!({"endpoint": stranger})] {
        world.post("/v1/dead_letters/replay", &replay).await.problem(404, "not_found");
    }
    world.stop().await;
}
