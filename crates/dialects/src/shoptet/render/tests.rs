use proptest::prelude::*;
use serde_json::{Map, Value};
use shopwire_core::commerce::entity::{Entity, Order, Product, Variant};
use shopwire_core::commerce::{Canonical, CanonicalType, EntityKind, details};
use shopwire_core::{DialectId, Headers, ReceivedWebhook, SourceId, Timestamp};

use crate::shoptet::{Shoptet, codes};
use crate::style::php;
use crate::testing::thin::{Scene, decoded, fixtures_of_today, rich, seed_topics, shape, sparse};
use crate::testing::{key, received, request, sample};
use crate::{Dialect, ShopIdentity, Unrenderable};

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn instance_of(event_type: CanonicalType, canonical: Canonical) -> String {
    let body: Value = serde_json::from_str(&Scene::of(event_type, canonical).body(&Shoptet)).expect("JSON");
    body["eventInstance"].as_str().expect("text").to_owned()
}

#[test]
fn every_topic_has_the_documented_shape() {
    let mut count = 0;
    for (topic, event_type) in seed_topics(&Shoptet) {
        count += 1;
        let documented = sample(&Shoptet, topic, Timestamp::from_secs(1));
        for canonical in [sparse(event_type), rich(event_type)] {
            let draft = Scene::of(event_type, canonical).render(&Shoptet).expect(topic.name);
            assert_eq!(shape(&draft.body), shape(&documented.body), "{}", topic.name);
            assert_eq!((&draft.query, &draft.headers), (&documented.query, &documented.headers));
            let decoded: Value = serde_json::from_slice(&draft.body).expect("JSON");
            assert_eq!(php::encode(&decoded).into_bytes(), draft.body, "{}", topic.name);
        }
    }
    assert_eq!(count, 48);
}

#[test]
fn a_body_is_written_as_php_writes() {
    let order = Order { id: "1".to_owned(), number: text("2026/ž1"), ..Order::default() };
    assert_eq!(
        Scene::of(CanonicalType::OrderCreated, Canonical::of(order)).body(&Shoptet),
        r#"{"eshopId":418203,"event":"order:create","eventCreated":"2026-09-21T14:13:20+0000","eventInstance":"2026\/\u017e1"}"#
    );
}

#[test]
fn things_go_by_their_code_and_without_one_by_their_id() {
    for (event_type, instance) in [
        (CanonicalType::OrderCancelled, "2026/ž1"),
        (CanonicalType::InvoiceUpdated, "2026/ž1"),
        (CanonicalType::CreditNoteCreated, "2026/ž1"),
        (CanonicalType::DeliveryNoteCreated, "2026/ž1"),
        (CanonicalType::ProformaInvoiceDeleted, "2026/ž1"),
        (CanonicalType::PaymentProofCreated, "2026/ž1"),
        (CanonicalType::BrandCreated, "JARO/ž"),
        (CanonicalType::CouponDeleted, "JARO/ž"),
        (CanonicalType::ShippingRequestConfirmed, "JARO/ž"),
        (CanonicalType::SubscriberCreated, "novinky ž"),
        (CanonicalType::ProductSoldOut, "88/XL"),
    ] {
        assert_eq!(instance_of(event_type, rich(event_type)), instance, "{event_type:?}");
        assert_eq!(instance_of(event_type, sparse(event_type)), "id ž/1", "{event_type:?}");
    }
    for (event_type, instance) in [
        (CanonicalType::CustomerUpdated, "id ž/1"),
        (CanonicalType::PaymentMethodChanged, "id ž/1"),
        (CanonicalType::OrderStatusListChanged, "id ž/1"),
        (CanonicalType::StockMoved, "id ž/1"),
        (CanonicalType::JobFinished, "id ž/1"),
        (CanonicalType::CustomerImported, "customers"),
        (CanonicalType::ShopDesignChanged, "418203"),
    ] {
        assert_eq!(instance_of(event_type, rich(event_type)), instance, "{event_type:?}");
    }
}

#[test]
fn stock_of_a_variant_goes_by_the_variants_code() {
    let variant = |id: &str, sku: Option<&str>| Variant {
        id: id.to_owned(),
        sku: sku.map(str::to_owned),
        ..Variant::default()
    };
    let variants = vec![variant("1", Some("88/M")), variant("2", Some("88/ž")), variant("3", None)];
    let product = Product { id: "7".to_owned(), sku: text("88"), variants, ..Product::default() };
    for (variant_id, code) in [(None, "88"), (Some("2"), "88/ž"), (Some("3"), "88"), (Some("9"), "88")] {
        let mut canonical = Canonical::of(product.clone());
        canonical.details.extend(variant_id.map(|id| (details::VARIANT_ID.to_owned(), id.into())));
        assert_eq!(instance_of(CanonicalType::ProductInStock, canonical), code, "{variant_id:?}");
    }
}

#[test]
fn every_kind_that_goes_by_a_code_has_a_field_for_it() {
    for topic in Shoptet.catalog().topics.iter().filter(|topic| topic.identifier == "code") {
        if let Ok(kind) = topic.subject.parse::<EntityKind>() {
            let field = codes::field(kind).expect(topic.name);
            let entity = Entity::read(kind, Map::from_iter([(field.to_owned(), "x".into())]));
            assert!(entity.is_ok(), "{}: {field}", topic.name);
        }
    }
}

#[test]
fn every_attempt_has_the_same_body_and_it_verifies() {
    for (topic, event_type) in seed_topics(&Shoptet) {
        let scene = Scene::of(event_type, rich(event_type));
        assert_eq!(scene.render(&Shoptet), scene.render(&Shoptet));
        let signed = Shoptet.sign(scene.render(&Shoptet).expect(topic.name), &key("k"), scene.occurred_at);
        assert!(Shoptet.verify(&received(&signed), &[key("k")], scene.occurred_at).is_ok(), "{}", topic.name);
        let (reading, _) = decoded(&Shoptet, &signed);
        assert_eq!((reading.topic.as_str(), reading.event_type.canonical()), (topic.name, Some(event_type)));
        assert_eq!(reading.occurred_at, Some(scene.occurred_at));
    }
}

#[test]
fn an_e_shop_that_is_not_known_is_not_made_up() {
    let mut scene = Scene::of(CanonicalType::OrderCreated, sparse(CanonicalType::OrderCreated));
    scene.identity = ShopIdentity::of("store_id", "1");
    let said = scene.render(&Shoptet).expect_err("no identity");
    assert!(matches!(&said, Unrenderable::NoIdentity { part: "eshop_id", .. }), "{said}");
}

#[test]
fn received_bodies_are_rendered_back_byte_for_byte() {
    // A payload is never sent.
    let fixtures = fixtures_of_today(&Shoptet, &["order_update_with_payload"]);
    assert!(fixtures.len() >= 10, "{}", fixtures.len());
    for (name, body) in fixtures {
        let (reading, canonical) = decoded(&Shoptet, &request(Headers::new(), body.as_str()));
        let rendered = Scene::received(reading, canonical).body(&Shoptet);
        // The same moment: which offset an e-shop writes is not in the log.
        assert_eq!(rendered, body.replace("2026-03-14T09:26:53+0100", "2026-03-14T08:26:53+0000"), "{name}");
    }
}

#[test]
fn a_received_webhook_is_passed_on_as_it_came() {
    let scene = Scene::of(CanonicalType::OrderCreated, sparse(CanonicalType::OrderCreated));
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([1; 16]),
        dialect: DialectId::Shoptet,
        topic: "order:create".to_owned(),
        platform_event_id: None,
        query: None,
        headers: Headers::new(),
        body: bytes::Bytes::from_static(br#"{"event":"order:create","payload":{"a":"\/"}}"#),
    };
    let draft = Shoptet.forward(&webhook, &scene.happening());
    assert_eq!((draft.body, draft.query), (webhook.body.to_vec(), None));
    assert_eq!(draft.headers, scene.render(&Shoptet).expect("rendered").headers);
}

proptest! {
    #[test]
    fn what_is_carried_comes_back(
        event_type in proptest::sample::select(&[
            CanonicalType::OrderUpdated, CanonicalType::InvoiceCreated, CanonicalType::BrandDeleted,
            CanonicalType::CouponUpdated, CanonicalType::SubscriberDeleted, CanonicalType::ProductLowStock,
            CanonicalType::ShippingRequestCancelled, CanonicalType::CustomerDeleted, CanonicalType::JobFinished,
        ][..]),
        code in "\\PC{1,20}",
    ) {
        let kind = event_type.kind();
        let fields = codes::field(kind).map(|field| (field.to_owned(), Value::from(code.as_str())));
        let entity = Entity::read_leniently(kind, &code, fields.into_iter().collect());
        let scene = Scene::of(event_type, Canonical::of(entity));
        let (reading, back) = scene.and_back(&Shoptet);
        prop_assert_eq!(back, scene.canonical);
        prop_assert_eq!(reading.subject, scene.subject);
    }
}
