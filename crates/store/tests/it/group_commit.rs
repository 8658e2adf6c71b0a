//! Who waits for the disk at the same moment shares one sync, and not too many may wait.

use std::sync::Arc;

use shopwire_core::Seq;
use shopwire_store::{Appended, Ledger as _, SqliteConfig, SqliteLedger, StoreError};
use tokio::task::JoinHandle;

use crate::support::{Store, new_event, open};

/// Starts appends and lets each come to the point where it waits. Needs a runtime of one thread.
async fn start(
    ledger: &Arc<SqliteLedger>,
    events: std::ops::Range<u64>,
) -> Vec<JoinHandle<Result<Appended, StoreError>>> {
    let append = |n| {
        let ledger = Arc::clone(ledger);
        tokio::spawn(async move { ledger.append(new_event(n)).await })
    };
    let appends = events.map(append).collect();
    tokio::task::yield_now().await;
    appends
}

#[tokio::test]
async fn two_hundred_appends_share_two_syncs() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The writer takes what it sees first and waits for the tool; all others gather behind it.
    let appends = start(&ledger, 0..200).await;
    tool.execute_batch("ROLLBACK").unwrap();
    for append in appends {
        append.await.unwrap().unwrap();
    }
    let counts = ledger.write_counts();
    assert_eq!(counts.commands, 200);
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
    let appends = start(&ledger, 0..10).await;
    for n in 10..15 {
        let Err(StoreError::Full(refused)) = ledger.append(new_event(n)).await else {
            panic!("ten are waiting")
        };
        assert!(refused.contains("appends_waiting_max"), "{refused}");
    }
    tool.execute_batch("ROLLBACK").unwrap();
    for append in appends {
        append.await.unwrap().unwrap();
    }
    assert_eq!(ledger.append(new_event(15)).await, Ok(Appended::New(Seq(11))));
}

#[tokio::test]
async fn an_append_nobody_waits_for_any_more_is_written_all_the_same() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    let tool = store.tool();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    for append in start(&ledger, 0..5).await {
        append.abort();
    }
    tool.execute_batch("ROLLBACK").unwrap();
    assert_eq!(ledger.append(new_event(5)).await, Ok(Appended::New(Seq(6))));
}

#[tokio::test]
async fn closing_writes_what_is_queued() {
    let store = Store::fresh();
    let ledger = Arc::new(store.sqlite());
    let appends = start(&ledger, 0..100).await;
    ledger.close().await.unwrap();
    for append in appends {
        append.await.unwrap().unwrap();
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
    let appends = start(&ledger, 1..2).await;
    assert_eq!(ledger.read_after(Seq::START, 9, usize::MAX).await.unwrap().len(), 1);
    assert_eq!(ledger.head().await.unwrap(), Seq(1));
    assert!(!appends[0].is_finished());
    tool.execute_batch("ROLLBACK").unwrap();
    for append in appends {
        append.await.unwrap().unwrap();
    }
}
