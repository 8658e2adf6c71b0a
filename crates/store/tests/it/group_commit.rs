//! Who waits for the disk at the same moment shares one sync, and not too many may wait.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use shopwire_core::{AppId, Seq};
use shopwire_store::{
    Appended, Committed, EntityChange, Ledger as _, NounId, SqliteConfig, SqliteLedger, StoreError,
};

use crate::support::{Store, change, changed, new_event, open};

type Append = Pin<Box<dyn Future<Output = Result<Appended, StoreError>>>>;

/// Keeps the writer from going on for as long as the tool holds the database: it has something to save.
fn hold(ledger: &Arc<SqliteLedger>) -> Pin<Box<dyn Future<Output = Result<(), StoreError>>>> {
    let ledger = Arc::clone(ledger);
    let mut held = Box::pin(async move { ledger.remove(NounId::App(AppId::from_bytes([1; 16]))).await });
    assert!(held.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    held
}

/// Starts appends: each has come to the point where it waits.
fn start(ledger: &Arc<SqliteLedger>, events: std::ops::Range<u64>) -> Vec<Append> {
    let mut appends: Vec<Append> = Vec::new();
    for n in events {
        let ledger = Arc::clone(ledger);
        let mut append: Append = Box::pin(async move { ledger.append(new_event(n)).await });
        // Nobody is woken by what happens until it is awaited below, which looks again.
        assert!(append.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        appends.push(append);
    }
    appends
}

#[tokio::test]
async fn two_hundred_appends_share_two_syncs() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The writer takes what it sees first and waits for the tool; all others gather behind it.
    let held = hold(&ledger);
    let appends = start(&ledger, 0..200);
    tool.execute_batch("ROLLBACK").unwrap();
    held.await.unwrap();
    for append in appends {
        append.await.unwrap();
    }
    let counts = ledger.write_counts();
    assert_eq!(counts.commands, 201);
    assert!(counts.commits <= 2, "{counts:?}");
    assert_eq!(ledger.head().await.unwrap(), Seq(200));
}

#[tokio::test]
async fn one_too_many_is_refused_at_once_and_the_others_are_written() {
    let store = Store::fresh();
    let ledger = open(SqliteConfig { appends_waiting_max: 10, ..store.config() }).unwrap();
    let ledger = Arc::new(ledger);
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = hold(&ledger);
    let appends = start(&ledger, 0..10);
    for n in 10..15 {
        let Err(StoreError::Full(refused)) = ledger.append(new_event(n)).await else {
            panic!("ten are waiting")
        };
        assert!(refused.contains("appends_waiting_max"), "{refused}");
    }
    tool.execute_batch("ROLLBACK").unwrap();
    held.await.unwrap();
    for append in appends {
        append.await.unwrap();
    }
    assert_eq!(ledger.append(new_event(15)).await, Ok(Appended::New(Seq(11))));
}

#[tokio::test]
async fn an_append_nobody_waits_for_any_more_is_written_all_the_same() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = hold(&ledger);
    drop(start(&ledger, 0..5));
    tool.execute_batch("ROLLBACK").unwrap();
    held.await.unwrap();
    assert_eq!(ledger.append(new_event(5)).await, Ok(Appended::New(Seq(6))));
}

#[tokio::test]
async fn closing_writes_what_is_queued() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    let appends = start(&ledger, 0..100);
    ledger.close().await.unwrap();
    for append in appends {
        append.await.unwrap();
    }
    assert_eq!(store.sqlite().head().await.unwrap(), Seq(100));
}

#[tokio::test]
async fn reads_do_not_wait_for_the_writer() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    ledger.append(new_event(0)).await.unwrap();
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = hold(&ledger);
    let appends = start(&ledger, 1..2);
    assert_eq!(ledger.configuration().await.unwrap().apps, []);
    assert_eq!(ledger.read_after(Seq::START, 1, usize::MAX).await.unwrap().len(), 1);
    tool.execute_batch("ROLLBACK").unwrap();
    held.await.unwrap();
    for append in appends {
        append.await.unwrap();
    }
}

/// Starts committing a change with events of these numbers: it has come to the point where it waits.
fn start_commit(
    ledger: &Arc<SqliteLedger>,
    id: &str,
    events: std::ops::Range<u64>,
) -> Pin<Box<dyn Future<Output = Result<Committed, StoreError>>>> {
    let ledger = Arc::clone(ledger);
    let change = EntityChange { events: events.map(|n| changed(n, 1)).collect(), ..change(id, 0) };
    let mut commit = Box::pin(async move { ledger.commit(change).await });
    assert!(commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    commit
}

#[tokio::test]
async fn changes_share_a_sync_with_appends_and_keep_their_order() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = hold(&ledger);
    let before = start(&ledger, 0..10);
    let first = start_commit(&ledger, "a", 10..13);
    let between = start(&ledger, 13..20);
    let too_late = start_commit(&ledger, "a", 20..23);
    let behind = start(&ledger, 23..30);
    tool.execute_batch("ROLLBACK").unwrap();
    held.await.unwrap();
    for append in before.into_iter().chain(between).chain(behind) {
        append.await.unwrap();
    }
    assert_eq!(first.await, Ok(Committed::Done { version: 1, head: Seq(13) }));
    assert_eq!(too_late.await, Ok(Committed::Conflict { version: 1 }));
    assert!(ledger.write_counts().commits <= 2, "{:?}", ledger.write_counts());
    let logged = ledger.read_after(Seq::START, 99, usize::MAX).await.unwrap();
    let expected = (0..20).chain(23..30).map(|n| crate::support::event(n).id);
    assert!(logged.iter().map(|logged| logged.event.id).eq(expected));
}

#[tokio::test]
async fn a_change_counts_as_many_as_it_brings_events() {
    let store = Store::fresh();
    let ledger = open(SqliteConfig { appends_waiting_max: 10, ..store.config() }).unwrap();
    let ledger = Arc::new(ledger);
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let silent = start_commit(&ledger, "silent", 0..0);
    let loud = start_commit(&ledger, "loud", 0..8);
    let too_many = EntityChange { events: vec![changed(8, 1), changed(9, 1)], ..change("one more", 0) };
    assert!(matches!(ledger.commit(too_many.clone()).await, Err(StoreError::Full(_))));
    assert!(matches!(ledger.append_all(too_many.events.clone()).await, Err(StoreError::Full(_))));
    let append = start(&ledger, 10..11);
    assert!(matches!(ledger.commit(change("full", 0)).await, Err(StoreError::Full(_))));
    tool.execute_batch("ROLLBACK").unwrap();
    assert_eq!(silent.await, Ok(Committed::Done { version: 1, head: Seq(0) }));
    assert_eq!(loud.await, Ok(Committed::Done { version: 1, head: Seq(8) }));
    for append in append {
        append.await.unwrap();
    }
    assert_eq!(ledger.commit(too_many).await, Ok(Committed::Done { version: 1, head: Seq(11) }));
    // More than may ever wait: alone there is room for it.
    let bulk = (20..40).map(|n| changed(n, 0)).collect();
    assert_eq!(ledger.append_all(bulk).await, Ok(Seq(31)));
}
