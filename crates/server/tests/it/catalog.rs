//! The catalogue.

use serde_json::{Value, json};
use shopwire_core::commerce::CanonicalType;

use crate::world::{World, text};

#[tokio::test]
async fn the_platforms_and_their_topics_are_told() {
    let world = World::new().await;
    let dialects = world.get("/v1/catalog/dialects").await.expect(200);
    assert_eq!(dialects["next"], json!(null));
    let names: Vec<&Value> = dialects["items"].as_array().unwrap().iter().map(|d| &d["dialect"]).collect();
    assert_eq!(names, ["ecwid", "bigcommerce", "shoptet", "shoplazza", "duda"]);
    for dialect in dialects["items"].as_array().unwrap() {
        let told =
            world.get(&format!("/v1/catalog/dialects/{}", text(&dialect["dialect"]))).await.expect(200);
        assert_eq!(told["topics"].as_array().unwrap().len() as u64, dialect["topics"].as_u64().unwrap());
    }
    for unknown in ["shopify", "cloudevents"] {
        world.get(&format!("/v1/catalog/dialects/{unknown}")).await.problem(404, "not_found");
    }
    world.stop().await;
}

#[tokio::test]
async fn every_event_type_is_told_with_its_topics_and_schema() {
    let world = World::new().await;
    let types = world.get("/v1/catalog/event_types").await.expect(200);
    let types = types["items"].as_array().unwrap();
    assert_eq!(types.len(), CanonicalType::ALL.len());
    for told in types {
        assert!(!told["topics"].as_object().unwrap().is_empty(), "{told}");
    }
    let order = world.get("/v1/catalog/event_types/order.created").await.expect(200);
    assert_eq!(order["event_type"]["topics"]["shoptet"], json!(["order:create"]));
    assert_eq!(order["schema"]["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(order["schema"]["properties"]["type"]["const"], "shopwire.order.created");
    for unknown in ["order.exploded", "bigcommerce:store%2Fchannel%2Fupdated"] {
        world.get(&format!("/v1/catalog/event_types/{unknown}")).await.problem(404, "not_found");
    }
    world.stop().await;
}
