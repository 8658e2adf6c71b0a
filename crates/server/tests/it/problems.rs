//! What problems look like, word for word.

use serde_json::json;
use shopwire_core::{DialectId, Headers};

use crate::client::{Answer, send};
use crate::platform::{app, ask, shop_on};
use crate::world::{World, genuine};

/// A problem with what differs from run to run taken out.
fn shown(what: &str, answer: &Answer) -> String {
    let mut problem = answer.json();
    assert!(problem["request_id"].as_str().unwrap().starts_with("req_"));
    problem["request_id"] = "req_…".into();
    let extra = ["allow", "retry-after", "www-authenticate"];
    let headers =
        extra.into_iter().filter_map(|name| Some(format!("{name}: {}\n", answer.headers.get(name)?)));
    let headers: String = headers.collect();
    if let Some(id) = problem.pointer_mut("/platform_answer/metadata/requestId") {
        *id = "req_…".into();
    }
    format!("## {what}\n{headers}{}\n", serde_json::to_string_pretty(&problem).unwrap())
}

#[tokio::test]
async fn problems_are_written_for_people() {
    let world = World::new().await;
    let source = "/in/src_0190000000007fffbfffffffffffffff";
    let shoptet = world.source(DialectId::Shoptet).await;
    let mut tampered = genuine(DialectId::Shoptet, "order:create", "169", 1);
    tampered.body.push(b' ');
    let endpoint = |more: serde_json::Value| {
        let mut endpoint = json!({"name": "erp", "url": "https://192.168.0.1/hook"});
        more.as_object().unwrap().iter().for_each(|(key, value)| endpoint[key] = value.clone());
        endpoint
    };
    let none = Headers::new();
    let local = "http://127.0.0.1:9/";
    let shop = shop_on(&world, DialectId::Shoptet).await;
    let excluded = ask(
        &world,
        &app(&world, DialectId::Shoptet).await,
        Some(&shop),
        local,
        &["order:update", "order:create", "order:cancel"],
    )
    .await;
    let all = [
        shown("unknown source", &send(world.address, "POST", source, &none, b"{}").await),
        shown("not genuine", &world.deliver(&shoptet, &tampered).await),
        shown("another method", &send(world.address, "GET", source, &none, b"").await),
        shown("no token", &send(world.address, "GET", "/v1/shops", &none, b"").await),
        shown("unknown route", &world.get("/v1/shop").await),
        shown("unknown id", &world.get("/v1/shops/shop_0190000000007fffbfffffffffffffff").await),
        shown("no id", &world.get("/v1/shops/teapots").await),
        shown("unknown parameter", &world.get("/v1/events?colour=red").await),
        shown("unknown event type", &world.get("/v1/events?type=order.exploded").await),
        shown("page too large", &world.get("/v1/events?limit=1000").await),
        shown("unknown field", &world.post("/v1/shops", &json!({"name": "a", "colour": "red"})).await),
        shown(
            "unknown part",
            &world.post("/v1/shops", &json!({"name": "a", "identities": {"ecwid": {"id": "1"}}})).await,
        ),
        shown("private address", &world.post("/v1/endpoints", &endpoint(json!({}))).await),
        shown(
            "wrong topic",
            &world.post("/v1/endpoints", &endpoint(json!({"url": local, "topics": ["orders.*"]}))).await,
        ),
        shown(
            "platform endpoint",
            &world
                .post(
                    "/v1/endpoints",
                    &endpoint(json!({"url": local, "dialect": "duda", "topics": ["PUBLISH"]})),
                )
                .await,
        ),
        shown("platform's rule", &excluded),
    ];
    insta::assert_snapshot!("problems", all.join("\n").replace(&shoptet, "src_…"));
    world.stop().await;
}
