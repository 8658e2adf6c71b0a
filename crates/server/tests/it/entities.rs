//! The state of a shop over HTTP.

use serde_json::{Value, json};
use shopwire_core::commerce::EntityKind;
use shopwire_core::{Headers, Limits};
use shopwire_store::StoreError;

use crate::client::{Answer, send};
use crate::unreliable::{Fault, Unreliable};
use crate::world::{World, text};

impl World {
    pub(crate) async fn ask(&self, method: &str, target: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = Headers::new().with("authorization", format!("Bearer {}", self.admin));
        more.iter().for_each(|(name, value)| headers.push(*name, *value));
        send(self.address, method, target, &headers, body.as_bytes()).await
    }
}

/// The types of the events that an answer tells.
pub(crate) fn types(answer: &Value) -> Vec<String> {
    answer["events"].as_array().unwrap().iter().map(|event| text(&event["type"])).collect()
}

#[tokio::test]
async fn an_entity_is_put_patched_read_and_deleted() {
    let world = World::new().await;
    let shop = world.shop().await;
    let at = format!("/v1/shops/{shop}/orders/169");
    let put =
        world.put(&at, &json!({"status": "pending", "total": {"amount": "19.90", "currency": "EUR"}})).await;
    assert_eq!((put.headers.get("etag"), put.headers.get("location")), (Some("\"1\""), Some(at.as_str())));
    let made = put.expect(201);
    assert_eq!((&made["id"], &made["version"].as_u64()), (&json!("169"), &Some(1)));
    assert_eq!(made["entity"]["total"]["amount"], "19.90");
    assert_eq!(types(&made), ["order.created"]);
    let patched = world.patch(&at, &json!({"status": "shipped", "total": null})).await;
    assert_eq!(patched.headers.get("etag"), Some("\"2\""));
    let patched = patched.expect(200);
    assert_eq!(types(&patched), ["order.updated", "order.status_changed"]);
    assert_eq!(patched["entity"], json!({"id": "169", "status": "shipped"}));
    let seen = world.get(&at).await;
    assert_eq!(seen.headers.get("etag"), Some("\"2\""));
    assert_eq!(seen.expect(200)["entity"], patched["entity"]);
    let story = world.get(&format!("/v1/events/{}", text(&patched["events"][1]["id"]))).await.expect(200);
    assert_eq!(story["event"]["subject"], "order/169");
    assert_eq!(story["data"]["previous"]["status"], "pending");
    let same = world.put(&at, &json!({"id": "169", "status": "shipped"})).await.expect(200);
    assert_eq!((types(&same).len(), same["version"].as_u64()), (0, Some(2)));
    let deleted = world.delete(&at).await.expect(200);
    assert_eq!((types(&deleted), deleted["entity"].is_null()), (vec!["order.deleted".to_owned()], true));
    for gone in [world.get(&at).await, world.delete(&at).await, world.patch(&at, &json!({})).await] {
        gone.problem(404, "not_found");
    }
    world.stop().await;
}

#[tokio::test]
async fn conditions_are_kept() {
    let world = World::new().await;
    let at = format!("/v1/shops/{}/orders/169", world.shop().await);
    let put = async |condition: (&str, &str), status: &str| {
        world.ask("PUT", &at, &[condition], &json!({ "status": status }).to_string()).await
    };
    put(("If-Match", "*"), "a").await.problem(412, "precondition_failed");
    put(("If-None-Match", "*"), "a").await.expect(201);
    put(("If-None-Match", "*"), "b").await.problem(412, "precondition_failed");
    put(("If-Match", "\"1\""), "b").await.expect(200);
    let problem = put(("If-Match", "\"1\""), "c").await.problem(412, "precondition_failed");
    assert_eq!(problem["version"].as_u64(), Some(2), "{problem}");
    put(("If-Match", "1"), "c").await.problem(400, "malformed_request");
    world.ask("DELETE", &at, &[("If-Match", "\"1\"")], "").await.problem(412, "precondition_failed");
    world.ask("DELETE", &at, &[("If-Match", "\"2\"")], "").await.expect(200);
    world.stop().await;
}

#[tokio::test]
async fn ids_may_hold_anything_that_a_path_can_encode() {
    let world = World::new().await;
    let shop = world.shop().await;
    let at = format!("/v1/shops/{shop}/products/a%2Fb%20%C5%BE");
    let made = world.put(&at, &json!({"title": "Teapot"})).await;
    assert_eq!(made.headers.get("location"), Some(at.as_str()));
    assert_eq!(made.expect(201)["events"][0]["subject"], "product/a/b ž");
    assert_eq!(world.get(&at).await.expect(200)["id"], "a/b ž");
    let number = shopwire_core::commerce::number_for(shop.parse().unwrap(), "product", "a/b ž");
    let behind = world.get(&format!("/v1/shops/{shop}/numbers/products/{number}")).await.expect(200);
    assert_eq!(behind["id"], "a/b ž");
    for nothing in [format!("orders/{number}"), "products/x".to_owned(), "teapots/1".to_owned()] {
        world.get(&format!("/v1/shops/{shop}/numbers/{nothing}")).await.problem(404, "not_found");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place_and_changes_nothing() {
    let world = World::new().await;
    let shop = world.shop().await;
    let at = format!("/v1/shops/{shop}/orders/169");
    let problem = world
        .put(&at, &json!({"line_items": [{}, {"quantity": "many"}]}))
        .await
        .problem(422, "invalid_field");
    assert_eq!(problem["pointer"], "/line_items/1/quantity");
    let problem = world.put(&at, &json!({"colour": "red"})).await.problem(422, "invalid_field");
    assert!(text(&problem["detail"]).contains("`extra`"), "{problem}");
    world.put(&at, &json!({"id": "170"})).await.problem(422, "invalid_field");
    let deep = format!(r#"{{"extra":{{"a":{}1{}}}}}"#, "[".repeat(70), "]".repeat(70));
    for body in ["", "[]", "7", "{", r#"{"status":"a","status":"b"}"#, &deep] {
        world.ask("PUT", &at, &[], body).await.problem(400, "malformed_json");
    }
    world
        .ask("PUT", &at, &[("content-type", "text/plain")], "{}")
        .await
        .problem(415, "unsupported_media_type");
    world.put(&format!("{at}?events=some"), &json!({})).await.problem(400, "invalid_parameter");
    world.put(&format!("{at}?event=none"), &json!({})).await.problem(400, "invalid_parameter");
    let problem =
        world.put(&format!("/v1/shops/{shop}/order/169"), &json!({})).await.problem(404, "not_found");
    assert!(text(&problem["detail"]).contains("did you mean `orders`?"), "{problem}");
    let elsewhere = format!("/v1/shops/shop_{}/orders/169", "0".repeat(32));
    world.put(&elsewhere, &json!({})).await.problem(404, "not_found");
    world.get(&at).await.problem(404, "not_found");
    assert!(world.all("/v1/events", 10).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let world = World::new().await;
    let shop = world.shop().await;
    let at = format!("/v1/shops/{shop}/orders/169");
    world.put(&at, &json!({})).await.expect(201);
    let token = world.made("/v1/tokens", json!({"name": "looks", "role": "read_only"})).await;
    let looks = Headers::new().with("authorization", format!("Bearer {}", text(&token["text"])));
    let ask =
        async |method, target: &str, body: &[u8]| send(world.address, method, target, &looks, body).await;
    ask("GET", &at, b"").await.expect(200);
    ask("GET", &format!("/v1/shops/{shop}/orders"), b"").await.expect(200);
    for (method, target) in [
        ("PUT", at.clone()),
        ("PATCH", at.clone()),
        ("DELETE", at.clone()),
        ("POST", format!("/v1/shops/{shop}/changes")),
        ("POST", format!("/v1/shops/{shop}/occurrences")),
    ] {
        ask(method, &target, b"{}").await.problem(403, "forbidden");
    }
    world.stop().await;
}

#[tokio::test]
async fn collections_come_in_pages_by_id() {
    let world = World::new().await;
    let shop = world.shop().await;
    for n in 0..25 {
        let at = format!("/v1/shops/{shop}/coupons/{n:02}?events=none");
        assert_eq!(types(&world.put(&at, &json!({"code": "TEA"})).await.expect(201)).len(), 0);
    }
    let all = world.all(&format!("/v1/shops/{shop}/coupons"), 10).await;
    let ids: Vec<String> = all.iter().map(|item| text(&item["id"])).collect();
    assert_eq!(ids, (0..25).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    assert!(all.iter().all(|item| item["entity"]["code"] == "TEA" && item["version"].as_u64() == Some(1)));
    let page = world.get(&format!("/v1/shops/{shop}/coupons?limit=10")).await.expect(200);
    let cursor = text(&page["next"]);
    world.get(&format!("/v1/shops/{shop}/orders?cursor={cursor}")).await.problem(400, "invalid_parameter");
    assert!(world.all("/v1/events", 10).await.is_empty(), "taken over silently");
    world.stop().await;
}

#[tokio::test]
async fn occurrences_become_events_and_are_done_once_under_a_key() {
    let world = World::new().await;
    let shop = world.shop().await;
    let at = format!("/v1/shops/{shop}/occurrences");
    let message = json!({"type": "order.message_created", "id": "169", "details": {"message_id": "3"}, "actor": "anna"});
    let key = || Headers::new().with("idempotency-key", "k1");
    let told = world.post_with(&at, &message, key()).await.expect(201);
    assert_eq!(
        (text(&told["type"]).as_str(), text(&told["subject"]).as_str()),
        ("order.message_created", "order/169")
    );
    let again = world.post_with(&at, &message, key()).await;
    assert_eq!(again.headers.get("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201)["id"], told["id"]);
    let story = world.get(&format!("/v1/events/{}", text(&told["id"]))).await.expect(200);
    assert_eq!(story["data"]["details"], json!({"message_id": "3"}));
    assert_eq!((&story["change"]["actor"], story["change"]["version"].as_u64()), (&json!("anna"), Some(0)));
    for (wrong, field) in [
        (json!({"type": "order.paid", "id": "169"}), "type"),
        (json!({"type": "order.exploded", "id": "169"}), "type"),
        (json!({"type": "duda:PUBLISH", "id": "169"}), "type"),
        (json!({"type": "order.message_created", "id": "169"}), "details.message_id"),
        (json!({"type": "order.message_created", "id": "", "details": {"message_id": "3"}}), "id"),
    ] {
        let problem = world.post(&at, &wrong).await.problem(422, "invalid_field");
        assert_eq!(problem["field"], field, "{problem}");
    }
    world.post(&at, &json!({"type": "order.message_created"})).await.problem(400, "malformed_json");
    assert_eq!(world.all("/v1/events", 10).await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn every_kind_has_a_collection_and_a_schema() {
    let world = World::new().await;
    let shop = world.shop().await;
    let kinds = world.get("/v1/catalog/entities").await.expect(200);
    let kinds = kinds["items"].as_array().unwrap();
    assert_eq!(kinds.len(), EntityKind::ALL.len());
    for kind in kinds {
        let collection = text(&kind["collection"]);
        let told = world.get(&format!("/v1/catalog/entities/{collection}")).await.expect(200);
        assert_eq!(told["schema"]["required"], json!(["id"]), "{collection}");
        world.put(&format!("/v1/shops/{shop}/{collection}/1"), &json!({})).await.expect(201);
    }
    world.get("/v1/catalog/entities/order").await.problem(404, "not_found");
    world.stop().await;
}

#[tokio::test]
async fn a_store_without_room_answers_503_and_leaves_nothing() {
    let mut door = None;
    let world = World::over(Limits::default(), |ledger| door.insert(Unreliable::over(ledger)).clone()).await;
    let ledger = door.unwrap();
    let at = format!("/v1/shops/{}/orders/169", world.shop().await);
    for (verb, fault, code) in [
        ("commit", StoreError::Full("no space left".to_owned()), "busy"),
        ("snapshot", StoreError::Unavailable("disk I/O error".to_owned()), "unavailable"),
    ] {
        ledger.jam(verb, 1, Fault::Fails(fault));
        let refused = world.put(&at, &json!({})).await;
        refused.problem(503, code);
        assert_eq!(refused.headers.get("retry-after"), Some("1"));
    }
    world.get(&at).await.problem(404, "not_found");
    assert_eq!(world.put(&at, &json!({})).await.expect(201)["version"].as_u64(), Some(1));
    assert_eq!(world.all("/v1/events", 10).await.len(), 1);
    world.stop().await;
}
