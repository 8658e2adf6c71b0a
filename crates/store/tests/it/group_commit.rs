//! Who waits for the disk at the same moment shares one sync, and not too many may wait.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use shopwire_core::Seq;
use shopwire_store::{Appended, Ledger as _, SqliteConfig, SqliteLedger, StoreError};

use crate::support::{Store, new_event, open};

type Append = Pin<Box<dyn Future<Output = Result<Appended, StoreError>>>>;

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
    let appends = start(&ledger, 0..200);
    tool.execute_batch("ROLLBACK").unwrap();
    for append in appends {
        append.await.unwrap();
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
    let appends = start(&ledger, 0..10);
    for n in 10..15 {
        let Err(StoreError::Full(refused)) = ledger.append(new_event(n)).await else {
            panic!("ten are waiting")
        };
        assert!(refused.contains("appends_waiting_max"), "{refused}");
    }
    tool.execute_batch("ROLLBACK").unwrap();
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
    drop(start(&ledger, 0..5));
    tool.execute_batch("ROLLBACK").unwrap();
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
    let appends = start(&ledger, 1..2);
    assert_eq!(ledger.read_after(Seq::START, 9, usize::MAX).await.unwrap().len(), 1);
    assert_eq!(ledger.head().await.unwrap(), Seq(1));
    tool.execute_batch("ROLLBACK").unwrap();
    for append in appends {
        append.await.unwrap();
    }
}
