//! The platforms' signatures once more, written from their documentation with nothing of Shopwire's, as an app would.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha256;
use shopwire_testkit::Received;

fn sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// A header by its exact name: real receivers compare letter case.
fn exactly<'r>(request: &'r Received, name: &str) -> &'r str {
    let found = request.headers.iter().find(|(given, _)| *given == name);
    found.map(|(_, value)| value).unwrap_or_else(|| panic!("no header `{name}` in\n{}", request.head_text()))
}

fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).expect("a JSON body")
}

fn text<'v>(body: &'v Value, name: &str) -> &'v str {
    body[name].as_str().unwrap_or_else(|| panic!("`{name}` is no text in {body}"))
}

/// The topic of a request that is genuine; panics if it is not.
pub(super) fn topic(platform: &str, secret: &str, request: &Received) -> String {
    assert_eq!(request.method, "POST");
    match platform {
        "ecwid" => ecwid(secret, request),
        "bigcommerce" => bigcommerce(secret, request),
        "shoptet" => shoptet(secret, request),
        "shoplazza" => shoplazza(secret, request),
        "duda" => duda(secret, request),
        other => panic!("no platform {other}"),
    }
}

fn ecwid(secret: &str, request: &Received) -> String {
    let body = body(request);
    let signed = format!("{}.{}", body["eventCreated"], text(&body, "eventId"));
    let expected = STANDARD.encode(sha256(secret.as_bytes(), &[signed.as_bytes()]));
    assert_eq!(exactly(request, "X-Ecwid-Webhook-Signature"), expected);
    assert!(exactly(request, "Content-Type").starts_with("application/json"));
    assert!(body["storeId"].is_number() && body["eventCreated"].is_number(), "{body}");
    let topic = text(&body, "eventType").to_owned();
    assert!(request.target.ends_with(&format!("eventtype={topic}")), "{}", request.target);
    topic
}

fn bigcommerce(secret: &str, request: &Received) -> String {
    let (id, at) = (exactly(request, "webhook-id"), exactly(request, "webhook-timestamp"));
    let mac = sha256(secret.as_bytes(), &[id.as_bytes(), b".", at.as_bytes(), b".", &request.body]);
    assert_eq!(exactly(request, "webhook-signature"), format!("v1,{}", STANDARD.encode(mac)));
    assert_eq!(exactly(request, "Content-Type"), "application/json");
    let body = body(request);
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["producer", "hash", "created_at", "store_id", "scope", "data"]);
    assert_eq!(text(&body, "hash"), id);
    assert_eq!((id.len(), text(&body, "producer")), (40, "stores/abcdefg"));
    text(&body, "scope").to_owned()
}

fn shoptet(secret: &str, request: &Received) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&request.body);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(exactly(request, "Shoptet-Webhook-Signature"), expected);
    let body = body(request);
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["eshopId", "event", "eventCreated", "eventInstance"]);
    assert!(body["eshopId"].is_number() && body["eventInstance"].is_string(), "{body}");
    text(&body, "event").to_owned()
}

fn shoplazza(secret: &str, request: &Received) -> String {
    let expected = STANDARD.encode(sha256(secret.as_bytes(), &[&request.body]));
    assert_eq!(exactly(request, "X-Shoplazza-Hmac-Sha256"), expected);
    assert_eq!(exactly(request, "X-Shoplazza-Shop-Domain"), "north.myshoplaza.com");
    for name in ["X-Shoplazza-Api-Version", "X-Shoplazza-Deduplication-ID"] {
        assert!(!exactly(request, name).is_empty(), "{name}");
    }
    assert!(body(request).is_object());
    exactly(request, "X-Shoplazza-Topic").to_owned()
}

fn duda(secret: &str, request: &Received) -> String {
    let at = exactly(request, "x-duda-signature-timestamp");
    let mac = sha256(&STANDARD.decode(secret).unwrap(), &[at.as_bytes(), b".", &request.body]);
    assert_eq!(exactly(request, "x-duda-signature"), STANDARD.encode(mac));
    assert_eq!(exactly(request, "content-type"), "application/json");
    let body = body(request);
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["data", "source", "resource_data", "event_timestamp", "event_type"]);
    assert_eq!(body["resource_data"]["site_name"], "931c0ef0");
    text(&body, "event_type").to_owned()
}
