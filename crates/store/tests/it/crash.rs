//! What a crash between the sync of the log and the commit of its transaction leaves is cut off, and nothing else is.

use shopwire_core::Seq;
use shopwire_store::{Appended, Committed, EntityChange, Ledger as _, SqliteLedger};

use crate::support::{Store, change, changed, event, new_event};

async fn commit(ledger: &SqliteLedger, n: u64, base: u64) -> Committed {
    let told =
        EntityChange { events: vec![changed(n, base + 1), changed(n + 1, base + 1)], ..change("a", base) };
    ledger.commit(told).await.unwrap()
}

/// The database as it was at one moment, with the log as it was at a later one.
fn mixed(database: &Store, log: &Store) -> Store {
    let mixed = log.as_after_a_crash();
    for name in ["shopwire.db", "shopwire.db-wal", "shopwire.db-shm"] {
        let (from, into) = (database.path().join(name), mixed.path().join(name));
        if from.exists() {
            std::fs::copy(from, into).unwrap();
        } else if into.exists() {
            std::fs::remove_file(into).unwrap();
        }
    }
    mixed
}

#[tokio::test]
async fn a_group_whose_transaction_never_committed_is_cut_off() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    assert_eq!(commit(&ledger, 10, 0).await, Committed::Done { version: 1, head: Seq(2) });
    assert_eq!(ledger.append(new_event(1)).await, Ok(Appended::New(Seq(3))));
    let before = store.as_after_a_crash();
    assert_eq!(commit(&ledger, 20, 1).await, Committed::Done { version: 2, head: Seq(5) });
    let after = store.as_after_a_crash();

    let crashed = mixed(&before, &after);
    let ledger = crashed.sqlite();
    assert_eq!(ledger.head().await.unwrap(), Seq(3), "exactly the change that nobody was answered is gone");
    assert_eq!(ledger.snapshot(&change("a", 0).key).await.unwrap().unwrap().version, 1);
    assert_eq!(ledger.event(event(1).id).await.unwrap().unwrap().seq, Seq(3));
    assert_eq!(ledger.event(event(20).id).await.unwrap(), None);
    // It goes on as if that had never been, also with the number that the lost transaction had.
    assert_eq!(commit(&ledger, 30, 1).await, Committed::Done { version: 2, head: Seq(5) });
    let ledger = crashed.as_after_a_crash();
    let ledger = ledger.sqlite();
    assert_eq!(ledger.event(event(30).id).await.unwrap().unwrap().seq, Seq(4));
    assert_eq!(ledger.snapshot(&change("a", 0).key).await.unwrap().unwrap().version, 2);

    let whole = after.sqlite();
    assert_eq!(whole.head().await.unwrap(), Seq(5), "with its transaction it stays");
}

#[tokio::test]
async fn a_group_that_was_not_written_whole_is_cut_off() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for n in 0..5 {
        ledger.append(new_event(n)).await.unwrap();
    }
    let before = std::fs::metadata(store.active_segment()).unwrap().len();
    ledger.append_all((5..8).map(event).collect()).await.unwrap();
    let after = std::fs::metadata(store.active_segment()).unwrap().len();
    for length in (before..after).step_by(31) {
        let torn = store.as_after_a_crash();
        let segment = std::fs::OpenOptions::new().write(true).open(torn.active_segment()).unwrap();
        segment.set_len(length).unwrap();
        let ledger = torn.sqlite();
        assert_eq!(ledger.head().await.unwrap(), Seq(5), "of {after} bytes there are {length}");
        assert_eq!(ledger.append(new_event(9)).await, Ok(Appended::New(Seq(6))));
    }
}
