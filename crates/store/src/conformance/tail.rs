//! The tail.

use std::sync::Arc;

use shopwire_core::Seq;

use super::sample::{alone, append_all, change, commit, event, order};
use super::{Backend, TAIL};
use crate::{Committed, EntityChange, TailItem};

pub(super) async fn events_come_in_order_and_once(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..2).await;
    let mut tail = ledger.tail();
    let mut appends = Vec::new();
    for n in 2..50 {
        let ledger = Arc::clone(&ledger);
        appends.push(tokio::spawn(async move { ledger.append(alone(n)).await }));
    }
    let mut seen = 2;
    while seen < 50 {
        match tail.next().await.unwrap() {
            TailItem::Gap(last) => {
                assert!(last.0 > seen);
                seen = last.0;
            }
            TailItem::Events(events) => {
                for event in events {
                    seen += 1;
                    assert_eq!(event.seq, Seq(seen));
                    assert_eq!(ledger.read_at(&[event.seq]).await.unwrap(), [event]);
                }
            }
        }
    }
    for append in appends {
        append.await.unwrap().unwrap();
    }
}

pub(super) async fn what_does_not_fit_is_told_as_a_gap(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let mut tail = ledger.tail();
    let fitting = u64::try_from(TAIL.events_max).unwrap();
    append_all(&*ledger, 0..fitting + 5).await;
    for n in 1..=fitting {
        let TailItem::Events(events) = tail.next().await.unwrap() else { panic!("{n} fits") };
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [Seq(n)]);
    }
    append_all(&*ledger, 100..101).await;
    assert_eq!(tail.next().await, Some(TailItem::Gap(Seq(fitting + 5))));
    let TailItem::Events(events) = tail.next().await.unwrap() else { panic!("there is room again") };
    assert_eq!(events[0].seq, Seq(fitting + 6));
}

pub(super) async fn a_new_tail_ends_the_former(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let mut former = ledger.tail();
    append_all(&*ledger, 0..1).await;
    let mut tail = ledger.tail();
    append_all(&*ledger, 1..2).await;
    assert!(matches!(former.next().await, Some(TailItem::Events(events)) if events[0].seq == Seq(1)));
    assert_eq!(former.next().await, None);
    assert!(matches!(tail.next().await, Some(TailItem::Events(events)) if events[0].seq == Seq(2)));
}

pub(super) async fn closing_ends_the_tail(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let mut tail = ledger.tail();
    append_all(&*ledger, 0..1).await;
    ledger.close().await.unwrap();
    assert!(matches!(tail.next().await, Some(TailItem::Events(_))));
    assert_eq!(tail.next().await, None);
}

pub(super) async fn what_was_committed_comes_like_what_was_appended(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let mut tail = ledger.tail();
    commit(&*ledger, EntityChange { events: vec![event(1), event(5)], ..change(order("1"), 0) }).await;
    // Neither says anything: a silent change, and one that comes too late.
    commit(&*ledger, change(order("1"), 1)).await;
    let late = EntityChange { events: vec![event(2)], ..change(order("1"), 1) };
    assert_eq!(ledger.commit(late).await.unwrap(), Committed::Conflict { version: 2 });
    append_all(&*ledger, 3..4).await;
    ledger.append_all(vec![event(13), event(4)]).await.unwrap();
    ledger.close().await.unwrap();
    let mut came = Vec::new();
    while let Some(item) = tail.next().await {
        let TailItem::Events(events) = item else { panic!("all fit") };
        came.push(events.iter().map(|logged| (logged.seq.0, logged.event.clone())).collect::<Vec<_>>());
    }
    let expected =
        [vec![(1, event(1)), (2, event(5))], vec![(3, event(3))], vec![(4, event(13)), (5, event(4))]];
    assert_eq!(came, expected);
}
