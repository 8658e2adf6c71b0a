mod conform;
mod sending;

use proptest::prelude::*;
use shopwire_core::commerce::EventType;
use shopwire_core::{Headers, Secret, Timestamp};

use super::Duda;
use super::verify::{SIGNATURE, TIMESTAMP};
use super::words;
use crate::catalog::{DUDA, Topic};
use crate::style::js;
use crate::testing::{Same, check_event_map, described, key, mangled, mistyped, received, request, sample};
use crate::{Dialect as _, Draft, Key, Reading, Rejection, SampleFacts, ShopIdentity, Verified};

const NOW: Timestamp = Timestamp::from_ms(1_741_937_412_418);
/// The base64 of the key that Duda's worked example shows.
const SECRET: &str = "bXlzZWNyZXRzZWNyZXQ=";
/// The base64 of bytes that are no text.
const OTHER: &str = "/wD+gAECAwT5+vv8";

fn topic(name: &str) -> &'static Topic {
    DUDA.find(name).expect(name)
}

fn signed(name: &str) -> Draft {
    Duda.sign(sample(&Duda, topic(name), NOW), &key(SECRET), NOW)
}

fn verdict(draft: &Draft, keys: &[Key]) -> Result<Verified, Rejection> {
    verdict_at(NOW, draft, keys)
}

fn verdict_at(now: Timestamp, draft: &Draft, keys: &[Key]) -> Result<Verified, Rejection> {
    Duda.verify(&received(draft), keys, now)
}

fn reading(body: impl Into<Vec<u8>>) -> Reading {
    Duda.read(&received(&request(Headers::new(), body))).expect("it can be read")
}

fn event(event_type: &str, data: &str) -> String {
    format!(
        r#"{{"data":{data},"resource_data":{{"site_name":"s1"}},"event_timestamp":7,"event_type":"{event_type}"}}"#
    )
}

#[test]
fn agrees_with_dudas_worked_example() {
    let headers = Headers::new()
        .with(SIGNATURE, "+DCfT1wIMUiaZnlZB4u59/d5wkXKA89lv67Ov66vnyc=")
        .with(TIMESTAMP, "1570350275357");
    let draft = request(headers, "{'key1':'world','key2':'world'}");
    let then = Timestamp::from_ms(1_570_350_275_357);
    assert_eq!(verdict_at(then, &draft, &[key(SECRET)]), Ok(Verified { key: 0 }));
    // The example prints the decoded key; the secret as it is given out is the base64 of it.
    assert_eq!(verdict_at(then, &draft, &[key("mysecretsecret")]).expect_err("decoded").code(), "no_key");
    assert_eq!(verdict_at(then, &draft, &[key("mysecretsecre")]).expect_err("decoded").code(), "no_key");
}

#[test]
fn agrees_with_the_computed_vector() {
    let body = r#"{"data":{},"source":null,"resource_data":{"site_name":"f98d30cb"},"event_timestamp":1714673087297,"event_type":"ECOMM_STORE_CREATED"}"#;
    let then = Timestamp::from_ms(1_714_673_087_297);
    let draft = Duda.sign(request(Headers::new(), body), &key(SECRET), then);
    assert_eq!(draft.headers.get(SIGNATURE), Some("Taz0SfufSEgsjvHb0XSzUBZZ31IexrYFBvaBt9BcF+k="));
    assert_eq!(draft.headers.get(TIMESTAMP), Some("1714673087297"));
    let shop = ShopIdentity::of("site_name", "f98d30cb");
    let facts = SampleFacts { shop: &shop, subject_id: None, now: then, random: &Same };
    let made = Duda.sample(topic("ECOMM_STORE_CREATED"), &facts);
    assert_eq!(String::from_utf8(made.body).expect("text"), body);
}

#[test]
fn catalogues_exactly_the_platforms_list() {
    check_event_map(&Duda, 17);
}

#[test]
fn every_topic_is_signed_verified_and_read_as_itself() {
    for topic in DUDA.topics {
        let draft = signed(topic.name);
        assert_eq!(verdict(&draft, &[key(OTHER), key(SECRET)]), Ok(Verified { key: 1 }), "{}", topic.name);
        let reading = reading(draft.body.clone());
        assert_eq!(reading.topic, topic.name);
        assert_eq!(reading.event_type, topic.event_type(Duda.id(), topic.name));
        assert_eq!(reading.subject.kind_name(), topic.subject, "{}", topic.name);
        assert_eq!(reading.occurred_at, Some(NOW), "{}", topic.name);
        assert_eq!(reading.shop, ShopIdentity::of("site_name", "7d0b41f2"), "{}", topic.name);
        let has_id = topic.sample != Some("{}") || topic.id == ["/resource_data/site_name"];
        assert_eq!(reading.subject.id() != "unknown", has_id, "{}", topic.name);
        let canonical = Duda.canonical(&received(&draft), &reading).expect(topic.name);
        assert_eq!(canonical.object.id(), reading.subject.id(), "{}", topic.name);
    }
}

#[test]
fn samples_are_what_javascript_would_write() {
    for topic in DUDA.topics {
        let body = String::from_utf8(signed(topic.name).body).expect("text");
        let value: serde_json::Value = serde_json::from_str(&body).expect("json");
        assert_eq!(js::to_string(&value), body, "{}", topic.name);
        let keys: Vec<&String> = value.as_object().expect("an envelope").keys().collect();
        let expected = ["data", "source", "resource_data", "event_timestamp", "event_type"];
        let from = usize::from(topic.name == "SITE_CREATED");
        assert_eq!(keys, expected[from..], "{}", topic.name);
    }
}

#[test]
fn headers_are_lower_case_and_the_content_type_is_bare() {
    let draft = signed("ECOMM_ORDER_PAID");
    let names: Vec<&str> = draft.headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["content-type", "x-duda-signature", "x-duda-signature-timestamp"]);
    assert_eq!(draft.headers.get("content-type"), Some("application/json"));
}

#[test]
fn samples_tell_the_given_facts() {
    let shop = ShopIdentity::of("site_name", "another");
    let facts = SampleFacts { shop: &shop, subject_id: Some("its-id"), now: NOW, random: &Same };
    for topic in DUDA.topics.iter().filter(|topic| topic.event_type.is_some() && topic.subject != "shop") {
        let reading = reading(Duda.sample(topic, &facts).body);
        assert_eq!((reading.subject.id(), reading.shop), ("its-id", shop.clone()), "{}", topic.name);
    }
}

#[test]
fn every_shape_becomes_its_canonical_entity() {
    for name in [
        "ECOMM_STORE_CREATED",
        "ECOMM_PRODUCT_CREATED",
        "ECOMM_PRODUCT_DELETED",
        "ECOMM_ORDER_CREATED",
        "ECOMM_ORDER_UPDATED",
        "ECOMM_SUBSCRIPTION_CREATED",
        "ECOMM_SUBSCRIPTION_RENEWED",
        "ECOMM_SUBSCRIPTION_CANCELLED",
        "ECOMM_CATEGORY_CREATED",
        "ECOMM_CATEGORY_DELETED",
        "ECOMM_REFUND_CREATED",
        "STORE_ORDER_UPDATED",
        "STORE_PRODUCT_DELETED",
        "SITE_CREATED",
        "BOOKING_CREATED",
    ] {
        insta::assert_snapshot!(name.to_lowercase(), described(&Duda, &received(&signed(name))));
    }
}

#[test]
fn every_leniency_is_granted() {
    for (name, body) in [
        ("lenient_order", include_str!("fixtures/lenient/order.json")),
        ("lenient_product", include_str!("fixtures/lenient/product.json")),
        ("lenient_renewal_inside", include_str!("fixtures/lenient/renewal_inside.json")),
        ("lenient_contact_form", include_str!("fixtures/lenient/contact_form.json")),
        ("stranger", &event("ECOMM_COUPON_CREATED", r#"{"id":12,"code":"WELCOME"}"#)),
        ("minimal", r#"{"event_type":"ECOMM_ORDER_UPDATED"}"#),
    ] {
        insta::assert_snapshot!(name, described(&Duda, &received(&request(Headers::new(), body))));
    }
}

#[test]
fn a_paid_order_under_the_name_of_an_update_stays_an_update() {
    let data = r#"{"id":"o1","payment":{"status":"PAID"}}"#;
    let type_of = |name| reading(event(name, data)).event_type.to_string();
    assert_eq!(type_of("ECOMM_ORDER_UPDATED"), "order.updated");
    assert_eq!(type_of("ECOMM_ORDER_PAID"), "order.paid");
}

#[test]
fn old_names_are_brought_to_the_documented_ones() {
    let old = reading(event("CATEGORY_UPDATED", r#"{"id":"c1"}"#));
    assert_eq!((old.topic.as_str(), old.subject.as_str()), ("ECOMM_CATEGORY_UPDATED", "category/c1"));
    assert_eq!(old.event_type.to_string(), "category.updated");
}

#[test]
fn unknown_event_types_are_kept_under_their_own_name() {
    for (name, subject) in [
        ("ECOMM_COUPON_CREATED", "coupon/12"),
        ("WIDGET_MOVED", "widget/12"),
        ("_", "unknown/12"),
        ("ECOMM_", "unknown/12"),
        ("a/b", "a/12"),
    ] {
        let reading = reading(event(name, r#"{"id":12}"#));
        let native = EventType::Native { dialect: Duda.id(), topic: name.to_owned() };
        assert_eq!((reading.event_type, reading.subject.as_str()), (native, subject));
    }
}

#[test]
fn an_odd_id_gives_no_second_key_of_that_name() {
    let draft = request(Headers::new(), event("WIDGET_MOVED", r#"{"id":{"odd":1},"x":2}"#));
    let reading = Duda.read(&received(&draft)).expect("it can be read");
    let canonical = Duda.canonical(&received(&draft), &reading).expect("canonical data");
    assert_eq!(serde_json::to_string(&canonical.object).expect("json"), r#"{"id":"unknown","x":2}"#);
}

#[test]
fn knows_copies_by_site_type_time_and_id() {
    let key_of = |body: String| reading(body).identity_key;
    let one = event("ECOMM_ORDER_UPDATED", r#"{"id":"o1","total":"1"}"#);
    let spaced = one.replace(',', " , ");
    assert_eq!(key_of(one.clone()), key_of(spaced), "space says nothing");
    for other in [
        one.replace("o1", "o2"),
        one.replace("s1", "s2"),
        one.replace(":7,", ":8,"),
        one.replace("UPDATED", "PAID"),
        one.replace("\"event_timestamp\":7,", ""),
    ] {
        assert_ne!(key_of(one.clone()), key_of(other.clone()), "{other}");
    }
    let forms = ["[1]", "[2]", "{}", "null"].map(|data| key_of(event("CONTACT_FORM_SENT", data)));
    assert!(forms.iter().enumerate().all(|(at, key)| !forms[..at].contains(key)), "{forms:?}");
    let wrapped =
        |id| event("STORE_ORDER_UPDATED", &format!(r#"{{"eventId":"{id}","data":{{"orderId":"A"}}}}"#));
    assert_ne!(key_of(wrapped("e1")), key_of(wrapped("e2")));
    assert_eq!(reading(wrapped("e1")).platform_event_id.as_deref(), Some("e1"));
}

#[test]
fn refuses_what_is_not_genuine_and_says_why() {
    let good = signed("ECOMM_ORDER_CREATED");
    let keys = [key(SECRET)];
    let mut tampered = good.clone();
    tampered.body[9] ^= 1;
    assert_eq!(verdict(&tampered, &keys), Err(Rejection::WrongSignature));
    assert_eq!(verdict(&good, &[key(OTHER)]), Err(Rejection::WrongSignature));
    let header = Key::Header { name: "x".to_owned(), value: Secret::new("y") };
    for useless in [vec![], vec![header.clone()], vec![key("not base64!")], vec![key("")]] {
        assert_eq!(verdict(&good, &useless), Err(Rejection::NoKey), "{useless:?}");
    }
    assert_eq!(verdict(&good, &[key("not base64!"), key(OTHER)]), Err(Rejection::WrongSignature));
    let unsigned = Duda.sign(sample(&Duda, topic("PUBLISH"), NOW), &header, NOW);
    assert_eq!(verdict(&unsigned, &keys).expect_err("unsigned").code(), "missing_header");
}

#[test]
fn refuses_headers_that_are_missing_or_malformed() {
    let good = signed("ECOMM_ORDER_CREATED");
    let signature = good.headers.get(SIGNATURE).expect("signed").to_owned();
    let timestamp = good.headers.get(TIMESTAMP).expect("signed").to_owned();
    let with = |signature: Option<&str>, timestamp: Option<&str>| {
        let fields = [(SIGNATURE, signature), (TIMESTAMP, timestamp)];
        let headers = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        verdict(&request(headers, good.body.clone()), &[key(SECRET)]).map_err(|error| error.code())
    };
    assert_eq!(with(Some(&signature), Some(&timestamp)), Ok(Verified { key: 0 }));
    assert_eq!(with(None, Some(&timestamp)), Err("missing_header"));
    assert_eq!(with(Some(&signature), None), Err("missing_header"));
    assert_eq!(with(Some("c2hvcnQ="), Some(&timestamp)), Err("bad_encoding"));
    assert_eq!(with(Some("*"), Some(&timestamp)), Err("bad_encoding"));
    assert_eq!(with(Some(&signature), Some("yesterday")), Err("bad_encoding"));
    // The time is signed: a fresher one breaks the signature.
    assert_eq!(with(Some(&signature), Some("1741937412419")), Err("wrong_signature"));
}

#[test]
fn refuses_what_was_signed_too_long_ago_or_in_the_future() {
    let draft = signed("ECOMM_ORDER_CREATED");
    let code = |offset_s: i64| {
        verdict_at(NOW.plus_ms(offset_s * 1000), &draft, &[key(SECRET)]).map_err(|error| error.code())
    };
    assert_eq!(code(520), Ok(Verified { key: 0 }), "the last retry of the documented schedule");
    assert_eq!((code(900), code(901)), (Ok(Verified { key: 0 }), Err("too_old")));
    assert_eq!((code(-300), code(-301)), (Ok(Verified { key: 0 }), Err("too_new")));
}

#[test]
fn refuses_to_read_what_is_no_webhook() {
    for (body, what) in [
        ("", "no object"),
        ("{", "EOF"),
        ("[]", "no object"),
        ("\"ECOMM_ORDER_PAID\"", "no object"),
        ("{}", "`event_type` is missing"),
        (r#"{"event_type":null}"#, "`event_type` is missing"),
        (r#"{"event_type":""}"#, "`event_type` is missing"),
        (r#"{"event_type":{}}"#, "`event_type` is missing"),
        (r#"{"event_type":"A","event_type":"B"}"#, "duplicate"),
    ] {
        let error = Duda.read(&received(&request(Headers::new(), body))).expect_err(body).to_string();
        assert!(error.contains(what), "{body}: {error}");
    }
    let not_text = request(Headers::new(), b"{\"event_type\":\"PUBLISH\",\"more\":\"\xff\"}");
    assert!(Duda.read(&received(&not_text)).is_err());
}

/// A body through all that a receiver does with it.
fn survives(body: &[u8]) {
    let draft = Duda.sign(request(Headers::new(), body), &key(OTHER), NOW);
    assert_eq!(verdict(&draft, &[key(SECRET)]), Err(Rejection::WrongSignature));
    if let Ok(reading) = Duda.read(&received(&draft)) {
        assert!(!reading.topic.is_empty() && reading.identity_key.len() == 64);
        Duda.canonical(&received(&draft), &reading).expect("what was read has canonical data");
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
    fn mangled_samples_get_an_answer(body in mangled(&Duda, NOW)) {
        survives(&body);
    }

    #[test]
    fn mistyped_values_cost_nothing_but_themselves(draft in mistyped(&Duda, NOW)) {
        let incoming = received(&draft);
        if let Ok(reading) = Duda.read(&incoming) {
            let canonical = Duda.canonical(&incoming, &reading).expect("what was read has canonical data");
            prop_assert_eq!(canonical.object.id(), reading.subject.id());
            let json = serde_json::to_vec(&canonical.object).expect("json");
            prop_assert_eq!(crate::json::check(&json, 64), Ok(()));
        }
    }

    #[test]
    fn prices_keep_every_digit(price in PRICE, quoted: bool) {
        let literal = if quoted { format!("{price:?}") } else { price.clone() };
        let data = format!(r#"{{"id":"1","total":{literal},"payment":{{"currency":"EUR"}}}}"#);
        let draft = request(Headers::new(), event("ECOMM_ORDER_CREATED", &data));
        let reading = Duda.read(&received(&draft)).expect("an order");
        let canonical = Duda.canonical(&received(&draft), &reading).expect("an order");
        let json = serde_json::to_string(&canonical.object).expect("json");
        let expected = format!(r#""total":{{"amount":"{price}","currency":"EUR"}}"#);
        prop_assert!(json.contains(&expected), "{json}");
    }
}
