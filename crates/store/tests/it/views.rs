//! What people see who open the file with a tool of their own.

use shopwire_core::EndpointId;
use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::delivery::{LaneChanges, Outcome};
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
    let endpoint = EndpointId::from_bytes([0xab; 16]);
    let attempt = AttemptRecord {
        seq: shopwire_core::Seq(1),
        number: 1,
        at: event(0).received_at.plus_ms(7),
        latency_us: 1500,
        outcome: Outcome::Refused { status: 500 },
        detail: None,
        response: "oh no".into(),
        next_at: None,
        dead: None,
    };
    let changes = LaneChanges::default();
    let update = LaneUpdate { endpoint, cursor: attempt.seq, done: vec![], changes, attempts: vec![attempt] };
    ledger.record(vec![update]).await.unwrap();

    let row = |sql| row(&store, sql);
    let expected = event(0);
    assert_eq!(
        row("SELECT id, shop, type, received_at, body FROM events"),
        [
            expected.id.to_string(),
            expected.shop.to_string(),
            expected.event_type.to_string(),
            expected.received_at.to_string(),
            "{\"n\":0}".to_owned(),
        ]
    );
    assert_eq!(
        row("SELECT event, endpoint, at, outcome, response FROM attempts"),
        [
            expected.id.to_string(),
            endpoint.to_string(),
            expected.received_at.plus_ms(7).to_string(),
            "refused".to_owned(),
            "oh no".to_owned(),
        ]
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
