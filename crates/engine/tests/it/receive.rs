//! A webhook comes in, or is told why not.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::join_all;
use shopwire_core::{Clock as _, DialectId, Headers, Limits, Secret, Source};
use shopwire_dialects::{Draft, Rejection};
use shopwire_engine::configure::{AppDraft, KeyDraft, ShopChange, SourceDraft};
use shopwire_engine::receive::{ReceiveError, ReceivedRequest};

use crate::egress::NOW;
use crate::unreliable::Fault;
use crate::world::{SECRET, World, order_updated, sign, webhook, webhook_signed};

/// Also base64, for Duda.
const OTHER: &str = "YW5vdGhlciBjbGllbnQgc2VjcmV0";
const HOUR_MS: i64 = 3_600_000;

/// An order was updated, as this platform tells it.
fn order(dialect: DialectId) -> ReceivedRequest {
    webhook(dialect, order_updated(dialect), "169", 1, NOW)
}

async fn refused(world: &World, source: &Source, request: ReceivedRequest) -> ReceiveError {
    world.engine.receive(source.id, request).await.unwrap_err()
}

fn signature_header(headers: &Headers) -> String {
    let is_it = |name: &str| {
        ["signature", "hmac"]
            .iter()
            .any(|word| name.to_lowercase().ends_with(word) || name.to_lowercase().contains("hmac"))
    };
    headers.iter().map(|(name, _)| name).find(|name| is_it(name)).unwrap().to_owned()
}

#[tokio::test]
async fn every_dialect_refuses_what_is_not_genuine_and_keeps_why() {
    for dialect in DialectId::PLATFORMS {
        let limits = Limits { rejection_body_bytes_max: 40, ..Limits::default() };
        let world = World::with(limits).await;
        let (_, source) = world.source(dialect).await;
        let genuine = order(dialect);
        let header = signature_header(&genuine.headers);

        // Ecwid signs two of its fields: the event's id is one of them.
        let text = String::from_utf8(genuine.body.to_vec()).unwrap();
        let tampered = match dialect {
            DialectId::Ecwid => text.replacen("\"eventId\":\"", "\"eventId\":\"0", 1),
            _ => format!("{text} "),
        };
        assert_ne!(tampered, text, "{dialect}");
        let error =
            refused(&world, &source, ReceivedRequest { body: Bytes::from(tampered), ..genuine.clone() })
                .await;
        assert!(matches!(error, ReceiveError::NotGenuine(Rejection::WrongSignature)), "{dialect}: {error}");

        let other = webhook_signed(dialect, order_updated(dialect), "169", 1, NOW, OTHER);
        let error = refused(&world, &source, other).await;
        assert!(matches!(error, ReceiveError::NotGenuine(Rejection::WrongSignature)), "{dialect}: {error}");

        let bare = genuine.headers.iter().filter(|(name, _)| *name != header).collect();
        let error = refused(&world, &source, ReceivedRequest { headers: bare, ..genuine.clone() }).await;
        assert!(
            matches!(error, ReceiveError::NotGenuine(Rejection::MissingHeader { .. })),
            "{dialect}: {error}"
        );

        let kept = world.rejected(3).await;
        let codes: Vec<_> = kept.iter().map(|rejected| rejected.code.as_str()).collect();
        assert_eq!(codes, ["wrong_signature", "wrong_signature", "missing_header"], "{dialect}");
        let given = genuine.headers.get(&header).unwrap();
        let shown = kept[0].headers.get(&header).unwrap();
        assert!(shown.starts_with("(hidden") && !shown.contains(given), "{dialect}: {shown}");
        assert_eq!(kept[1].body_start[..], genuine.body[..40], "{dialect}");
        assert_eq!(kept[1].body_bytes, genuine.body.len() as u64, "{dialect}");
        assert_eq!(world.log().await.len(), 0, "{dialect}");
        assert_eq!(world.engine.metrics().webhooks(dialect), (0, 0, 3), "{dialect}");
        assert!(!world.engine.receive(source.id, genuine).await.unwrap().merged, "{dialect}");
    }
}

#[tokio::test]
async fn what_was_signed_too_long_ago_is_a_replay_where_the_platform_signs_the_time() {
    for (dialect, age_ms) in
        [(DialectId::BigCommerce, HOUR_MS), (DialectId::Duda, HOUR_MS), (DialectId::Ecwid, 26 * HOUR_MS)]
    {
        let world = World::new().await;
        let (_, source) = world.source(dialect).await;
        let (old, early) =
            (order(dialect), webhook(dialect, order_updated(dialect), "169", 1, NOW.plus_ms(2 * age_ms)));
        world.clock.advance_ms(age_ms);
        let error = refused(&world, &source, old).await;
        assert!(matches!(error, ReceiveError::NotGenuine(Rejection::TooOld { .. })), "{dialect}: {error}");
        let error = refused(&world, &source, early).await;
        assert!(matches!(error, ReceiveError::NotGenuine(Rejection::TooNew { .. })), "{dialect}: {error}");
        let codes: Vec<_> = world.rejected(2).await.into_iter().map(|rejected| rejected.code).collect();
        assert_eq!(codes, ["too_old", "too_new"], "{dialect}");
        assert_eq!(world.log().await.len(), 0, "{dialect}");
    }
}

#[tokio::test]
async fn an_apps_secret_verifies_the_webhooks_of_its_shops() {
    let world = World::new().await;
    let draft = AppDraft {
        dialect: DialectId::Shoplazza,
        name: "app".to_owned(),
        client_id: None,
        webhook_api_version: None,
        client_secret: Secret::new(SECRET),
    };
    let (app, shop) = (world.engine.create_app(draft).await.unwrap(), world.shop().await);
    let draft = SourceDraft {
        shop: shop.id,
        dialect: DialectId::Shoplazza,
        name: "of the app".to_owned(),
        app: Some(app.id),
        keys: Vec::new(),
    };
    let source = world.engine.create_source(draft).await.unwrap();
    world.order(&source, "1").await;
    world.engine.rotate_app_secret(app.id, Secret::new(OTHER), 0).await.unwrap();
    let error = refused(&world, &source, order(DialectId::Shoplazza)).await;
    assert!(matches!(error, ReceiveError::NotGenuine(Rejection::WrongSignature)), "{error}");
}

#[tokio::test]
async fn a_former_secret_is_good_until_it_ends() {
    for dialect in DialectId::PLATFORMS {
        let world = World::new().await;
        let (_, source) = world.source(dialect).await;
        let key = KeyDraft::Signing(Secret::new(OTHER));
        world.engine.rotate_source_secret(source.id, key, 60_000).await.unwrap();
        let signed = |seed: u64, secret| {
            webhook_signed(
                dialect,
                order_updated(dialect),
                &seed.to_string(),
                seed,
                world.clock.now(),
                secret,
            )
        };
        world.engine.receive(source.id, signed(1, SECRET)).await.unwrap();
        world.engine.receive(source.id, signed(2, OTHER)).await.unwrap();
        world.clock.advance_ms(60_000);
        let error = refused(&world, &source, signed(3, SECRET)).await;
        assert!(matches!(error, ReceiveError::NotGenuine(Rejection::WrongSignature)), "{dialect}: {error}");
        world.engine.receive(source.id, signed(4, OTHER)).await.unwrap();
    }
}

#[tokio::test]
async fn a_genuine_webhook_of_another_shop_is_refused() {
    let world = World::new().await;
    let (shop, source) = world.source(DialectId::Ecwid).await;
    let identity = BTreeMap::from([("store_id".to_owned(), "4711".to_owned())]);
    let change = ShopChange {
        identities: Some(BTreeMap::from([(DialectId::Ecwid, identity)])),
        ..ShopChange::default()
    };
    world.engine.update_shop(shop.id, change).await.unwrap();
    let error = refused(&world, &source, order(DialectId::Ecwid)).await;
    let ReceiveError::WrongShop { part, expected, given } = &error else { panic!("{error}") };
    assert_eq!((part.as_str(), expected.as_str()), ("store_id", "4711"));
    assert_ne!(given, expected);
    assert_eq!(world.rejected(1).await[0].code, "wrong_shop");
    assert_eq!(world.log().await.len(), 0);
}

#[tokio::test]
async fn genuine_but_dirty_json_is_malformed() {
    let world = World::new().await;
    let (_, source) = world.source(DialectId::Shoptet).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        r#"{"eshopId":1,"event":"order:create","event":"order:update","eventInstance":"1"}"#.to_owned(),
        format!(r#"{{"eshopId":1,"event":"order:create","eventInstance":"1","x":{deep}}}"#),
        r#"{"eshopId":1,"#.to_owned(),
    ] {
        let draft = Draft { query: None, headers: Headers::new(), body: body.into_bytes() };
        let error = refused(&world, &source, sign(DialectId::Shoptet, draft, SECRET, NOW)).await;
        assert!(matches!(error, ReceiveError::Malformed(_)), "{error}");
    }
    assert!(world.rejected(3).await.iter().all(|rejected| rejected.code == "malformed_json"));
    assert_eq!(world.log().await.len(), 0);
}

#[tokio::test]
async fn a_hundred_copies_are_one_event_and_all_are_accepted() {
    for dialect in DialectId::PLATFORMS {
        let world = World::new().await;
        let (_, source) = world.source(dialect).await;
        let copies = async |world: &World| {
            join_all((0..50).map(|_| world.engine.receive(source.id, order(dialect)))).await
        };
        let mut receipts = copies(&world).await;
        let world = world.restarted().await;
        receipts.extend(copies(&world).await);
        let receipts: Vec<_> = receipts.into_iter().map(Result::unwrap).collect();
        let log = world.log().await;
        assert_eq!(log.len(), 1, "{dialect}");
        assert!(receipts.iter().all(|receipt| receipt.event == log[0].id), "{dialect}");
        assert_eq!(receipts.iter().filter(|receipt| !receipt.merged).count(), 1, "{dialect}");
        let story = world.engine.story(log[0].id).await.unwrap().unwrap();
        assert_eq!(story.merges.count, 99, "{dialect}");
    }
}

#[tokio::test]
async fn a_flood_of_rejections_is_bounded_and_keeps_nobody_from_being_heard() {
    let world = World::with(Limits { rejections_max: 20, ..Limits::default() }).await;
    let (_, source) = world.source(DialectId::Shoptet).await;
    let wrong = || webhook_signed(DialectId::Shoptet, "order:update", "1", 1, NOW, OTHER);
    for _ in 0..200 {
        refused(&world, &source, wrong()).await;
    }
    world.order(&source, "1").await;
    assert!(world.engine.metrics().rejections_unkept.get() > 0, "what is too much is counted");
    // Many more over time: the oldest make room.
    for _ in 0..40 {
        refused(&world, &source, wrong()).await;
        world.rejected(1).await;
    }
    assert!(world.rejected(20).await.len() <= 20);
    // A store that does not keep them does not keep webhooks from coming in either.
    world.ledger.jam("reject", 100, Fault::Panics);
    refused(&world, &source, wrong()).await;
    world.order(&source, "2").await;
}
