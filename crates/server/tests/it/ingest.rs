//! The door for webhooks.

use serde_json::json;
use shopwire_core::{DialectId, Headers};

use crate::client::send;
use crate::world::{ORDERS, World, genuine, text};

#[tokio::test]
async fn a_genuine_webhook_of_every_platform_becomes_an_event() {
    let world = World::new().await;
    for (dialect, topic) in ORDERS {
        let source = world.source(dialect).await;
        let event = world.event(&source, dialect, topic, "169").await;
        let told = world.get(&format!("/v1/events/{event}")).await.expect(200);
        assert_eq!(told["event"]["type"], "order.created", "{dialect}");
        assert_eq!(told["event"]["dialect"], dialect.as_str());
        assert_eq!(told["event"]["source"], source);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_copy_gets_the_same_answer_and_is_told_in_the_story() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoplazza).await;
    let webhook = genuine(DialectId::Shoplazza, "orders/create", "169", 1);
    let first = world.deliver(&source, &webhook).await;
    let second = world.deliver(&source, &webhook).await;
    assert_eq!((first.status, second.status), (200, 200));
    let event = first.headers.get("shopwire-event-id").unwrap();
    assert_eq!(second.headers.get("shopwire-event-id"), Some(event));
    let told = world.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(told["merges"]["count"], json!(1));
    assert_eq!(world.all("/v1/events", 10).await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn what_is_tampered_with_is_refused_with_the_reason_and_kept_for_the_operator() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let mut webhook = genuine(DialectId::Shoptet, "order:create", "169", 1);
    webhook.body.push(b' ');
    let problem = world.deliver(&source, &webhook).await.problem(401, "not_genuine");
    assert_eq!(problem["reason"], "wrong_signature");
    let rejections = until_one(&world, "/v1/rejections").await;
    assert_eq!((&rejections["code"], &rejections["source"]), (&json!("wrong_signature"), &json!(source)));
    assert!(text(&rejections["body_start"]).contains("169"), "{rejections}");
    assert!(world.all("/v1/events", 10).await.is_empty());
    world.stop().await;
}

/// The one item of a list that something in the background is about to write.
async fn until_one(world: &World, list: &str) -> serde_json::Value {
    loop {
        if let Some(item) = world.all(list, 10).await.pop() {
            return item;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_webhook_of_another_shop_is_refused() {
    let world = World::new().await;
    let shop = json!({"name": "Teapots", "identities": {"ecwid": {"store_id": "4"}}});
    let shop = world.made("/v1/shops", shop).await;
    let keys = json!([{"kind": "signing", "secret": crate::world::SECRET}]);
    let source = json!({"shop": shop["id"], "dialect": "ecwid", "name": "main", "keys": keys});
    let source = text(&world.made("/v1/sources", source).await["id"]);
    let webhook = genuine(DialectId::Ecwid, "order.created", "169", 1);
    let problem = world.deliver(&source, &webhook).await.problem(403, "wrong_shop");
    assert!(text(&problem["detail"]).contains("`4`"), "{problem}");
    world.stop().await;
}

#[tokio::test]
async fn only_posts_to_known_sources_are_served() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = send(world.address, method, &format!("/in/{source}"), &Headers::new(), b"{}").await;
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.headers.get("allow"), Some("POST"), "{method}");
    }
    for unknown in ["src_0190000000007fffbfffffffffffffff", "shop_1", "..", "%00", "src_"] {
        let answer = send(world.address, "POST", &format!("/in/{unknown}"), &Headers::new(), b"{}").await;
        assert_eq!(answer.status, 404, "{unknown}");
    }
    let deleted = world.delete(&format!("/v1/sources/{source}")).await;
    assert_eq!(deleted.status, 204);
    let webhook = genuine(DialectId::Shoptet, "order:create", "169", 1);
    world.deliver(&source, &webhook).await.problem(404, "unknown_source");
    world.stop().await;
}
