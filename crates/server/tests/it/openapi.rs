//! The committed OpenAPI document is the one that is served, and it is whole.

use serde_json::Value;
use shopwire_core::Headers;

use crate::client::send;
use crate::world::World;

const COMMITTED: &str = include_str!("../../openapi.json");

#[test]
fn the_committed_document_is_up_to_date() {
    assert!(
        COMMITTED == shopwire_server::openapi_json(),
        "crates/server/openapi.json is out of date: run `cargo run -p shopwire -- openapi > crates/server/openapi.json`"
    );
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let world = World::new().await;
    let answer = send(world.address, "GET", "/openapi.json", &Headers::new(), b"").await;
    assert_eq!((answer.status, answer.headers.get("content-type")), (200, Some("application/json")));
    assert_eq!(answer.text(), COMMITTED);
    world.stop().await;
}

/// Every `$ref` below, wherever it stands.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_can_be_refused() {
    let document: Value = serde_json::from_str(COMMITTED).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "operation id `{id}` is used twice");
        }
    }
}

/// The nouns of the design's list of surfaces, each with what can be done to it.
#[test]
fn every_surface_of_the_design_is_there() {
    let document: Value = serde_json::from_str(COMMITTED).unwrap();
    for (method, path) in [
        ("post", "/in/{source}"),
        ("post", "/v1/shops"),
        ("patch", "/v1/apps/{id}"),
        ("post", "/v1/sources/{id}/rotate_secret"),
        ("post", "/v1/endpoints/{id}/test"),
        ("post", "/v1/endpoints/{id}/rotate_secret"),
        ("post", "/v1/endpoints/{id}/pause"),
        ("post", "/v1/endpoints/{id}/resume"),
        ("delete", "/v1/tokens/{id}"),
        ("get", "/v1/events/{id}"),
        ("get", "/v1/deliveries"),
        ("get", "/v1/attempts"),
        ("post", "/v1/dead_letters/replay"),
        ("get", "/v1/rejections"),
        ("put", "/v1/shops/{shop}/{collection}/{id}"),
        ("patch", "/v1/shops/{shop}/{collection}/{id}"),
        ("delete", "/v1/shops/{shop}/{collection}/{id}"),
        ("get", "/v1/shops/{shop}/{collection}"),
        ("post", "/v1/shops/{shop}/changes"),
        ("post", "/v1/shops/{shop}/occurrences"),
        ("get", "/v1/shops/{shop}/numbers/{collection}/{number}"),
        ("get", "/v1/catalog/entities/{collection}"),
        ("get", "/v1/catalog/event_types/{type}"),
        ("get", "/metrics"),
        ("get", "/healthz"),
        ("get", "/readyz"),
    ] {
        assert!(document["paths"][path][method].is_object(), "{method} {path}");
    }
}
