//! The configuration.

use std::collections::BTreeMap;

use shopwire_core::delivery::LaneChanges;
use shopwire_core::{
    App, AppId, DialectId, Grant, KeyKind, Replay, ReplayId, ReplayProgress, ReplayState, Role, Secret,
    SecretVersion, Selection, Seq, Shop, Source, SourceKey, Token, TokenId,
};

use super::Backend;
use super::sample::{append_all, endpoint, endpoint_id, moment, shop_id, source_id, update, waiting};
use crate::{Configuration, IdempotencyKey, LaneUpdate, Ledger, Noun, NounId};

fn shop(n: u64) -> Shop {
    let identity = BTreeMap::from([("store_id".to_owned(), n.to_string())]);
    Shop {
        id: shop_id(n),
        name: format!("shop {n}"),
        identities: BTreeMap::from([(DialectId::BigCommerce, identity)]),
        created_at: moment(n),
        updated_at: moment(n),
    }
}

fn version(text: &str) -> SecretVersion {
    SecretVersion { expires_at: Some(moment(99)), ..SecretVersion::new(Secret::new(text), moment(1)) }
}

fn app(n: u8) -> App {
    let scopes = ["read_orders".to_owned(), "read_catalog".to_owned()].into();
    let grant = Grant { scopes, granted_at: moment(1), updated_at: moment(2) };
    App {
        id: AppId::from_bytes([n; 16]),
        dialect: DialectId::Ecwid,
        name: "app".to_owned(),
        client_id: Some("client".to_owned()),
        secrets: vec![version("app-new"), version("app-old")],
        webhook_api_version: Some("202207".to_owned()),
        grants: BTreeMap::from([(shop_id(1), grant)]),
        created_at: moment(0),
        updated_at: moment(0),
    }
}

fn source(n: u64, shop: u64) -> Source {
    Source {
        id: source_id(n),
        shop: shop_id(shop),
        dialect: DialectId::BigCommerce,
        name: format!("source {n}"),
        app: Some(app(1).id),
        keys: vec![
            SourceKey { kind: KeyKind::Signing, version: version("source-signing") },
            SourceKey {
                kind: KeyKind::Header { header: "X-Auth".to_owned() },
                version: version("source-header"),
            },
        ],
        created_at: moment(0),
        updated_at: moment(0),
    }
}

fn token(n: u8) -> Token {
    let id = TokenId::from_bytes([n; 16]);
    Token { id, name: "admin".to_owned(), role: Role::Admin, hash: [n; 32], created_at: moment(0) }
}

fn replay(n: u8) -> Replay {
    Replay {
        id: ReplayId::from_bytes([n; 16]),
        endpoint: endpoint_id(1),
        selection: Selection { since: Some(moment(1)), ..Selection::default() },
        ignore_topics: false,
        rate: 10,
        last: Seq(9),
        state: ReplayState::Running,
        progress: ReplayProgress { position: Seq(3), ..ReplayProgress::default() },
        created_at: moment(0),
        updated_at: moment(0),
    }
}

async fn save(ledger: &dyn Ledger, nouns: impl IntoIterator<Item = Noun>) {
    for noun in nouns {
        ledger.save(noun).await.unwrap();
    }
}

pub(super) async fn nouns_come_back_with_their_secrets_and_in_order(backend: &dyn Backend) {
    let ledger = backend.open().await;
    assert_eq!(ledger.configuration().await.unwrap(), Configuration::default());
    let bare = shopwire_core::delivery::Endpoint { secrets: vec![], headers: vec![], ..endpoint(1) };
    // Not in the order of their ids: the order is that of their making.
    save(&*ledger, [Noun::Shop(shop(2)), Noun::Shop(shop(1)), Noun::App(app(1)), Noun::Source(source(4, 1))])
        .await;
    save(&*ledger, [Noun::Source(source(3, 2)), Noun::Endpoint(endpoint(2)), Noun::Endpoint(bare.clone())])
        .await;
    save(&*ledger, [Noun::Token(token(2)), Noun::Token(token(1)), Noun::Replay(replay(2))]).await;
    let ledger = backend.reopen(ledger).await;
    let expected = Configuration {
        shops: vec![shop(2), shop(1)],
        apps: vec![app(1)],
        sources: vec![source(4, 1), source(3, 2)],
        endpoints: vec![endpoint(2), bare],
        tokens: vec![token(2), token(1)],
        replays: vec![replay(2)],
    };
    assert_eq!(ledger.configuration().await.unwrap(), expected);
}

pub(super) async fn saving_again_replaces(backend: &dyn Backend) {
    let ledger = backend.open().await;
    save(&*ledger, [Noun::Endpoint(endpoint(1)), Noun::Endpoint(endpoint(2))]).await;
    let mut changed = endpoint(1);
    changed.name = "renamed".to_owned();
    changed.secrets.insert(0, version("newest"));
    save(&*ledger, [Noun::Endpoint(changed.clone())]).await;
    assert_eq!(ledger.configuration().await.unwrap().endpoints, [changed, endpoint(2)]);
}

async fn open_lane(ledger: &dyn Ledger, n: u64) {
    let changes = LaneChanges { wait: vec![waiting(Seq(1), 5)], forget: Vec::new() };
    ledger.open_lane(endpoint_id(n), Seq(0)).await.unwrap();
    ledger.record(vec![LaneUpdate { changes, ..update(endpoint_id(n), Seq(1)) }]).await.unwrap();
}

pub(super) async fn removing_an_endpoint_removes_its_lane(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..2).await;
    save(&*ledger, [Noun::Endpoint(endpoint(1)), Noun::Endpoint(endpoint(3))]).await;
    open_lane(&*ledger, 1).await;
    open_lane(&*ledger, 3).await;
    ledger.remove(NounId::Endpoint(endpoint_id(1))).await.unwrap();
    assert_eq!(ledger.configuration().await.unwrap().endpoints, [endpoint(3)]);
    assert_eq!(ledger.lane(endpoint_id(1)).await.unwrap(), None);
    assert_eq!(ledger.lane(endpoint_id(3)).await.unwrap().unwrap().waiting.len(), 1);
    let anew = ledger.open_lane(endpoint_id(1), Seq(2)).await.unwrap();
    assert_eq!((anew.cursor, anew.waiting), (Seq(2), vec![]));
}

pub(super) async fn removing_a_shop_removes_what_is_its_alone(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..2).await;
    save(&*ledger, [Noun::Shop(shop(2)), Noun::Shop(shop(4)), Noun::App(app(1))]).await;
    save(&*ledger, [Noun::Source(source(1, 2)), Noun::Source(source(2, 4))]).await;
    save(&*ledger, [2, 3, 4].map(|n| Noun::Endpoint(endpoint(n)))).await;
    open_lane(&*ledger, 2).await;
    ledger.remove(NounId::Shop(shop_id(2))).await.unwrap();
    let expected = Configuration {
        shops: vec![shop(4)],
        apps: vec![app(1)],
        sources: vec![source(2, 4)],
        endpoints: vec![endpoint(3), endpoint(4)],
        tokens: vec![],
        replays: vec![],
    };
    assert_eq!(ledger.configuration().await.unwrap(), expected);
    assert_eq!(ledger.lane(endpoint_id(2)).await.unwrap(), None);
    assert_eq!(ledger.head().await.unwrap(), Seq(2), "events stay");
}

pub(super) async fn removing_what_is_not_there_is_no_error(backend: &dyn Backend) {
    let ledger = backend.open().await;
    save(&*ledger, [Noun::Shop(shop(1)), Noun::App(app(1)), Noun::Token(token(1))]).await;
    let before = ledger.configuration().await.unwrap();
    for id in [
        NounId::Shop(shop_id(9)),
        NounId::App(AppId::from_bytes([9; 16])),
        NounId::Source(source_id(9)),
        NounId::Endpoint(endpoint_id(9)),
        // An id of another kind.
        NounId::Token(TokenId::from_bytes(*shop_id(1).as_bytes())),
    ] {
        ledger.remove(id).await.unwrap();
    }
    assert_eq!(ledger.configuration().await.unwrap(), before);
    ledger.remove(NounId::App(app(1).id)).await.unwrap();
    ledger.remove(NounId::Token(token(1).id)).await.unwrap();
    save(&*ledger, [Noun::Replay(replay(1))]).await;
    ledger.remove(NounId::Replay(replay(1).id)).await.unwrap();
    let left = ledger.configuration().await.unwrap();
    let counted = (left.shops.len(), left.apps.len(), left.tokens.len(), left.replays.len());
    assert_eq!(counted, (1, 0, 0, 0));
}

pub(super) async fn the_first_answer_stays(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let key = |operation: &str, key: &str| IdempotencyKey {
        token: token(1).id,
        operation: operation.to_owned(),
        key: key.to_owned(),
    };
    let first = key("POST /v1/shops", "a");
    assert_eq!(ledger.recall(&first).await.unwrap(), None);
    ledger.remember(first.clone(), b"first".to_vec(), moment(1)).await.unwrap();
    ledger.remember(first.clone(), b"second".to_vec(), moment(2)).await.unwrap();
    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.recall(&first).await.unwrap().unwrap(), b"first");
    let other_token = IdempotencyKey { token: token(2).id, ..first.clone() };
    for other in
        [key("POST /v1/shops", "b"), key("POST /v1/shopsa", ""), key("POST /v1/apps", "a"), other_token]
    {
        assert_eq!(ledger.recall(&other).await.unwrap(), None, "{other:?}");
    }
    ledger.remove(NounId::Token(token(1).id)).await.unwrap();
    assert_eq!(ledger.recall(&first).await.unwrap(), None);
}
