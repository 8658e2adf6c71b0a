//! What a change may hold and cost, and that nothing is left of shops that are gone.

use serde_json::{Value, json};
use shopwire_core::commerce::EntityKind;
use shopwire_core::{Limits, ShopId};
use shopwire_engine::capture::{CaptureError, Writing};
use shopwire_store::EntityKey;

use crate::changing::{cart, object, order, put};
use crate::world::World;

fn product(shop: ShopId) -> EntityKey {
    EntityKey { shop, kind: EntityKind::Product, id: "185".to_owned() }
}

#[tokio::test]
async fn taking_everything_out_of_a_large_cart_costs_as_much_as_putting_it_in() {
    let world = World::with(Limits { change_events_bytes_max: 1 << 20, ..Limits::default() }).await;
    let key = cart(world.shop().await.id, "1");
    let line = |n: usize| json!({ "id": n.to_string(), "title": "x".repeat(100) });
    let lines = |count: usize| json!({ "line_items": (0..count).map(line).collect::<Vec<Value>>() });
    for count in [60, 80, 100] {
        put(&world.engine, &key, lines(count)).await.expect("few lines at once");
    }
    let heavy = put(&world.engine, &key, lines(0)).await.unwrap_err().to_string();
    assert!(heavy.contains("fewer of its parts") && heavy.contains("change_events_bytes_max"), "{heavy}");
    world.engine.delete_entity(key, Writing::default()).await.expect("one event says it all");
}

#[tokio::test]
async fn a_cart_of_any_size_is_taken_over_silently() {
    let world = World::with(Limits { change_events_bytes_max: 1 << 20, ..Limits::default() }).await;
    let key = cart(world.shop().await.id, "1");
    let line = |n: usize| json!({ "id": n.to_string(), "title": "x".repeat(100) });
    let all = json!({ "line_items": (0..4_000).map(line).collect::<Vec<Value>>() });
    let told = put(&world.engine, &key, all.clone()).await.unwrap_err().to_string();
    assert!(told.contains("change_events_bytes_max"), "{told}");
    let silent = Writing { silent: true, ..Writing::default() };
    let written = world.engine.put_entity(key, object(all), silent).await.expect("nobody is told");
    assert_eq!((written.version, written.events.len()), (1, 0));
}

#[tokio::test]
async fn the_stock_of_many_variants_at_once_is_bounded() {
    let world = World::with(Limits { change_events_bytes_max: 1 << 20, ..Limits::default() }).await;
    let key = product(world.shop().await.id);
    let variant = |n: usize, stock: usize| json!({"id": n.to_string(), "inventory_quantity": stock, "title": "x".repeat(100)});
    let variants = |sold: usize| -> Value {
        json!({ "variants": (0..100).map(|n| variant(n, usize::from(n >= sold))).collect::<Vec<Value>>() })
    };
    put(&world.engine, &key, variants(0)).await.expect("what is new is told once");
    put(&world.engine, &key, variants(5)).await.expect("some are sold out");
    let heavy = put(&world.engine, &key, variants(100)).await.unwrap_err().to_string();
    assert!(heavy.contains("change_events_bytes_max"), "{heavy}");
}

#[tokio::test]
async fn ids_inside_that_become_subjects_are_held_to_what_ids_are() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    let long = "é".repeat(507);
    let variant = EntityKey { shop, kind: EntityKind::Variant, id: "9".to_owned() };
    for (key, json, told) in [
        (
            product(shop),
            json!({"variants": [{"id": "1"}, {"id": "a\nb"}]}),
            "product at `variants[1].id`: the id holds a control",
        ),
        (
            product(shop),
            json!({"variants": [{"id": long}]}),
            "product at `variants[0].id`: the id has 507 characters, at most 504",
        ),
        (
            product(shop),
            json!({"stock_levels": [{"stock_id": ""}]}),
            "product at `stock_levels[0].stock_id`: the id is empty",
        ),
        (
            product(shop),
            json!({"variants": [{"id": "1", "stock_levels": [{"stock_id": long}]}]}),
            "product at `variants[0].stock_levels[0].stock_id`: the id has 507 characters, at most 506",
        ),
        (variant, json!({"product_id": long}), "variant at `product_id`: the id has 507"),
    ] {
        let error = put(&world.engine, &key, json).await.unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
    put(&world.engine, &product(shop), json!({"variants": [{"sku": "none"}, {"id": "é".repeat(504)}]}))
        .await
        .expect("fits");
}

#[tokio::test]
async fn nothing_is_left_of_a_shop_that_goes_while_others_write_into_it() {
    let world = World::new().await;
    for round in 0..20 {
        let shop = world.shop().await.id;
        let write = |n: usize| {
            let (engine, key) = (world.engine.clone(), order(shop, &n.to_string()));
            tokio::spawn(async move { engine.put_entity(key, object(json!({})), Writing::default()).await })
        };
        let writers: Vec<_> = (0..8).map(write).collect();
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        world.engine.delete_shop(shop).await.expect("nothing uses it");
        for writer in writers {
            let outcome = writer.await.unwrap();
            assert!(matches!(outcome, Ok(_) | Err(CaptureError::UnknownShop(_))), "{outcome:?}");
        }
        for n in 0..8 {
            let left = world.engine.ledger().snapshot(&order(shop, &n.to_string())).await.unwrap();
            assert_eq!(left, None, "order {n} in round {round}");
        }
    }
}
