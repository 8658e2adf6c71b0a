//! A shop changes: what is committed, what is told, what is refused.

use serde_json::{Value, json};
use shopwire_core::Limits;
use shopwire_core::commerce::{CanonicalType, EntityKind};
use shopwire_engine::capture::{CaptureError, Change, Expectation, Happening, What, Writing};
use shopwire_store::{EntityKey, StoreError};

use crate::changing::{cart, object, order, put, recorded, said, types};
use crate::unreliable::Fault;
use crate::world::{World, until};

fn expecting(expectation: Expectation) -> Writing {
    Writing { expectation, ..Writing::default() }
}

/// The entity as JSON.
async fn state(world: &World, key: &EntityKey) -> Value {
    let seen = world.engine.entity(key).await.unwrap().expect("an entity");
    serde_json::from_slice(&seen.entity).unwrap()
}

#[tokio::test]
async fn a_change_commits_state_and_events_together_and_a_write_that_changes_nothing_commits_nothing() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let json =
        json!({"status": "pending", "total": {"amount": "19.90", "currency": "EUR"}, "extra": {"mine": 2.5}});
    let created = put(&world.engine, &key, json.clone()).await.unwrap();
    assert_eq!((created.version, created.created, types(&created)), (1, true, vec!["order.created"]));
    let text = String::from_utf8(created.entity.unwrap().to_vec()).unwrap();
    let expected =
        r#"{"id":"169","status":"pending","total":{"amount":"19.90","currency":"EUR"},"extra":{"mine":2.5}}"#;
    assert_eq!(text, expected);
    let commits = world.ledger.calls("commit");
    for same in [
        json.clone(),
        json!({"extra": {"mine": 2.5}, "id": "169", "status": "pending", "total": {"currency": "EUR", "amount": "19.90"}}),
    ] {
        let again = put(&world.engine, &key, same).await.unwrap();
        assert_eq!((again.version, again.created, again.events.len()), (1, false, 0));
    }
    assert_eq!(world.ledger.calls("commit"), commits, "nothing was committed");
    let changed = put(&world.engine, &key, json!({"status": "shipped"})).await.unwrap();
    assert_eq!((changed.version, types(&changed)), (2, vec!["order.updated", "order.status_changed"]));
    let log = world.events().await;
    let told = created.events.iter().chain(&changed.events);
    assert!(
        told.map(|given| given.id).eq(log.iter().map(|event| event.id)),
        "what was told is what is in the log"
    );
    let last = said(&log[2]);
    assert_eq!(
        (&last["object"]["status"], &last["previous"]["status"]),
        (&json!("shipped"), &json!("pending"))
    );
    assert_eq!(recorded(&log[2]).version, 2);
}

#[tokio::test]
async fn a_merge_patch_changes_what_it_names_and_null_takes_away() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "a/b");
    let patch = async |json| world.engine.patch_entity(key.clone(), object(json), Writing::default()).await;
    let nothing = patch(json!({"status": "paid"})).await.unwrap_err();
    assert_eq!(nothing, CaptureError::NotThere { kind: EntityKind::Order, id: "a/b".to_owned() });
    put(
        &world.engine,
        &key,
        json!({"status": "pending", "note": "ring twice", "extra": {"a": 1, "b": {"c": 2}}}),
    )
    .await
    .unwrap();
    let patched = patch(json!({"note": null, "extra": {"a": null, "b": {"d": 3}}})).await.unwrap();
    assert_eq!((patched.version, types(&patched)), (2, vec!["order.updated"]));
    let expected = json!({"id": "a/b", "status": "pending", "extra": {"b": {"c": 2, "d": 3}}});
    assert_eq!(state(&world, &key).await, expected);
    assert_eq!(patch(json!({})).await.unwrap().version, 2);
    for (wrong, told) in [
        (
            json!({"colour": "red"}),
            "order at `colour`: unknown field `colour`: fields of your own go into `extra`",
        ),
        (
            json!({"id": "8"}),
            "the entity's `id` is \"8\": it must be `a/b`, as in the address, or be left out",
        ),
        (
            json!({"line_items": [{"quantity": "many"}]}),
            "order at `line_items[0].quantity`: `many` is not a decimal: write it as in `12.50`, with 28 digits at most",
        ),
    ] {
        assert_eq!(patch(wrong).await.unwrap_err().to_string(), told);
    }
    assert_eq!(state(&world, &key).await, expected, "what is refused changes nothing");
    assert_eq!(world.log().await.len(), 2);
}

#[tokio::test]
async fn an_entity_that_was_deleted_is_not_there_and_goes_on_counting_when_it_comes_again() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let delete = async |writing| world.engine.delete_entity(key.clone(), writing).await;
    assert!(matches!(delete(Writing::default()).await, Err(CaptureError::NotThere { .. })));
    put(&world.engine, &key, json!({"status": "pending"})).await.unwrap();
    let deleted = delete(Writing::default()).await.unwrap();
    assert_eq!(
        (deleted.version, deleted.entity.is_none(), types(&deleted)),
        (2, true, vec!["order.deleted"])
    );
    assert_eq!(said(&world.events().await[1])["object"]["status"], "pending", "as it was");
    assert_eq!(world.engine.entity(&key).await.unwrap(), None);
    assert!(matches!(delete(Writing::default()).await, Err(CaptureError::NotThere { .. })));
    assert_eq!(
        delete(expecting(Expectation::Version(2))).await.unwrap_err(),
        CaptureError::Unexpected { version: None }
    );
    let again = put(&world.engine, &key, json!({"status": "pending"})).await.unwrap();
    assert_eq!((again.version, again.created, types(&again)), (3, true, vec!["order.created"]));
}

#[tokio::test]
async fn what_is_expected_must_hold() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let writes = async |status: &str, expectation| {
        let entity = object(json!({ "status": status }));
        world
            .engine
            .put_entity(key.clone(), entity, expecting(expectation))
            .await
            .map(|written| written.version)
    };
    let refused = |version| Err(CaptureError::Unexpected { version });
    assert_eq!(writes("a", Expectation::Version(1)).await, refused(None));
    assert_eq!(writes("a", Expectation::Present).await, refused(None));
    assert_eq!(writes("a", Expectation::Absent).await, Ok(1));
    assert_eq!(writes("a", Expectation::Absent).await, refused(Some(1)));
    assert_eq!(writes("b", Expectation::Version(1)).await, Ok(2));
    assert_eq!(writes("c", Expectation::Version(1)).await, refused(Some(2)));
    assert_eq!(
        writes("b", Expectation::Version(1)).await,
        refused(Some(2)),
        "even what would change nothing"
    );
    assert_eq!(writes("c", Expectation::Present).await, Ok(3));
    assert_eq!(world.log().await.len(), 5, "created, and twice updated with the new status");
}

#[tokio::test]
async fn an_existing_state_is_taken_over_silently() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let silent = Writing { silent: true, ..Writing::default() };
    let paid = json!({"status": "pending", "financial_status": "paid"});
    let imported = world.engine.put_entity(key.clone(), object(paid), silent.clone()).await.unwrap();
    assert_eq!((imported.version, imported.created, imported.events.len()), (1, true, 0));
    assert!(world.log().await.is_empty());
    let shipped =
        world.engine.patch_entity(key.clone(), object(json!({"note": "x"})), Writing::default()).await;
    assert_eq!(types(&shipped.unwrap()), ["order.updated"], "what was true before does not happen now");
    let gone = world.engine.delete_entity(key.clone(), silent).await.unwrap();
    assert_eq!((gone.version, gone.events.len()), (3, 0));
}

#[tokio::test]
async fn cause_and_actor_stand_in_the_event() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    let key = EntityKey { shop, kind: EntityKind::Product, id: "p1".to_owned() };
    put(&world.engine, &key, json!({"inventory_quantity": 5})).await.unwrap();
    let writing =
        Writing { cause: Some("order".to_owned()), actor: Some("till 3".to_owned()), ..Writing::default() };
    let sold = object(json!({"inventory_quantity": 3}));
    let written = world.engine.patch_entity(key, sold, writing).await.unwrap();
    assert!(types(&written).contains(&"product.inventory_changed_by_order"), "{written:?}");
    for event in world.events().await.iter().skip(1) {
        let change = recorded(event);
        assert_eq!((change.cause.as_deref(), change.actor.as_deref()), (Some("order"), Some("till 3")));
        assert_eq!(change.version, 2);
    }
}

#[tokio::test]
async fn what_can_not_be_is_refused_and_leaves_nothing() {
    let limits = Limits { entity_bytes_max: 4_096, change_events_bytes_max: 1 << 20, ..Limits::default() };
    let world = World::with(limits).await;
    let shop = world.shop().await.id;
    let refused =
        async |key: &EntityKey, json: Value| put(&world.engine, key, json).await.unwrap_err().to_string();
    let elsewhere = shopwire_core::ShopId::from_bytes([9; 16]);
    assert_eq!(refused(&order(elsewhere, "1"), json!({})).await, format!("there is no shop `{elsewhere}`"));
    assert_eq!(refused(&order(shop, ""), json!({})).await, "`id` is empty");
    assert_eq!(
        refused(&order(shop, "a\nb"), json!({})).await,
        "`id` holds a control character: leave it out"
    );
    let long = refused(&order(shop, &"é".repeat(507)), json!({})).await;
    assert_eq!(long, "`id` has 507 characters, at most 506 are accepted (limit `subject_chars_max`)");
    put(&world.engine, &order(shop, &"é".repeat(506)), json!({})).await.expect("as long as may be");
    let large = refused(&order(shop, "1"), json!({"note": "x".repeat(4_096)})).await;
    assert!(large.starts_with("the entity has 41") && large.contains("entity_bytes_max"), "{large}");
    let lines: Vec<Value> = (0..340).map(|n| json!({ "id": n.to_string() })).collect();
    assert!(refused(&cart(shop, "1"), json!({ "line_items": lines })).await.contains("`entity_bytes_max`"));
    let lines: Vec<Value> = (0..300).map(|n| json!({ "id": n.to_string() })).collect();
    let heavy = refused(&cart(shop, "1"), json!({ "line_items": lines })).await;
    assert!(heavy.contains("change_events_bytes_max"), "{heavy}");
    let cause = Writing { cause: Some("x".repeat(256)), ..Writing::default() };
    let long = world.engine.put_entity(order(shop, "1"), object(json!({})), cause).await.unwrap_err();
    assert!(matches!(long, CaptureError::Text { what: "cause", .. }), "{long}");
    assert_eq!(world.log().await.len(), 1, "of all this, one order was created");
    let (seen, more) = world.engine.entities(shop, EntityKind::Cart, None, 10).await.unwrap();
    assert!(seen.is_empty() && !more);
}

#[tokio::test]
async fn a_store_that_fails_leaves_nothing_half_done() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    for (verb, error) in [
        ("snapshot", StoreError::Unavailable("disk I/O error".to_owned())),
        ("commit", StoreError::Full("no space left".to_owned())),
    ] {
        world.ledger.jam(verb, 1, Fault::Fails(error.clone()));
        let failed = put(&world.engine, &key, json!({"status": "pending"})).await.unwrap_err();
        assert_eq!(failed, CaptureError::Store(error));
        assert_eq!(world.engine.entity(&key).await.unwrap(), None);
        assert!(world.log().await.is_empty());
    }
    world.ledger.jam("commit", 1, Fault::Panics);
    let broken = put(&world.engine, &key, json!({"status": "pending"})).await.unwrap_err();
    assert_eq!(broken, CaptureError::Broken);
    let written = put(&world.engine, &key, json!({"status": "pending"})).await.unwrap();
    assert_eq!((written.version, types(&written)), (1, vec!["order.created"]));
    assert_eq!(world.log().await.len(), 1);
}

#[tokio::test]
async fn a_change_that_has_begun_is_done_though_nobody_waits_for_it() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let mut waiting = Box::pin(put(&world.engine, &key, json!({"status": "pending"})));
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    drop(waiting);
    until(async || world.engine.entity(&key).await.unwrap().is_some()).await;
    assert_eq!(world.logged_types().await, ["order.created"]);
}

#[tokio::test]
async fn versions_and_states_survive_a_restart() {
    for crashes in [false, true] {
        let world = World::new().await;
        let key = order(world.shop().await.id, "169");
        put(&world.engine, &key, json!({"status": "pending"})).await.unwrap();
        put(&world.engine, &key, json!({"status": "shipped"})).await.unwrap();
        let world = if crashes { world.crashed().await } else { world.restarted().await };
        assert_eq!(world.engine.entity(&key).await.unwrap().unwrap().version, 2);
        assert_eq!(put(&world.engine, &key, json!({"status": "shipped"})).await.unwrap().events.len(), 0);
        let written = put(&world.engine, &key, json!({"status": "cancelled"})).await.unwrap();
        assert_eq!((written.version, written.created), (3, false));
        assert!(types(&written).contains(&"order.cancelled"), "{written:?}");
    }
}

#[tokio::test]
async fn entities_come_in_pages_by_id_however_large_they_are() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    for n in 0..60 {
        let large = if n < 40 { "x".repeat(200_000) } else { String::new() };
        let entity = object(json!({ "note": large }));
        let silent = Writing { silent: true, ..Writing::default() };
        world.engine.put_entity(order(shop, &format!("{n:02}")), entity, silent).await.unwrap();
    }
    world.engine.delete_entity(order(shop, "07"), Writing::default()).await.unwrap();
    let (mut ids, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let after = ids.last().map(String::as_str);
        let (seen, more) = world.engine.entities(shop, EntityKind::Order, after, 50).await.unwrap();
        assert!(seen.iter().map(|seen| seen.entity.len()).sum::<usize>() < 10 << 20);
        sizes.push(seen.len());
        ids.extend(seen.into_iter().map(|seen| seen.id));
        if !more {
            break;
        }
    }
    let expected: Vec<String> = (0..60).filter(|n| *n != 7).map(|n| format!("{n:02}")).collect();
    assert_eq!(ids, expected);
    assert_eq!(sizes, [25, 34], "large ones make short pages");
}

#[tokio::test]
async fn occurrences_tell_the_entity_as_far_as_it_is_known() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    let message = |id: &str, details| Happening {
        event_type: CanonicalType::OrderMessageCreated,
        id: id.to_owned(),
        details: object(details),
        cause: None,
        actor: Some("anna".to_owned()),
    };
    put(&world.engine, &order(shop, "169"), json!({"status": "pending"})).await.unwrap();
    let known = world.engine.occur(shop, message("169", json!({"message_id": "3"}))).await.unwrap();
    let unknown = world.engine.occur(shop, message("170", json!({"message_id": "4"}))).await.unwrap();
    let log = world.events().await;
    assert_eq!((log[1].id, log[2].id), (known.id, unknown.id));
    assert_eq!(
        said(&log[1]),
        json!({"object": {"id": "169", "status": "pending"}, "details": {"message_id": "3"}})
    );
    assert_eq!(said(&log[2]), json!({"object": {"id": "170"}, "details": {"message_id": "4"}}));
    assert_eq!((recorded(&log[1]).version, recorded(&log[1]).actor.as_deref()), (0, Some("anna")));
    let paid = Happening { event_type: CanonicalType::OrderPaid, ..message("169", json!({})) };
    for wrong in [message("169", json!({})), message("169", json!({"message_id": 3})), paid] {
        let error = world.engine.occur(shop, wrong).await.unwrap_err();
        assert!(matches!(error, CaptureError::Occurrence(_)), "{error}");
    }
    world.ledger.jam("append_all", 1, Fault::Fails(StoreError::Full("no space left".to_owned())));
    let full = world.engine.occur(shop, message("169", json!({"message_id": "5"}))).await.unwrap_err();
    assert!(matches!(full, CaptureError::Store(StoreError::Full(_))), "{full}");
    assert_eq!(world.log().await.len(), 3);
}

#[tokio::test]
async fn numbers_lead_back_to_ids() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    put(&world.engine, &order(shop, "cf7c9a10"), json!({})).await.unwrap();
    let number = shopwire_core::commerce::number_for(shop, "order", "cf7c9a10");
    let behind = async |kind, number| world.engine.id_behind(shop, kind, number).await.unwrap();
    assert_eq!(behind(EntityKind::Order, number).await.as_deref(), Some("cf7c9a10"));
    assert_eq!(behind(EntityKind::Product, number).await, None);
    assert_eq!(behind(EntityKind::Order, 169).await.as_deref(), Some("169"));
}

/// Begun one after the other, without waiting: done in this order.
#[tokio::test]
async fn changes_of_one_entity_are_done_in_the_order_they_were_begun() {
    let world = World::new().await;
    let shop = world.shop().await.id;
    let mut begun = Vec::new();
    for n in 0..100 {
        for id in ["a", "b", "c"] {
            let what = What::Put(object(json!({ "note": n.to_string() })));
            let change = Change { key: order(shop, id), what, writing: Writing::default() };
            begun.push(tokio::spawn(world.engine.begin(change)));
        }
    }
    for (n, work) in begun.into_iter().enumerate() {
        assert_eq!(work.await.unwrap().unwrap().version, n as u64 / 3 + 1);
    }
    assert_eq!(state(&world, &order(shop, "b")).await["note"], "99");
}
