use proptest::prelude::*;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::{Headers, Timestamp};

use super::Ecwid;
use super::sign::HEADER;
use crate::testing::{
    Same, check_answers, check_event_map, check_fixtures, check_mistyped, check_round_trips, key, mangled,
    received, request, sample,
};
use crate::{Dialect, Draft, Incoming, Key, Rejection, SampleFacts, ShopIdentity, Verified};

/// Secret, time, event id, signature. The first is public (the tests of `matthiasbruns/ecwid-go`), the others were
/// computed with OpenSSL and Python.
const VECTORS: [(&str, i64, &str, &str); 3] = [
    (
        "test_client_secret",
        1_234_567,
        "80aece08-40e8-4145-8764-6c2f0d38678",
        "ekmGPQc/IpCwO6woAiM+L8uvY6chew4n6JVQCiDrEVw=",
    ),
    (
        "test_client_secret",
        1_634_209_655,
        "95ed494f-362d-4fca-933d-f5c7064b04bb",
        "7chF9+NFH3JRUtR3TPYaXg1VMQ/geaKXPps++UUe6N0=",
    ),
    (
        "abcde123456789",
        1_234_567,
        "80aece08-40e8-4145-8764-6c2f0d38678",
        "lidx/4J5L2Pp4auvwGBp6DwPkpPmyVLI3oLB440X358=",
    ),
];

const NOW: Timestamp = Timestamp::from_secs(1_634_209_660);

fn body(created: impl std::fmt::Display, id: &str) -> String {
    format!(
        r#"{{"eventId":"{id}","eventCreated":{created},"storeId":1003,"entityId":1,"eventType":"order.updated"}}"#
    )
}

fn signed(body: &str, signature: &str) -> Draft {
    request(Headers::new().with(HEADER, signature), body)
}

/// The genuine request of the second vector.
fn genuine() -> Draft {
    let (_, created, id, signature) = VECTORS[1];
    signed(&body(created, id), signature)
}

fn verify(draft: &Draft, keys: &[Key]) -> Result<Verified, Rejection> {
    Ecwid.verify(&received(draft), keys, NOW)
}

#[test]
fn the_known_signatures_verify_and_are_made() {
    for (secret, created, id, signature) in VECTORS {
        let unsigned = request(Headers::new(), body(created, id));
        let made = Ecwid.sign(unsigned, &key(secret), NOW);
        assert_eq!(made, signed(&body(created, id), signature));
        let verified = Ecwid.verify(&received(&made), &[key(secret)], Timestamp::from_secs(created));
        assert_eq!(verified, Ok(Verified { key: 0 }));
    }
}

#[test]
fn any_active_secret_will_do() {
    let header = Key::Header { name: "X-Token".to_owned(), value: shopwire_core::Secret::new("t") };
    assert_eq!(
        verify(&genuine(), &[header.clone(), key("new"), key("test_client_secret")]),
        Ok(Verified { key: 2 })
    );
    assert_eq!(verify(&genuine(), &[key("new"), key("other")]), Err(Rejection::WrongSignature));
    assert_eq!(verify(&genuine(), &[header]), Err(Rejection::NoKey));
    assert_eq!(verify(&genuine(), &[]), Err(Rejection::NoKey));
}

#[test]
fn what_the_signature_covers_cannot_be_altered() {
    let (secret, created, id, signature) = VECTORS[1];
    for altered in [
        body(created + 1, id),
        body(created, "95ed494f-362d-4fca-933d-f5c7064b04bc"),
        body(format!("0{created}"), id),
    ] {
        let refused = verify(&signed(&altered, signature), &[key(secret)]).expect_err(&altered);
        assert!(["wrong_signature", "bad_body"].contains(&refused.code()), "{refused}");
    }
}

#[test]
fn what_it_does_not_cover_can_be() {
    // A fact about the scheme that readers of events should know, not a wish.
    let (secret, created, id, signature) = VECTORS[1];
    let altered = body(created, id).replace("\"entityId\":1", "\"entityId\":2");
    assert!(verify(&signed(&altered, signature), &[key(secret)]).is_ok());
}

#[test]
fn the_header_must_be_there_and_well_formed() {
    let keys = [key("test_client_secret")];
    let bare = request(Headers::new(), genuine().body);
    assert_eq!(verify(&bare, &keys).expect_err("no header").code(), "missing_header");
    let short = crate::mac::base64(&[7; 31]);
    let unpadded = VECTORS[1].3.trim_end_matches('=');
    for wrong in ["", "not base64!", &short, unpadded, "95ed494f"] {
        let refused = verify(&request(Headers::new().with(HEADER, wrong), genuine().body), &keys);
        assert_eq!(refused.expect_err(wrong).code(), "bad_encoding", "{wrong}");
    }
    let lower = request(Headers::new().with("x-ecwid-webhook-signature", VECTORS[1].3), genuine().body);
    assert!(verify(&lower, &keys).is_ok());
}

#[test]
fn a_body_without_what_is_signed_is_refused() {
    let (secret, created, id, signature) = VECTORS[1];
    for wrong in [
        String::new(),
        "[]".to_owned(),
        format!(r#"["{id}",{created},1003,1,"order.updated",null]"#),
        format!(r#"{{"eventId":"{id}"}}"#),
        format!(r#"{{"eventCreated":{created}}}"#),
        format!(r#"{{"eventId":null,"eventCreated":{created}}}"#),
        format!(r#"{{"eventId":"","eventCreated":{created}}}"#),
        format!(r#"{{"eventId":"{id}","eventId":"{id}","eventCreated":{created}}}"#),
        body(format!("\"{created}\""), id),
        body("1.5", id),
        body("-1634209655", id),
        body("16342096551634209655", id),
    ] {
        let refused = verify(&signed(&wrong, signature), &[key(secret)]).expect_err(&wrong);
        assert_eq!(refused.code(), "bad_body", "{wrong}");
    }
}

#[test]
fn retries_of_a_day_pass_and_older_replays_do_not() {
    let at = |offset_s: i64| {
        let now = Timestamp::from_secs(VECTORS[1].1 + offset_s);
        Ecwid
            .verify(&received(&genuine()), &[key("test_client_secret")], now)
            .map_err(|refused| refused.code())
    };
    assert!(at(24 * 3600).is_ok());
    assert!(at(25 * 3600).is_ok());
    assert_eq!(at(25 * 3600 + 1), Err("too_old"));
    assert!(at(-300).is_ok());
    assert_eq!(at(-301), Err("too_new"));
}

#[test]
fn age_is_told_only_of_genuine_requests() {
    let late = NOW.plus_ms(48 * 3_600_000);
    let refused = Ecwid.verify(&received(&genuine()), &[key("wrong")], late);
    assert_eq!(refused, Err(Rejection::WrongSignature));
}

#[test]
fn the_catalogue_is_the_event_map() {
    check_event_map(&Ecwid, 39);
    assert_eq!(Ecwid.catalog().topics.len(), 45);
}

#[test]
fn every_topic_goes_out_and_comes_back() {
    check_round_trips(&Ecwid, NOW);
}

#[test]
fn fixtures_become_what_they_became() {
    check_fixtures(&Ecwid);
}

#[test]
fn both_spellings_are_one_topic() {
    let reads = |name: &str| {
        Ecwid.read(&received(&request(Headers::new(), body(1, "x").replace("order.updated", name))))
    };
    let spelled = Ecwid.catalog().topics.iter().filter(|topic| !topic.aliases.is_empty());
    let mut count = 0;
    for topic in spelled {
        count += 1;
        assert_eq!(reads(topic.aliases[0]), reads(topic.name));
        assert_eq!(reads(topic.aliases[0]).expect("reads").topic, topic.name);
    }
    assert_eq!(count, 7);
}

#[test]
fn the_query_names_the_topic_only_if_the_body_does_not() {
    let without = br#"{"eventId":"e","eventCreated":1,"storeId":1,"entityId":7}"#;
    let with = body(1, "e");
    let read = |query, body: &[u8]| {
        let headers = Headers::new();
        Ecwid.read(&Incoming { query, headers: &headers, body }).map(|reading| reading.topic)
    };
    assert_eq!(read(Some("a=b&eventtype=product.deleted"), without).as_deref(), Ok("product.deleted"));
    assert_eq!(read(Some("eventType=product.deleted"), without).as_deref(), Ok("product.deleted"));
    assert_eq!(read(Some("eventtype=product.deleted"), with.as_bytes()).as_deref(), Ok("order.updated"));
    for nothing in [None, Some(""), Some("eventtype="), Some("eventtype"), Some("type=product.deleted")] {
        assert!(
            read(nothing, without).expect_err("no topic").to_string().contains("`eventType`"),
            "{nothing:?}"
        );
    }
}

#[test]
fn samples_have_the_documented_form() {
    let shop = ShopIdentity::of("store_id", "20417");
    let facts = SampleFacts { shop: &shop, subject_id: Some("88"), now: NOW, random: &Same };
    let made = |name: &str| Ecwid.sample(Ecwid.catalog().find(name).expect(name), &facts);

    let order = made("order.deleted");
    assert_eq!(order.query.as_deref(), Some("eventtype=order.deleted"));
    assert_eq!(
        String::from_utf8(order.body.clone()).expect("text"),
        r#"{"eventId":"11121314-1516-4718-991a-1b1c1d1e1f20","eventCreated":1634209660,"storeId":20417,"entityId":88,"eventType":"order.deleted","data":{"orderId":"KX4TQ"}}"#
    );
    let headers = Ecwid.sign(order, &key("k"), NOW).headers;
    let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Content-Type", "Cache-Control", "X-Ecwid-Webhook-Signature"]);
    assert_eq!(headers.get("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!(headers.get("cache-control"), Some("no-cache"));

    let text = |name| String::from_utf8(made(name).body).expect("text");
    assert!(
        text("application.installed").ends_with(r#""entityId":"88","eventType":"application.installed"}"#)
    );
    assert!(text("product.created").ends_with(r#""entityId":88,"eventType":"product.created"}"#));
}

#[test]
fn ids_that_are_no_numbers_go_out_as_text() {
    let shop = ShopIdentity::default();
    let topic = Ecwid.catalog().for_event_type(CanonicalType::ProductUpdated).expect("a topic");
    for id in ["a\"b", "007", "1.5", "-3", ""] {
        let facts = SampleFacts { shop: &shop, subject_id: Some(id), now: NOW, random: &Same };
        let body: serde_json::Value =
            serde_json::from_slice(&Ecwid.sample(topic, &facts).body).expect("valid JSON");
        assert_eq!(body["entityId"], id);
        assert_eq!(body["storeId"], 1003);
    }
}

#[test]
fn a_request_that_cannot_be_signed_goes_unsigned() {
    let topic = Ecwid.catalog().topics.first().expect("a topic");
    let header = Key::Header { name: "X-Token".to_owned(), value: shopwire_core::Secret::new("t") };
    for (draft, with) in [(sample(&Ecwid, topic, NOW), header), (request(Headers::new(), "{}"), key("k"))] {
        assert_eq!(Ecwid.sign(draft.clone(), &with, NOW), draft);
    }
}

#[test]
fn mistyped_bodies_get_an_answer() {
    check_mistyped(&Ecwid, NOW);
}

#[test]
fn deep_bodies_get_an_answer() {
    let deep = format!(r#"{{"eventId":"e","eventType":"order.created","data":{}"#, "[".repeat(100_000));
    let closed = format!("{deep}{}}}", "]".repeat(100_000));
    for body in [deep, closed] {
        check_answers(&Ecwid, &genuine(), body.as_bytes(), NOW);
    }
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_answers(&Ecwid, &genuine(), &body, NOW);
    }

    #[test]
    fn mangled_samples_get_an_answer(body in mangled(&Ecwid, NOW)) {
        check_answers(&Ecwid, &genuine(), &body, NOW);
    }
}
