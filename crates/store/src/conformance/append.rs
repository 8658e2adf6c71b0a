//! Appending and merging.

use std::collections::HashSet;
use std::sync::Arc;

use shopwire_core::Seq;

use super::Backend;
use super::sample::{alone, append_all, event, event_id, identified, moment, source_id};
use crate::{Appended, Merges};

pub(super) async fn places_follow_each_other_and_survive(backend: &dyn Backend) {
    let ledger = backend.open().await;
    assert_eq!(ledger.head().await.unwrap(), Seq::START);
    assert_eq!(append_all(&*ledger, 0..3).await, [Seq(1), Seq(2), Seq(3)]);
    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.head().await.unwrap(), Seq(3));
    assert_eq!(append_all(&*ledger, 3..4).await, [Seq(4)]);
    assert_eq!(ledger.head().await.unwrap(), Seq(4));
}

pub(super) async fn a_copy_is_merged_and_counted(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let first = ledger.append(identified(10, source_id(0), "key")).await.unwrap();
    assert_eq!(first, Appended::New(Seq(1)));
    assert_eq!(ledger.merges(Seq(1)).await.unwrap(), Merges::default());
    for n in [30, 20] {
        let copy = ledger.append(identified(n, source_id(0), "key")).await.unwrap();
        assert_eq!(copy, Appended::Merged { into: event_id(10), seq: Seq(1) });
    }
    let last_at = Some(event(30).received_at.max(event(20).received_at));
    assert_eq!(ledger.merges(Seq(1)).await.unwrap(), Merges { count: 2, last_at });
    assert_eq!(ledger.head().await.unwrap(), Seq(1));
    assert_eq!(ledger.event(event_id(20)).await.unwrap(), None);
}

pub(super) async fn a_hundred_copies_at_once_are_one_event(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let mut copies = Vec::new();
    for n in 0..100 {
        let ledger = Arc::clone(&ledger);
        copies.push(tokio::spawn(async move { ledger.append(identified(n, source_id(0), "key")).await }));
    }
    let mut answers = Vec::new();
    for copy in copies {
        answers.push(copy.await.unwrap().unwrap());
    }
    let new = answers.iter().filter(|answer| **answer == Appended::New(Seq(1))).count();
    let merged =
        answers.iter().filter(|answer| matches!(answer, Appended::Merged { seq: Seq(1), .. })).count();
    assert_eq!((new, merged), (1, 99));
    assert_eq!(ledger.head().await.unwrap(), Seq(1));
    assert_eq!(ledger.merges(Seq(1)).await.unwrap().count, 99);
    let kept = ledger.read_at(&[Seq(1)]).await.unwrap()[0].event.id;
    for answer in answers {
        assert!(matches!(answer, Appended::New(_)) || answer == Appended::Merged { into: kept, seq: Seq(1) });
    }
}

pub(super) async fn copies_are_known_after_reopening(backend: &dyn Backend) {
    let ledger = backend.open().await;
    ledger.append(identified(1, source_id(0), "key")).await.unwrap();
    let ledger = backend.reopen(ledger).await;
    let copy = ledger.append(identified(2, source_id(0), "key")).await.unwrap();
    assert_eq!(copy, Appended::Merged { into: event_id(1), seq: Seq(1) });
    let ledger = backend.reopen(ledger).await;
    let merges = Merges { count: 1, last_at: Some(moment(2 ^ 3)) };
    assert_eq!(ledger.merges(Seq(1)).await.unwrap(), merges);
}

pub(super) async fn other_sources_and_other_keys_are_no_copies(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let events = [
        identified(1, source_id(0), "key"),
        identified(2, source_id(1), "key"),
        identified(3, source_id(0), "Key"),
        identified(4, source_id(0), ""),
        identified(5, source_id(1), ""),
        alone(6),
        alone(7),
    ];
    let mut places = HashSet::new();
    for event in events {
        let Appended::New(seq) = ledger.append(event).await.unwrap() else { panic!("no copy of anything") };
        assert!(places.insert(seq));
    }
    assert_eq!(places.len(), 7);
}

pub(super) async fn copies_in_other_ranges_of_the_log_are_known(backend: &dyn Backend) {
    let ledger = backend.open().await;
    for n in 0..100 {
        ledger.append(identified(n, source_id(0), &n.to_string())).await.unwrap();
    }
    for (round, n) in [(0, 99), (1, 0), (2, 50), (3, 7)] {
        let copy = ledger.append(identified(200 + round, source_id(0), &n.to_string())).await.unwrap();
        assert_eq!(copy, Appended::Merged { into: event_id(n), seq: Seq(n + 1) });
        assert_eq!(ledger.merges(Seq(n + 1)).await.unwrap().count, 1);
    }
    let ledger = backend.reopen(ledger).await;
    let copy = ledger.append(identified(300, source_id(0), "7")).await.unwrap();
    assert_eq!(copy, Appended::Merged { into: event_id(7), seq: Seq(8) });
    assert_eq!(ledger.merges(Seq(8)).await.unwrap().count, 2);
    assert_eq!(ledger.head().await.unwrap(), Seq(100));
}
