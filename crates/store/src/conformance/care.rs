//! Bounded lists, cleaning up, health, the end.

use bytes::Bytes;
use shopwire_core::commerce::EntityKind;
use shopwire_core::{Headers, RejectionId, Seq, TokenId};

use super::sample::{
    all_pages, alone, append_all, change, endpoint_id, event, event_id, identified, moment, order, page,
    shop_id, source_id, update,
};
use super::{Backend, REJECTIONS_MAX};
use crate::{Appended, EventFilter, IdempotencyKey, RejectedRequest, StoreError};

fn rejected(n: u8) -> RejectedRequest {
    RejectedRequest {
        id: RejectionId::from_bytes([n; 16]),
        source: source_id(1),
        at: moment(u64::from(n)),
        code: "wrong_signature".to_owned(),
        reason: "the signature is not that of the body".to_owned(),
        headers: Headers::new().with("X-A", "1").with("x-a", "2"),
        body_start: Bytes::from(vec![0xff, n]),
        body_bytes: 1 << 40,
    }
}

pub(super) async fn rejected_requests_keep_the_newest(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let last = u8::try_from(REJECTIONS_MAX).unwrap() + 3;
    for n in 1..=3 {
        ledger.reject(rejected(n)).await.unwrap();
    }
    assert_eq!(ledger.rejected(page(50, None)).await.unwrap().items, [rejected(3), rejected(2), rejected(1)]);
    for n in 4..=last {
        ledger.reject(rejected(n)).await.unwrap();
    }
    let ledger = &backend.reopen(ledger).await;
    let found = all_pages(|before| async move { ledger.rejected(page(2, before)).await.unwrap() }).await;
    assert_eq!(found, (4..=last).rev().map(rejected).collect::<Vec<_>>());
}

pub(super) async fn sweeping_forgets_the_old_and_keeps_the_new(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let key = |n: u8| IdempotencyKey {
        token: TokenId::from_bytes([n; 16]),
        operation: "POST /v1/shops".to_owned(),
        key: "k".to_owned(),
    };
    ledger.append(identified(1, source_id(0), "old")).await.unwrap();
    ledger.append(identified(41, source_id(0), "new")).await.unwrap();
    ledger.append(identified(2, source_id(0), "old but seen again")).await.unwrap();
    ledger.append(identified(42, source_id(0), "old but seen again")).await.unwrap();
    ledger.remember(key(1), b"old".to_vec(), moment(10)).await.unwrap();
    ledger.remember(key(2), b"new".to_vec(), moment(30)).await.unwrap();
    assert!(!ledger.sweep(moment(20), moment(20)).await.unwrap(), "there is no more");

    let again = |n, identity| ledger.append(identified(n, source_id(0), identity));
    assert_eq!(again(50, "new").await.unwrap(), Appended::Merged { into: event_id(41), seq: Seq(2) });
    let seen_again = Appended::Merged { into: event_id(2), seq: Seq(3) };
    assert_eq!(again(51, "old but seen again").await.unwrap(), seen_again);
    assert_eq!(again(52, "old").await.unwrap(), Appended::New(Seq(4)));
    assert_eq!(ledger.recall(&key(1)).await.unwrap(), None);
    assert_eq!(ledger.recall(&key(2)).await.unwrap().unwrap(), b"new");
    assert_eq!(ledger.event(event_id(1)).await.unwrap().unwrap().event, event(1), "events stay");
}

pub(super) async fn a_sound_store_is_healthy(backend: &dyn Backend) {
    let ledger = backend.open().await;
    assert_eq!(ledger.health(true).await.unwrap().events, 0);
    append_all(&*ledger, 0..10).await;
    ledger.open_lane(endpoint_id(1), Seq(10)).await.unwrap();
    for thorough in [false, true] {
        let report = ledger.health(thorough).await.unwrap();
        assert_eq!((report.events, &report.problems[..]), (10, &[][..]));
        assert!(report.schema_version > 0 && report.disk_bytes > 0, "{report:?}");
    }
}

pub(super) async fn a_closed_ledger_refuses(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..1).await;
    ledger.close().await.unwrap();
    let refused =
        |error: Option<StoreError>| assert!(matches!(error, Some(StoreError::Unavailable(_))), "{error:?}");
    refused(ledger.append(alone(1)).await.err());
    refused(ledger.head().await.err());
    refused(ledger.read_after(Seq::START, 1, 1).await.err());
    refused(ledger.search(&EventFilter::default(), page(1, None)).await.err());
    refused(ledger.record(vec![update(endpoint_id(1), Seq(1))]).await.err());
    refused(ledger.configuration().await.err());
    refused(ledger.commit(change(order("1"), 0)).await.err());
    refused(ledger.append_all(vec![event(1)]).await.err());
    refused(ledger.snapshot(&order("1")).await.err());
    refused(ledger.snapshots(shop_id(1), EntityKind::Order, None, 1).await.err());
    refused(ledger.timers_due(moment(1), 1).await.err());
    refused(ledger.next_timer().await.err());
    refused(ledger.id_behind(shop_id(1), "order", 1).await.err());
    ledger.close().await.unwrap();
}
