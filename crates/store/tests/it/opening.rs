//! Opening: who may, and what is refused.

use shopwire_core::delivery::{LaneChanges, LaneRecord};
use shopwire_core::{EndpointId, Seq};
use shopwire_store::{LaneUpdate, Ledger as _, NounId, SecretKey, SqliteConfig, StoreError};

use crate::support::{Store, new_event, open};

#[tokio::test]
async fn a_second_one_is_refused_until_the_first_is_closed() {
    let store = Store::fresh();
    let first = store.sqlite();
    let refused = open(store.config()).err().unwrap();
    assert_eq!(refused, StoreError::InUse(store.path().display().to_string()));
    first.close().await.unwrap();
    store.sqlite();
}

#[tokio::test]
async fn another_key_is_refused_and_harms_nothing() {
    let store = Store::fresh();
    store.sqlite().close().await.unwrap();
    let config = SqliteConfig { key: SecretKey::new([8; 32]), ..store.config() };
    assert_eq!(open(config).err(), Some(StoreError::WrongKey));
    store.sqlite().configuration().await.unwrap();
}

#[tokio::test]
async fn a_store_of_a_later_version_is_refused_and_left_as_it_is() {
    let store = Store::fresh();
    store.sqlite().close().await.unwrap();
    store.tool().pragma_update(None, "user_version", 99).unwrap();
    let Some(StoreError::Unreadable(refused)) = open(store.config()).err() else {
        panic!("it is a later version")
    };
    assert!(refused.contains("version 99") && refused.contains("later"), "{refused}");
    let version: u32 = store.tool().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let store = Store::fresh();
    std::fs::create_dir(store.path()).unwrap();
    std::fs::write(store.path().join("shopwire.db"), "not a database, ".repeat(100)).unwrap();
    assert!(matches!(open(store.config()).err(), Some(StoreError::Unreadable(_))));
}

#[tokio::test]
async fn a_place_that_is_no_directory_is_named() {
    let store = Store::fresh();
    std::fs::write(store.path(), "a file").unwrap();
    let Some(StoreError::Unavailable(refused)) = open(store.config()).err() else { panic!("it is a file") };
    assert!(refused.contains(&store.path().display().to_string()), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_made_directory_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let store = Store::fresh();
    let ledger = store.sqlite();
    let mode = std::fs::metadata(store.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    ledger.close().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_their_owners_also_those_that_were_open_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let store = Store::fresh();
    for was_open_to_others in [false, true] {
        if was_open_to_others {
            for name in ["shopwire.db", "shopwire.lock"] {
                let open = std::fs::Permissions::from_mode(0o644);
                std::fs::set_permissions(store.path().join(name), open).unwrap();
            }
        }
        let ledger = store.sqlite();
        ledger.append(new_event(u64::from(was_open_to_others))).await.unwrap();
        let names = ["shopwire.db", "shopwire.db-wal", "shopwire.db-shm", "shopwire.lock"];
        let paths = names.map(|name| store.path().join(name));
        for path in paths.into_iter().chain([store.active_segment()]) {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
        ledger.close().await.unwrap();
    }
}

#[tokio::test]
async fn closing_leaves_one_file_and_the_log() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for n in 0..20 {
        ledger.append(new_event(n)).await.unwrap();
    }
    ledger.close().await.unwrap();
    let mut files: Vec<String> = std::fs::read_dir(store.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["log", "shopwire.db", "shopwire.lock"]);
    assert_eq!(store.sqlite().head().await.unwrap(), Seq(20));
}

#[tokio::test]
async fn a_process_that_ends_without_closing_loses_only_counts_of_copies() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for n in 0..9 {
        ledger.append(new_event(n)).await.unwrap();
    }
    let endpoint = EndpointId::from_bytes([9; 16]);
    ledger.open_lane(endpoint, Seq(2)).await.unwrap();
    let update = |cursor, done: &[u64]| LaneUpdate {
        endpoint,
        cursor: Seq(cursor),
        done: done.iter().copied().map(Seq).collect(),
        changes: LaneChanges::default(),
        attempts: Vec::new(),
    };
    ledger.record(vec![update(5, &[7, 8]), update(3, &[4])]).await.unwrap();
    let expected = LaneRecord { cursor: Seq(5), done: vec![Seq(7), Seq(8)], waiting: Vec::new() };
    assert_eq!(ledger.lane(endpoint).await.unwrap().unwrap(), expected);
    let left = store.as_after_a_crash();
    let reopened = left.sqlite();
    assert_eq!(reopened.lane(endpoint).await.unwrap().unwrap(), expected);
    assert_eq!(reopened.head().await.unwrap(), Seq(9));
    // What was removed does not come back from the log.
    reopened.remove(NounId::Endpoint(endpoint)).await.unwrap();
    let left = left.as_after_a_crash();
    assert_eq!(left.sqlite().lane(endpoint).await.unwrap(), None);
}
