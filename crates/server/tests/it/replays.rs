//! Replays over the API, and dismissing dead letters.

use serde_json::{Value, json};
use shopwire_core::{DialectId, Headers, Limits};
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::client::send;
use crate::world::{World, text};

/// A world in which an endpoint got three orders.
async fn world() -> (World, ScriptedReceiver, String, Vec<String>) {
    let (world, receiver) = (World::with(Limits::default()).await, ScriptedReceiver::start().await);
    let source = world.source(DialectId::Shoptet).await;
    let retry = json!({"name": "erp", "url": receiver.url("/"), "retry": {"delays_s": [], "jitter": 0}});
    let endpoint = text(&world.made("/v1/endpoints", retry).await["id"]);
    let mut events = Vec::new();
    for id in ["1", "2", "3"] {
        events.push(world.event(&source, DialectId::Shoptet, "order:create", id).await);
    }
    receiver.wait_for(3).await;
    until(&world, &format!("/v1/attempts?endpoint={endpoint}"), 3).await;
    (world, receiver, endpoint, events)
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

/// The replay as it is once it has ended.
async fn ended(world: &World, id: &str) -> Value {
    loop {
        let replay = world.get(&format!("/v1/replays/{id}")).await.expect(200);
        if !["queued", "running"].contains(&replay["state"].as_str().unwrap()) {
            return replay;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_replay_is_counted_made_followed_and_listed() {
    let (world, receiver, endpoint, events) = world().await;
    let body = json!({"endpoint": endpoint, "selection": {"types": ["order.*"]}});
    let mut dry = body.clone();
    dry["dry_run"] = true.into();
    let preview = world.post("/v1/replays", &dry).await.expect(200);
    assert_eq!(
        (&preview["selected"], &preview["queued"], &preview["complete"]),
        (&json!(3), &json!(3), &json!(true))
    );
    let first: Vec<_> = preview["first"].as_array().unwrap().iter().map(|event| text(&event["id"])).collect();
    assert_eq!(first, events);
    assert!(world.all("/v1/replays", 5).await.is_empty(), "nothing was made");

    let made = world.post("/v1/replays", &body).await;
    let location = made.headers.get("location").unwrap().to_owned();
    let id = text(&made.expect(201)["id"]);
    assert_eq!(location, format!("/v1/replays/{id}"));
    let done = ended(&world, &id).await;
    let skipped = json!({"unwanted": 0, "not_permitted": 0, "on_their_way": 0, "unreadable": 0});
    for (name, value) in [
        ("state", json!("finished")),
        ("percent", json!(100)),
        ("selected", json!(3)),
        ("queued", json!(3)),
        ("skipped", skipped),
        ("rate", json!(1_000)),
        ("reason", Value::Null),
        ("selection", json!({"types": ["order.*"]})),
    ] {
        assert_eq!(done[name], value, "{name}");
    }
    receiver.wait_for(6).await;
    assert_eq!(world.all("/v1/replays?state=finished", 1).await, std::slice::from_ref(&done));
    assert_eq!(world.all(&format!("/v1/replays?endpoint={endpoint}"), 1).await, [done]);
    assert!(world.all("/v1/replays?state=running", 5).await.is_empty());
    world.post(&format!("/v1/replays/{id}/cancel"), &json!({})).await.problem(409, "conflict");
    world.stop().await;
}

#[tokio::test]
async fn a_slow_replay_is_cancelled_and_its_key_makes_it_once() {
    let (world, _receiver, endpoint, events) = world().await;
    let body = json!({"endpoint": endpoint, "selection": {"since": "2020-01-01T00:00:00Z"}, "rate": 1});
    let key = || Headers::new().with("idempotency-key", "k1");
    let id = text(&world.post_with("/v1/replays", &body, key()).await.expect(201)["id"]);
    let again = world.post_with("/v1/replays", &body, key()).await;
    assert_eq!((text(&again.expect(201)["id"]), world.all("/v1/replays", 5).await.len()), (id.clone(), 1));
    world.clock.advance_ms(1);
    let one = json!({"endpoint": endpoint, "selection": {"events": [events[0]]}});
    let newer = text(&world.made("/v1/replays", one).await["id"]);
    let listed: Vec<_> = world.all("/v1/replays", 1).await.iter().map(|replay| text(&replay["id"])).collect();
    assert_eq!(listed, [newer, id.clone()], "newest first, page by page");
    let cancelled = world.post(&format!("/v1/replays/{id}/cancel"), &json!({})).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(ended(&world, &id).await["state"], "cancelled");
    world.stop().await;
}

#[tokio::test]
async fn the_dead_are_replayed_by_reason_or_dismissed() {
    let (world, receiver, endpoint, events) = world().await;
    receiver.set_script(|_| Reply::status(500));
    let all = json!({"endpoint": endpoint, "selection": {"events": events}});
    world.made("/v1/replays", all).await;
    until(&world, "/v1/dead_letters", 3).await;
    assert_eq!(world.all("/v1/dead_letters?reason=exhausted", 2).await.len(), 3);
    assert!(world.all("/v1/dead_letters?reason=too_old", 2).await.is_empty());
    let metrics = world.get("/metrics").await.text();
    assert!(metrics.contains("shopwire_dead_letters_listed 3"), "{metrics}");

    let one = format!("/v1/dead_letters/{endpoint}/{}", events[0]);
    assert_eq!(world.delete(&one).await.status, 204);
    world.delete(&one).await.problem(404, "not_found");
    receiver.set_script(|_| Reply::status(200));
    let dead = json!({"endpoint": endpoint, "selection": {"outcome": {"is": "dead", "reason": "exhausted"}}});
    let replay = text(&world.made("/v1/replays", dead).await["id"]);
    assert_eq!(ended(&world, &replay).await["queued"], 2);
    until(&world, "/v1/dead_letters", 0).await;
    receiver.wait_for(8).await;

    receiver.set_script(|_| Reply::status(500));
    world.made("/v1/replays", json!({"endpoint": endpoint, "selection": {"events": events}})).await;
    until(&world, "/v1/dead_letters", 3).await;
    let many = |query: &str| format!("/v1/dead_letters?endpoint={endpoint}{query}");
    for (query, count) in [
        ("&reason=too_old", 0),
        ("&until=2020-01-01T00:00:00Z", 0),
        ("&since=2020-01-01T00:00:00Z", 3),
        ("", 0),
    ] {
        assert_eq!(world.delete(&many(query)).await.expect(200), json!({"dismissed": count}), "{query}");
    }
    let metrics = world.get("/metrics").await.text();
    assert!(metrics.contains("shopwire_dead_letters_listed 0"), "{metrics}");
    assert!(metrics.contains(r#"shopwire_dead_letters_dropped_total{reason="dismissed"} 4"#), "{metrics}");
    assert!(metrics.contains(r#"shopwire_replayed_events_total{result="queued"} 8"#), "{metrics}");
    world.stop().await;
}

#[tokio::test]
async fn what_can_not_be_replayed_is_a_problem_that_names_the_field() {
    let (world, _receiver, endpoint, _) = world().await;
    let stranger = "ep_0190000000007fffbfffffffffffffff";
    let of = |selection: Value| json!({"endpoint": endpoint, "selection": selection});
    let since = json!({"since": "2020-01-01T00:00:00Z"});
    for (body, field) in [
        (json!({"endpoint": stranger, "selection": since}), "endpoint"),
        (json!({"endpoint": endpoint, "selection": since, "rate": 0}), "rate"),
        (of(json!({})), "selection"),
        (of(json!({"types": ["order.exploded"]})), "selection.types"),
        (of(json!({"subject": "order"})), "selection.subject"),
        (of(json!({"outcome": {"is": "dead", "reason": "bored"}})), "selection.outcome.reason"),
        (of(json!({"outcome": {"is": "failed", "reason": "exhausted"}})), "outcome.reason"),
    ] {
        let problem = world.post("/v1/replays", &body).await.problem(422, "invalid_field");
        assert_eq!(problem["field"], field, "{body}");
    }
    for body in [
        json!({"endpoint": endpoint}),
        of(json!({"shopp": "x"})),
        of(json!({"since": "yesterday"})),
        of(json!({"events": ["x"]})),
        of(json!({"outcome": {"is": "sad"}})),
    ] {
        world.post("/v1/replays", &body).await.problem(400, "malformed_json");
    }
    world.get("/v1/replays?state=sad").await.problem(400, "invalid_parameter");
    world.get("/v1/replays?endpoint=x").await.problem(400, "invalid_parameter");
    world.get("/v1/dead_letters?reason=bored").await.problem(400, "invalid_parameter");
    world.delete("/v1/dead_letters").await.problem(400, "invalid_parameter");
    world.delete(&format!("/v1/dead_letters?endpoint={stranger}")).await.problem(404, "not_found");
    let unknown = "/v1/replays/rpl_0190000000007fffbfffffffffffffff";
    world.get(unknown).await.problem(404, "not_found");
    world.post(&format!("{unknown}/cancel"), &json!({})).await.problem(404, "not_found");
    world.get("/v1/replays/nonsense").await.problem(404, "not_found");
    assert_eq!(send(world.address, "GET", "/v1/replays", &Headers::new(), b"").await.status, 401);
    world.stop().await;
}

#[tokio::test]
async fn who_may_only_look_makes_no_replay() {
    let (world, _receiver, endpoint, _) = world().await;
    let token = world.made("/v1/tokens", json!({"name": "viewer", "role": "read_only"})).await;
    let authorized = Headers::new()
        .with("authorization", format!("Bearer {}", text(&token["text"])))
        .with("content-type", "application/json");
    let body = json!({"endpoint": endpoint, "selection": {"types": ["*"]}}).to_string();
    let refused = send(world.address, "POST", "/v1/replays", &authorized, body.as_bytes()).await;
    refused.problem(403, "forbidden");
    assert_eq!(send(world.address, "GET", "/v1/replays", &authorized, b"").await.status, 200);
    world.stop().await;
}
