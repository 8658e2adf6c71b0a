//! Endpoints.

use serde_json::{Value, json};
use shopwire_core::{DialectId, Limits, Secret, Timestamp};
use shopwire_dialects::cloudevents::{SigningKey, verify};
use shopwire_testkit::{Received, Reply, ScriptedReceiver};

use crate::world::{NOW, World, text};

fn path(endpoint: &Value) -> String {
    format!("/v1/endpoints/{}", text(&endpoint["id"]))
}

fn is_signed_with(request: &Received, secret: &str, now: Timestamp) -> bool {
    let key = SigningKey::parse(&Secret::new(secret)).unwrap();
    verify(&request.headers, &request.body, &[key], now).is_ok()
}

#[tokio::test]
async fn an_endpoint_gets_its_defaults_and_is_changed() {
    let world = World::new().await;
    let made = world.endpoint("http://127.0.0.1:9/hook").await;
    assert!(text(&made["secret"]).starts_with("whsec_"));
    assert_eq!(
        (&made["topics"], &made["mode"], &made["ordering"]),
        (&json!(["*"]), &json!("structured"), &json!("subject"))
    );
    assert_eq!((&made["in_flight_max"], &made["state"]["state"]), (&json!(16), &json!("active")));
    assert_eq!(made["retry"]["delays_s"].as_array().unwrap().len(), 9);
    let shop = world.shop().await;
    let change = json!({
        "name": "new", "url": "http://127.0.0.1:9/new", "shop": shop, "topics": ["order.*"], "mode": "binary",
        "headers": [{"name": "X-Env", "value": "hush"}], "ordering": "none",
        "retry": {"delays_s": [1, 2], "jitter": 0.25}, "in_flight_max": 1,
        "connections_max": 1, "rate": {"per_second": 2.5, "burst": 4}, "failing_max_ms": 3_600_000,
    });
    let changed = world.patch(&path(&made), &change).await.expect(200);
    for field in change.as_object().unwrap().keys().filter(|field| *field != "headers") {
        assert_eq!(changed[field], change[field], "{field}");
    }
    assert_eq!(changed["headers"], json!(["X-Env"]));
    assert_eq!(
        world.all(&format!("/v1/endpoints?shop={shop}&state=active"), 5).await,
        std::slice::from_ref(&changed)
    );
    let for_all = world.patch(&path(&made), &json!({"shop": null})).await.expect(200);
    assert_eq!((&for_all["shop"], &for_all["topics"]), (&json!(null), &change["topics"]));
    let freed = json!({"connections_max": null, "rate": null, "failing_max_ms": null});
    let as_usual = world.patch(&path(&made), &freed).await.expect(200);
    assert!(["connections_max", "rate", "failing_max_ms"].iter().all(|field| as_usual[field].is_null()));
    assert_eq!(world.delete(&path(&made)).await.status, 204);
    world.get(&path(&made)).await.problem(404, "not_found");
    world.patch(&path(&made), &json!({})).await.problem(404, "not_found");
    world.stop().await;
}

#[tokio::test]
async fn endpoints_that_can_not_be_are_refused_by_field() {
    let world = World::new().await;
    let made = world.endpoint("http://127.0.0.1:9/hook").await;
    for (wrong, field) in [
        (json!({"name": ""}), "name"),
        (json!({"url": "ftp://127.0.0.1/"}), "url"),
        (json!({"url": "https://user:pass@example.com/"}), "url"),
        (json!({"url": "https://10.0.0.1/"}), "url"),
        (json!({"url": "http://[::1]/"}), "url"),
        (json!({"url": "https://2130706433.0.0/"}), "url"),
        (json!({"url": "https://169.254.169.254/latest/meta-data"}), "url"),
        (json!({"shop": "shop_0190000000007fffbfffffffffffffff"}), "shop"),
        (json!({"topics": []}), "topics"),
        (json!({"topics": ["order.exploded"]}), "topics"),
        (json!({"topics": ["orders.*"]}), "topics"),
        (json!({"topics": ["bigcommerce:store/order/created"]}), "topics"),
        (json!({"headers": [{"name": "Webhook-Id", "value": "x"}]}), "headers"),
        (json!({"headers": [{"name": "Host", "value": "x"}]}), "headers"),
        (json!({"headers": [{"name": "X-A", "value": "a\r\nb"}]}), "headers"),
        (json!({"retry": {"delays_s": [604_801]}}), "retry"),
        (json!({"retry": {"delays_s": [1], "jitter": 0.6}}), "retry"),
        (json!({"in_flight_max": 0}), "in_flight_max"),
        (json!({"in_flight_max": 65}), "in_flight_max"),
        (json!({"connections_max": 0}), "connections_max"),
        (json!({"connections_max": 65}), "connections_max"),
        (json!({"rate": {"per_second": 0}}), "rate"),
        (json!({"rate": {"per_second": 100_001}}), "rate"),
        (json!({"rate": {"per_second": 1, "burst": 0}}), "rate"),
        (json!({"failing_max_ms": 59_999}), "failing_max_ms"),
        (json!({"failing_max_ms": 432_000_001}), "failing_max_ms"),
    ] {
        let problem = world.patch(&path(&made), &wrong).await.problem(422, "invalid_field");
        assert_eq!(problem["field"], field, "{wrong}");
        let mut new = json!({"name": "a", "url": "http://127.0.0.1:9/"});
        wrong.as_object().unwrap().iter().for_each(|(key, value)| new[key] = value.clone());
        assert_eq!(
            world.post("/v1/endpoints", &new).await.problem(422, "invalid_field")["field"],
            field,
            "{wrong}"
        );
    }
    let of_platform =
        json!({"name": "a", "url": "http://127.0.0.1:9/", "dialect": "ecwid", "topics": ["order.created"]});
    assert_eq!(
        world.post("/v1/endpoints", &of_platform).await.problem(422, "invalid_field")["field"],
        "secret"
    );
    let weak = json!({"name": "a", "url": "http://127.0.0.1:9/", "secret": "whsec_c2hvcnQ="});
    assert_eq!(world.post("/v1/endpoints", &weak).await.problem(422, "invalid_field")["field"], "secret");
    let mut as_made = made.clone();
    as_made.as_object_mut().unwrap().shift_remove("secret");
    assert_eq!(world.all("/v1/endpoints", 10).await, [as_made]);
    world.stop().await;
}

#[tokio::test]
async fn limits_on_endpoints_hold() {
    let limits = Limits {
        endpoints_max: 1,
        topics_per_endpoint_max: 1,
        headers_per_endpoint_max: 1,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let url = "http://127.0.0.1:9/";
    let header = |name: &str| json!({"name": name, "value": "x"});
    for (new, limit) in [
        (json!({"name": "a", "url": url, "topics": ["order.*", "cart.*"]}), "topics_per_endpoint_max"),
        (
            json!({"name": "a", "url": url, "headers": [header("X-A"), header("X-B")]}),
            "headers_per_endpoint_max",
        ),
    ] {
        assert_eq!(world.post("/v1/endpoints", &new).await.problem(422, "limit_reached")["limit"], limit);
    }
    world.endpoint(url).await;
    let second = json!({"name": "a", "url": url});
    assert_eq!(
        world.post("/v1/endpoints", &second).await.problem(422, "limit_reached")["limit"],
        "endpoints_max"
    );
    world.stop().await;
}

#[tokio::test]
async fn a_test_tells_what_came_of_it_and_is_signed() {
    let world = World::new().await;
    let receiver = ScriptedReceiver::start().await;
    receiver.set_replies([Reply::status(200).body("thanks"), Reply::status(500)]);
    let endpoint = world.endpoint(&receiver.url("/hook")).await;
    let test = format!("{}/test", path(&endpoint));
    let told = world.post(&test, &json!({})).await.expect(200);
    assert_eq!(
        (&told["delivered"], &told["status"], &told["response"]),
        (&json!(true), &json!(200), &json!("thanks"))
    );
    assert!(is_signed_with(&receiver.requests()[0], &text(&endpoint["secret"]), NOW));
    let told = world.post(&test, &json!({})).await.expect(200);
    assert_eq!((&told["delivered"], &told["outcome"]), (&json!(false), &json!("refused")));
    assert!(world.all("/v1/attempts", 10).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn during_a_rotation_both_secrets_sign() {
    let world = World::new().await;
    let receiver = ScriptedReceiver::start().await;
    let endpoint = world.endpoint(&receiver.url("/hook")).await;
    let rotate = format!("{}/rotate_secret", path(&endpoint));
    let rotated = world.post(&rotate, &json!({"overlap_ms": 60_000})).await.expect(200);
    let (old, new) = (text(&endpoint["secret"]), text(&rotated["secret"]));
    assert_ne!(old, new);
    let test = format!("{}/test", path(&endpoint));
    world.post(&test, &json!({})).await.expect(200);
    world.clock.advance_ms(60_000);
    world.post(&test, &json!({})).await.expect(200);
    let requests = receiver.requests();
    assert!(is_signed_with(&requests[0], &old, NOW) && is_signed_with(&requests[0], &new, NOW));
    let later = NOW.plus_ms(60_000);
    assert!(!is_signed_with(&requests[1], &old, later) && is_signed_with(&requests[1], &new, later));
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(world.post(&rotate, &json!({"secret": given})).await.expect(200)["secret"], given);
    world.post(&rotate, &json!({"secret": "mine"})).await.problem(422, "invalid_field");
    world.stop().await;
}

#[tokio::test]
async fn a_paused_endpoint_is_sent_nothing_and_catches_up() {
    let world = World::new().await;
    let receiver = ScriptedReceiver::start().await;
    let source = world.source(DialectId::Shoptet).await;
    let endpoint = world.endpoint(&receiver.url("/hook")).await;
    let paused = world.post(&format!("{}/pause", path(&endpoint)), &json!({})).await.expect(200);
    assert_eq!(paused["state"]["state"], "paused");
    let again = world.post(&format!("{}/pause", path(&endpoint)), &json!({})).await.expect(200);
    assert_eq!(again, paused);
    let event = world.event(&source, DialectId::Shoptet, "order:create", "1").await;
    let told = world.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(told["deliveries"][0]["state"], "held");
    assert!(receiver.requests().is_empty());
    let resumed = world.post(&format!("{}/resume", path(&endpoint)), &json!({})).await.expect(200);
    assert_eq!(resumed["state"]["state"], "active");
    assert_eq!(receiver.wait_for(1).await[0].header("webhook-id"), Some(event.as_str()));
    world.stop().await;
}

#[tokio::test]
async fn how_an_endpoint_fares_is_shown_with_when_it_is_tried_next() {
    let limits = Limits { breaker_failures_max: 2, ..Limits::default() };
    let world = World::with(limits).await;
    let receiver = ScriptedReceiver::start().await;
    receiver.set_replies([Reply::status(500)]);
    let source = world.source(DialectId::Shoptet).await;
    let endpoint = world.endpoint(&receiver.url("/hook")).await;
    let listening = ScriptedReceiver::start().await;
    let asks = json!({"name": "ops", "url": listening.url("/"), "topics": ["endpoint.*"]});
    world.post("/v1/endpoints", &asks).await.expect(201);
    let well = json!({
        "status": "well", "failing_since": null, "consecutive_failures": 0, "last_failure": null, "disabled_at": null,
        "window": 16, "breaker": {"state": "closed", "next_probe_at": null}, "rate_free_at": null, "next_due_at": null,
    });
    assert_eq!(endpoint["health"], well);
    for id in ["1", "2"] {
        world.event(&source, DialectId::Shoptet, "order:create", id).await;
    }
    receiver.wait_for(2).await;
    world.clock.wait_for_sleep_until(NOW.plus_ms(10_000)).await;
    let health = world.get(&path(&endpoint)).await.expect(200)["health"].take();
    assert_eq!((&health["status"], &health["consecutive_failures"]), (&json!("failing"), &json!(2)));
    assert_eq!((&health["failing_since"], &health["last_failure"]), (&json!(NOW), &json!("refused (500)")));
    assert_eq!(health["disabled_at"], json!(NOW.plus_ms(5 * 24 * 3_600_000)));
    let probe_at = NOW.plus_ms(10_000);
    assert_eq!(health["breaker"], json!({"state": "open", "next_probe_at": probe_at}));
    let due_at = Timestamp::parse(health["next_due_at"].as_str().unwrap()).unwrap();
    assert!((4_500..=5_500).contains(&due_at.since_ms(NOW)), "its first wait, moved by chance: {due_at}");
    listening.wait_for(1).await;
    let told = world.all("/v1/events?type=endpoint.failing", 5).await;
    assert_eq!(told[0]["subject"], json!(format!("endpoint/{}", text(&endpoint["id"]))));
    world.stop().await;
}
