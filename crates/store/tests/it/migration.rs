//! A store that an earlier version wrote opens, with all that was in it.

use shopwire_core::{EndpointId, Seq};
use shopwire_store::{Appended, Committed, EntityChange, Ledger as _, StoreError};

use crate::support::{Store, change, changed, event, new_event, open};

/// The script of version 1, which made it and is never changed.
const VERSION_1: &str = include_str!("../../src/sqlite/schema.sql");

fn endpoint() -> EndpointId {
    EndpointId::from_bytes([9; 16])
}

/// Makes a store, takes what version 1 knew out of it and puts it into a file that only version 1's script made.
async fn of_version_1() -> Store {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for n in 0..5 {
        ledger.append(new_event(n)).await.unwrap();
    }
    ledger.open_lane(endpoint(), Seq(3)).await.unwrap();
    ledger.close().await.unwrap();

    let file = store.path().join("shopwire.db");
    let new = store.path().join("new.db");
    std::fs::rename(&file, &new).unwrap();
    let old = store.tool();
    old.execute_batch(VERSION_1).unwrap();
    old.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
    for table in ["meta", "event", "event_record", "lane"] {
        old.execute(&format!("INSERT INTO main.{table} SELECT * FROM new.{table}"), ()).unwrap();
    }
    old.execute_batch("DETACH new; PRAGMA user_version = 1").unwrap();
    std::fs::remove_file(new).unwrap();
    store
}

#[tokio::test]
async fn a_store_of_version_1_opens_with_all_that_was_in_it() {
    let store = of_version_1().await;
    for reopened in 0..2 {
        let ledger = store.sqlite();
        assert_eq!(ledger.health(true).await.unwrap().schema_version, 2);
        assert_eq!(ledger.lane(endpoint()).await.unwrap().unwrap().cursor, Seq(3));
        for n in 0..5 {
            assert_eq!(ledger.event(event(n).id).await.unwrap().unwrap().event, event(n));
        }
        let change = EntityChange { events: vec![changed(10 + reopened, 1)], ..change("a", reopened) };
        let head = Seq(6 + 2 * reopened);
        let done = Committed::Done { version: reopened + 1, head };
        assert_eq!(ledger.commit(change).await, Ok(done));
        assert_eq!(ledger.append(new_event(20 + reopened)).await, Ok(Appended::New(head.next())));
        assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
        ledger.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_migrated_store_has_the_form_of_a_fresh_one() {
    let form = |store: &Store| -> Vec<(String, Option<String>)> {
        let tool = store.tool();
        let mut statement = tool.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        let form = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        form.collect::<Result<_, _>>().unwrap()
    };
    let (migrated, fresh) = (of_version_1().await, Store::fresh());
    for store in [&migrated, &fresh] {
        store.sqlite().close().await.unwrap();
    }
    assert_eq!(form(&migrated), form(&fresh));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_store_as_it_was() {
    let store = of_version_1().await;
    // Somebody made a table of their own under a name that the migration wants last.
    store.tool().execute_batch("CREATE TABLE timers (mine)").unwrap();
    assert!(matches!(open(store.config()).err(), Some(StoreError::Unavailable(_))));
    let tool = store.tool();
    let version: u32 = tool.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let made = "SELECT count(*) FROM sqlite_schema WHERE name IN ('snapshot', 'timer')";
    assert_eq!((version, tool.query_row(made, (), |row| row.get(0))), (1, Ok(0)));
    tool.execute_batch("DROP TABLE timers").unwrap();
    assert_eq!(store.sqlite().head().await.unwrap(), Seq(5));
}
