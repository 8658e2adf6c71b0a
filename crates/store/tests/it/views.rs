//! What people see who open the file with a tool of their own.

use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::delivery::{DeadReason, LaneChanges, Outcome, Progress, Waiting};
use shopwire_core::{EndpointId, Seq};
use shopwire_store::{AttemptRecord, EntityChange, LaneUpdate, Ledger as _};

use crate::support::{Store, change, event, new_event};

/// The first five columns.
fn row(store: &Store, sql: &str) -> Vec<String> {
    let read = |row: &rusqlite::Row<'_>| (0..5).map(|column| row.get(column)).collect();
    store.tool().query_row(sql, (), read).unwrap()
}

#[tokio::test]
async fn views_speak_the_words_of_the_api() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    ledger.append(new_event(0)).await.unwrap();
    ledger.append(new_event(1)).await.unwrap();
    let endpoint = EndpointId::from_bytes([0xab; 16]);
    ledger.open_lane(endpoint, Seq(0)).await.unwrap();
    let at = event(0).received_at.plus_ms(7);
    let died = AttemptRecord {
        seq: Seq(1),
        number: 1,
        at,
        latency_us: 1500,
        outcome: Outcome::Refused { status: 500 },
        detail: None,
        response: "oh no".into(),
        next_at: None,
        dead: Some(DeadReason::Exhausted),
    };
    let progress = Progress { attempts: 3, steps: 2, first_at: at };
    let waits = Waiting { seq: Seq(2), key: 1, due: Some(at), progress: Some(progress) };
    let changes = LaneChanges { wait: vec![waits], forget: vec![] };
    let update = LaneUpdate { endpoint, cursor: Seq(2), done: vec![], changes, attempts: vec![died] };
    ledger.record(vec![update]).await.unwrap();
    let erased = &event(0).subject;
    ledger.erase(event(0).shop, erased, at).await.unwrap();
    ledger.close().await.unwrap();

    let row = |sql| row(&store, sql);
    let (endpoint, at) = (endpoint.to_string(), at.to_string());
    assert_eq!(
        row("SELECT event, endpoint, reason, at, outcome FROM dead_letters"),
        [&event(0).id.to_string(), &endpoint, DeadReason::Exhausted.code(), &at, "refused"]
    );
    assert_eq!(
        row("SELECT endpoint, '' || seq, due, '' || attempts, first_at FROM deliveries_waiting"),
        [&endpoint, "2", &at, "3", &at]
    );
    assert_eq!(
        row("SELECT endpoint, '' || opened_at, '' || cursor, '' || done_ahead, '' || waiting FROM lanes"),
        [&endpoint, "0", "2", "0", "1"]
    );
    assert_eq!(
        row("SELECT shop, subject, at, finished_at, '' || events FROM erasures"),
        [&event(0).shop.to_string(), erased.as_str(), &at, &at, "1"]
    );
}

#[tokio::test]
async fn the_state_of_shops_is_shown_in_the_words_of_the_api() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    let due = event(0).received_at.plus_ms(3_600_000);
    let timers = vec![(TimerKind::CartAbandonment, Some(due))];
    let written = EntityChange { timers, ..change("169", 0) };
    ledger.commit(written.clone()).await.unwrap();
    let shop = written.key.shop.to_string();
    assert_eq!(
        row(&store, "SELECT shop, kind || '/' || id, updated_at, entity ->> '$.id', marks FROM snapshots"),
        [&shop, "cart/169", &written.at.to_string(), "169", "{}"]
    );
    assert_eq!(
        row(&store, "SELECT due, name, shop, kind, id FROM timers"),
        [&due.to_string(), "cart_abandonment", &shop, "cart", "169"]
    );
    let deletion = EntityChange { entity: None, ..change("169", 1) };
    ledger.commit(deletion).await.unwrap();
    let deleted = "SELECT count(*) FROM snapshots WHERE is_deleted AND entity IS NULL AND version = 2";
    assert_eq!(store.tool().query_row(deleted, (), |row| row.get(0)), Ok(1));
}
