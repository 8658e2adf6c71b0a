//! Reading the state of shops.

use shopwire_core::commerce::EntityKind::{self, Order, Product};
use shopwire_core::commerce::diff::TimerKind;

use super::Backend;
use super::sample::{alone, change, commit, event, key, log, moment, order, shop_id};
use crate::{EntityChange, EntityKey, Ledger, NounId};

/// In the order of their bytes; that is the order of lists.
const IDS: [&str; 9] = ["", "10", "9", "A", "a", "a b", "a/b", "a0", "žluť"];

async fn listed(
    ledger: &dyn Ledger,
    shop: u64,
    kind: EntityKind,
    after: Option<&str>,
    limit: usize,
) -> Vec<String> {
    let listed = ledger.snapshots(shop_id(shop), kind, after, limit).await.unwrap();
    for snapshot in &listed {
        assert_eq!(ledger.snapshot(&snapshot.key).await.unwrap().as_ref(), Some(snapshot));
        assert_eq!((snapshot.key.shop, snapshot.key.kind), (shop_id(shop), kind));
        assert!(snapshot.entity.is_some());
    }
    listed.into_iter().map(|snapshot| snapshot.key.id).collect()
}

async fn delete(ledger: &dyn Ledger, key: EntityKey) {
    let base = ledger.snapshot(&key).await.unwrap().unwrap().version;
    commit(ledger, EntityChange { entity: None, ..change(key, base) }).await;
}

pub(super) async fn an_entity_is_found_by_shop_kind_and_id(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let keys = [order("1"), key(2, Order, "1"), key(1, Product, "1"), order("01"), order("1 "), order("")];
    for (n, key) in keys.iter().enumerate() {
        let entity = Some(format!("{n}").into());
        // Each is the first of its own.
        assert_eq!(commit(&*ledger, EntityChange { entity, ..change(key.clone(), 0) }).await, 1);
    }
    delete(&*ledger, order("1")).await;
    for (n, key) in keys.iter().enumerate() {
        let found = ledger.snapshot(key).await.unwrap().unwrap();
        let (version, entity) = if n == 0 { (2, None) } else { (1, Some(format!("{n}").into())) };
        assert_eq!((&found.key, found.version, found.entity), (key, version, entity));
    }
    assert_eq!(ledger.snapshot(&order("2")).await.unwrap(), None);
}

pub(super) async fn a_list_holds_what_is_there_in_order(backend: &dyn Backend) {
    let ledger = backend.open().await;
    assert!(listed(&*ledger, 1, Order, None, 9).await.is_empty());
    for id in IDS.into_iter().rev() {
        commit(&*ledger, change(order(id), 0)).await;
    }
    commit(&*ledger, change(key(1, Product, "product"), 0)).await;
    commit(&*ledger, change(key(2, Order, "of another"), 0)).await;
    delete(&*ledger, order("A")).await;
    let there: Vec<&str> = IDS.into_iter().filter(|id| *id != "A").collect();
    assert_eq!(listed(&*ledger, 1, Order, None, 100).await, there);
    assert_eq!(listed(&*ledger, 1, Order, None, 2).await, there[..2]);
    assert_eq!(listed(&*ledger, 1, Order, None, usize::MAX).await, there);
    assert!(listed(&*ledger, 1, Order, None, 0).await.is_empty());
    assert_eq!(listed(&*ledger, 1, Order, Some(""), 2).await, there[1..3]);
    assert_eq!(listed(&*ledger, 1, Order, Some("A"), 2).await, there[3..5], "behind what is no longer there");
    assert!(listed(&*ledger, 1, Order, Some("žluťa"), 9).await.is_empty());
    assert_eq!(listed(&*ledger, 1, Product, None, 9).await, ["product"]);
    assert_eq!(listed(&*ledger, 2, Order, None, 9).await, ["of another"]);
    assert!(listed(&*ledger, 3, Order, None, 9).await.is_empty());
}

pub(super) async fn pages_hold_every_entity_once_while_some_come_and_go(backend: &dyn Backend) {
    let ledger = backend.open().await;
    for n in 10..40 {
        commit(&*ledger, change(order(&n.to_string()), 0)).await;
    }
    let mut seen: Vec<String> = Vec::new();
    loop {
        let page = listed(&*ledger, 1, Order, seen.last().map(String::as_str), 4).await;
        let Some(last) = page.last().cloned() else { break };
        seen.extend(page);
        assert!(seen.len() <= 60, "some are listed again: {seen:?}");
        // What comes before the page is no longer looked at, whether it comes, changes or goes.
        commit(&*ledger, change(order(&format!("0-{}", seen.len())), 0)).await;
        delete(&*ledger, order(&last)).await;
        if !last.contains('-') {
            commit(&*ledger, change(order(&format!("{last}-behind")), 0)).await;
        }
    }
    let (old, new): (Vec<String>, Vec<String>) = seen.into_iter().partition(|id| !id.contains('-'));
    assert_eq!(old, (10..40).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(new.iter().all(|id| id.ends_with("-behind")), "{new:?}");
}

pub(super) async fn removing_a_shop_removes_its_state(backend: &dyn Backend) {
    let ledger = backend.open().await;
    ledger.append(alone(0)).await.unwrap();
    for shop in [1, 2] {
        let timers = vec![(TimerKind::CartAbandonment, Some(moment(shop)))];
        let events = vec![event(shop)];
        commit(&*ledger, EntityChange { timers, events, ..change(key(shop, Order, "a"), 0) }).await;
    }
    ledger.remove(NounId::Shop(shop_id(1))).await.unwrap();
    assert_eq!(ledger.snapshot(&order("a")).await.unwrap(), None);
    assert!(listed(&*ledger, 1, Order, None, 9).await.is_empty());
    assert_eq!(listed(&*ledger, 2, Order, None, 9).await, ["a"]);
    assert_eq!(ledger.next_timer().await.unwrap(), Some(moment(2)));
    assert_eq!(ledger.timers_due(moment(99), 9).await.unwrap().len(), 1);
    assert_eq!(log(&*ledger).await.len(), 3, "events stay");
    assert_eq!(commit(&*ledger, change(order("a"), 0)).await, 1, "a shop that comes again begins anew");
}
