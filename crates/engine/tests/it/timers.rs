//! What is looked at later: fired once, at its time, whatever is restarted when.

use serde_json::json;
use shopwire_core::Clock as _;
use shopwire_core::commerce::EntityKind;
use shopwire_engine::capture::Writing;
use shopwire_store::{EntityKey, StoreError};

use crate::changing::{cart, object, put, recorded};
use crate::unreliable::Fault;
use crate::world::{World, until};

const HOUR_MS: i64 = 3_600_000;

fn one_item() -> serde_json::Value {
    json!({"line_items": [{"id": "1", "product_id": "7", "quantity": 1}]})
}

async fn abandoned(world: &World) -> usize {
    world.logged_types().await.iter().filter(|name| *name == "abandoned_cart.created").count()
}

#[tokio::test]
async fn a_cart_left_alone_for_an_hour_is_abandoned_once() {
    let world = World::new().await;
    let key = cart(world.shop().await.id, "c1");
    let begun = put(&world.engine, &key, one_item()).await.unwrap();
    world.due_in(HOUR_MS).await;
    world.clock.advance_ms(HOUR_MS - 1);
    assert_eq!(abandoned(&world).await, 0, "not before its time");
    world.pass_ms(1).await;
    until(async || abandoned(&world).await == 1).await;
    let log = world.events().await;
    let event = log.last().unwrap();
    assert_eq!(event.subject.to_string(), "abandoned_cart/c1");
    assert_eq!((event.occurred_at, recorded(event).version), (world.clock.now(), begun.version + 1));
    until(async || world.engine.metrics().timers_fired.get() == 1).await;
    assert_eq!(world.engine.ledger().next_timer().await.unwrap(), None);
}

#[tokio::test]
async fn a_change_puts_it_off_and_a_deletion_calls_it_off() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    let (changed, deleted) = (cart(shop, "changed"), cart(shop, "deleted"));
    put(&world.engine, &changed, one_item()).await.unwrap();
    put(&world.engine, &deleted, one_item()).await.unwrap();
    world.due_in(HOUR_MS).await;
    world.clock.advance_ms(HOUR_MS - 1);
    let email = object(json!({"email": "anna@example.com"}));
    world.engine.patch_entity(changed.clone(), email, Writing::default()).await.unwrap();
    world.engine.delete_entity(deleted, Writing::default()).await.unwrap();
    // It wakes at the former time, finds nothing due, and waits for the new one.
    world.pass_ms(1).await;
    world.due_in(HOUR_MS - 1).await;
    assert_eq!(abandoned(&world).await, 0);
    // Writing the same again is no change and puts nothing off.
    let same = world.engine.entity(&changed).await.unwrap().unwrap();
    let same = serde_json::from_slice(&same.entity).unwrap();
    assert!(world.engine.put_entity(changed, same, Writing::default()).await.unwrap().events.is_empty());
    world.pass_ms(HOUR_MS - 1).await;
    until(async || abandoned(&world).await == 1).await;
    assert_eq!(world.engine.ledger().next_timer().await.unwrap(), None);
}

#[tokio::test]
async fn a_timer_survives_restarts_and_fires_once_even_if_its_time_came_meanwhile() {
    for crashes in [false, true] {
        let again =
            async |world: World| if crashes { world.crashed().await } else { world.restarted().await };
        let mut world = World::new().await;
        let shop = world.shop().await.id;
        put(&world.engine, &cart(shop, "c1"), one_item()).await.unwrap();
        world = again(world).await;
        world.due_in(HOUR_MS).await;
        world.clock.advance_ms(HOUR_MS / 2);
        put(&world.engine, &cart(shop, "c2"), one_item()).await.unwrap();
        world = again(world).await;
        world.pass_ms(HOUR_MS / 2).await;
        until(async || abandoned(&world).await == 1).await;
        // The other's time comes while nobody is there.
        world.due_in(HOUR_MS / 2).await;
        world.ledger.die();
        world.clock.advance_ms(HOUR_MS);
        world = world.crashed().await;
        until(async || abandoned(&world).await == 2).await;
        world = again(world).await;
        until(async || world.ledger.calls("next_timer") > 0).await;
        world.clock.advance_ms(100 * HOUR_MS);
        assert_eq!(
            (abandoned(&world).await, world.log().await.len()),
            (2, 8),
            "{:?}",
            world.logged_types().await
        );
    }
}

#[tokio::test]
async fn a_failing_store_costs_time_and_no_timer() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    for id in ["c1", "c2", "c3"] {
        put(&world.engine, &cart(shop, id), one_item()).await.unwrap();
    }
    world.due_in(HOUR_MS).await;
    let fails = || Fault::Fails(StoreError::Unavailable("disk I/O error".to_owned()));
    world.ledger.jam("timers_due", 1, fails());
    world.clock.advance_ms(HOUR_MS);
    for verb in ["next_timer", "commit", "snapshot"] {
        world.due_in(1_000).await;
        world.ledger.jam(verb, 1, fails());
        world.clock.advance_ms(1_000);
        until(async || world.ledger.calls(verb) > 0).await;
        if verb == "next_timer" {
            // All have fired by then: what failed was to see what comes next.
            until(async || abandoned(&world).await == 3).await;
            world.due_in(1_000).await;
            for id in ["d1", "d2"] {
                put(&world.engine, &cart(shop, id), one_item()).await.unwrap();
            }
            world.pass_ms(1_000).await;
            world.due_in(HOUR_MS - 1_000).await;
            world.ledger.jam("timers_due", 1, fails());
            world.clock.advance_ms(HOUR_MS - 1_000);
        }
    }
    world.pass_ms(1_000).await;
    // Counted last, once all is stored.
    until(async || world.engine.metrics().timers_fired.get() >= 5).await;
    assert_eq!(world.engine.ledger().next_timer().await.unwrap(), None);
    assert_eq!((abandoned(&world).await, world.engine.metrics().timers_fired.get()), (5, 5));
}

#[tokio::test]
async fn many_timers_of_one_moment_all_fire() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    for n in 0..600 {
        let silent = Writing { silent: true, ..Writing::default() };
        world.engine.put_entity(cart(shop, &n.to_string()), object(one_item()), silent).await.unwrap();
    }
    assert!(world.log().await.is_empty(), "silently, but not forgotten");
    world.pass_ms(HOUR_MS).await;
    until(async || world.engine.metrics().timers_fired.get() == 600).await;
    assert_eq!(world.log().await.len(), 600);
}

#[tokio::test]
async fn an_app_expires_at_its_time_unless_it_is_prolonged() {
    let world = World::new().await;
    let key = EntityKey { shop: world.shop().await.id, kind: EntityKind::App, id: "app1".to_owned() };
    let until_ms = |ms: i64| json!({"expires_at": world.clock.now().plus_ms(ms).to_string()});
    let (first, second) = (until_ms(HOUR_MS), until_ms(2 * HOUR_MS));
    put(&world.engine, &key, first).await.unwrap();
    world.due_in(HOUR_MS).await;
    put(&world.engine, &key, second).await.unwrap();
    world.pass_ms(HOUR_MS).await;
    world.due_in(HOUR_MS).await;
    assert_eq!(world.logged_types().await, ["app.installed"]);
    world.pass_ms(HOUR_MS).await;
    until(async || world.log().await.len() == 2).await;
    assert_eq!(world.logged_types().await, ["app.installed", "app.expired"]);
}
