use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use shopwire_core::{Headers, Random, Secret, Timestamp};

use super::BigCommerce;
use crate::catalog::{BIGCOMMERCE, Topic};
use crate::testing::{Same, check_fixtures, check_mistyped, key, received};
use crate::{Dialect, Draft, Incoming, Key, Reading, Rejection, SampleFacts, ShopIdentity, Unreadable, mac};

/// The secret and the first of the two vectors computed for BigCommerce's scheme; the body is a captured one.
const SECRET: &str = "test_client_secret";
const ID: &str = "64d346b71e4c02453da81c5d97cec8063a6e7a4d";
const SIGNED_AT: i64 = 1_786_447_831;
const SIGNATURE: &str = "v1,NjRuLrQ5rh1vh77A7MNJ2+fKtG/B+tSzoNtrpOA9ubk=";
const BODY: &str = r#"{"producer":"stores/8jbhprizry","hash":"64d346b71e4c02453da81c5d97cec8063a6e7a4d","created_at":1786447828,"store_id":"1003502318","scope":"store/product/updated","data":{"type":"product","id":180}}"#;

/// Never the same bytes twice, and always the same from the start.
#[derive(Default)]
struct Counter(AtomicU64);

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(next.iter().cycle()).for_each(|(byte, value)| *byte = *value);
    }
}

fn now() -> Timestamp {
    Timestamp::from_secs(SIGNED_AT)
}

fn header_key(value: &str) -> Key {
    Key::Header { name: "X-Shop-Auth".to_owned(), value: Secret::new(value) }
}

fn signed(id: &str, timestamp: &str, signature: &str) -> Headers {
    [("Webhook-Id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
        .into_iter()
        .collect()
}

fn genuine() -> Headers {
    signed(ID, &SIGNED_AT.to_string(), SIGNATURE)
}

fn judge(headers: &Headers, body: &str, keys: &[Key], at: Timestamp) -> Result<usize, Rejection> {
    let incoming = Incoming { query: None, headers, body: body.as_bytes() };
    BigCommerce.verify(&incoming, keys, at).map(|verified| verified.key)
}

fn sample(topic: &'static Topic, subject_id: Option<&str>, random: &dyn Random) -> Draft {
    let shop = ShopIdentity::of("store_id", "1004417725").and("store_hash", "k3w9qpzt1a");
    BigCommerce.sample(topic, &SampleFacts { shop: &shop, subject_id, now: now(), random })
}

fn topic(name: &str) -> &'static Topic {
    BIGCOMMERCE.find(name).expect(name)
}

fn read(body: &str) -> Result<Reading, Unreadable> {
    BigCommerce.read(&Incoming { query: None, headers: &Headers::new(), body: body.as_bytes() })
}

// --- verification ---

#[test]
fn accepts_the_vectors() {
    let second = r#"{"producer":"stores/8jbhprizry","hash":"14cd73eb75a18497d869470ae6f6e62540be8d9a","created_at":1786447917,"store_id":"1003502318","scope":"store/sku/updated","data":{"type":"sku","id":145,"sku":{"product_id":180,"variant_id":167}}}"#;
    let vectors = [
        (SECRET, ID, SIGNED_AT, BODY, SIGNATURE),
        (
            SECRET,
            "14cd73eb75a18497d869470ae6f6e62540be8d9a",
            1_786_447_920,
            second,
            "v1,LxaJmh6X8ogwFEYXf1psjV4vPzUyWtb1CsnA7IWSJZg=",
        ),
    ];
    for (secret, id, at, body, signature) in vectors {
        let headers = signed(id, &at.to_string(), signature);
        assert_eq!(judge(&headers, body, &[key(secret)], Timestamp::from_secs(at)), Ok(0), "{id}");
    }
}

/// Its key is not text, so it can't be a client secret: only the hash itself is compared.
#[test]
fn agrees_with_the_public_vector_of_standard_webhooks() {
    let key = mac::from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
    let ours =
        super::verify::mac_of(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
    assert_eq!(mac::base64(&ours), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_captured_signature_has_the_form_but_not_our_secret() {
    let captured = signed(ID, &SIGNED_AT.to_string(), "v1,Op+8O1TMMJSf6PU/SDZbpSTsqdMuVBZ1wbpYq1C3dCY=");
    assert_eq!(judge(&captured, BODY, &[key(SECRET)], now()), Err(Rejection::WrongSignature));
}

#[test]
fn any_active_secret_will_do_and_is_named() {
    let keys = [key("old"), header_key("x"), key(SECRET)];
    assert_eq!(judge(&genuine(), BODY, &keys, now()), Ok(2));
}

#[test]
fn refuses_what_was_altered_or_signed_with_another_secret() {
    let ts = SIGNED_AT.to_string();
    let later = (SIGNED_AT + 1).to_string();
    for (headers, body, secret) in [
        (genuine(), BODY.replace("180", "181"), SECRET),
        (genuine(), format!("{BODY}\n"), SECRET),
        (genuine(), BODY.to_owned(), "test_client_secret "),
        (genuine(), BODY.to_owned(), "dGVzdF9jbGllbnRfc2VjcmV0"),
        (genuine(), BODY.to_owned(), ""),
        (signed("another", &ts, SIGNATURE), BODY.to_owned(), SECRET),
        (signed(ID, &later, SIGNATURE), BODY.to_owned(), SECRET),
        (signed(ID, &format!("0{ts}"), SIGNATURE), BODY.to_owned(), SECRET),
    ] {
        assert_eq!(
            judge(&headers, &body, &[key(secret)], now()),
            Err(Rejection::WrongSignature),
            "{headers:?}"
        );
    }
}

#[test]
fn names_the_header_that_is_missing() {
    for absent in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let headers = genuine();
        let left: Headers = headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(absent)).collect();
        let error = judge(&left, BODY, &[key(SECRET)], now()).expect_err(absent);
        assert_eq!(error, Rejection::MissingHeader { name: absent.to_owned() });
    }
}

#[test]
fn a_time_that_is_no_number_is_badly_encoded() {
    for wrong in
        ["", "soon", "1786447831.5", "-1786447831", "+1786447831", " 1786447831", "99999999999999999999"]
    {
        let error = judge(&signed(ID, wrong, SIGNATURE), BODY, &[key(SECRET)], now()).expect_err(wrong);
        assert!(
            matches!(&error, Rejection::BadEncoding { name, .. } if name == "webhook-timestamp"),
            "{wrong}: {error}"
        );
    }
}

#[test]
fn a_genuine_request_is_good_for_five_minutes_either_way() {
    for (offset_s, code) in [(300, None), (301, Some("too_old")), (-300, None), (-301, Some("too_new"))] {
        let verdict = judge(&genuine(), BODY, &[key(SECRET)], now().plus_ms(offset_s * 1000));
        assert_eq!(verdict.as_ref().err().map(Rejection::code), code, "{offset_s}");
    }
    let forged = judge(&genuine(), "{}", &[key(SECRET)], now().plus_ms(999_000));
    assert_eq!(forged, Err(Rejection::WrongSignature), "only genuine requests are told that they are old");
}

#[test]
fn one_good_signature_among_others_is_enough() {
    let bad = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for list in [
        format!("{bad} {SIGNATURE}"),
        format!("{SIGNATURE} {bad}"),
        format!("v2,whatever v1,short v1 {SIGNATURE}"),
        format!("  {SIGNATURE}  "),
    ] {
        assert_eq!(
            judge(&signed(ID, &SIGNED_AT.to_string(), &list), BODY, &[key(SECRET)], now()),
            Ok(0),
            "{list}"
        );
    }
    let none = signed(ID, &SIGNED_AT.to_string(), &format!("{bad} {bad}"));
    assert_eq!(judge(&none, BODY, &[key(SECRET)], now()), Err(Rejection::WrongSignature));
}

#[test]
fn a_list_without_a_known_signature_is_badly_encoded() {
    let unversioned = SIGNATURE.trim_start_matches("v1,");
    let url_safe = SIGNATURE.replace('+', "-").replace('/', "_");
    let v2 = SIGNATURE.replace("v1,", "v2,");
    let upper = SIGNATURE.replace("v1,", "V1,");
    for list in
        ["", "   ", "v1,", "v1", "v1, ", "v1,!!!!", "v1,c2hvcnQ=", unversioned, &url_safe, &v2, &upper]
    {
        let headers = signed(ID, &SIGNED_AT.to_string(), list);
        let error = judge(&headers, BODY, &[key(SECRET)], now()).expect_err(list);
        assert!(
            matches!(&error, Rejection::BadEncoding { name, .. } if name == "webhook-signature"),
            "{list}: {error}"
        );
    }
}

#[test]
fn the_registered_header_is_the_older_way() {
    let plain = Headers::new().with("x-shop-auth", "swordfish");
    let keys = [header_key("former"), header_key("swordfish")];
    assert_eq!(judge(&plain, BODY, &keys, now()), Ok(1));
    assert_eq!(judge(&genuine().with("X-Shop-Auth", "swordfish"), BODY, &keys, now()), Ok(1));
    for wrong in ["", "swordfis", "swordfish ", "Swordfish"] {
        let headers = Headers::new().with("X-Shop-Auth", wrong);
        assert_eq!(judge(&headers, BODY, &keys, now()), Err(Rejection::WrongSignature), "{wrong}");
    }
    let missing = judge(&Headers::new(), BODY, &keys, now());
    assert_eq!(missing, Err(Rejection::MissingHeader { name: "X-Shop-Auth".to_owned() }));
}

#[test]
fn with_both_kinds_of_key_only_the_signature_counts() {
    let both = [key(SECRET), header_key("swordfish")];
    let plain = Headers::new().with("X-Shop-Auth", "swordfish");
    assert_eq!(judge(&genuine(), BODY, &both, now()), Ok(0));
    let unsigned = Rejection::MissingHeader { name: "webhook-id".to_owned() };
    assert_eq!(judge(&plain, BODY, &both, now()), Err(unsigned));
    let forged =
        plain.with("webhook-id", ID).with("webhook-timestamp", "1").with("webhook-signature", SIGNATURE);
    assert_eq!(judge(&forged, BODY, &both, now()), Err(Rejection::WrongSignature));
    assert_eq!(judge(&genuine(), BODY, &[], now()), Err(Rejection::NoKey));
}

// --- signing ---

#[test]
fn signs_like_the_vector_and_after_the_other_headers() {
    let headers = Headers::new().with("Content-Type", "application/json").with("Accept-Encoding", "gzip");
    let draft = Draft { query: None, headers, body: BODY.as_bytes().to_vec() };
    let request = BigCommerce.sign(draft.clone(), &key(SECRET), now());
    let expected = [
        ("Content-Type", "application/json"),
        ("Accept-Encoding", "gzip"),
        ("webhook-id", ID),
        ("webhook-timestamp", "1786447831"),
        ("webhook-signature", SIGNATURE),
    ];
    assert_eq!(request.headers.iter().collect::<Vec<_>>(), expected);
    assert_eq!(request.body, BODY.as_bytes());

    let older = BigCommerce.sign(draft, &header_key("swordfish"), now());
    assert_eq!(older.headers.iter().skip(2).collect::<Vec<_>>(), [("X-Shop-Auth", "swordfish")]);
}

#[test]
fn an_independent_implementation_accepts_our_signatures_and_we_accept_its() {
    #[expect(clippy::disallowed_methods, reason = "the other implementation reads the system's clock itself")]
    let present = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let present = Timestamp::from_secs(i64::try_from(present.as_secs()).expect("in range"));
    let oracle = standardwebhooks::Webhook::from_bytes(SECRET.into()).expect("a key of any length");
    for topic in BIGCOMMERCE.topics {
        let draft = sample(topic, None, &Same);
        let request = BigCommerce.sign(draft, &key(SECRET), present);
        let mut headers = http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, request.headers.get(name).expect(name).parse().expect("a header value"));
        }
        oracle.verify(&request.body, &headers).expect(topic.name);

        let theirs = oracle.sign("evt-1", SIGNED_AT, &request.body).expect("text");
        let body = std::str::from_utf8(&request.body).expect("text");
        let headers = signed("evt-1", &SIGNED_AT.to_string(), &theirs);
        assert_eq!(judge(&headers, body, &[key(SECRET)], now()), Ok(0), "{}", topic.name);
    }
}

// --- samples ---

#[test]
fn every_topic_goes_round_from_sample_to_event() {
    for topic in BIGCOMMERCE.topics {
        let request = BigCommerce.sign(sample(topic, None, &Same), &key(SECRET), now());
        let incoming = received(&request);
        BigCommerce.verify(&incoming, &[key(SECRET)], now()).expect(topic.name);
        let reading = BigCommerce.read(&incoming).expect(topic.name);
        assert_eq!(reading.topic, topic.name.replace("{channel_id}", "1"));
        assert_eq!(reading.event_type.canonical(), topic.event_type, "{}", topic.name);
        assert_eq!(reading.subject.kind_name(), topic.subject, "{}", topic.name);
        assert_ne!(reading.subject.id(), "unknown", "{}", topic.name);
        assert_eq!(request.headers.get("webhook-id"), Some(reading.identity_key.as_str()));
    }
}

#[test]
fn samples_become_these_events() {
    let lines = BIGCOMMERCE.topics.iter().map(|topic| {
        let draft = sample(topic, None, &Same);
        let reading = BigCommerce.read(&received(&draft)).expect(topic.name);
        let canonical = BigCommerce.canonical(&received(&draft), &reading).expect(topic.name);
        let told = String::from_utf8(canonical.to_json()).expect("text");
        format!("{} | {} | {told}", reading.event_type, reading.subject)
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn samples_are_written_as_bigcommerce_writes() {
    let draft = sample(topic("store/sku/updated"), Some("915"), &Same);
    assert_eq!(
        String::from_utf8(draft.body).expect("text"),
        r#"{"producer":"stores/k3w9qpzt1a","hash":"738fe834608d99fb630f690d6e6a7903308827f6","created_at":1786447831,"store_id":"1004417725","scope":"store/sku/updated","data":{"type":"sku","id":145,"sku":{"product_id":180,"variant_id":915}}}"#
    );
    let unnamed =
        SampleFacts { shop: &ShopIdentity::default(), subject_id: Some("77"), now: now(), random: &Same };
    let draft = BigCommerce.sample(topic("store/channel/{channel_id}/settings/logo/updated"), &unnamed);
    assert_eq!(
        String::from_utf8(draft.body).expect("text"),
        r#"{"producer":"stores/abcdefg","hash":"9eefebdc15ca05ff3e9ef0de3b5c5363dfffe9ab","created_at":1786447831,"store_id":"123456","scope":"store/channel/77/settings/logo/updated","data":{}}"#
    );
}

#[test]
fn samples_are_about_the_wanted_subject_and_never_alike() {
    let random = Counter::default();
    let mut seen = std::collections::BTreeSet::new();
    for topic in BIGCOMMERCE.topics.iter().filter(|topic| topic.identifier != "shop") {
        for wanted in ["915", "no-number"] {
            let draft = sample(topic, Some(wanted), &random);
            let reading = BigCommerce.read(&received(&draft)).expect(topic.name);
            assert_eq!(reading.subject.id(), wanted, "{}", topic.name);
            assert!(seen.insert(reading.identity_key), "{}", topic.name);
        }
    }
}

// --- decoding ---

#[test]
fn fixtures_become_what_they_became() {
    check_fixtures(&BigCommerce);
}

#[test]
fn mistyped_bodies_get_an_answer() {
    check_mistyped(&BigCommerce, now());
}

#[test]
fn one_variant_is_one_subject_in_all_its_events() {
    for body in [
        include_str!("fixtures/sku_updated.json"),
        include_str!("fixtures/sku_inventory_order_updated.json"),
        include_str!("fixtures/inventory_with_a_star.json"),
    ] {
        assert_eq!(read(body).expect("readable").subject.as_str(), "variant/915");
    }
}

#[test]
fn a_body_without_a_hash_is_known_by_its_bytes() {
    let identity = |body: &str| read(body).expect("readable").identity_key;
    let body = r#"{"store_id":1,"scope":"store/order/updated","data":{"id":1}}"#;
    assert_eq!(identity(body), identity(body));
    assert_eq!(identity(body).len(), 64);
    assert_ne!(identity(body), identity(&body.replace("\"id\":1", "\"id\":2")));
}

#[test]
fn refuses_bodies_that_are_no_webhook_and_says_why() {
    let deep = format!(r#"{{"scope":"store/x/y","data":{}}}"#, "[".repeat(100_000) + &"]".repeat(100_000));
    for (body, says) in [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        (r#"["stores/x","h",1,"1","store/order/updated",{}]"#, "not a JSON object"),
        ("{", "EOF"),
        ("{}", "`scope` is missing"),
        (r#"{"scope":null}"#, "`scope` is missing"),
        (r#"{"scope":""}"#, "`scope` is missing"),
        (r#"{"scope":7}"#, "`scope` is missing"),
        (r#"{"scope":"store/\u0000"}"#, "control character"),
        (r#"{"scope":"a","scope":"b"}"#, "duplicate field"),
        (r#"{"scope":"a"} trailing"#, "trailing"),
        (deep.as_str(), "recursion limit"),
    ] {
        let error = read(body).expect_err(says).to_string();
        assert!(
            error.starts_with("the body is not a bigcommerce webhook") && error.contains(says),
            "{error}"
        );
    }
}

#[test]
fn strange_scopes_are_kept_and_still_have_a_subject() {
    for (scope, subject) in [
        ("x", "unknown/5"),
        ("store//created", "unknown/5"),
        ("store/priceBook/created", "price_book/5"),
        ("store/order/", "order/5"),
        ("///", "unknown/5"),
    ] {
        let reading = read(&format!(r#"{{"scope":"{scope}","data":{{"id":5}}}}"#)).expect(scope);
        assert_eq!((reading.subject.as_str(), reading.topic.as_str()), (subject, scope));
        assert_eq!(reading.event_type.to_string(), format!("bigcommerce:{scope}"));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300), header in "\\PC{0,60}") {
        let headers = signed(&header, &header, &header);
        let incoming = Incoming { query: None, headers: &headers, body: &body };
        prop_assert!(BigCommerce.verify(&incoming, &[key(SECRET)], now()).is_err());
        prop_assert!(BigCommerce.read(&incoming).is_err(), "random bytes are no webhook");
    }

    #[test]
    fn mutated_samples_never_panic_and_never_verify(
        index in 0..BIGCOMMERCE.topics.len(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let topic = &BIGCOMMERCE.topics[index];
        let mut request = BigCommerce.sign(sample(topic, None, &Same), &key(SECRET), now());
        let original = request.body.clone();
        let at = at.index(original.len());
        if cut { request.body.truncate(at) } else { request.body[at] = byte }
        let incoming = received(&request);
        let verdict = BigCommerce.verify(&incoming, &[key(SECRET)], now());
        prop_assert_eq!(verdict.is_ok(), request.body == original);
        if let Ok(reading) = BigCommerce.read(&incoming) {
            BigCommerce.canonical(&incoming, &reading).expect("what reads well has canonical data");
        }
    }
}
