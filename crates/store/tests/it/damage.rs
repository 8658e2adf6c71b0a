//! What is damaged is told, and takes nothing else with it.

use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::{EndpointId, Seq, Timestamp};
use shopwire_store::{Appended, EntityChange, Ledger as _, SqliteLedger, StoreError};

use crate::support::{Store, change, event, new_event};

/// Spoils what the disk holds of the third event of five: where its body stands.
fn spoil_third(store: &Store) {
    let segment = store.active_segment();
    let mut bytes = std::fs::read(&segment).unwrap();
    let body = event(3).origin.body().to_vec();
    let at = bytes.windows(body.len()).position(|window| window == body).unwrap();
    bytes[at] ^= 1;
    std::fs::write(segment, bytes).unwrap();
}

/// A store of five events.
async fn of_five() -> (Store, SqliteLedger) {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for n in 1..=5 {
        ledger.append(new_event(n)).await.unwrap();
    }
    (store, ledger)
}

/// A store of five events, of which something has suffered.
async fn damaged(sql: &str) -> (Store, SqliteLedger) {
    let (store, ledger) = of_five().await;
    assert_eq!(store.tool().execute(sql, ()).unwrap(), 1);
    (store, ledger)
}

/// Whether an error says that it is the third event that suffered.
fn is_third(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged { seq: Seq(3), .. })
}

#[tokio::test]
async fn a_damaged_event_is_unreadable_and_the_others_are_not() {
    for reopens in [false, true] {
        let (store, mut ledger) = of_five().await;
        spoil_third(&store);
        if reopens {
            ledger.close().await.unwrap();
            ledger = store.sqlite();
        }
        let before = ledger.read_after(Seq::START, 9, usize::MAX).await.unwrap();
        assert_eq!(before.iter().map(|event| event.seq.0).collect::<Vec<_>>(), [1, 2]);
        let error = ledger.read_after(Seq(2), 9, usize::MAX).await.unwrap_err();
        assert!(is_third(&error), "{error}");
        assert_eq!(ledger.read_after(Seq(3), 9, usize::MAX).await.unwrap().len(), 2);
        assert!(is_third(&ledger.read_at(&[Seq(2), Seq(3)]).await.unwrap_err()));
        assert_eq!(ledger.event(event(4).id).await.unwrap().unwrap().event, event(4));
        assert_eq!(ledger.append(new_event(6)).await, Ok(Appended::New(Seq(6))));
        let problems = ledger.health(true).await.unwrap().problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}

#[tokio::test]
async fn a_damaged_event_is_not_replayed_and_the_others_are() {
    let (store, ledger) = of_five().await;
    spoil_third(&store);
    let endpoint = EndpointId::from_bytes([9; 16]);
    ledger.open_lane(endpoint, Seq(5)).await.unwrap();
    let places: Vec<Seq> = (1..=5).map(Seq).collect();
    let replayed = ledger.replay(endpoint, &places, event(9).received_at).await.unwrap();
    assert_eq!(replayed.iter().map(|waiting| waiting.seq.0).collect::<Vec<_>>(), [1, 2, 4, 5]);
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
async fn a_thorough_look_finds_what_does_not_fit_together() {
    for (sql, found) in [
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

/// Takes the last group off the log of a store that is closed.
fn lose_last(store: &Store) {
    let segment = std::fs::OpenOptions::new().write(true).open(store.active_segment()).unwrap();
    segment.set_len(segment.metadata().unwrap().len() - 1).unwrap();
}

#[tokio::test]
async fn a_log_that_lost_its_end_is_followed_by_the_lanes() {
    let endpoint = EndpointId::from_bytes([9; 16]);
    let (store, ledger) = of_five().await;
    ledger.open_lane(endpoint, Seq(5)).await.unwrap();
    ledger.close().await.unwrap();
    lose_last(&store);
    let ledger = store.sqlite();
    assert_eq!(ledger.head().await.unwrap(), Seq(4));
    assert_eq!(ledger.lane_stands().await.unwrap()[0].opened_at, Seq(4));
    assert_eq!(ledger.append(new_event(6)).await, Ok(Appended::New(Seq(5))));
    assert_eq!(
        ledger.lane(endpoint).await.unwrap().unwrap().cursor,
        Seq(4),
        "the new event is still to come"
    );
    assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
    // Also once nobody could tell any more.
    drop(ledger);
    let store = store.as_after_a_crash();
    assert_eq!(store.sqlite().lane(endpoint).await.unwrap().unwrap().cursor, Seq(4));
}

#[tokio::test]
async fn what_was_told_of_events_that_are_lost_is_not_told_of_others() {
    let endpoint = EndpointId::from_bytes([9; 16]);
    let (store, ledger) = of_five().await;
    ledger.open_lane(endpoint, Seq(2)).await.unwrap();
    ledger.close().await.unwrap();
    let rows = |seq: u8| {
        format!(
            "INSERT INTO waiting (endpoint, seq, key) VALUES (x'{0}', {seq}, 0);
             INSERT INTO dead_letter (endpoint, seq, event, reason, at, attempts, outcome)
             VALUES (x'{0}', {seq}, x'{1}', 'too_old', 0, 1, 'timed_out');
             INSERT INTO merge VALUES ({seq}, 3, 0);
             UPDATE lane SET done = x'04000000000000000500000000000000';",
            "09".repeat(16),
            "07".repeat(16)
        )
    };
    store.tool().execute_batch(&(rows(4) + &rows(5))).unwrap();
    lose_last(&store);
    let ledger = store.sqlite();
    assert_eq!(ledger.append(new_event(6)).await, Ok(Appended::New(Seq(5))));
    let lane = ledger.lane(endpoint).await.unwrap().unwrap();
    assert_eq!((lane.cursor, lane.done), (Seq(2), vec![Seq(4)]));
    assert_eq!(lane.waiting.iter().map(|waiting| waiting.seq).collect::<Vec<_>>(), [Seq(4)]);
    assert_eq!(ledger.dead_letter_count().await, Ok(1));
    assert_eq!(ledger.merges(Seq(4)).await.unwrap().count, 3);
    assert_eq!(ledger.merges(Seq(5)).await.unwrap().count, 0);
}
