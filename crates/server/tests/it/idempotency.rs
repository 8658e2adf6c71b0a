//! A repeated POST does nothing new.

use serde_json::json;
use shopwire_core::Headers;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::client::send;
use crate::world::{NOW, World, text};

fn key(text: &str) -> Headers {
    Headers::new().with("idempotency-key", text)
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_with_its_secret_and_makes_nothing() {
    let world = World::new().await;
    let token = json!({"name": "second", "role": "admin"});
    let first = world.post_with("/v1/tokens", &token, key("k1")).await;
    let second = world.post_with("/v1/tokens", &token, key("k1")).await;
    assert_eq!(first.expect(201), second.expect(201));
    assert_eq!(first.headers.get("idempotency-replayed"), None);
    assert_eq!(second.headers.get("idempotency-replayed"), Some("true"));
    assert_eq!(second.headers.get("location"), first.headers.get("location"));
    assert_eq!(second.headers.get("content-type"), Some("application/json"));
    assert_eq!(world.all("/v1/tokens", 10).await.len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_key_belongs_to_one_body_one_path_and_one_token() {
    let world = World::new().await;
    let shop = json!({"name": "Teapots"});
    world.post_with("/v1/shops", &shop, key("k1")).await.expect(201);
    let other = json!({"name": "Kettles"});
    world.post_with("/v1/shops", &other, key("k1")).await.problem(422, "idempotency_mismatch");
    world.post_with("/v1/shops", &shop, key("k2")).await.expect(201);
    world.post_with("/v1/tokens", &json!({"name": "b", "role": "admin"}), key("k1")).await.expect(201);
    let token = world.made("/v1/tokens", json!({"name": "c", "role": "admin"})).await;
    let headers = key("k1")
        .with("authorization", format!("Bearer {}", text(&token["text"])))
        .with("content-type", "application/json");
    let answer = send(world.address, "POST", "/v1/shops", &headers, shop.to_string().as_bytes()).await;
    answer.expect(201);
    assert_eq!(answer.headers.get("idempotency-replayed"), None);
    assert_eq!(world.all("/v1/shops", 10).await.len(), 3);
    world.stop().await;
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let world = World::new().await;
    world.post_with("/v1/shops", &json!({"name": ""}), key("k1")).await.problem(422, "invalid_field");
    world.post_with("/v1/shops", &json!({"name": "Teapots"}), key("k1")).await.expect(201);
    world.stop().await;
}

#[tokio::test]
async fn keys_that_can_not_be_are_refused() {
    let world = World::new().await;
    for wrong in ["", &"x".repeat(256)] {
        let answer = world.post_with("/v1/shops", &json!({"name": "Teapots"}), key(wrong)).await;
        answer.problem(400, "malformed_request");
    }
    assert!(world.all("/v1/shops", 10).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn while_the_first_is_under_way_the_second_is_told_so() {
    let world = World::new().await;
    let receiver = ScriptedReceiver::start().await;
    receiver.set_replies([Reply::hang()]);
    let endpoint = text(&world.endpoint(&receiver.url("/hook")).await["id"]);
    let test = format!("/v1/endpoints/{endpoint}/test");
    let deadline = NOW.plus_ms(15_000);
    let body = json!({});
    let (first, ()) = tokio::join!(world.post_with(&test, &body, key("k1")), async {
        receiver.wait_for(1).await;
        let second = world.post_with(&test, &body, key("k1")).await;
        second.problem(409, "idempotency_under_way");
        assert_eq!(second.headers.get("retry-after"), Some("1"));
        world.clock.set(deadline);
    });
    assert_eq!(first.expect(200)["outcome"], "timed_out");
    let third = world.post_with(&test, &body, key("k1")).await;
    assert_eq!(third.expect(200), first.json());
    assert_eq!(receiver.requests().len(), 1);
    world.stop().await;
}
