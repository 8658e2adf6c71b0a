use proptest::prelude::*;
use serde_json::{Map, Value, json};
use shopwire_core::commerce::entity::{App, Charge, Customer, Order, Review, ShopSettings};
use shopwire_core::commerce::{Canonical, CanonicalType, EntityKind, details};
use shopwire_core::{Headers, ReceivedWebhook, SourceId};

use crate::ecwid::Ecwid;
use crate::testing::thin::{
    Scene, decoded, fixtures_of_today, rich, seed_topics, shape, sparse, with_member,
};
use crate::testing::{key, received, request, sample};
use crate::{Dialect, ShopIdentity, Unrenderable};

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn order() -> Order {
    Order { id: "481516234".to_owned(), ..Order::default() }
}

fn body_of(event_type: CanonicalType, canonical: Canonical) -> String {
    Scene::of(event_type, canonical).body(&Ecwid)
}

/// The part of a body that tells of the entity.
fn data_of(event_type: CanonicalType, canonical: Canonical) -> String {
    let body: Value = serde_json::from_str(&body_of(event_type, canonical)).expect("JSON");
    body["data"].to_string()
}

#[test]
fn every_topic_has_the_documented_shape() {
    let mut count = 0;
    for (topic, event_type) in seed_topics(&Ecwid) {
        count += 1;
        let documented = sample(&Ecwid, topic, shopwire_core::Timestamp::from_secs(1));
        for canonical in [sparse(event_type), rich(event_type)] {
            let draft = Scene::of(event_type, canonical).render(&Ecwid).expect(topic.name);
            assert_eq!(shape(&draft.body), shape(&documented.body), "{}", topic.name);
            assert_eq!((&draft.query, &draft.headers), (&documented.query, &documented.headers));
        }
    }
    assert_eq!(count, 39);
}

#[test]
fn bodies_are_written_as_documented() {
    let placed = Order { number: text("SHOP-Q7XTV"), financial_status: text("paid"), ..order() };
    assert_eq!(
        body_of(CanonicalType::OrderCreated, Canonical::of(placed)),
        r#"{"eventId":"a0a9db16-bf0a-47cb-ba85-4334cc98572b","eventCreated":1790000000,"storeId":1077,"entityId":481516234,"eventType":"order.created","data":{"orderId":"SHOP-Q7XTV","newPaymentStatus":"PAID","newFulfillmentStatus":"AWAITING_PROCESSING"}}"#
    );
    let app = App { id: "my-app".to_owned(), ..App::default() };
    let body = body_of(CanonicalType::AppInstalled, Canonical::of(app));
    assert!(
        body.ends_with(r#""storeId":1077,"entityId":"1077","eventType":"application.installed"}"#),
        "{body}"
    );
    let shop = ShopSettings { id: "main".to_owned(), ..ShopSettings::default() };
    let body = body_of(CanonicalType::ShopDataExportRequested, Canonical::of(shop));
    assert!(body.ends_with(r#""entityId":1077,"eventType":"profile.personalDataExportRequest"}"#), "{body}");
}

#[test]
fn what_did_not_change_is_told_as_it_was() {
    let shipped = Order { financial_status: text("paid"), fulfillment_status: text("shipped"), ..order() };
    let mut canonical = Canonical::of(shipped);
    canonical.previous.insert("fulfillment_status".to_owned(), "processing".into());
    let expected = r#"{"orderId":"481516234","oldPaymentStatus":"PAID","newPaymentStatus":"PAID","oldFulfillmentStatus":"PROCESSING","newFulfillmentStatus":"SHIPPED"}"#;
    assert_eq!(data_of(CanonicalType::OrderUpdated, canonical.clone()), expected);

    canonical.previous.insert("financial_status".to_owned(), Value::Null);
    let expected = expected.replacen("PAID", "AWAITING_PAYMENT", 1);
    assert_eq!(data_of(CanonicalType::OrderUpdated, canonical), expected);
}

#[test]
fn a_plan_that_was_not_there_is_told_empty() {
    let shop =
        ShopSettings { id: "main".to_owned(), plan: text("ECWID_UNLIMITED"), ..ShopSettings::default() };
    let mut canonical = Canonical::of(shop);
    let same = r#"{"oldSubscriptionName":"ECWID_UNLIMITED","newSubscriptionName":"ECWID_UNLIMITED"}"#;
    assert_eq!(data_of(CanonicalType::ShopPlanChanged, canonical.clone()), same);
    canonical.previous.insert("plan".to_owned(), Value::Null);
    let first = r#"{"oldSubscriptionName":"","newSubscriptionName":"ECWID_UNLIMITED"}"#;
    assert_eq!(data_of(CanonicalType::ShopPlanChanged, canonical), first);
}

#[test]
fn an_app_without_a_state_of_its_own_has_its_charges() {
    let charge =
        |id: &str, status: &str| Charge { id: id.to_owned(), status: text(status), ..Charge::default() };
    let app =
        App { id: "a".to_owned(), charges: vec![charge("1", "x"), charge("2", "active")], ..App::default() };
    let mut canonical = Canonical::of(app).with(details::CHARGE_ID, "2");
    canonical.previous.insert("charges".to_owned(), json!([{ "id": "2", "status": "pending" }]));
    assert_eq!(
        data_of(CanonicalType::AppSubscriptionChanged, canonical),
        r#"{"oldSubscriptionStatus":"PENDING","newSubscriptionStatus":"ACTIVE"}"#
    );
}

#[test]
fn ids_that_are_no_numbers_get_one_each() {
    let id_in = |id: &str| {
        let customer = Customer { id: id.to_owned(), ..Customer::default() };
        let body: Value =
            serde_json::from_str(&body_of(CanonicalType::CustomerDeleted, Canonical::of(customer)))
                .expect("JSON");
        body["entityId"].as_u64().expect("a number")
    };
    assert_eq!(id_in("90210"), 90210);
    assert_eq!(id_in("cf7c9a10"), id_in("cf7c9a10"));
    assert_ne!(id_in("cf7c9a10"), id_in("cf7c9a11"));
    assert!(shopwire_core::commerce::is_surrogate(id_in("žluťoučký")));
}

#[test]
fn attempts_share_an_id_and_events_do_not() {
    let scene = Scene::of(CanonicalType::OrderDeleted, Canonical::of(order()));
    assert_eq!(scene.render(&Ecwid), scene.render(&Ecwid));
    let id = |scene: &Scene| {
        let draft = scene.render(&Ecwid).expect("rendered");
        let (reading, _) = decoded(&Ecwid, &draft);
        let bytes = reading.identity_key.as_bytes().to_vec();
        assert_eq!((bytes.len(), bytes[8], bytes[14]), (36, b'-', b'4'), "{}", reading.identity_key);
        reading.identity_key
    };
    assert_ne!(id(&scene), id(&scene.again(8)));
}

#[test]
fn a_rendered_request_can_be_signed_and_verifies() {
    for (topic, event_type) in seed_topics(&Ecwid) {
        let scene = Scene::of(event_type, rich(event_type));
        let signed = Ecwid.sign(scene.render(&Ecwid).expect(topic.name), &key("k"), scene.occurred_at);
        assert!(Ecwid.verify(&received(&signed), &[key("k")], scene.occurred_at).is_ok(), "{}", topic.name);
        let (reading, _) = decoded(&Ecwid, &signed);
        assert_eq!((reading.topic.as_str(), reading.event_type.canonical()), (topic.name, Some(event_type)));
        assert_eq!(reading.occurred_at, Some(scene.occurred_at));
    }
}

#[test]
fn what_can_not_be_said_is_not_made_up() {
    let mut scene = Scene::of(CanonicalType::OrderDeleted, Canonical::of(order()));
    scene.identity = ShopIdentity::of("eshop_id", "1");
    let refused = scene.render(&Ecwid).expect_err("no identity");
    assert!(matches!(refused, Unrenderable::NoIdentity { part: "store_id", .. }), "{refused}");
    let review = Review { id: "7".to_owned(), ..Review::default() };
    let refused = Scene::of(CanonicalType::ReviewCreated, Canonical::of(review)).render(&Ecwid);
    assert!(matches!(refused, Err(Unrenderable::Missing { field: "product_id", .. })), "{refused:?}");
    let invoice = Canonical::of(shopwire_core::commerce::entity::Entity::only(EntityKind::Invoice, "7"));
    let refused = Scene::of(CanonicalType::InvoiceCreated, invoice).render(&Ecwid);
    assert!(matches!(refused, Err(Unrenderable::Missing { field: "order_number", .. })), "{refused:?}");
}

#[test]
fn a_new_plan_is_no_update_of_the_profile() {
    let sends = |changed: &[&str]| {
        let mut canonical = Canonical::of(ShopSettings::default());
        canonical.previous = changed.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
        Ecwid.catalog().for_event_type(CanonicalType::ShopUpdated).expect("a topic").when.admits(&canonical)
    };
    assert!(!sends(&["plan", "updated_at"]) && !sends(&["plan", "plan_level"]));
    assert!(sends(&["plan", "currency"]) && sends(&["language"]) && sends(&["extra"]));
}

#[test]
fn received_bodies_are_rendered_back_byte_for_byte() {
    // Spaces and a member that Ecwid does not send.
    let fixtures = fixtures_of_today(&Ecwid, &["other_key_order_and_spaces"]);
    assert!(fixtures.len() >= 17, "{}", fixtures.len());
    for (name, body) in fixtures {
        let (reading, canonical) = decoded(&Ecwid, &request(Headers::new(), body.as_str()));
        let event_id = reading.identity_key.clone();
        let rendered = Scene::received(reading, canonical).body(&Ecwid);
        let rendered = Value::from(with_member(&rendered, "eventId", event_id.into())).to_string();
        assert_eq!(rendered, body, "{name}");
    }
}

#[test]
fn a_received_webhook_is_passed_on_as_it_came() {
    let scene = Scene::of(CanonicalType::OrderDeleted, Canonical::of(order()));
    let mut webhook = ReceivedWebhook {
        source: SourceId::from_bytes([1; 16]),
        dialect: shopwire_core::DialectId::Ecwid,
        topic: "order.deleted".to_owned(),
        platform_event_id: None,
        query: None,
        headers: Headers::new(),
        body: bytes::Bytes::from_static(b"{ \"eventId\" : 1 }"),
    };
    let draft = Ecwid.forward(&webhook, &scene.happening());
    assert_eq!(draft.body, webhook.body);
    assert_eq!(draft.query.as_deref(), Some("eventtype=order.deleted"));
    assert_eq!(draft.headers, scene.render(&Ecwid).expect("rendered").headers);
    webhook.query = Some("eventtype=order.updated".to_owned());
    assert_eq!(Ecwid.forward(&webhook, &scene.happening()).query, webhook.query);
}

/// What an event of each family carries, as fields of the entity and former values.
fn carried() -> impl Strategy<Value = (CanonicalType, String, Map<String, Value>, Map<String, Value>)> {
    let word = |words: &'static [&'static str]| proptest::sample::select(words);
    let payment = word(&[
        "waiting",
        "paid",
        "cancelled",
        "refunded",
        "partially_refunded",
        "incomplete",
        "CUSTOM_PAYMENT_STATUS_2",
    ]);
    let fulfillment = word(&[
        "waiting",
        "processing",
        "shipped",
        "finished",
        "cancelled",
        "returned",
        "ready_for_pickup",
        "out_for_delivery",
    ]);
    let number = || (1..1_000_000_000u32).prop_map(|id| id.to_string());
    let some = || "\\PC{1,12}";
    let order = (number(), some(), [payment.clone(), payment], [fulfillment.clone(), fulfillment]).prop_map(
        |(id, number, [paid, was_paid], [sent, was_sent])| {
            let now = json!({ "number": number, "financial_status": paid, "fulfillment_status": sent });
            let was = [("financial_status", paid, was_paid), ("fulfillment_status", sent, was_sent)];
            let changed = was.into_iter().filter(|(_, now, was)| now != was);
            let was: Map<_, _> = changed.map(|(name, _, was)| (name.to_owned(), was.into())).collect();
            (CanonicalType::OrderUpdated, id, now, was.into())
        },
    );
    let thing = move |event_type, now: BoxedStrategy<Value>| {
        (number(), now).prop_map(move |(id, now)| (event_type, id, now, json!({})))
    };
    let email = some().prop_map(|email| json!({ "email": email })).boxed();
    let version = any::<i64>().prop_map(|version| json!({ "version": version })).boxed();
    let cart = (some(), some()).prop_map(|(number, id)| json!({ "number": number, "cart_id": id })).boxed();
    let review = (number(), number(), word(&["moderated", "published"]))
        .prop_map(
            |(product, order, status)| json!({ "product_id": product, "order_id": order, "status": status }),
        )
        .boxed();
    let invoice = some().prop_map(|number| json!({ "order_number": number })).boxed();
    let plans = (some(), some()).prop_map(|(plan, was)| {
        let former = if plan == was { json!({}) } else { json!({ "plan": was }) };
        (CanonicalType::ShopPlanChanged, "1077".to_owned(), json!({ "plan": plan }), former)
    });
    let any = prop_oneof![
        order,
        thing(CanonicalType::CustomerUpdated, email),
        thing(CanonicalType::PromotionUpdated, version),
        thing(CanonicalType::AbandonedCartUpdated, cart),
        thing(CanonicalType::ReviewUpdated, review),
        thing(CanonicalType::InvoiceDeleted, invoice),
        plans,
    ];
    let object = |value: Value| value.as_object().expect("an object").clone();
    any.prop_map(move |(event_type, id, now, was)| (event_type, id, object(now), object(was)))
}

proptest! {
    #[test]
    fn what_is_carried_comes_back((event_type, id, now, previous) in carried()) {
        let object = shopwire_core::commerce::entity::Entity::read_leniently(event_type.kind(), &id, now);
        let canonical = Canonical { object, previous, details: Map::new() };
        let scene = Scene::of(event_type, canonical.clone());
        let (reading, back) = scene.and_back(&Ecwid);
        prop_assert_eq!(back, canonical);
        prop_assert_eq!(reading.subject, scene.subject);
    }
}
