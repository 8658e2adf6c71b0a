use proptest::prelude::*;
use serde_json::Value;
use shopwire_core::{Headers, Secret, Timestamp};

use super::Shoptet;
use super::sign::HEADER;
use crate::style::php;
use crate::testing::{
    Same, check_answers, check_event_map, check_fixtures, check_mistyped, check_round_trips, key, mangled,
    received, request, sample,
};
use crate::{Dialect, Draft, Key, Rejection, SampleFacts, ShopIdentity, Verified};

/// Key, body, signature. The first is public (a unit test of Shoptet's PHP SDK), the second was computed with OpenSSL.
const VECTORS: [(&str, &str, &str); 2] = [
    (
        "61d1175f54c47dd67df14c17002a17b2",
        r#"{"eshopId":315185,"event":"addon:uninstall","eventCreated":"2019-09-23T22:01:36+0200","eventInstance":"315185"}"#,
        "a0e0a3e7689bd4c80e4d6ffcccb05235b864e1d0",
    ),
    (
        "8a5e881b19ad6cc0bc986587b22e30be",
        r#"{"eshopId":222651,"event":"order:create","eventCreated":"2019-01-08T15:13:39+0100","eventInstance":"2018000057"}"#,
        "309e33c5d15cc963c2c56d3a4fc2c02b40c58ce8",
    ),
];

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

fn genuine() -> Draft {
    signed(VECTORS[1].1, VECTORS[1].2)
}

fn signed(body: &str, signature: &str) -> Draft {
    request(Headers::new().with(HEADER, signature), body)
}

fn verify(draft: &Draft, keys: &[Key]) -> Result<Verified, Rejection> {
    Shoptet.verify(&received(draft), keys, NOW)
}

#[test]
fn the_known_signatures_verify_and_are_made() {
    for (secret, body, signature) in VECTORS {
        let made = Shoptet.sign(request(Headers::new(), body), &key(secret), NOW);
        assert_eq!(made, signed(body, signature));
        assert_eq!(verify(&made, &[key(secret)]), Ok(Verified { key: 0 }));
    }
}

#[test]
fn any_active_secret_will_do() {
    let secret = VECTORS[1].0;
    let header = Key::Header { name: "X-Token".to_owned(), value: Secret::new("t") };
    assert_eq!(verify(&genuine(), &[header.clone(), key("new"), key(secret)]), Ok(Verified { key: 2 }));
    assert_eq!(
        verify(&genuine(), &[key("new"), key(&secret.to_uppercase())]),
        Err(Rejection::WrongSignature)
    );
    assert_eq!(verify(&genuine(), &[header]), Err(Rejection::NoKey));
    assert_eq!(verify(&genuine(), &[]), Err(Rejection::NoKey));
}

#[test]
fn no_byte_of_the_body_can_be_altered() {
    let (secret, body, signature) = VECTORS[1];
    for at in 0..body.len() {
        let mut altered = body.as_bytes().to_vec();
        altered[at] ^= 1;
        let draft = request(Headers::new().with(HEADER, signature), altered);
        assert_eq!(verify(&draft, &[key(secret)]), Err(Rejection::WrongSignature), "{at}");
    }
    for altered in [format!("{body}\n"), format!(" {body}"), body[..body.len() - 1].to_owned(), String::new()]
    {
        assert_eq!(verify(&signed(&altered, signature), &[key(secret)]), Err(Rejection::WrongSignature));
    }
}

#[test]
fn the_header_must_be_there_and_well_formed() {
    let (secret, body, signature) = VECTORS[1];
    let keys = [key(secret)];
    assert_eq!(verify(&request(Headers::new(), body), &keys).expect_err("none").code(), "missing_header");
    let upper = signature.to_uppercase();
    let prefixed = format!("sha1={signature}");
    for wrong in ["", "xyz", &signature[1..], &upper, &prefixed, "żółw"] {
        assert_eq!(verify(&signed(body, wrong), &keys).expect_err(wrong).code(), "bad_encoding", "{wrong}");
    }
    let lower_name = request(Headers::new().with("shoptet-webhook-signature", signature), body);
    assert!(verify(&lower_name, &keys).is_ok());
}

#[test]
fn the_catalogue_is_the_event_map() {
    check_event_map(&Shoptet, 48);
    assert_eq!(Shoptet.catalog().topics.len(), 111);
}

#[test]
fn conflicts_are_told_by_both_sides() {
    let catalog = Shoptet.catalog();
    let mut count = 0;
    for topic in catalog.topics {
        for other in topic.conflicts {
            count += 1;
            let other = catalog.find(other).expect("it is catalogued");
            assert!(other.conflicts.contains(&topic.name), "{} and {}", topic.name, other.name);
        }
    }
    assert_eq!(count, 6);
}

#[test]
fn every_topic_goes_out_and_comes_back() {
    check_round_trips(&Shoptet, NOW);
}

#[test]
fn fixtures_become_what_they_became() {
    check_fixtures(&Shoptet);
}

#[test]
fn a_subjects_kind_never_holds_a_slash() {
    for (topic, subject) in [("a/b:c", "a_b/1"), (":x", "unknown/1"), ("/", "_/1"), ("stock:x", "stock/1")] {
        let body = format!(r#"{{"event":"{topic}","eventInstance":"1"}}"#);
        let reading = Shoptet.read(&received(&request(Headers::new(), body))).expect(topic);
        assert_eq!((reading.subject.as_str(), reading.topic.as_str()), (subject, topic));
        assert_eq!(reading.event_type.canonical(), None);
    }
}

#[test]
fn samples_are_what_php_would_write_again() {
    for topic in Shoptet.catalog().topics {
        let body = String::from_utf8(sample(&Shoptet, topic, NOW).body).expect("text");
        let decoded: Value = serde_json::from_str(&body).expect("json");
        assert_eq!(php::encode(&decoded), body);
    }
}

#[test]
fn samples_have_the_documented_form() {
    let shop = ShopIdentity::of("eshop_id", "125671");
    let text = |name: &str, subject_id: Option<&str>| {
        let facts = SampleFacts { shop: &shop, subject_id, now: NOW, random: &Same };
        let draft = Shoptet.sample(Shoptet.catalog().find(name).expect(name), &facts);
        assert_eq!(draft.query, None);
        assert_eq!(draft.headers, Headers::new().with("Content-Type", "application/json"));
        String::from_utf8(draft.body).expect("text")
    };
    assert_eq!(
        text("order:create", Some("2026/ž")),
        r#"{"eshopId":125671,"event":"order:create","eventCreated":"2026-09-21T14:13:20+0000","eventInstance":"2026\/\u017e"}"#
    );
    for (topic, subject_id, instance) in [
        ("order:create", None, r#""2018000057""#),
        ("addon:suspend", None, "125671"),
        ("addon:approve", Some("42"), "42"),
        ("addon:terminate", None, "125671"),
        ("addon:uninstall", None, r#""125671""#),
        ("eshop:design", None, r#""125671""#),
        ("customer:import", None, r#""customers""#),
        ("order:massCreate", None, r#""[\"2018000057\",\"2018000058\"]""#),
        ("product:massUpdate", Some("a/b"), r#""[\"a\\\/b\"]""#),
    ] {
        let body = text(topic, subject_id);
        assert!(body.ends_with(&format!(r#""eventInstance":{instance}}}"#)), "{body}");
    }
}

#[test]
fn copies_share_an_identity_and_others_do_not() {
    let identity =
        |body: &str| Shoptet.read(&received(&request(Headers::new(), body))).expect("reads").identity_key;
    let body = |event: &str, instance: &str, created: &str| {
        format!(r#"{{"eshopId":1,"event":"{event}","eventCreated":{created},"eventInstance":{instance}}}"#)
    };
    let time = "\"2026-03-14T09:26:53+0100\"";
    let one = identity(&body("order:update", "\"7\"", time));
    assert_eq!(one, identity(&body("order:update", "7", time).replace(',', ", ")));
    let others = [
        body("order:create", "\"7\"", time),
        body("order:update", "\"8\"", time),
        body("order:update", "\"7\"", "\"2026-03-14T09:26:54+0100\""),
        body("order:update", "\"7\"", "null"),
        body("order:update", "null", time),
    ];
    for other in &others {
        assert_ne!(one, identity(other), "{other}");
    }
    let many = |last: &str| {
        let codes: Vec<_> = (0..300).map(|n| format!("\\\"{n}\\\"")).collect();
        identity(&body("order:massUpdate", &format!("\"[{},\\\"{last}\\\"]\"", codes.join(",")), time))
    };
    assert_eq!(many("a"), many("a"));
    assert_ne!(many("a"), many("b"));
    assert!(many("a").len() < 100);
}

#[test]
fn bodies_that_are_no_webhooks_say_why() {
    for (body, why) in [
        ("", "JSON object"),
        ("[1,\"order:create\"]", "JSON object"),
        ("{", "EOF"),
        ("{}", "`event` is missing"),
        (r#"{"event":7}"#, "`event` is missing"),
        (r#"{"event":"order:create","event":"order:delete"}"#, "duplicate"),
    ] {
        let refused = Shoptet.read(&received(&request(Headers::new(), body))).expect_err(body).to_string();
        assert!(refused.contains(why) && refused.contains("shoptet"), "{refused}");
    }
}

#[test]
fn a_key_of_another_scheme_leaves_the_request_unsigned() {
    let draft = request(Headers::new(), VECTORS[1].1);
    let header = Key::Header { name: "X-Token".to_owned(), value: Secret::new("t") };
    assert_eq!(Shoptet.sign(draft.clone(), &header, NOW), draft);
}

#[test]
fn mistyped_bodies_get_an_answer() {
    check_mistyped(&Shoptet, NOW);
}

#[test]
fn deep_bodies_get_an_answer() {
    let deep = format!(r#"{{"event":"order:update","eventInstance":"1","payload":{}"#, "[".repeat(100_000));
    let closed = format!("{deep}{}}}", "]".repeat(100_000));
    for body in [deep, closed] {
        check_answers(&Shoptet, &genuine(), body.as_bytes(), NOW);
    }
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_answers(&Shoptet, &genuine(), &body, NOW);
    }

    #[test]
    fn mangled_samples_get_an_answer(body in mangled(&Shoptet, NOW)) {
        check_answers(&Shoptet, &genuine(), &body, NOW);
    }
}
