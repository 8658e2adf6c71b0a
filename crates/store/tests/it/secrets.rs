//! No secret stands in clear in any file.

use std::path::Path;

use shopwire_core::delivery::{CustomHeader, Endpoint};
use shopwire_core::{
    App, AppId, DialectId, EndpointId, KeyKind, Secret, SecretVersion, ShopId, Source, SourceId, SourceKey,
    Timestamp, TokenId,
};
use shopwire_store::{IdempotencyKey, Ledger as _, Noun, StoreError};

use crate::support::Store;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn version(text: &str) -> SecretVersion {
    SecretVersion::new(Secret::new(text), NOW)
}

fn source() -> Source {
    let header = KeyKind::Header { header: "X-Auth".to_owned() };
    Source {
        id: SourceId::from_bytes([1; 16]),
        shop: ShopId::from_bytes([2; 16]),
        dialect: DialectId::BigCommerce,
        name: "not-secret-name".to_owned(),
        app: None,
        keys: vec![
            SourceKey { kind: KeyKind::Signing, version: version("swordfish-source") },
            SourceKey { kind: header, version: version("swordfish-source-header") },
        ],
        created_at: NOW,
        updated_at: NOW,
    }
}

fn app(id: u8) -> App {
    App {
        id: AppId::from_bytes([id; 16]),
        dialect: DialectId::Ecwid,
        name: "app".to_owned(),
        client_id: None,
        secrets: vec![version(&format!("swordfish-app-{id}"))],
        webhook_api_version: None,
        grants: Default::default(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn endpoint() -> Endpoint {
    Endpoint {
        id: EndpointId::from_bytes([3; 16]),
        name: "endpoint".to_owned(),
        dialect: DialectId::CloudEvents,
        app: None,
        shop: None,
        url: "https://example.com".to_owned(),
        topics: Vec::new(),
        mode: Default::default(),
        headers: vec![CustomHeader { name: "X-Key".to_owned(), value: Secret::new("swordfish-header") }],
        secrets: vec![version("swordfish-endpoint")],
        ordering: Default::default(),
        retry: Default::default(),
        in_flight_max: 1,
        connections_max: None,
        rate: None,
        failing_max_ms: None,
        trouble: None,
        state: Default::default(),
        created_at: NOW,
        updated_at: NOW,
    }
}

/// Whether any file of the store holds this text, and how many files there are.
fn find(store: &Store, text: &str) -> (bool, usize) {
    let files = files(&store.path());
    let holds = |bytes: &Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    (files.iter().any(holds), files.len())
}

fn files(directory: &Path) -> Vec<Vec<u8>> {
    let paths = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![std::fs::read(&path).unwrap()] })
        .collect()
}

#[tokio::test]
async fn nothing_secret_is_found_in_any_file_open_or_closed() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    for noun in [Noun::Source(source()), Noun::App(app(1)), Noun::Endpoint(endpoint())] {
        ledger.save(noun).await.unwrap();
    }
    let token = TokenId::from_bytes([4; 16]);
    let key = IdempotencyKey { token, operation: "POST /v1/endpoints".to_owned(), key: "k".to_owned() };
    ledger.remember(key.clone(), b"{\"secret\":\"swordfish-answer\"}".to_vec(), NOW).await.unwrap();

    // That the search finds what is there: the name is no secret.
    assert_eq!(
        find(&store, "not-secret-name"),
        (true, 5),
        "database, its log, their index, a segment, the lock"
    );
    assert!(!find(&store, "swordfish").0);
    assert_eq!(ledger.configuration().await.unwrap().sources, [source()]);
    assert!(ledger.recall(&key).await.unwrap().unwrap().ends_with(b"swordfish-answer\"}"));
    ledger.close().await.unwrap();
    assert_eq!(find(&store, "not-secret-name"), (true, 3));
    assert!(!find(&store, "swordfish").0);
}

#[tokio::test]
async fn secrets_put_in_the_place_of_others_do_not_decrypt() {
    let store = Store::fresh();
    let ledger = store.sqlite();
    ledger.save(Noun::App(app(1))).await.unwrap();
    ledger.save(Noun::App(app(2))).await.unwrap();
    ledger.close().await.unwrap();
    let swapped = store
        .tool()
        .execute("UPDATE noun SET secrets = (SELECT secrets FROM noun WHERE place = 2) WHERE place = 1", ())
        .unwrap();
    assert_eq!(swapped, 1);
    let Err(StoreError::Unreadable(refused)) = store.sqlite().configuration().await else {
        panic!("these are another app's secrets")
    };
    assert!(refused.contains(&"01".repeat(16)) && !refused.contains("swordfish"), "{refused}");
}
