//! Lists, page by page, without loss and without doubles.

use serde_json::{Value, json};
use shopwire_core::DialectId;

use crate::world::{World, text};

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| text(&item["id"])).collect()
}

#[tokio::test]
async fn configured_things_come_in_the_order_they_were_made() {
    let world = World::new().await;
    let mut made = Vec::new();
    for n in 0..7 {
        world.clock.advance_ms(1);
        made.push(text(&world.made("/v1/shops", json!({"name": format!("shop {n}")})).await["id"]));
    }
    for size in [1, 2, 3, 7, 250] {
        assert_eq!(ids(&world.all("/v1/shops", size).await), made, "{size}");
    }
    world.stop().await;
}

#[tokio::test]
async fn events_come_newest_first_also_while_new_ones_arrive() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(world.event(&source, DialectId::Shoptet, "order:create", &format!("n{n}")).await);
    }
    made.reverse();
    for size in [1, 2, 3, 7, 250] {
        assert_eq!(ids(&world.all("/v1/events", size).await), made, "{size}");
    }
    let first = world.get("/v1/events?limit=3").await.expect(200);
    world.event(&source, DialectId::Shoptet, "order:create", "late").await;
    let next = text(&first["next"]);
    let second = world.get(&format!("/v1/events?limit=250&cursor={next}")).await.expect(200);
    let seen: Vec<_> =
        [&first, &second].iter().flat_map(|page| ids(page["items"].as_array().unwrap())).collect();
    assert_eq!(seen, made);
    world.stop().await;
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let world = World::new().await;
    for name in ["a", "b"] {
        world.clock.advance_ms(1);
        world.made("/v1/shops", json!({"name": name})).await;
    }
    let next = text(&world.get("/v1/shops?limit=1").await.expect(200)["next"]);
    world.get(&format!("/v1/events?cursor={next}")).await.problem(400, "invalid_parameter");
    world.stop().await;
}
