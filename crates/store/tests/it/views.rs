//! What people see who open the file with a tool of their own.

use shopwire_core::EndpointId;
use shopwire_core::delivery::{LaneChanges, Outcome};
use shopwire_store::{AttemptRecord, LaneUpdate, Ledger as _};

use crate::support::{Store, event, new_event};

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

    let row = |sql: &str| -> Vec<String> {
        let read = |row: &rusqlite::Row<'_>| (0..5).map(|column| row.get(column)).collect();
        store.tool().query_row(sql, (), read).unwrap()
    };
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
