//! From numbers back to ids.

use shopwire_core::commerce::EntityKind::{Order, Product};
use shopwire_core::commerce::{Subject, number_for};
use shopwire_core::{Event, Seq};

use super::Backend;
use super::sample::{change, commit, event, key, shop_id};
use crate::{EntityChange, Ledger};

/// Ids that are no numbers on platforms that number everything.
const IDS: [&str; 7] = ["cf7c9a10", "007", "", "a/b", "žluť 1", "-1", "4503599627370496"];

async fn id_behind(ledger: &dyn Ledger, shop: u64, kind: &str, number: u64) -> Option<String> {
    ledger.id_behind(shop_id(shop), kind, number).await.unwrap()
}

fn number(shop: u64, kind: &str, id: &str) -> u64 {
    number_for(shop_id(shop), kind, id)
}

/// Appends an event about each.
async fn receive(ledger: &dyn Ledger, first: u64, shop: u64, subjects: impl IntoIterator<Item = Subject>) {
    let shop = shop_id(shop);
    let about = (first..).zip(subjects).map(|(n, subject)| Event { shop, subject, ..event(n) });
    ledger.append_all(about.collect()).await.unwrap();
}

pub(super) async fn a_number_leads_back_to_what_was_committed(backend: &dyn Backend) {
    let ledger = backend.open().await;
    for id in IDS.into_iter().chain(["169"]) {
        assert_eq!(id_behind(&*ledger, 1, "order", number(1, "order", id)).await, None, "{id}");
        commit(&*ledger, change(key(1, Order, id), 0)).await;
    }
    // Deleted, and changed by one who does not tell the number again: it was given once.
    let deletion = EntityChange { entity: None, surrogate: None, ..change(key(1, Order, "007"), 1) };
    commit(&*ledger, deletion).await;
    let ledger = backend.reopen(ledger).await;
    for id in IDS.into_iter().chain(["169"]) {
        let number = number(1, "order", id);
        assert_eq!(id_behind(&*ledger, 1, "order", number).await.as_deref(), Some(id), "{number}");
    }
    for unknown in [0, 7, 168, number(1, "order", "other"), u64::MAX] {
        assert_eq!(id_behind(&*ledger, 1, "order", unknown).await, None, "{unknown}");
    }
    assert_eq!(ledger.head().await.unwrap(), Seq::START);
}

pub(super) async fn a_number_leads_back_to_what_was_received(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let ids = || IDS.into_iter().chain(["169"]);
    // Of a kind that is an entity's, and of one that only a platform knows, with neighbours on both sides.
    for (first, kind) in [(0, "channel"), (100, "order"), (200, "channels"), (300, "channe")] {
        receive(&*ledger, first, 1, ids().map(|id| Subject::native(kind, id))).await;
        receive(&*ledger, first + 50, 1, ids().map(|id| Subject::native(kind, id))).await;
    }
    for kind in ["channel", "order"] {
        for id in ids() {
            let number = number(1, kind, id);
            assert_eq!(id_behind(&*ledger, 1, kind, number).await.as_deref(), Some(id), "{kind}/{id}");
        }
        for unknown in [168, number(1, kind, "other"), number(2, kind, "007"), number(1, "cart", "007")] {
            assert_eq!(id_behind(&*ledger, 1, kind, unknown).await, None, "{kind} {unknown}");
        }
    }
}

pub(super) async fn other_shops_and_other_kinds_have_other_numbers(backend: &dyn Backend) {
    let ledger = backend.open().await;
    commit(&*ledger, change(key(1, Order, "abc"), 0)).await;
    commit(&*ledger, change(key(1, Order, "1"), 0)).await;
    receive(&*ledger, 0, 1, [Subject::new(Product, "abc"), Subject::new(Product, "1")]).await;
    for (shop, kind) in [(2, "order"), (1, "cart"), (2, "product"), (1, "channel"), (1, ""), (1, "order/abc")]
    {
        assert_eq!(id_behind(&*ledger, shop, kind, 1).await, None, "{kind} of {shop}");
        for computed_as in [(shop, kind), (1, "order"), (1, "product")] {
            let number = number(computed_as.0, computed_as.1, "abc");
            assert_eq!(id_behind(&*ledger, shop, kind, number).await, None, "{kind} of {shop}");
        }
    }
}
