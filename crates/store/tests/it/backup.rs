//! Copies that are made while the store is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shopwire_core::delivery::LaneChanges;
use shopwire_core::{EndpointId, Seq};
use shopwire_store::{Committed, EntityChange, LaneUpdate, Ledger as _, StoreError};

use crate::support::{Store, change, changed, config, event, new_event, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_copy_made_under_load_is_the_store_at_one_moment() {
    let (store, place) = (Store::fresh(), tempfile::tempdir().unwrap());
    let ledger = Arc::new(store.of_short_segments());
    let endpoint = EndpointId::from_bytes([9; 16]);
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let load = {
        let (ledger, ended) = (Arc::clone(&ledger), Arc::clone(&ended));
        tokio::spawn(async move {
            let mut n = 0;
            while !ended.load(Ordering::Relaxed) {
                ledger.append(new_event(2 * n)).await.unwrap();
                let told = EntityChange { events: vec![changed(2 * n + 1, n + 1)], ..change("a", n) };
                let Ok(Committed::Done { head, .. }) = ledger.commit(told).await else { panic!("alone") };
                let changes = LaneChanges::default();
                let update = LaneUpdate { endpoint, cursor: head, done: vec![], changes, attempts: vec![] };
                ledger.record(vec![update]).await.unwrap();
                n += 1;
            }
        })
    };
    for round in 0..5 {
        while ledger.head().await.unwrap() < Seq(round * 40) {
            tokio::task::yield_now().await;
        }
        let before = ledger.head().await.unwrap();
        let into = place.path().join(round.to_string());
        let backup = ledger.back_up(&into).await.unwrap();
        let copy = open(config(&into)).unwrap();
        let head = copy.head().await.unwrap();
        assert_eq!(head, backup.head);
        assert!(head >= before);
        let log = copy.read_after(Seq::START, usize::MAX, usize::MAX).await.unwrap();
        assert!(log.iter().map(|logged| logged.event.id).eq((0..head.0).map(|n| event(n).id)));
        let snapshot = copy.snapshot(&change("a", 0).key).await.unwrap();
        assert_eq!(snapshot.map_or(0, |snapshot| snapshot.version), head.0 / 2, "state and log agree");
        let cursor = copy.lane(endpoint).await.unwrap().unwrap().cursor;
        assert!(cursor <= head && cursor.0 + 2 >= head.0 / 2 * 2, "{cursor} of {head}");
        assert_eq!(copy.health(true).await.unwrap().problems, [""; 0]);
        copy.append(new_event(1 << 40)).await.unwrap();
        copy.close().await.unwrap();
    }
    ended.store(true, Ordering::Relaxed);
    load.await.unwrap();
    assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
}

#[tokio::test]
async fn a_copy_is_made_into_a_new_or_empty_directory_only() {
    let (store, place) = (Store::fresh(), tempfile::tempdir().unwrap());
    let ledger = store.sqlite();
    ledger.append(new_event(1)).await.unwrap();
    let into = place.path().join("new/directory");
    let backup = ledger.back_up(&into).await.unwrap();
    assert!(backup.files >= 2 && backup.bytes > 0, "{backup:?}");
    let Err(StoreError::Unavailable(refused)) = ledger.back_up(&into).await else {
        panic!("it holds a copy")
    };
    assert!(refused.contains("not empty") && refused.contains("directory"), "{refused}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(ledger.back_up(empty.path()).await, Ok(backup));
    assert_eq!(open(config(&into)).unwrap().head().await.unwrap(), Seq(1), "the first copy was not touched");
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let (store, place) = (Store::fresh(), tempfile::tempdir().unwrap());
    let ledger = store.sqlite();
    ledger.append(new_event(1)).await.unwrap();
    let into = place.path().join("copy");
    ledger.back_up(&into).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut files = 0;
    for directory in [into.clone(), into.join("log")] {
        assert_eq!(mode(&directory), 0o700);
        for file in std::fs::read_dir(directory).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                files += 1;
                assert_eq!(mode(&path), 0o600, "{}", path.display());
            }
        }
    }
    assert!(files >= 2);
}
