//! Events: searching them, and one with its whole story.

use serde_json::{Value, json};
use shopwire_core::DialectId;

use crate::world::{NOW, World, text};

async fn found(world: &World, query: &str) -> usize {
    world.all(&format!("/v1/events?{query}"), 10).await.len()
}

#[tokio::test]
async fn events_are_found_by_every_filter() {
    let world = World::new().await;
    let shoptet = world.source(DialectId::Shoptet).await;
    let ecwid = world.source(DialectId::Ecwid).await;
    world.event(&shoptet, DialectId::Shoptet, "order:create", "A1").await;
    world.clock.advance_ms(60_000);
    world.event(&ecwid, DialectId::Ecwid, "product.updated", "42").await;
    let shop = text(&world.get(&format!("/v1/sources/{ecwid}")).await.expect(200)["shop"]);
    let later = NOW.plus_ms(60_000);
    for (query, count) in [
        (format!("shop={shop}"), 1),
        ("type=order.created".to_owned(), 1),
        ("type=order.paid".to_owned(), 0),
        ("type=bigcommerce:store/channel/updated".to_owned(), 0),
        ("subject=product/42".to_owned(), 1),
        ("dialect=shoptet".to_owned(), 1),
        (format!("since={later}"), 1),
        (format!("until={later}"), 1),
        (format!("since={NOW}&until={later}&dialect=ecwid"), 0),
    ] {
        assert_eq!(found(&world, &query).await, count, "{query}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_story_holds_what_was_received_what_it_means_and_who_wanted_it() {
    let world = World::new().await;
    let before = world.source(DialectId::BigCommerce).await;
    let event = world.event(&before, DialectId::BigCommerce, "store/order/created", "250").await;
    let filter = json!({"name": "carts", "url": "http://127.0.0.1:9/", "topics": ["cart.*"]});
    world.made("/v1/endpoints", filter).await;
    world.clock.advance_ms(1);
    world.endpoint("http://127.0.0.1:9/").await;
    let story = world.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(story["event"]["subject"], "order/250");
    assert_eq!(story["received"]["body"]["scope"], "store/order/created");
    assert_eq!(story["data"]["object"]["id"], "250");
    assert_eq!(story["data"]["origin"]["topic"], "store/order/created");
    let states: Vec<&Value> = story["deliveries"].as_array().unwrap().iter().map(|d| &d["state"]).collect();
    assert_eq!(states, ["filtered", "before_endpoint"]);
    let shown = story["received"]["headers"].to_string();
    assert!(!shown.contains("webhook-signature"), "{shown}");
    world.get("/v1/events/evt_0190000000007fffbfffffffffffffff").await.problem(404, "not_found");
    world.stop().await;
}

#[tokio::test]
async fn numbers_of_the_body_stay_as_they_were_written() {
    use shopwire_core::Headers;
    use shopwire_dialects::Draft;
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let body = r#"{"eshopId":222651,"event":"order:create","eventCreated":"2019-01-08T15:13:39+0100","eventInstance":"2018000057","price":1.10,"big":12345678901234567890123}"#;
    let headers = Headers::new().with("Content-Type", "application/json");
    let draft = Draft { query: None, headers, body: body.as_bytes().to_vec() };
    let answer = world.deliver(&source, &crate::world::signed(DialectId::Shoptet, draft)).await;
    let event = answer.headers.get("shopwire-event-id").unwrap();
    let story = world.get(&format!("/v1/events/{event}")).await.text();
    assert!(story.contains(body), "{story}");
    world.stop().await;
}
