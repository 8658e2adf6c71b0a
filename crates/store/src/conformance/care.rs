//! Bounded lists, cleaning up, health, the end.

use std::path::Path;

use bytes::Bytes;
use shopwire_core::commerce::{EntityKind, Subject};
use shopwire_core::{Event, Headers, RejectionId, Seq, TokenId};

use super::sample::{
    all_pages, alone, append_all, attempt, change, commit, endpoint_id, event, event_id, identified, moment,
    order, page, shop_id, source_id, update,
};
use super::{Backend, REJECTIONS_MAX};
use crate::{
    Appended, AttemptFilter, AttemptRecord, Dropped, EntityKey, Erasure, EventFilter, IdempotencyKey,
    LaneUpdate, RejectedRequest, Retention, StoreError,
};

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
    ledger.append(identified(41, source_id(0), "new")).await.unwrap();
    ledger.remember(key(1), b"old".to_vec(), moment(10)).await.unwrap();
    ledger.remember(key(2), b"new".to_vec(), moment(30)).await.unwrap();
    assert!(!ledger.sweep(moment(20)).await.unwrap(), "there is no more");

    let copy = ledger.append(identified(50, source_id(0), "new")).await.unwrap();
    assert_eq!(copy, Appended::Merged { into: event_id(41), seq: Seq(1) });
    assert_eq!(ledger.recall(&key(1)).await.unwrap(), None);
    assert_eq!(ledger.recall(&key(2)).await.unwrap().unwrap(), b"new");
    assert_eq!(ledger.event(event_id(41)).await.unwrap().unwrap().event, event(41), "events stay");
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

pub(super) async fn the_span_tells_how_far_the_log_reaches(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let span = ledger.span().await.unwrap();
    assert_eq!((span.first, span.head), (Seq(1), Seq::START));
    append_all(&*ledger, 0..50).await;
    let longer = ledger.span().await.unwrap();
    assert_eq!((longer.first, longer.head), (Seq(1), Seq(50)));
    assert!(longer.bytes > span.bytes);
}

pub(super) async fn whole_ranges_go_and_what_must_stay_stays(backend: &dyn Backend) {
    let ledger = backend.open().await;
    for n in 0..200 {
        ledger.append(identified(n, source_id(0), &n.to_string())).await.unwrap();
    }
    ledger.append(identified(300, source_id(0), "0")).await.unwrap();
    let ledger = backend.reopen(ledger).await;
    let before = ledger.span().await.unwrap();
    assert_eq!(
        ledger.retain(Retention::default()).await.unwrap(),
        Dropped { first: Seq(1), ..Dropped::default() }
    );
    let all = Retention { received_before: Some(moment(10_000)), ..Retention::default() };
    let kept = Retention { keep_from: Some(Seq(100)), ..all };
    let dropped = ledger.retain(kept).await.unwrap();
    assert!(dropped.first > Seq(1) && dropped.first <= Seq(100), "{dropped:?}");
    assert_eq!(dropped.events, dropped.first.0 - 1);
    let span = ledger.span().await.unwrap();
    assert_eq!((span.first, span.head), (dropped.first, Seq(200)));
    assert_eq!(span.bytes, before.bytes - dropped.bytes);

    let first = dropped.first;
    assert_eq!(ledger.read_after(Seq::START, 1, usize::MAX).await.unwrap()[0].seq, first);
    assert_eq!(ledger.read_at(&[Seq(1), first]).await.unwrap().len(), 1);
    assert_eq!(ledger.event(event_id(0)).await.unwrap(), None);
    assert_eq!(ledger.event(event_id(first.0 - 1)).await.unwrap().unwrap().seq, first);
    assert_eq!(ledger.merges(Seq(1)).await.unwrap().count, 0);
    let found = ledger.search(&EventFilter::default(), page(500, None)).await.unwrap();
    assert_eq!((found.items.len() as u64, found.next), (201 - first.0, None));
    // What was a copy is new once its event is gone.
    let anew = ledger.append(identified(301, source_id(0), "0")).await.unwrap();
    assert_eq!(anew, Appended::New(Seq(201)));

    // By size, and never what is being written.
    let bytes_max = ledger.span().await.unwrap().bytes - 1;
    let one = ledger.retain(Retention { bytes_max: Some(bytes_max), ..Retention::default() }).await.unwrap();
    assert!(one.events > 0 && one.first > first, "{one:?}");
    ledger.retain(Retention { bytes_max: Some(0), ..Retention::default() }).await.unwrap();
    assert_eq!(ledger.span().await.unwrap().head, Seq(201));
    append_all(&*ledger, 400..401).await;
    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.span().await.unwrap().head, Seq(202));
    assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
}

pub(super) async fn what_is_old_goes_however_little_came(backend: &dyn Backend) {
    let mut ledger = backend.open().await;
    let endpoint = endpoint_id(1);
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    append_all(&*ledger, 1..4).await;
    ledger.record(vec![update(endpoint, Seq(2))]).await.unwrap();
    let old = Retention { received_before: Some(moment(10_000)), ..Retention::default() };
    // The earliest of them was received at that moment.
    let began = event(3).received_at;
    for (begun_before, events) in [(None, 0), (Some(began), 0), (Some(began.plus_ms(1)), 3)] {
        ledger.retain(Retention { begun_before, ..Retention::default() }).await.unwrap();
        ledger = backend.reopen(ledger).await;
        assert_eq!(ledger.retain(old).await.unwrap().events, events, "{begun_before:?}");
    }
    assert_eq!(ledger.lane(endpoint).await.unwrap().unwrap().cursor, Seq(2), "lanes stand where they stood");
    assert_eq!(ledger.head().await.unwrap(), Seq(3));
}

pub(super) async fn what_is_erased_leaves_place_id_type_and_times(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..100).await;
    let endpoint = endpoint_id(1);
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    let told = |seq| AttemptRecord { response: "about them".into(), ..attempt(Seq(seq), 1) };
    let attempts = (1..=100).map(told).collect();
    ledger.record(vec![LaneUpdate { attempts, ..update(endpoint, Seq(100)) }]).await.unwrap();
    // Of the same name: in the same shop, and in another one.
    let erased = event(1);
    let id = erased.subject.id().to_owned();
    commit(&*ledger, change(EntityKey { shop: erased.shop, ..order(&id) }, 0)).await;
    commit(&*ledger, change(EntityKey { shop: shop_id(7), ..order(&id) }, 0)).await;

    let erasure = ledger.erase(erased.shop, &erased.subject, moment(500)).await.unwrap();
    let is_meant = |n: &u64| event(*n).shop == erased.shop && event(*n).subject == erased.subject;
    let count = (0..100).filter(is_meant).count() as u64;
    let expected = Erasure {
        shop: erased.shop,
        subject: erased.subject.clone(),
        at: moment(500),
        finished_at: Some(moment(500)),
        events: count,
        attempts: count,
        snapshots: 1,
    };
    assert_eq!(erasure, expected);

    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.erasures(9).await.unwrap(), [expected]);
    assert_eq!(ledger.snapshot(&EntityKey { shop: erased.shop, ..order(&id) }).await.unwrap(), None);
    assert!(ledger.snapshot(&EntityKey { shop: shop_id(7), ..order(&id) }).await.unwrap().is_some());
    let heads = ledger.search(&EventFilter::default(), page(500, None)).await.unwrap().items;
    assert_eq!(heads.len(), 100, "all stand where they stood");
    for (n, head) in (0..100).rev().zip(heads) {
        let was = event(n);
        assert_eq!((head.id, &head.event_type, head.received_at), (was.id, &was.event_type, was.received_at));
        assert_eq!(head.subject == was.subject, !is_meant(&n), "event {n}");
    }
    for found in ledger.attempts(&AttemptFilter::default(), page(500, None)).await.unwrap().items {
        let is_erased = is_meant(&(found.attempt.seq.0 - 1));
        assert_eq!(found.attempt.response.is_empty(), is_erased, "{found:?}");
    }
    let about =
        EventFilter { shop: Some(erased.shop), subject: Some(erased.subject), ..EventFilter::default() };
    assert_eq!(ledger.search(&about, page(500, None)).await.unwrap().items, []);
    assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
}

pub(super) async fn erasing_again_and_what_is_not_there_harms_nothing(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..12).await;
    let Event { shop, subject, .. } = event(1);
    let first = ledger.erase(shop, &subject, moment(1)).await.unwrap();
    let again = ledger.erase(shop, &subject, moment(2)).await.unwrap();
    assert_eq!((again.events, again.attempts, again.snapshots), (0, 0, 0));
    let unknown = ledger.erase(shop, &Subject::native("customer", "nobody"), moment(3)).await.unwrap();
    assert_eq!((unknown.events, unknown.finished_at), (0, Some(moment(3))));
    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.erasures(2).await.unwrap(), [unknown, again.clone()]);
    assert_eq!(ledger.erasures(9).await.unwrap()[1..], [again, first]);
}

pub(super) async fn a_copy_is_not_made_where_something_is(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..3).await;
    // The directory of the sources: certainly not empty.
    let refused = ledger.back_up(Path::new(env!("CARGO_MANIFEST_DIR"))).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert!(refused.to_string().contains(env!("CARGO_MANIFEST_DIR")), "{refused}");
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
    refused(ledger.span().await.err());
    refused(ledger.lane_stands().await.err());
    refused(ledger.erase(shop_id(1), &event(1).subject, moment(1)).await.err());
    ledger.close().await.unwrap();
}
