use proptest::prelude::*;
use shopwire_core::commerce::EventType;
use shopwire_core::{Headers, Timestamp};

use super::Shoplazza;
use super::verify::{DEDUPLICATION_ID, SHOP_DOMAIN, SIGNATURE, TOPIC};
use crate::catalog::{SHOPLAZZA, Topic};
use crate::style::js;
use crate::testing::{Same, check_event_map, described, key, mangled, mistyped, received, request, sample};
use crate::{Dialect as _, Draft, Key, Reading, Rejection, SampleFacts, ShopIdentity, Verified};

mod carried;
mod render;

const NOW: Timestamp = Timestamp::from_secs(1_741_937_412);

fn topic(name: &str) -> &'static Topic {
    SHOPLAZZA.find(name).expect(name)
}

fn signed(name: &str) -> Draft {
    Shoplazza.sign(sample(&Shoplazza, topic(name), NOW), &key("app secret"), NOW)
}

fn verdict(draft: &Draft, keys: &[Key]) -> Result<Verified, Rejection> {
    Shoplazza.verify(&received(draft), keys, NOW)
}

fn of_topic(name: &str, body: impl Into<Vec<u8>>) -> Draft {
    request(Headers::new().with(TOPIC, name).with(SHOP_DOMAIN, "Nordhaven.MyShoplaza.com"), body)
}

fn reading(draft: &Draft) -> Reading {
    Shoplazza.read(&received(draft)).expect("it can be read")
}

#[test]
fn agrees_with_the_computed_vector() {
    let body = r#"{"order":{"id":"124791144633646482197","financial_status":"paid"}}"#;
    let draft = Shoplazza.sign(of_topic("orders/paid", body), &key("test_client_secret"), NOW);
    assert_eq!(draft.headers.get(SIGNATURE), Some("XiU6ZOIwGe/3fsw4ZOAdu1SgYUgQFGRCk4u8q+2Ul5Y="));
    assert_eq!(verdict(&draft, &[key("test_client_secret")]), Ok(Verified { key: 0 }));
}

#[test]
fn catalogues_exactly_the_platforms_list() {
    check_event_map(&Shoplazza, 27);
}

#[test]
fn every_topic_is_signed_verified_and_read_as_itself() {
    for topic in SHOPLAZZA.topics {
        let draft = signed(topic.name);
        assert_eq!(
            verdict(&draft, &[key("another"), key("app secret")]),
            Ok(Verified { key: 1 }),
            "{}",
            topic.name
        );
        let reading = reading(&draft);
        assert_eq!(reading.topic, topic.name);
        assert_eq!(reading.event_type, topic.event_type(Shoplazza.id(), topic.name));
        assert_eq!(reading.subject.kind_name(), topic.subject, "{}", topic.name);
        assert_ne!(reading.subject.id(), "unknown", "{}", topic.name);
        let canonical = Shoplazza.canonical(&received(&draft), &reading).expect(topic.name);
        assert_eq!(canonical.object.id(), reading.subject.id(), "{}", topic.name);
    }
}

#[test]
fn samples_survive_being_parsed_and_written_again_by_javascript() {
    for topic in SHOPLAZZA.topics {
        let body = String::from_utf8(signed(topic.name).body).expect("text");
        assert_eq!(js::to_string(&serde_json::from_str(&body).expect("json")), body, "{}", topic.name);
    }
}

#[test]
fn headers_stand_in_the_documented_case_and_order() {
    let draft = signed("app/subscriptions_update");
    let names: Vec<&str> = draft.headers.iter().map(|(name, _)| name).collect();
    let expected = [
        "Content-Type",
        "X-Shoplazza-Topic",
        "X-Shoplazza-Hmac-Sha256",
        "X-Shoplazza-Shop-Domain",
        "X-Shoplazza-Api-Version",
        "X-Shoplazza-Deduplication-ID",
    ];
    assert_eq!(names, expected);
    assert_eq!(draft.headers.get("Content-Type"), Some("application/json"));
    assert_eq!(draft.headers.get("X-Shoplazza-Api-Version"), Some("2022-07"));
}

#[test]
fn samples_tell_the_given_facts() {
    let shop = ShopIdentity::of("shop_domain", "a.myshoplaza.com").and("store_id", "5150");
    let facts = SampleFacts { shop: &shop, subject_id: Some("its-id"), now: NOW, random: &Same };
    for topic in SHOPLAZZA.topics {
        let reading = reading(&Shoplazza.sample(topic, &facts));
        assert_eq!(reading.subject.id(), "its-id", "{}", topic.name);
        assert_eq!(reading.shop.contradiction(&shop.0), None, "{}", topic.name);
        assert_eq!(reading.shop.get("shop_domain"), Some("a.myshoplaza.com"));
    }
    let charge = reading(&Shoplazza.sample(topic("app/subscriptions_update"), &facts));
    assert_eq!(charge.shop.get("store_id"), Some("5150"));
}

#[test]
fn every_shape_becomes_its_canonical_entity() {
    for name in [
        "products/create",
        "products/delete",
        "orders/create",
        "orders/delete",
        "cart/create",
        "fulfillments/create",
        "collections/create",
        "collections/delete",
        "customers/create",
        "customers/delete",
        "app/uninstalled",
        "app/purchases_one_time_update",
        "app/subscriptions_update",
        "app/subscriptions_approaching_capped_amount",
    ] {
        insta::assert_snapshot!(name.replace('/', "_"), described(&Shoplazza, &received(&signed(name))));
    }
}

#[test]
fn every_leniency_is_granted() {
    for (name, topic, body) in [
        ("lenient_order", "orders/cancelled", include_str!("fixtures/lenient/order.json")),
        ("lenient_product", "products/update", include_str!("fixtures/lenient/product.json")),
        ("lenient_charge", "app/subscriptions_update", include_str!("fixtures/lenient/charge.json")),
        ("stranger", "themes/publish", r#"{"theme":{"id":12,"role":"main"},"by":"editor"}"#),
        ("stranger_of_a_known_family", "orders/exploded", r#"{"order":{"id":"5","status":"placed"}}"#),
    ] {
        insta::assert_snapshot!(name, described(&Shoplazza, &received(&of_topic(topic, body))));
    }
}

#[test]
fn reads_bodies_wrapped_or_bare_and_with_any_kind_of_id() {
    for body in
        [r#"{"order":{"id":"5"}}"#, r#"{"order":{"id":5}}"#, r#"{"id":"5"}"#, r#"{"order":{},"id":5}"#]
    {
        assert_eq!(reading(&of_topic("orders/delete", body)).subject.as_str(), "order/5", "{body}");
    }
    for body in ["{}", "[]", "null", r#"{"order":[]}"#, r#"{"order":{"id":{}}}"#, r#"{"id":""}"#] {
        assert_eq!(reading(&of_topic("orders/delete", body)).subject.as_str(), "order/unknown", "{body}");
    }
}

#[test]
fn knows_copies_by_their_id_or_else_by_topic_and_body() {
    let draft = signed("orders/create");
    let id = draft.headers.get(DEDUPLICATION_ID).expect("an id");
    assert_eq!(reading(&draft).identity_key, id);
    assert_eq!(reading(&draft).platform_event_id.as_deref(), Some(id));
    let keys: Vec<String> = [("orders/paid", "{}"), ("orders/update", "{}"), ("orders/paid", "{\"id\":1}")]
        .map(|(topic, body)| reading(&of_topic(topic, body)).identity_key)
        .into();
    assert_eq!(keys[0], reading(&of_topic("orders/paid", "{}")).identity_key);
    assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[0].len() == 64, "{keys:?}");
}

#[test]
fn unknown_topics_are_kept_under_their_own_name() {
    let reading = reading(&of_topic("themes/publish", "{}"));
    let native = EventType::Native { dialect: Shoplazza.id(), topic: "themes/publish".to_owned() };
    assert_eq!((reading.event_type, reading.subject.as_str()), (native, "themes/unknown"));
    assert_eq!(reading.shop.get("shop_domain"), Some("nordhaven.myshoplaza.com"));
}

#[test]
fn refuses_what_is_not_genuine_and_says_why() {
    let good = signed("orders/create");
    let keys = [key("app secret")];
    let mut tampered = good.clone();
    let last = tampered.body.len() - 3;
    tampered.body[last] ^= 1;
    assert_eq!(verdict(&tampered, &keys), Err(Rejection::WrongSignature));
    assert_eq!(verdict(&good, &[key("wrong"), key("App secret")]), Err(Rejection::WrongSignature));
    assert_eq!(verdict(&good, &[]), Err(Rejection::NoKey));
    let header = Key::Header { name: "x".to_owned(), value: shopwire_core::Secret::new("y") };
    assert_eq!(verdict(&good, std::slice::from_ref(&header)), Err(Rejection::NoKey));
    let unsigned = Shoplazza.sign(sample(&Shoplazza, topic("orders/create"), NOW), &header, NOW);
    assert_eq!(verdict(&unsigned, &keys).expect_err("unsigned").code(), "missing_header");
    for wrong in ["", "no base64!", "c2hvcnQ=", "5e22ba64e23019effd7ecc3864e01dbb54a061481014644293"] {
        let draft = request(Headers::new().with(SIGNATURE, wrong), good.body.clone());
        assert_eq!(verdict(&draft, &keys).expect_err(wrong).code(), "bad_encoding", "{wrong}");
    }
}

#[test]
fn refuses_to_read_what_is_no_webhook() {
    let without_topic = request(Headers::new(), "{}");
    let error = Shoplazza.read(&received(&without_topic)).expect_err("no topic");
    assert_eq!(
        error.to_string(),
        "the body is not a shoplazza webhook: header `X-Shoplazza-Topic` is missing"
    );
    for body in ["", "{", "{} {}", "order"] {
        assert!(Shoplazza.read(&received(&of_topic("orders/create", body))).is_err(), "{body}");
    }
    let list = of_topic("orders/create", "[]");
    assert!(Shoplazza.canonical(&received(&list), &reading(&list)).is_err());
}

/// A body through all that a receiver does with it, under a topic of each family.
fn survives(body: &[u8]) {
    for name in
        ["products/create", "orders/paid", "cart/update", "customers/update", "app/expired", "///", "x"]
    {
        let draft = of_topic(name, body);
        assert!(verdict(&draft, &[key("k")]).is_err());
        if let Ok(reading) = Shoplazza.read(&received(&draft)) {
            // Only a body that is no object may still fail here.
            let canonical = Shoplazza.canonical(&received(&draft), &reading);
            assert!(canonical.is_ok() || reading.subject.id() == "unknown", "{name}");
        }
    }
}

/// Any decimal but a negative zero, whose sign says nothing.
const PRICE: &str = "(-0\\.[0-9]{0,9}[1-9])|((0|-?[1-9][0-9]{0,17})(\\.[0-9]{1,10})?)";

proptest! {
    #[test]
    fn any_bytes_get_an_answer(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives(&body);
    }

    #[test]
    fn mangled_samples_get_an_answer(body in mangled(&Shoplazza, NOW)) {
        survives(&body);
    }

    #[test]
    fn mistyped_values_cost_nothing_but_themselves(draft in mistyped(&Shoplazza, NOW)) {
        let incoming = received(&draft);
        if let Ok(reading) = Shoplazza.read(&incoming) {
            let canonical = Shoplazza.canonical(&incoming, &reading).expect("what was read has canonical data");
            prop_assert_eq!(canonical.object.id(), reading.subject.id());
            let json = serde_json::to_vec(&canonical.object).expect("json");
            prop_assert_eq!(crate::json::check(&json, 64), Ok(()));
        }
    }

    #[test]
    fn prices_keep_every_digit(price in PRICE, quoted: bool) {
        let literal = if quoted { format!("{price:?}") } else { price.clone() };
        let body = format!(r#"{{"order":{{"id":"1","currency":"USD","line_items":[{{"price":{literal}}}]}}}}"#);
        let draft = of_topic("orders/create", body);
        let canonical = Shoplazza.canonical(&received(&draft), &reading(&draft)).expect("an order");
        let json = serde_json::to_string(&canonical.object).expect("json");
        let expected = format!(r#""price":{{"amount":"{price}","currency":"USD"}}"#);
        prop_assert!(json.contains(&expected), "{json}");
    }
}
