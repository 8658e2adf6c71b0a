use bytes::Bytes;
use shopwire_core::commerce::{CanonicalType, EntityKind, EventType, Subject};
use shopwire_core::delivery::ContentMode;
use shopwire_core::{
    DialectId, Event, EventId, Headers, LoggedEvent, Origin, ReceivedWebhook, Secret, Seq, ShopId, SourceId,
    Timestamp,
};

use super::*;
use crate::Rejection;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn key(text: &str) -> SigningKey {
    SigningKey::parse(&Secret::new(text)).expect(text)
}

fn signed(body: &[u8], keys: &[SigningKey], now: Timestamp) -> Headers {
    let mut headers = Headers::new();
    sign(&mut headers, "evt_1", body, keys, now);
    headers
}

const FIRST: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECOND: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn agrees_with_the_public_vector() {
    let mut headers = Headers::new();
    let now = Timestamp::from_secs(1_614_265_330);
    sign(&mut headers, "msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#, &[key(FIRST)], now);
    assert_eq!(headers.get("webhook-signature"), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

#[test]
fn an_independent_implementation_signs_alike() {
    let oracle = standardwebhooks::Webhook::new(FIRST).expect("a secret");
    let theirs = oracle.sign("evt_1", NOW.as_secs(), b"{\"a\":1}").expect("signed");
    assert_eq!(signed(b"{\"a\":1}", &[key(FIRST)], NOW).get("webhook-signature"), Some(theirs.as_str()));
}

#[test]
fn during_a_rotation_both_secrets_sign_and_either_verifies() {
    let headers = signed(b"{}", &[key(FIRST), key(SECOND)], NOW);
    for (keys, index) in [(vec![key(FIRST)], 0), (vec![key(SECOND)], 0), (vec![key(SECOND), key(FIRST)], 0)] {
        assert_eq!(verify(&headers, b"{}", &keys, NOW).expect("genuine").key, index);
    }
}

#[test]
fn says_why_a_request_is_not_genuine() {
    let headers = signed(b"{}", &[key(FIRST)], NOW);
    let code = |headers: &Headers, body: &[u8], keys: &[SigningKey], now| {
        verify(headers, body, keys, now).expect_err("not genuine").code()
    };
    assert_eq!(code(&headers, b"{ }", &[key(FIRST)], NOW), "wrong_signature");
    assert_eq!(code(&headers, b"{}", &[key(SECOND)], NOW), "wrong_signature");
    assert_eq!(code(&headers, b"{}", &[], NOW), "no_key");
    assert_eq!(code(&headers, b"{}", &[key(FIRST)], NOW.plus_ms(301_000)), "too_old");
    assert_eq!(code(&headers, b"{}", &[key(FIRST)], NOW.plus_ms(-301_000)), "too_new");
    for missing in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let rest: Headers = headers.iter().filter(|(name, _)| *name != missing).collect();
        let rejection = verify(&rest, b"{}", &[key(FIRST)], NOW).expect_err("incomplete");
        assert_eq!(rejection, Rejection::MissingHeader { name: missing.to_owned() });
    }
    for (name, value) in
        [("webhook-timestamp", "soon"), ("webhook-signature", "v2,AAAA"), ("webhook-signature", "v1,*")]
    {
        let altered: Headers = headers.iter().map(|(n, v)| (n, if n == name { value } else { v })).collect();
        assert_eq!(code(&altered, b"{}", &[key(FIRST)], NOW), "bad_encoding", "{name}: {value}");
    }
}

#[test]
fn refuses_secrets_of_another_form() {
    for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64"] {
        assert!(SigningKey::parse(&Secret::new(wrong)).is_err(), "{wrong}");
    }
    assert!(!format!("{:?}", key(FIRST)).contains("MfKQ"));
}

fn logged(event_type: EventType, topic: &str, subject: Subject, body: &'static str) -> LoggedEvent {
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([2; 16]),
        dialect: DialectId::BigCommerce,
        topic: topic.to_owned(),
        platform_event_id: Some("64d346b71e4c02453da81c5d97cec8063a6e7a4d".to_owned()),
        query: None,
        headers: Headers::new(),
        body: Bytes::from_static(body.as_bytes()),
    };
    let event = Event {
        id: EventId::from_bytes([1; 16]),
        shop: ShopId::from_bytes([3; 16]),
        event_type,
        subject,
        occurred_at: NOW,
        received_at: NOW.plus_ms(1_234),
        origin: Origin::Webhook(webhook),
    };
    LoggedEvent { seq: Seq(42), event }
}

const STATUS: &str = r#"{"producer":"stores/8jbhprizry","hash":"64d346b71e4c02453da81c5d97cec8063a6e7a4d","created_at":1764000000,"store_id":"1003502318","scope":"store/order/statusUpdated","data":{"type":"order","id":423,"status":{"previous_status_id":11,"new_status_id":2}}}"#;

fn status_changed() -> Rendered {
    let subject = Subject::new(EntityKind::Order, 423);
    render(&logged(CanonicalType::OrderStatusChanged.into(), "store/order/statusUpdated", subject, STATUS))
}

fn pretty(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).expect("the body is JSON");
    serde_json::to_string_pretty(&value).expect("json")
}

#[test]
fn a_canonical_event_in_structured_mode() {
    insta::assert_snapshot!(pretty(status_changed().body(ContentMode::Structured)));
}

#[test]
fn binary_mode_puts_attributes_into_headers_and_data_into_the_body() {
    let rendered = status_changed();
    let whole: serde_json::Value =
        serde_json::from_slice(rendered.body(ContentMode::Structured)).expect("the body is JSON");
    let data: serde_json::Value = serde_json::from_slice(rendered.body(ContentMode::Binary)).expect("JSON");
    assert_eq!(whole["data"], data);
    let headers = rendered.headers(ContentMode::Binary);
    for (name, attribute) in [
        ("ce-id", "id"),
        ("ce-source", "source"),
        ("ce-type", "type"),
        ("ce-subject", "subject"),
        ("ce-time", "time"),
    ] {
        assert_eq!(headers.get(name), whole[attribute].as_str(), "{name}");
    }
    assert_eq!(headers.get("content-type"), Some("application/json"));
}

#[test]
fn a_native_event_carries_the_platforms_own_body() {
    let body = r#"{"scope":"store/shiny/polished","store_id":"1","data":{"type":"shiny","id":7},"producer":"stores/x"}"#;
    let event_type =
        EventType::Native { dialect: DialectId::BigCommerce, topic: "store/shiny/polished".to_owned() };
    let rendered = render(&logged(event_type, "store/shiny/polished", Subject::native("shiny", 7), body));
    let whole: serde_json::Value =
        serde_json::from_slice(rendered.body(ContentMode::Structured)).expect("JSON");
    assert_eq!(whole["type"], "shopwire.bigcommerce:store/shiny/polished");
    assert_eq!(whole["data"]["received"]["data"]["id"].to_string(), "7");
}

#[test]
fn what_cannot_be_decoded_is_sent_all_the_same() {
    let subject = Subject::new(EntityKind::Order, "ž 1%");
    let rendered = render(&logged(CanonicalType::OrderPaid.into(), "?", subject, "[1]"));
    let whole: serde_json::Value =
        serde_json::from_slice(rendered.body(ContentMode::Structured)).expect("JSON");
    assert_eq!(whole["data"]["object"]["id"], "ž 1%");
    assert_eq!(whole["data"]["received"].to_string(), "[1]");
    assert_eq!(rendered.headers(ContentMode::Binary).get("ce-subject"), Some("order/%C5%BE%201%25"));
}
