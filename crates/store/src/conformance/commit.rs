//! Committing changes: state and events together or not at all.

use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::{Event, Origin, RecordedChange, Seq};

use super::Backend;
use super::sample::{append_all, change, commit, event, log, moment, order};
use crate::{Committed, EntityChange, EntityKey, Snapshot};

pub(super) async fn a_change_and_its_events_read_back_whole(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..2).await;
    assert_eq!(ledger.snapshot(&order("169")).await.unwrap(), None);
    let written = EntityChange {
        entity: Some(Bytes::from("{\"id\": \"169\",\n\"n\":1.10,\"t\":\"žluť\\u0000\"}")),
        marks: Bytes::from("{ \"seen\":[1, 2] }"),
        at: moment(77),
        events: vec![event(13), event(5), event(21)],
        ..change(order("169"), 0)
    };
    let committed = ledger.commit(written.clone()).await.unwrap();
    assert_eq!(committed, Committed::Done { version: 1, head: Seq(5) });
    assert_eq!(ledger.head().await.unwrap(), Seq(5));
    let ledger = backend.reopen(ledger).await;
    let snapshot = Snapshot {
        key: written.key,
        version: 1,
        entity: written.entity,
        marks: written.marks,
        updated_at: written.at,
    };
    assert_eq!(ledger.snapshot(&order("169")).await.unwrap(), Some(snapshot));
    assert_eq!(log(&*ledger).await, [event(0), event(1), event(13), event(5), event(21)]);
    append_all(&*ledger, 30..31).await;
    assert_eq!(log(&*ledger).await.len(), 6);
}

pub(super) async fn versions_go_on_over_deletions(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let deletion = |base| EntityChange { entity: None, ..change(order("1"), base) };
    assert_eq!(ledger.commit(change(order("1"), 1)).await.unwrap(), Committed::Conflict { version: 0 });
    assert_eq!(commit(&*ledger, change(order("1"), 0)).await, 1);
    assert_eq!(commit(&*ledger, change(order("1"), 1)).await, 2);
    assert_eq!(commit(&*ledger, deletion(2)).await, 3);
    let ledger = backend.reopen(ledger).await;
    let gone = ledger.snapshot(&order("1")).await.unwrap().unwrap();
    assert_eq!((gone.version, gone.entity, gone.updated_at), (3, None, moment(2)));
    for base in [0, 1, 2, 4, 1 << 32] {
        let conflict = Committed::Conflict { version: 3 };
        assert_eq!(ledger.commit(change(order("1"), base)).await.unwrap(), conflict, "{base}");
        assert_eq!(ledger.commit(deletion(base)).await.unwrap(), conflict, "{base}");
    }
    assert_eq!(commit(&*ledger, change(order("1"), 3)).await, 4);
    let back = ledger.snapshot(&order("1")).await.unwrap().unwrap();
    assert_eq!((back.version, back.entity), (4, change(order("1"), 3).entity));
}

pub(super) async fn of_many_writers_on_one_version_one_wins(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let mut writers = Vec::new();
    for n in 0..50u64 {
        let ledger = Arc::clone(&ledger);
        let change = EntityChange {
            entity: Some(n.to_string().into()),
            events: vec![event(2 * n), event(2 * n + 1)],
            ..change(order("1"), 0)
        };
        writers.push(tokio::spawn(async move { ledger.commit(change).await.unwrap() }));
    }
    let mut winners = Vec::new();
    for (n, writer) in (0..).zip(writers) {
        match writer.await.unwrap() {
            Committed::Done { version, head } => winners.push((n, version, head)),
            Committed::Conflict { version } => assert_eq!(version, 1),
        }
    }
    let [(winner, 1, Seq(2))] = winners[..] else { panic!("one wins: {winners:?}") };
    assert_eq!(log(&*ledger).await, [event(2 * winner), event(2 * winner + 1)]);
    let snapshot = ledger.snapshot(&order("1")).await.unwrap().unwrap();
    assert_eq!((snapshot.version, snapshot.entity), (1, Some(winner.to_string().into())));
}

/// The event that tells of an entity's change to a version.
fn telling(n: u64, version: u64) -> Event {
    let change = RecordedChange { cause: None, actor: None, version, data: Bytes::from_static(b"{}") };
    Event { origin: Origin::Change(change), ..event(n) }
}

/// Two orders, changed by many who each read, compute and try again until they come through.
pub(super) async fn writers_that_try_again_lose_and_invent_nothing(backend: &dyn Backend) {
    const WRITERS: u64 = 8;
    const CHANGES: u64 = 10;
    let ledger = backend.open().await;
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let ledger = Arc::clone(&ledger);
        writers.push(tokio::spawn(async move {
            for n in 0..CHANGES {
                let key = order(if writer.is_multiple_of(2) { "even" } else { "odd" });
                loop {
                    let base = ledger.snapshot(&key).await.unwrap().map_or(0, |snapshot| snapshot.version);
                    let told = telling(writer * CHANGES + n, base + 1);
                    let change = EntityChange { events: vec![told], ..change(key.clone(), base) };
                    match ledger.commit(change).await.unwrap() {
                        Committed::Done { version, .. } => break assert_eq!(version, base + 1),
                        Committed::Conflict { version } => assert_ne!(version, base),
                    }
                }
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let is_even = |told: &&Event| {
        (0..WRITERS * CHANGES).any(|n| (n / CHANGES).is_multiple_of(2) && event(n).id == told.id)
    };
    let told = log(&*ledger).await;
    let (even, odd): (Vec<&Event>, Vec<&Event>) = told.iter().partition(is_even);
    for told in [even, odd] {
        let versions = told.into_iter().map(|told| match &told.origin {
            Origin::Change(change) => change.version,
            Origin::Webhook(_) => panic!("all arose from changes"),
        });
        assert!(versions.eq(1..=WRITERS / 2 * CHANGES));
    }
    for id in ["even", "odd"] {
        assert_eq!(ledger.snapshot(&order(id)).await.unwrap().unwrap().version, WRITERS / 2 * CHANGES);
    }
}

pub(super) async fn a_change_without_events_is_silent(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..1).await;
    let done = |version| Committed::Done { version, head: Seq(1) };
    assert_eq!(ledger.commit(change(order("1"), 0)).await.unwrap(), done(1));
    assert_eq!(ledger.commit(change(order("1"), 1)).await.unwrap(), done(2));
    assert_eq!(ledger.head().await.unwrap(), Seq(1));
    assert_eq!(log(&*ledger).await, [event(0)]);
}

pub(super) async fn events_that_belong_together_come_together_or_not_at_all(backend: &dyn Backend) {
    let ledger = backend.open().await;
    assert_eq!(ledger.append_all(Vec::new()).await.unwrap(), Seq::START);
    assert_eq!(ledger.append_all(vec![event(5), event(2), event(13)]).await.unwrap(), Seq(3));
    assert_eq!(ledger.append_all(Vec::new()).await.unwrap(), Seq(3));
    assert_eq!(ledger.append_all(vec![event(20)]).await.unwrap(), Seq(4));
    let ledger = backend.reopen(ledger).await;
    assert_eq!(log(&*ledger).await, [event(5), event(2), event(13), event(20)]);
    let nothing: Option<EntityKey> = None;
    assert_eq!(ledger.snapshot(&order("1")).await.unwrap().map(|snapshot| snapshot.key), nothing);
}
