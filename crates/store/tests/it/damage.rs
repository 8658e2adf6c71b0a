//! What is damaged is told, and takes nothing else with it.

use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::{Origin, Seq, Timestamp};
use shopwire_store::{EntityChange, EventFilter, Ledger as _, PageRequest, SqliteLedger, StoreError};

use crate::support::{Store, change, event, new_event};

const PAGE_BYTES: usize = 4_096;

/// A store of five events, of which the third has suffered.
async fn damaged(sql: &str) -> (Store, SqliteLedger) {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for n in 1..=5 {
        ledger.append(new_event(n)).await.unwrap();
    }
    assert_eq!(store.tool().execute(sql, ()).unwrap(), 1);
    (store, ledger)
}

/// Whether an error says that it is the third event that suffered.
fn is_third(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged { seq: Seq(3), .. })
}

#[tokio::test]
async fn a_damaged_record_is_unreadable_and_the_others_are_not() {
    for sql in [
        "UPDATE event_record SET record = x'01' WHERE seq = 3",
        "UPDATE event_record SET record = x'' WHERE seq = 3",
        "UPDATE event_record SET record = CAST(x'63' || substr(record, 2) AS BLOB) WHERE seq = 3",
        "DELETE FROM event_record WHERE seq = 3",
        "UPDATE event SET type = 'order.exploded' WHERE seq = 3",
        "UPDATE event SET subject = 'nothing' WHERE seq = 3",
        "UPDATE event SET dialect = 'shopify' WHERE seq = 3",
        "UPDATE event SET shop = x'00' WHERE seq = 3",
        "UPDATE event SET topic = NULL WHERE seq = 3",
    ] {
        let (_store, ledger) = damaged(sql).await;
        let before = ledger.read_after(Seq::START, 9, usize::MAX).await.unwrap();
        assert_eq!(before.iter().map(|event| event.seq.0).collect::<Vec<_>>(), [1, 2], "{sql}");
        let error = ledger.read_after(Seq(2), 9, usize::MAX).await.unwrap_err();
        assert!(is_third(&error), "{sql}: {error}");
        assert_eq!(ledger.read_after(Seq(3), 9, usize::MAX).await.unwrap().len(), 2, "{sql}");
        assert!(is_third(&ledger.event(event(3).id).await.unwrap_err()), "{sql}");
        assert!(is_third(&ledger.read_at(&[Seq(2), Seq(3)]).await.unwrap_err()), "{sql}");
        assert_eq!(ledger.event(event(4).id).await.unwrap().unwrap().event, event(4), "{sql}");
        ledger.append(new_event(6)).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_on_a_page_that_the_disk_spoiled_is_told_by_its_place() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for n in 1..=5 {
        let mut long = new_event(n);
        let Origin::Webhook(webhook) = &mut long.event.origin else { panic!("it was received") };
        webhook.body = format!("{n}").repeat(4 * PAGE_BYTES).into();
        ledger.append(long).await.unwrap();
    }
    ledger.close().await.unwrap();
    let file = store.path().join("shopwire.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let is_full_of_threes = |page: &[u8]| page[4..].iter().all(|byte| *byte == b'3');
    let page = bytes.chunks_exact_mut(PAGE_BYTES).find(|page| is_full_of_threes(page)).unwrap();
    // Where the page says which one comes next.
    page[..4].fill(0xff);
    std::fs::write(&file, bytes).unwrap();

    let ledger = store.sqlite();
    let places = async |after| {
        let events = ledger.read_after(after, 9, usize::MAX).await?;
        Ok::<_, StoreError>(events.iter().map(|event| event.seq.0).collect::<Vec<_>>())
    };
    assert_eq!(places(Seq::START).await.unwrap(), [1, 2]);
    assert!(is_third(&places(Seq(2)).await.unwrap_err()));
    assert!(is_third(&ledger.read_at(&[Seq(3)]).await.unwrap_err()));
    assert_eq!(places(Seq(3)).await.unwrap(), [4, 5]);
}

#[tokio::test]
async fn a_damaged_snapshot_or_timer_is_unreadable_and_the_others_are_not() {
    for (sql, snapshots, timers) in [
        ("UPDATE snapshot SET version = -1 WHERE id = 'b'", false, true),
        ("UPDATE timer SET name = 'egg_timer' WHERE id = 'b'", true, false),
        ("UPDATE timer SET shop = x'00' WHERE id = 'b'", true, false),
    ] {
        let store = Store::fresh();
        let ledger = store.sqlite();
        for id in ["a", "b"] {
            let due = event(0).received_at;
            let timers = vec![(TimerKind::CartAbandonment, Some(due))];
            ledger.commit(EntityChange { timers, ..change(id, 0) }).await.unwrap();
        }
        assert_eq!(store.tool().execute(sql, ()).unwrap(), 1);
        assert!(ledger.snapshot(&change("a", 0).key).await.unwrap().is_some(), "{sql}");
        let read = ledger.snapshot(&change("b", 0).key).await;
        assert_eq!(!matches!(read, Err(StoreError::Unreadable(_))), snapshots, "{sql}: {read:?}");
        let due = ledger.timers_due(Timestamp::MAX, 9).await;
        assert_eq!(!matches!(due, Err(StoreError::Unreadable(_))), timers, "{sql}: {due:?}");
    }
}

#[tokio::test]
async fn the_message_names_the_event_and_what_is_wrong() {
    let (_store, ledger) = damaged("UPDATE event_record SET record = x'63' WHERE seq = 3").await;
    let error = ledger.event(event(3).id).await.unwrap_err().to_string();
    assert!(error.contains("event 3") && error.contains(&event(3).id.to_string()), "{error}");
    let page = PageRequest { size: 9, before: None, scan_rows_max: 9 };
    assert_eq!(ledger.search(&EventFilter::default(), page).await.unwrap().items.len(), 5, "heads are sound");
}

#[tokio::test]
async fn a_thorough_look_finds_what_does_not_fit_together() {
    for (sql, found) in [
        ("DELETE FROM event_record WHERE seq = 3", "1 events without what was received"),
        ("INSERT INTO event_record VALUES (99, x'', x'')", "1 records of events that are not in the log"),
        ("INSERT INTO lane VALUES (x'01', 6, x'')", "1 lanes that stand behind the end of the log"),
        (
            "INSERT INTO dead_letter (endpoint, seq, reason, at, attempts, outcome) VALUES (x'01', 9, 'x', 0, 0, 'x')",
            "1 dead letters of an event that is not in the log",
        ),
        (
            "INSERT INTO timer VALUES (x'01', 'cart', 'a', 'cart_abandonment', 0)",
            "1 timers of an entity that was never heard of",
        ),
    ] {
        let (_store, ledger) = damaged(sql).await;
        assert_eq!(ledger.health(false).await.unwrap().problems, [""; 0]);
        assert_eq!(ledger.health(true).await.unwrap().problems, [found]);
    }
    let (_store, ledger) = damaged("INSERT INTO waiting (endpoint, seq, key) VALUES (x'01', 9, 0)").await;
    assert_eq!(ledger.health(true).await.unwrap().problems.len(), 2, "no lane, no event");
}
