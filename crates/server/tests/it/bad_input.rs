//! Bad input gets a 4xx problem, and nothing else happens (the table of issue §7).

use serde_json::json;
use shopwire_core::{DialectId, Headers};
use shopwire_dialects::Draft;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Answer, head, send, until_closed};
use crate::world::{World, signed};

const HUNDRED_MB: usize = 100 << 20;

/// A body as the platform would sign it, whatever it is.
fn shoptet(body: impl Into<Vec<u8>>) -> Draft {
    let headers = Headers::new().with("Content-Type", "application/json");
    signed(DialectId::Shoptet, Draft { query: None, headers, body: body.into() })
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn bad_bodies() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("no JSON", b"hello".to_vec()),
        ("two values", b"{} {}".to_vec()),
        ("cut off", br#"{"eshopId": 1, "ev"#.to_vec()),
        ("nested 100 000 deep", nested(100_000).into_bytes()),
        ("nested objects", r#"{"a":"#.repeat(50_000).into_bytes()),
        ("invalid UTF-8", b"{\"event\": \"\xff\xfe\"}".to_vec()),
        ("duplicate keys", br#"{"eshopId": 1, "eshopId": 2, "event": "order:create"}"#.to_vec()),
        ("duplicate keys, one escaped", br#"{"event": "a", "\u0065vent": "b"}"#.to_vec()),
        ("a NUL", b"{\"event\": \"order\0create\"}".to_vec()),
        ("a NUL between", b"{\"event\":\0 1}".to_vec()),
        ("no object", b"[1, 2]".to_vec()),
        ("an object of something else", b"{}".to_vec()),
    ]
}

#[tokio::test]
async fn bad_bodies_are_refused_signed_or_not_and_the_log_stays_empty() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    for (what, body) in bad_bodies() {
        let answer = world.deliver(&source, &shoptet(body.clone())).await;
        let code = if matches!(what, "no object" | "an object of something else") {
            "unreadable_webhook"
        } else {
            "malformed_json"
        };
        let problem = answer.problem(400, code);
        assert!(problem["detail"].as_str().unwrap().len() < 300, "{what}: {problem}");
        let unsigned = Draft { query: None, headers: Headers::new(), body };
        world.deliver(&source, &unsigned).await.problem(401, "not_genuine");
    }
    assert!(world.all("/v1/events", 10).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn the_wrong_content_type_is_refused_before_anything_else() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
    {
        let mut webhook = shoptet("{}");
        let rest = webhook.headers.iter().filter(|(name, _)| *name != "Content-Type");
        webhook.headers = rest.collect::<Headers>().with("Content-Type", content_type);
        world.deliver(&source, &webhook).await.problem(415, "unsupported_media_type");
    }
    assert!(world.all("/v1/rejections", 10).await.is_empty());
    assert!(world.all("/v1/events", 10).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_unread() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let head = head("POST", &format!("/in/{source}"), &Headers::new());
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(format!("{head}Content-Length: {HUNDRED_MB}\r\n\r\n").as_bytes()).await.unwrap();
    let answer = Answer::parse(&until_closed(&mut stream).await);
    assert_eq!(answer.problem(413, "body_too_large")["limit"], "body_bytes_max");
    world.stop().await;
}

#[tokio::test]
async fn a_body_that_never_says_how_long_it_is_is_cut_off() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let head = head("POST", &format!("/in/{source}"), &Headers::new());
    let stream = TcpStream::connect(world.address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let sending = tokio::spawn(async move {
        writer.write_all(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x1_0000], b"\r\n"].concat();
        let mut sent = 0;
        while sent < HUNDRED_MB && writer.write_all(&chunk).await.is_ok() {
            sent += 0x1_0000;
        }
        (sent, writer)
    });
    let answer = Answer::parse(&until_closed(&mut reader).await);
    answer.problem(413, "body_too_large");
    let (sent, _writer) = sending.await.unwrap();
    assert!(sent < HUNDRED_MB / 2, "{sent} bytes were taken");
    assert!(world.all("/v1/events", 10).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn the_api_refuses_bodies_it_does_not_understand_and_names_the_place() {
    let world = World::new().await;
    let headers = Headers::new()
        .with("authorization", format!("Bearer {}", world.admin))
        .with("content-type", "application/json");
    for (body, place) in [
        (&b"{\"name\": "[..], "line 1 column 9"),
        (
            b"{\"name\": \"a\", \"colour\": \"red\"}",
            "unknown field `colour`, expected `name` or `identities`",
        ),
        (b"{\"name\": \"a\", \"name\": \"b\"}", "duplicate key `name`"),
        (b"{\"name\": 7}", "expected a string"),
        (b"{}", "missing field `name`"),
        (b"", "missing field `name`"),
        (b"[]", "invalid length 0"),
        (b"{\"name\": \"\xff\"}", "not UTF-8 at byte 10"),
        (b"{\"name\": \"a\", \"identities\": {\"shopify\": {}}}", "unknown variant `shopify`"),
    ] {
        let problem =
            send(world.address, "POST", "/v1/shops", &headers, body).await.problem(400, "malformed_json");
        assert!(problem["detail"].as_str().unwrap().contains(place), "{place}: {problem}");
    }
    let deep = nested(100_000);
    send(world.address, "POST", "/v1/shops", &headers, deep.as_bytes()).await.problem(400, "malformed_json");
    let plain = Headers::new()
        .with("authorization", format!("Bearer {}", world.admin))
        .with("content-type", "text/plain");
    send(world.address, "POST", "/v1/shops", &plain, b"{}").await.problem(415, "unsupported_media_type");
    assert!(world.all("/v1/shops", 10).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn queries_and_paths_that_make_no_sense_are_refused() {
    let world = World::new().await;
    for query in [
        "/v1/events?colour=red",
        "/v1/events?shop=shop_1",
        "/v1/events?type=order.exploded",
        "/v1/events?subject=order",
        "/v1/events?dialect=shopify",
        "/v1/events?since=yesterday",
        "/v1/events?limit=0",
        "/v1/events?limit=251",
        "/v1/events?limit=many",
        "/v1/events?cursor=xyz",
        "/v1/events?limit=1&limit=2",
        "/v1/attempts?outcome=sad",
        "/v1/deliveries?state=lost",
        "/v1/deliveries?state=waiting",
        "/v1/endpoints?state=happy",
        "/v1/sources?dialect=shopify",
    ] {
        world.get(query).await.problem(400, "invalid_parameter");
    }
    for path in
        ["/v1/shops/1", "/v1/shops/src_0190000000007fffbfffffffffffffff", "/v1/nothing", "/", "/v2/shops"]
    {
        world.get(path).await.problem(404, "not_found");
    }
    let unknown = json!({"error": 1});
    world
        .post("/v1/endpoints/ep_0190000000007fffbfffffffffffffff/test", &unknown)
        .await
        .problem(404, "not_found");
    world.stop().await;
}
