//! Erasures and backups over the API.

use serde_json::json;

use crate::world::{ORDERS, World, genuine};

async fn shop_with_order(world: &World, id: &str) -> (String, String) {
    let (dialect, topic) = ORDERS[0];
    let source = world.source(dialect).await;
    assert_eq!(world.deliver(&source, &genuine(dialect, topic, id, 1)).await.status, 200);
    let event = world.all(&format!("/v1/events?dialect={dialect}"), 10).await.pop().unwrap();
    (event["shop"].as_str().unwrap().to_owned(), event["subject"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_subject_is_erased_and_only_a_record_is_left() {
    let world = World::new().await;
    let (shop, subject) = shop_with_order(&world, "169").await;
    let path = format!("/v1/shops/{shop}/erasures");
    let answer = world.post(&path, &json!({"subjects": [subject]})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let record = answer.json()["items"][0].clone();
    assert_eq!((record["subject"].as_str(), record["events"].as_u64()), (Some(subject.as_str()), Some(1)));
    assert!(record["finished_at"].is_string(), "{record}");
    assert_eq!(world.all(&path, 10).await, [record]);
    let other = world.made("/v1/shops", json!({"name": "Cups"})).await;
    let of_other = format!("/v1/shops/{}/erasures", other["id"].as_str().unwrap());
    assert!(world.all(&of_other, 10).await.is_empty(), "each shop has its own");
    world.stop().await;
}

#[tokio::test]
async fn an_erasure_that_says_nothing_clear_is_refused() {
    let world = World::new().await;
    let (shop, _) = shop_with_order(&world, "169").await;
    let path = format!("/v1/shops/{shop}/erasures");
    for (body, code, field) in [
        (json!({}), "invalid_field", "subjects"),
        (json!({"subjects": []}), "invalid_field", "subjects"),
        (json!({"subject": "customer"}), "invalid_field", "subject"),
        (json!({"subjects": ["customer/1", ""]}), "invalid_field", "subjects"),
    ] {
        let problem = world.post(&path, &body).await.problem(422, code);
        assert_eq!(problem["field"], field, "{body}");
    }
    let many: Vec<_> = (0..101).map(|n| format!("customer/{n}")).collect();
    let problem = world.post(&path, &json!({"subjects": many})).await.problem(422, "limit_reached");
    assert_eq!(problem["limit"], "erasure_subjects_max");
    world.post(&path, &json!({"customer": "1"})).await.problem(400, "malformed_json");
    let nowhere = "/v1/shops/shop_00000000000000000000000000000009/erasures";
    world.post(nowhere, &json!({"subject": "customer/1"})).await.problem(404, "not_found");
    assert_eq!(world.get(&path).await.json()["items"], json!([]), "nothing was erased");
    world.stop().await;
}

#[tokio::test]
async fn a_backup_is_made_below_the_configured_directory_and_nowhere_else() {
    let world = World::new().await;
    shop_with_order(&world, "169").await;
    let made = world.post("/v1/backups", &json!({"name": "today"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!(
        (made["name"].as_str(), made["head"].as_u64(), made["key_included"].as_bool()),
        (Some("today"), Some(1), Some(false))
    );
    assert!(made["files"].as_u64().unwrap() >= 2 && made["bytes"].as_u64().unwrap() > 0, "{made}");
    world.post("/v1/backups", &json!({"name": "today"})).await.problem(409, "conflict");
    for name in ["../today", "/etc", "", ".", "a/b"] {
        let problem = world.post("/v1/backups", &json!({"name": name})).await.problem(422, "invalid_field");
        assert_eq!(problem["field"], "name", "{name}");
    }
    let by_time = world.post("/v1/backups", &json!({})).await;
    assert_eq!(by_time.status, 201, "{by_time:?}");
    world.stop().await;
}

#[tokio::test]
async fn what_is_kept_is_told_among_the_metrics() {
    let world = World::new().await;
    let text = world.get("/metrics").await.text();
    for name in ["log_bytes", "log_events", "log_first_place", "log_first_timestamp_seconds", "store_full"] {
        assert!(text.contains(&format!("\nshopwire_{name} ")), "{name}");
    }
    for name in ["log_events_let_go_total", "log_bytes_let_go_total", "deliveries_lapsed_total"] {
        assert!(text.contains(&format!("\nshopwire_{name} 0")), "{name}");
    }
    world.stop().await;
}
