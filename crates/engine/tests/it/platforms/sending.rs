//! What goes out, to whom, and why not.

use shopwire_core::commerce::CanonicalType;
use shopwire_core::delivery::{CustomHeader, DeadReason};
use shopwire_core::{DialectId, Secret};
use shopwire_engine::DeliveryState;
use shopwire_engine::configure::{EndpointDraft, ShopDraft};
use shopwire_testkit::{Reply, ScriptedReceiver};

use super::{APP_SECRET, identity, signed_with, topic};
use crate::changing::{order, put};
use crate::world::World;

#[tokio::test]
async fn one_event_goes_to_each_platform_in_its_words_and_signed_by_its_app() {
    let world = World::new().await;
    let shop = world.known_shop().await.id;
    let mut receivers = Vec::new();
    for id in DialectId::PLATFORMS {
        let receiver = ScriptedReceiver::start().await;
        let app = world.app(id, shop).await;
        let created = topic(id, CanonicalType::OrderCreated);
        let draft = World::of_app(&app, shop, receiver.url("/hook?shop=1"), &[created]);
        world.platform_endpoint(draft).await;
        receivers.push((id, created, receiver));
    }
    world.new_order(shop, "169").await;
    for (id, created, receiver) in receivers {
        let request = receiver.wait_for(1).await.remove(0);
        assert_eq!(signed_with(&world, id, &request, &["bm90aGluZw==", APP_SECRET]), Some(1), "{id}");
        assert!(request.target.starts_with("/hook?shop=1"), "{id}: {}", request.target);
        let said = format!("{}{}", request.head_text(), String::from_utf8_lossy(&request.body));
        assert!(said.contains(created) || said.contains(&created.replace('/', "\\/")), "{id}: {said}");
        assert!(said.contains("User-Agent: "), "{said}");
    }
}

#[tokio::test]
async fn ecwid_s_event_type_is_added_to_the_url_s_own_query() {
    for (path, target) in [("/", "/?eventtype=order.created"), ("/x?a=b", "/x?a=b&eventtype=order.created")] {
        let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
        let shop = world.known_shop().await.id;
        let app = world.app(DialectId::Ecwid, shop).await;
        world.platform_endpoint(World::of_app(&app, shop, receiver.url(path), &["order.created"])).await;
        world.new_order(shop, "169").await;
        assert_eq!(receiver.wait_for(1).await[0].target, target);
    }
}

#[tokio::test]
async fn what_came_in_by_a_dialect_goes_out_in_it_byte_for_byte_with_header_names_as_the_platform_writes_them()
 {
    for (id, event_type, names) in [
        (DialectId::Ecwid, CanonicalType::OrderUpdated, &["X-Ecwid-Webhook-Signature"][..]),
        (DialectId::BigCommerce, CanonicalType::OrderUpdated, &["webhook-id", "webhook-signature"]),
        (DialectId::Shoptet, CanonicalType::OrderUpdated, &["Shoptet-Webhook-Signature"]),
        (
            DialectId::Shoplazza,
            CanonicalType::OrderUpdated,
            &["X-Shoplazza-Topic", "X-Shoplazza-Hmac-Sha256", "X-Shoplazza-Shop-Domain"],
        ),
        (DialectId::Duda, CanonicalType::OrderUpdated, &["x-duda-signature"]),
    ] {
        let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
        let shop = world.known_shop().await.id;
        let source = world.source_of(id, shop).await;
        let app = world.app(id, shop).await;
        let updated = topic(id, event_type);
        let headers = vec![CustomHeader { name: "X-ERP-Key".to_owned(), value: Secret::new("s3cret") }];
        let draft = World::of_app(&app, shop, receiver.url("/"), &[updated]);
        world.platform_endpoint(EndpointDraft { headers, ..draft }).await;
        let (_, body) = world.forwarded(&source, updated, "169", 1).await;
        let request = receiver.wait_for(1).await.remove(0);
        assert_eq!(request.body, body, "{id}");
        let head = request.head_text();
        for name in names.iter().chain(&["X-ERP-Key"]) {
            assert!(head.contains(&format!("\r\n{name}: ")), "{id} writes {name}: {head}");
        }
        assert_eq!(signed_with(&world, id, &request, &[APP_SECRET]), Some(0), "{id}");
    }
}

#[tokio::test]
async fn every_attempt_of_a_platform_s_webhook_says_the_same_and_is_signed_at_its_own_time() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    receiver.set_replies([Reply::status(500), Reply::status(200)]);
    let shop = world.known_shop().await.id;
    let app = world.app(DialectId::BigCommerce, shop).await;
    let draft = World::of_app(&app, shop, receiver.url("/"), &["store/order/created"]);
    let endpoint = world.platform_endpoint(draft).await;
    world.new_order(shop, "169").await;
    world.attempts(endpoint.id, 1).await;
    world.pass_ms(60_000).await;
    let requests = receiver.wait_for(2).await;
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    assert_ne!(requests[0].header("webhook-timestamp"), requests[1].header("webhook-timestamp"));
    assert_ne!(requests[0].header("webhook-signature"), requests[1].header("webhook-signature"));
}

#[tokio::test]
async fn the_newest_secret_signs_alone_and_an_endpoint_s_own_goes_before_its_app_s() {
    const NEWER: &str = "bmV3ZXIgY2xpZW50IHNlY3JldA==";
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let shop = world.known_shop().await.id;
    let app = world.app(DialectId::Shoptet, shop).await;
    let draft = World::of_app(&app, shop, receiver.url("/"), &["order:create"]);
    let endpoint = world.platform_endpoint(draft).await;
    world.engine.rotate_app_secret(app.id, Secret::new(NEWER), 60_000).await.unwrap();
    world.new_order(shop, "1").await;
    let request = receiver.wait_for(1).await.remove(0);
    assert_eq!(signed_with(&world, DialectId::Shoptet, &request, &[APP_SECRET, NEWER]), Some(1));
    world.engine.delete_endpoint(endpoint.id).await.unwrap();
    let own = EndpointDraft {
        secret: Some(Secret::new(crate::world::SECRET)),
        ..World::of_app(&app, shop, receiver.url("/"), &["order:create"])
    };
    world.platform_endpoint(own).await;
    world.new_order(shop, "2").await;
    let request = receiver.wait_for(2).await.remove(1);
    assert_eq!(signed_with(&world, DialectId::Shoptet, &request, &[NEWER, crate::world::SECRET]), Some(1));
}

#[tokio::test]
async fn a_wildcard_covers_deeper_topics_and_the_body_names_the_one() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let shop = world.known_shop().await.id;
    let source = world.source_of(DialectId::BigCommerce, shop).await;
    let app = world.app(DialectId::BigCommerce, shop).await;
    let draft = World::of_app(&app, shop, receiver.url("/"), &["store/order/*", "store/channel/*"]);
    let endpoint = world.platform_endpoint(draft).await;
    world.new_order(shop, "169").await;
    world.forwarded(&source, "store/channel/updated", "7", 1).await;
    let (other, _) = world.forwarded(&source, "store/product/updated", "8", 2).await;
    let mut scopes: Vec<String> = receiver
        .wait_for(2)
        .await
        .iter()
        .map(|request| {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            body["scope"].as_str().unwrap().to_owned()
        })
        .collect();
    scopes.sort();
    assert_eq!(scopes, ["store/channel/updated", "store/order/created"]);
    let DeliveryState::Filtered(why) = world.state(other, endpoint.id).await else { panic!("not asked for") };
    assert_eq!(why, "none of the endpoint's topics covers `store/product/updated`");
}

#[tokio::test]
async fn a_scope_that_is_revoked_counts_from_the_next_event_on_and_the_story_says_why() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let shop = world.known_shop().await.id;
    let app = world.app(DialectId::Ecwid, shop).await;
    let draft = World::of_app(&app, shop, receiver.url("/"), &["order.created"]);
    let endpoint = world.platform_endpoint(draft).await;
    world.new_order(shop, "1").await;
    receiver.wait_for(1).await;
    world.engine.put_grant(app.id, shop, vec!["read_catalog".to_owned()]).await.unwrap();
    let second = world.new_order(shop, "2").await;
    let why = async |event| match world.state(event, endpoint.id).await {
        DeliveryState::Filtered(why) => why,
        state => panic!("{state:?}"),
    };
    assert_eq!(
        why(second).await,
        "app `Feeds` lacks the scope `read_orders` in the shop, which `order.created` needs"
    );
    world.engine.delete_grant(app.id, shop).await.unwrap();
    let third = world.new_order(shop, "3").await;
    assert_eq!(why(third).await, "app `Feeds` is not installed in the shop: it has no grant there");
    // Granted again, only what happens from then on is sent.
    world.engine.put_grant(app.id, shop, vec!["read_orders".to_owned()]).await.unwrap();
    world.new_order(shop, "4").await;
    let requests = receiver.wait_for(2).await;
    assert_eq!(requests.len(), 2);
    let body = String::from_utf8_lossy(&requests[1].body);
    assert!(body.contains(r#""orderId":"4""#), "{body}");
}

#[tokio::test]
async fn an_endpoint_of_all_shops_hears_of_those_that_installed_its_app_only() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let shop = world.known_shop().await.id;
    let identities = [(DialectId::Ecwid, identity(DialectId::Ecwid))].into();
    let other = ShopDraft { name: "Kettles".to_owned(), identities };
    let other = world.engine.create_shop(other).await.unwrap().id;
    let app = world.app(DialectId::Ecwid, shop).await;
    let draft = World::of_app(&app, shop, receiver.url("/"), &["order.created"]);
    let endpoint = world.platform_endpoint(EndpointDraft { shop: None, ..draft }).await;
    let elsewhere = world.new_order(other, "1").await;
    world.new_order(shop, "2").await;
    let request = receiver.wait_for(1).await.remove(0);
    assert!(String::from_utf8_lossy(&request.body).contains(r#""orderId":"2""#));
    assert!(matches!(world.state(elsewhere, endpoint.id).await, DeliveryState::Filtered(_)));
}

#[tokio::test]
async fn what_a_dialect_has_no_word_for_is_filtered_with_the_reason() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let shop = world.known_shop().await.id;
    let app = world.app(DialectId::BigCommerce, shop).await;
    let draft = World::of_app(&app, shop, receiver.url("/"), &["store/order/*"]);
    let endpoint = world.platform_endpoint(draft).await;
    let paid = serde_json::json!({ "financial_status": "paid" });
    let written = put(&world.engine, &order(shop, "1"), paid).await.unwrap();
    let paid = written.events.into_iter().find(|given| given.event_type == CanonicalType::OrderPaid);
    let DeliveryState::Filtered(why) = world.state(paid.expect("paid").id, endpoint.id).await else {
        panic!("BigCommerce has no such topic")
    };
    assert_eq!(why, "bigcommerce has no topic for `order.paid`");
}

#[tokio::test]
async fn what_a_dialect_can_not_say_is_dead_with_the_reason_and_the_next_goes_on() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (known, unknown) = (world.known_shop().await.id, world.shop().await.id);
    // Without an app it hears of all shops, also of one that is not on the platform.
    let draft = EndpointDraft {
        name: "test".to_owned(),
        dialect: Some(DialectId::Ecwid),
        secret: Some(Secret::new(APP_SECRET)),
        url: receiver.url("/"),
        topics: Some(vec!["order.created".to_owned()]),
        ..EndpointDraft::default()
    };
    let endpoint = world.platform_endpoint(draft).await;
    let event = world.new_order(unknown, "1").await;
    let dead = world.dead(endpoint.id, 1).await.remove(0);
    assert_eq!((dead.event, dead.reason), (event, DeadReason::Unrenderable));
    let detail = world.attempts(endpoint.id, 1).await.remove(0).detail.unwrap();
    assert!(detail.contains("has no `store_id` on ecwid"), "{detail}");
    world.new_order(known, "2").await;
    let request = receiver.wait_for(1).await.remove(0);
    assert_eq!(signed_with(&world, DialectId::Ecwid, &request, &[APP_SECRET]), Some(0));
}

#[tokio::test]
async fn an_endpoint_is_tried_with_a_sample_of_what_it_asks_for() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let shop = world.known_shop().await.id;
    let app = world.app(DialectId::Shoplazza, shop).await;
    let draft = World::of_app(&app, shop, receiver.url("/"), &["orders/paid"]);
    let endpoint = world.platform_endpoint(draft).await;
    let attempted = world.engine.send_test(endpoint.id).await.expect("it is there");
    assert!(attempted.outcome.is_delivered());
    let request = receiver.wait_for(1).await.remove(0);
    assert_eq!(request.header("X-Shoplazza-Topic"), Some("orders/paid"));
    assert_eq!(signed_with(&world, DialectId::Shoplazza, &request, &[APP_SECRET]), Some(0));
}
