use proptest::prelude::*;
use serde_json::{Map, Value, json};
use shopwire_core::commerce::entity::{Cart, Customer, Entity, Order, Product, Shipment, Variant};
use shopwire_core::commerce::{Canonical, CanonicalType, EntityKind, details};
use shopwire_core::{DialectId, Headers, ReceivedWebhook, SourceId, Timestamp};

use crate::bigcommerce::BigCommerce;
use crate::catalog::BIGCOMMERCE;
use crate::testing::thin::{
    Scene, decoded, fixtures_of_today, rich, seed_topics, shape, sparse, with_member,
};
use crate::testing::{key, received, request, sample};
use crate::{Dialect, ShopIdentity, Unrenderable};

/// Members that only some bodies have.
const OPTIONAL: [&str; 3] = ["/data/token", "/data/origin_channel_id", "/data/channel_ids"];

/// The data of a rendered body.
fn data_of(event_type: CanonicalType, canonical: Canonical) -> String {
    let body: Value =
        serde_json::from_str(&Scene::of(event_type, canonical).body(&BigCommerce)).expect("JSON");
    body["data"].to_string()
}

fn only(kind: EntityKind, id: &str) -> Canonical {
    Canonical::of(Entity::only(kind, id))
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn every_topic_has_the_documented_shape() {
    let mut count = 0;
    for (topic, event_type) in seed_topics(&BigCommerce) {
        count += 1;
        let documented = sample(&BigCommerce, topic, Timestamp::from_secs(1));
        let required = |paths: Vec<String>| -> Vec<String> {
            paths
                .into_iter()
                .filter(|path| !OPTIONAL.iter().any(|optional| path.starts_with(optional)))
                .collect()
        };
        for canonical in [sparse(event_type), rich(event_type)] {
            let draft = Scene::of(event_type, canonical).render(&BigCommerce).expect(topic.name);
            assert_eq!(required(shape(&draft.body)), required(shape(&documented.body)), "{}", topic.name);
            assert_eq!((&draft.query, &draft.headers), (&documented.query, &documented.headers));
        }
    }
    assert_eq!(count, 38);
}

#[test]
fn bodies_are_written_as_bigcommerce_writes() {
    let mut canonical = only(EntityKind::Order, "169");
    canonical.object =
        Entity::from(Order { id: "169".to_owned(), status: text("awaiting_shipment"), ..Order::default() });
    canonical.previous.insert("status".to_owned(), "cancelled".into());
    assert_eq!(
        Scene::of(CanonicalType::OrderStatusChanged, canonical).body(&BigCommerce),
        r#"{"producer":"stores/k3w9qpzt1a","hash":"c61b193321c37129f3375fd068dac56bf94ff370","created_at":1790000000,"store_id":"1077","scope":"store/order/statusUpdated","data":{"type":"order","id":169,"status":{"previous_status_id":5,"new_status_id":9}}}"#
    );
}

/// The samples of the list of events that this project began with, as they are sent today.
#[test]
fn what_happened_is_told_as_in_the_list_of_events() {
    let inventory = |canonical: Canonical, method: &str, value: i64| {
        canonical.with(details::INVENTORY_METHOD, method).with(details::INVENTORY_VALUE, value)
    };
    let sku = || {
        Canonical::of(Variant {
            id: "364".to_owned(),
            product_id: text("184"),
            sku_id: text("330"),
            ..Variant::default()
        })
    };
    let cart = || only(EntityKind::Cart, "351a367f");
    let product = || only(EntityKind::Product, "185");
    let shipment = Entity::read_leniently(
        EntityKind::Shipment,
        "12",
        Map::from_iter([("order_id".to_owned(), "319".into())]),
    );
    for (event_type, canonical, expected) in [
        (
            CanonicalType::ProductInventoryChangedByOrder,
            inventory(product(), "relative", -1),
            r#"{"type":"product","id":185,"inventory":{"product_id":185,"method":"relative","value":-1}}"#,
        ),
        (
            CanonicalType::ProductInventoryChanged,
            inventory(product(), "absolute", 100),
            r#"{"type":"product","id":185,"inventory":{"product_id":185,"method":"absolute","value":100}}"#,
        ),
        (CanonicalType::CategoryUpdated, only(EntityKind::Category, "19"), r#"{"type":"category","id":19}"#),
        (
            CanonicalType::VariantInventoryChangedByOrder,
            inventory(sku(), "relative", 2),
            r#"{"type":"sku","id":330,"inventory":{"product_id":184,"method":"relative","value":2,"variant_id":364}}"#,
        ),
        (
            CanonicalType::VariantUpdated,
            sku(),
            r#"{"type":"sku","id":330,"sku":{"product_id":184,"variant_id":364}}"#,
        ),
        (CanonicalType::CustomerDeleted, only(EntityKind::Customer, "10"), r#"{"type":"customer","id":10}"#),
        (CanonicalType::CustomerCreated, only(EntityKind::Customer, "10"), r#"{"type":"customer","id":10}"#),
        (CanonicalType::ShopUpdated, only(EntityKind::Shop, "main"), r#"{"type":"store"}"#),
        (CanonicalType::AppUninstalled, only(EntityKind::App, "my-app"), r#"{"type":"store"}"#),
        (
            CanonicalType::CartLineItemCreated,
            cart().with(details::LINE_ITEM_ID, "c676e997"),
            r#"{"type":"cart_line_item","id":"c676e997","cartId":"351a367f"}"#,
        ),
        (CanonicalType::CartCreated, cart(), r#"{"type":"cart","id":"351a367f"}"#),
        (
            CanonicalType::CartConverted,
            cart().with(details::ORDER_ID, "169"),
            r#"{"type":"cart","id":"351a367f","orderId":169}"#,
        ),
        (
            CanonicalType::CartCouponApplied,
            cart().with(details::COUPON_ID, "3"),
            r#"{"type":"cart","id":"351a367f","couponId":3}"#,
        ),
        (
            CanonicalType::AbandonedCartCreated,
            only(EntityKind::AbandonedCart, "77"),
            r#"{"type":"cart","id":"77"}"#,
        ),
        (
            CanonicalType::ShipmentCreated,
            Canonical::of(shipment),
            r#"{"type":"shipment","id":12,"orderId":319}"#,
        ),
        (
            CanonicalType::SubscriberCreated,
            only(EntityKind::Subscriber, "1"),
            r#"{"type":"subscriber","id":1}"#,
        ),
        (
            CanonicalType::OrderMessageCreated,
            only(EntityKind::Order, "169").with(details::MESSAGE_ID, "3"),
            r#"{"type":"order","id":169,"message":{"order_message_id":3}}"#,
        ),
    ] {
        assert_eq!(data_of(event_type, canonical), expected, "{event_type:?}");
    }
}

#[test]
fn a_status_has_one_of_the_documented_ids_whatever_its_word() {
    let told = |status: Option<&str>, former: Option<Value>| {
        let order = Order { id: "1".to_owned(), status: status.map(str::to_owned), ..Order::default() };
        let mut canonical = Canonical::of(order);
        canonical.previous.extend(former.map(|former| ("status".to_owned(), former)));
        data_of(CanonicalType::OrderStatusChanged, canonical)
    };
    let expected = |former: u64, present: u64| {
        format!(
            r#"{{"type":"order","id":1,"status":{{"previous_status_id":{former},"new_status_id":{present}}}}}"#
        )
    };
    assert_eq!(told(Some("shipped"), Some("placed".into())), expected(11, 2));
    assert_eq!(told(Some("being wrapped"), Some(Value::Null)), expected(0, 1));
    assert_eq!(told(Some("completed"), None), expected(10, 10));
}

#[test]
fn ids_that_are_no_numbers_get_one_each_and_carts_keep_theirs() {
    let id = |kind, event_type, id: &str| {
        let data: Value = serde_json::from_str(&data_of(event_type, only(kind, id))).expect("JSON");
        data["id"].clone()
    };
    let product = |text: &str| id(EntityKind::Product, CanonicalType::ProductDeleted, text);
    assert_eq!(product("kolo-ž"), product("kolo-ž"));
    assert_ne!(product("kolo-ž"), product("kolo"));
    assert!(shopwire_core::commerce::is_surrogate(product("kolo").as_u64().expect("a number")));
    assert_eq!(id(EntityKind::Cart, CanonicalType::CartDeleted, "77"), json!("77"));
}

#[test]
fn channels_are_told_where_they_are_known() {
    let extra = json!({ "origin_channel_id": "1", "channel_ids": ["1", 3], "colour": "red" });
    let extra = extra.as_object().expect("an object").clone();
    let customer =
        |id: &str| Canonical::of(Customer { id: id.to_owned(), extra: extra.clone(), ..Customer::default() });
    let expected = r#"{"type":"customer","id":10,"origin_channel_id":1,"channel_ids":[1,3]}"#;
    assert_eq!(data_of(CanonicalType::CustomerUpdated, customer("10")), expected);
    assert_eq!(data_of(CanonicalType::CustomerDeleted, customer("10")), r#"{"type":"customer","id":10}"#);
}

#[test]
fn a_shops_own_fields_are_no_override() {
    for extra in
        [json!({ "properties": ["name"] }), json!({ "properties": 1, "context": { "channel_id": 1 } })]
    {
        let extra = extra.as_object().expect("an object").clone();
        let product = Product { id: "771".to_owned(), extra, ..Product::default() };
        assert_eq!(
            data_of(CanonicalType::ProductUpdated, Canonical::of(product)),
            r#"{"type":"product","id":771}"#
        );
    }
}

#[test]
fn attempts_share_a_hash_and_events_do_not() {
    for (topic, event_type) in seed_topics(&BigCommerce) {
        let scene = Scene::of(event_type, sparse(event_type));
        assert_eq!(scene.render(&BigCommerce), scene.render(&BigCommerce));
        let hash = |scene: &Scene| {
            decoded(&BigCommerce, &scene.render(&BigCommerce).expect(topic.name)).0.identity_key
        };
        let one = hash(&scene);
        assert!(
            one.len() == 40 && one.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()),
            "{one}"
        );
        assert_ne!(one, hash(&scene.again(8)), "{}", topic.name);
    }
}

#[test]
fn a_rendered_request_can_be_signed_and_verifies() {
    for (topic, event_type) in seed_topics(&BigCommerce) {
        let scene = Scene::of(event_type, rich(event_type));
        let draft = scene.render(&BigCommerce).expect(topic.name);
        let signed = BigCommerce.sign(draft, &key("k"), scene.occurred_at);
        assert!(
            BigCommerce.verify(&received(&signed), &[key("k")], scene.occurred_at).is_ok(),
            "{}",
            topic.name
        );
        let (reading, _) = decoded(&BigCommerce, &signed);
        assert_eq!((reading.topic.as_str(), reading.event_type.canonical()), (topic.name, Some(event_type)));
        assert_eq!(reading.occurred_at, Some(scene.occurred_at));
    }
}

#[test]
fn what_can_not_be_said_is_not_made_up() {
    for (event_type, field) in [
        (CanonicalType::ShipmentCreated, "order_id"),
        (CanonicalType::CartConverted, "order_id"),
        (CanonicalType::CartCouponApplied, "coupon_id"),
        (CanonicalType::CartLineItemDeleted, "line_item_id"),
        (CanonicalType::OrderMessageCreated, "message_id"),
        (CanonicalType::OrderStatusChanged, "status"),
        (CanonicalType::VariantUpdated, "product_id"),
        (CanonicalType::ProductInventoryChanged, "inventory_value"),
    ] {
        let refused = Scene::of(event_type, only(event_type.kind(), "7")).render(&BigCommerce);
        let said = refused.expect_err(field);
        assert!(matches!(&said, Unrenderable::Missing { field: named, .. } if *named == field), "{said}");
    }
    let mut scene = Scene::of(CanonicalType::OrderDeleted, only(EntityKind::Order, "7"));
    let created = BIGCOMMERCE.find("store/order/created").expect("a topic");
    for (identity, part) in
        [(ShopIdentity::of("store_id", "1"), "store_hash"), (ShopIdentity::of("store_hash", "h"), "store_id")]
    {
        scene.identity = identity;
        let said = BigCommerce.render(created, &scene.happening()).expect_err(part);
        assert!(matches!(&said, Unrenderable::NoIdentity { part: named, .. } if *named == part), "{said}");
    }
}

#[test]
fn topics_without_an_event_type_of_ours_are_only_passed_on() {
    let scene = Scene::of(CanonicalType::OrderDeleted, only(EntityKind::Order, "7"));
    for name in ["store/channel/{channel_id}/order/created", "store/metafield/created"] {
        let refused = BigCommerce.render(BIGCOMMERCE.find(name).expect(name), &scene.happening());
        assert!(matches!(refused, Err(Unrenderable::Missing { .. })), "{name}");
    }
}

#[test]
fn updates_are_sent_for_the_documented_fields_only() {
    let sends = |event_type: CanonicalType, changed: &[&str]| {
        let mut canonical = only(event_type.kind(), "7");
        canonical.previous = changed.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
        BIGCOMMERCE.for_event_type(event_type).expect("a topic").when.admits(&canonical)
    };
    for (event_type, fields) in [
        (
            CanonicalType::ProductUpdated,
            &["title", "prices", "barcode", "stock_levels", "image", "sold_quantity"][..],
        ),
        (CanonicalType::CategoryUpdated, &["title", "parent_id", "sort_order"]),
        (CanonicalType::CustomerUpdated, &["email", "phone"]),
        (CanonicalType::ShopUpdated, &["name", "plan", "plan_level", "currency", "logo_url"]),
        (CanonicalType::ShipmentUpdated, &["tracking_number"]),
        (CanonicalType::OrderUpdated, &["status", "note"]),
    ] {
        for field in fields {
            assert!(sends(event_type, &[field, "updated_at"]), "{event_type:?} {field}");
        }
    }
    for (event_type, fields) in [
        (CanonicalType::ProductUpdated, &["variants", "images", "extra"][..]),
        (CanonicalType::CategoryUpdated, &["products", "subcategories"]),
        (CanonicalType::CustomerUpdated, &["addresses", "default_address"]),
        (
            CanonicalType::ShopUpdated,
            &["design", "currencies", "billing_address", "domain", "mandatory_fields"],
        ),
        (CanonicalType::ShipmentUpdated, &["status", "line_items"]),
    ] {
        for field in fields {
            assert!(!sends(event_type, &[field, "updated_at"]), "{event_type:?} {field}");
        }
    }
}

#[test]
fn received_bodies_are_rendered_back_byte_for_byte() {
    // Ids that are numbers today.
    let older = ["category_updated_id_as_text", "shipment_created_order_as_text"];
    let fixtures = fixtures_of_today(&BigCommerce, &older);
    assert!(fixtures.len() >= 18, "{}", fixtures.len());
    for (name, body) in fixtures {
        let (reading, canonical) = decoded(&BigCommerce, &request(Headers::new(), body.as_str()));
        let hash = reading.identity_key.clone();
        let rendered = Scene::received(reading, canonical).body(&BigCommerce);
        let rendered = with_member(&rendered, "hash", hash.into());
        if body.starts_with("{\"producer\"") {
            assert_eq!(Value::from(rendered).to_string(), body, "{name}");
        } else {
            // As the list of events prints them: with spaces, and the members of the envelope in another order.
            let printed: Map<String, Value> = serde_json::from_str(&body).expect("JSON");
            assert_eq!(rendered["data"].to_string(), printed["data"].to_string(), "{name}");
            assert_eq!(rendered, printed, "{name}");
        }
    }
}

#[test]
fn a_received_webhook_is_passed_on_as_it_came() {
    let scene = Scene::of(CanonicalType::OrderCreated, only(EntityKind::Order, "7"));
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([1; 16]),
        dialect: DialectId::BigCommerce,
        topic: "store/order/created".to_owned(),
        platform_event_id: None,
        query: None,
        headers: Headers::new().with("User-Agent", "x"),
        body: bytes::Bytes::from_static(b"{ \"scope\" : 1 }"),
    };
    let draft = BigCommerce.forward(&webhook, &scene.happening());
    assert_eq!((draft.body, draft.query), (webhook.body.to_vec(), None));
    assert_eq!(draft.headers, scene.render(&BigCommerce).expect("rendered").headers);
}

/// What events of these families carry.
fn carried() -> impl Strategy<Value = (CanonicalType, Canonical)> {
    const WORDS: &[&str] = &[
        "incomplete",
        "pending",
        "shipped",
        "partially_shipped",
        "refunded",
        "cancelled",
        "declined",
        "awaiting_payment",
        "awaiting_pickup",
        "awaiting_shipment",
        "completed",
        "awaiting_fulfillment",
        "manual_verification_required",
        "disputed",
        "partially_refunded",
        "15",
    ];
    let number = || (1..1_000_000_000u32).prop_map(|id| id.to_string());
    let word = || proptest::sample::select(WORDS);
    let status = (number(), word(), word()).prop_map(|(id, now, was)| {
        let mut canonical = Canonical::of(Order { id, status: text(now), ..Order::default() });
        if now != was {
            canonical.previous.insert("status".to_owned(), was.into());
        }
        (CanonicalType::OrderStatusChanged, canonical)
    });
    let method = proptest::sample::select(&["absolute", "relative"][..]);
    let level = (number(), method.clone(), any::<i64>()).prop_map(|(id, method, value)| {
        let canonical = Canonical::of(Product { id, ..Product::default() });
        let canonical =
            canonical.with(details::INVENTORY_METHOD, method).with(details::INVENTORY_VALUE, value);
        (CanonicalType::ProductInventoryChanged, canonical)
    });
    let sku = ([number(), number(), number()], method, any::<i64>(), any::<bool>()).prop_map(
        |([id, product, sku], method, value, is_level)| {
            let sku_id = Some(sku).filter(|sku| *sku != id);
            let variant =
                Canonical::of(Variant { id, product_id: Some(product), sku_id, ..Variant::default() });
            if is_level {
                let told =
                    variant.with(details::INVENTORY_METHOD, method).with(details::INVENTORY_VALUE, value);
                (CanonicalType::VariantInventoryChangedByOrder, told)
            } else {
                (CanonicalType::VariantCreated, variant)
            }
        },
    );
    let cart = ("\\PC{1,20}", "\\PC{1,20}", number()).prop_flat_map(|(cart, line, number)| {
        let cart = only(EntityKind::Cart, &cart);
        let line = (CanonicalType::CartLineItemUpdated, cart.clone().with(details::LINE_ITEM_ID, line));
        let coupon =
            (CanonicalType::CartCouponApplied, cart.clone().with(details::COUPON_ID, number.clone()));
        let order = (CanonicalType::CartConverted, cart.with(details::ORDER_ID, number));
        proptest::sample::select(vec![line, coupon, order])
    });
    let message = (number(), number()).prop_map(|(id, message)| {
        (CanonicalType::OrderMessageCreated, only(EntityKind::Order, &id).with(details::MESSAGE_ID, message))
    });
    let shipment = (number(), number()).prop_map(|(id, order)| {
        (
            CanonicalType::ShipmentUpdated,
            Canonical::of(Shipment { id, order_id: Some(order), ..Shipment::default() }),
        )
    });
    let abandoned = ("\\PC{1,20}", proptest::option::of("\\PC{1,20}")).prop_map(|(id, token)| {
        (CanonicalType::AbandonedCartCreated, Canonical::of(Cart { id, token, ..Cart::default() }))
    });
    let customer = (number(), proptest::collection::vec(number(), 1..4)).prop_map(|(id, channels)| {
        let origin = ("origin_channel_id".to_owned(), channels[0].clone().into());
        let extra = Map::from_iter([origin, ("channel_ids".to_owned(), channels.into())]);
        (CanonicalType::CustomerCreated, Canonical::of(Customer { id, extra, ..Customer::default() }))
    });
    prop_oneof![status, level, sku, cart, message, shipment, abandoned, customer]
}

proptest! {
    #[test]
    fn what_is_carried_comes_back((event_type, canonical) in carried()) {
        prop_assume!(canonical.detail(details::LINE_ITEM_ID) != Some(canonical.object.id()));
        let scene = Scene::of(event_type, canonical.clone());
        let (reading, back) = scene.and_back(&BigCommerce);
        prop_assert_eq!(back, canonical);
        prop_assert_eq!(reading.subject, scene.subject);
    }
}
