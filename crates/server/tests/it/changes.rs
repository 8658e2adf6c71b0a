//! Many changes in one request.

use serde_json::{Value, json};
use shopwire_core::{Headers, Limits};
use shopwire_store::StoreError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Answer, head};
use crate::entities::types;
use crate::unreliable::{Fault, Unreliable};
use crate::world::{World, text};

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

/// A body that came in chunks, as one.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    whole
}

/// The lines of an answer.
fn answered(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.headers.get("content-type"), Some("application/x-ndjson"));
    let body = unchunked(&answer.body);
    body.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

async fn change(world: &World, shop: &str, body: &str) -> Vec<Value> {
    answered(&world.ask("POST", &format!("/v1/shops/{shop}/changes"), &[NDJSON], body).await)
}

fn status(answer: &Value) -> u64 {
    answer["status"].as_u64().unwrap()
}

#[tokio::test]
async fn each_line_is_done_or_refused_by_itself_and_answered_in_order() {
    let limits = Limits { bulk_line_bytes_max: 2_048, ..Limits::default() };
    let world = World::with(limits).await;
    let shop = world.shop().await;
    let long = format!(
        r#"{{"op":"put","collection":"orders","id":"9","entity":{{"note":"{}"}}}}"#,
        "x".repeat(3_000)
    );
    let very_long = format!(
        r#"{{"op":"put","collection":"orders","id":"9","entity":{{"note":"{}"}}}}"#,
        "x".repeat(300_000)
    );
    let deep = format!(
        r#"{{"op":"put","collection":"orders","id":"9","entity":{{"extra":{{"a":{}{}}}}}}}"#,
        "[".repeat(70),
        "]".repeat(70)
    );
    let lines = [
        (
            r#"{"op":"put","collection":"orders","id":"1","entity":{"status":"pending"},"actor":"till"}"#,
            201,
            "",
        ),
        (
            r#"{"op":"patch","collection":"orders","id":"1","patch":{"status":"shipped"},"if_match":1}"#,
            200,
            "",
        ),
        (
            r#"{"op":"patch","collection":"orders","id":"1","patch":{"status":"paid"},"if_match":1}"#,
            412,
            "precondition_failed",
        ),
        ("", 0, ""),
        ("   \t", 0, ""),
        (r#"{"op":"put","collection":"orders","id":"2","entity":{"colour":"red"}}"#, 422, "invalid_field"),
        (r#"{"op":"put","collection":"orders","id":"2"}"#, 422, "invalid_field"),
        (r#"{"op":"put","collection":"order","id":"2","entity":{}}"#, 404, "not_found"),
        (r#"{"op":"put","op":"put","collection":"orders","id":"2","entity":{}}"#, 400, "malformed_json"),
        (r#"{"op":"put","colection":"orders","id":"2","entity":{}}"#, 400, "malformed_json"),
        (r#"{"op":"put","#, 400, "malformed_json"),
        ("\u{feff}{}", 400, "malformed_json"),
        (r#"["put","orders","2",{},null,null,null,null,null,null]"#, 400, "malformed_json"),
        (&deep, 400, "malformed_json"),
        (&long, 413, "body_too_large"),
        (&very_long, 413, "body_too_large"),
        (r#"{"op":"put","collection":"orders","id":"","entity":{}}"#, 422, "invalid_field"),
        (r#"{"op":"delete","collection":"orders","id":"3"}"#, 404, "not_found"),
        (r#"{"op":"put","collection":"orders","id":"4","entity":{},"events":"none"}"#, 201, ""),
        (
            r#"{"op":"put","collection":"orders","id":"4","entity":{},"if_none_match":"*"}"#,
            412,
            "precondition_failed",
        ),
        // A `\r` before the end is blank space, and the last line needs no end.
        ("{\"op\":\"delete\",\"collection\":\"orders\",\"id\":\"1\"}\r", 200, ""),
    ];
    let body = lines.map(|(line, ..)| line).join("\n");
    let answers = change(&world, &shop, &body).await;
    let expected: Vec<_> = lines.iter().enumerate().filter(|(_, line)| line.1 != 0).collect();
    assert_eq!(answers.len(), expected.len(), "{answers:#?}");
    for ((n, (line, expected, code)), answer) in expected.into_iter().zip(&answers) {
        let line: String = line.chars().take(80).collect();
        assert_eq!(
            (answer["line"].as_u64(), status(answer)),
            (Some(n as u64 + 1), *expected),
            "{line}: {answer}"
        );
        if !code.is_empty() {
            assert_eq!(answer["problem"]["code"], *code, "{line}");
        }
    }
    assert_eq!(types(&answers[1]), ["order.updated", "order.status_changed"]);
    let log = world.all("/v1/events", 50).await;
    let names: Vec<String> = log.iter().rev().map(|event| text(&event["type"])).collect();
    assert_eq!(names, ["order.created", "order.updated", "order.status_changed", "order.deleted"]);
    world.stop().await;
}

#[tokio::test]
async fn ten_thousand_lines_are_done_in_order_with_little_room() {
    let limits = Limits {
        bulk_line_bytes_max: 4_096,
        bulk_bytes_max: 64 << 10,
        bulk_in_flight_max: 64,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let shop = world.shop().await;
    let mut body = String::new();
    for n in 0..10_000 {
        let (id, round) = (n % 500, n / 500);
        body += &format!(
            r#"{{"op":"put","collection":"customers","id":"{id}","entity":{{"note":"{round}"}},"events":"none"}}"#
        );
        body.push('\n');
    }
    let answer = world.stream(&shop, body.into_bytes()).await;
    let answers = answered(&answer);
    assert_eq!(answers.len(), 10_000);
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer["line"].as_u64(), Some(n as u64 + 1));
        assert_eq!(answer["version"].as_u64(), Some(n as u64 / 500 + 1), "{answer}");
    }
    let last = world.get(&format!("/v1/shops/{shop}/customers/77")).await.expect(200);
    assert_eq!(last["entity"]["note"], "19");
    world.stop().await;
}

impl World {
    /// Sends changes while reading the answers.
    async fn stream(&self, shop: &str, body: Vec<u8>) -> Answer {
        let (mut reading, mut writing) = self.open(shop, body.len()).await.into_split();
        let sending = tokio::spawn(async move { writing.write_all(&body).await.map(|()| writing) });
        let mut bytes = Vec::new();
        while reading.read_buf(&mut bytes).await.unwrap() > 0 {}
        sending.await.unwrap().unwrap();
        Answer::parse(&bytes)
    }

    /// A bulk request of so many bytes, of which only the head is sent.
    async fn open(&self, shop: &str, bytes: usize) -> TcpStream {
        let headers = Headers::new().with("authorization", format!("Bearer {}", self.admin));
        let head = head("POST", &format!("/v1/shops/{shop}/changes"), &headers);
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{head}Content-Length: {bytes}\r\n\r\n").as_bytes()).await.unwrap();
        stream
    }
}

/// Reads until so many lines have come.
async fn lines(stream: &mut TcpStream, bytes: &mut Vec<u8>, count: usize) {
    while bytes.windows(8).filter(|eight| *eight == b"{\"line\":").count() < count {
        assert_ne!(stream.read_buf(bytes).await.unwrap(), 0, "{}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn a_line_is_answered_before_the_next_one_comes_and_a_long_request_may_take_its_time() {
    let world = World::new().await;
    let shop = world.shop().await;
    let line =
        |n: usize| format!("{{\"op\":\"put\",\"collection\":\"orders\",\"id\":\"{n}\",\"entity\":{{}}}}\n");
    let mut stream = world.open(&shop, 10_000).await;
    let mut bytes = Vec::new();
    for n in 1..=5 {
        stream.write_all(line(n).as_bytes()).await.unwrap();
        lines(&mut stream, &mut bytes, n).await;
        // Together far longer than one request may take to arrive.
        world.clock.advance_ms(Limits::default().request_deadline_ms as i64 - 1);
    }
    stream.write_all(b"{\"op\":\"put\"").await.unwrap();
    world.clock.advance_ms(1);
    let deadline_ms = Limits::default().request_deadline_ms as i64;
    // Whichever of the last bytes it saw last: from there the time runs, and then it is over.
    while !String::from_utf8_lossy(&bytes).contains("request_timeout") {
        world.clock.advance_ms(deadline_ms);
        let read = tokio::select! { read = stream.read_buf(&mut bytes) => read.unwrap(), () = tokio::task::yield_now() => 1 };
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&bytes));
    }
    assert_eq!(world.all("/v1/events", 10).await.len(), 5, "what was not whole is not done");
    drop(stream);
    world.stop().await;
}

#[tokio::test]
async fn a_request_that_breaks_off_leaves_whole_lines_done_and_no_part_of_one() {
    let world = World::new().await;
    let shop = world.shop().await;
    let mut stream = world.open(&shop, 10_000).await;
    let half = "{\"op\":\"put\",\"collection\":\"orders\",\"id\":\"1\",\"entity\":{}}\n{\"op\":\"put\",\"collection\":\"orders\",\"id\":\"2\",\"entity\":{}}";
    stream.write_all(half.as_bytes()).await.unwrap();
    lines(&mut stream, &mut Vec::new(), 1).await;
    drop(stream);
    world.get(&format!("/v1/shops/{shop}/orders/2")).await.problem(404, "not_found");
    assert_eq!(world.all("/v1/events", 10).await.len(), 1);
    world.stop().await;
}

/// One stream whose answers nobody reads keeps no entity to itself.
#[tokio::test]
async fn who_reads_no_answers_holds_up_nobody() {
    let limits = Limits { bulk_line_bytes_max: 4_096, bulk_bytes_max: 32 << 10, ..Limits::default() };
    let world = World::with(limits).await;
    let shop = world.shop().await;
    let line = "{\"op\":\"put\",\"collection\":\"orders\",\"id\":\"1\",\"entity\":{\"note\":\"a\"},\"events\":\"none\"}\n";
    let body = line.repeat(200_000);
    let deaf = world.open(&shop, body.len()).await;
    let (unread, mut writing) = deaf.into_split();
    let sending = tokio::spawn(async move { writing.write_all(body.as_bytes()).await.is_ok() });
    // While the first is stuck, another writes to the same entity and uses the same room.
    let at = format!("/v1/shops/{shop}/orders/1");
    for n in 0..20 {
        let status = world.put(&at, &json!({"note": n.to_string()})).await.status;
        assert!(matches!(status, 200 | 201), "{status}");
        assert_eq!(status_of(&change(&world, &shop, line).await), [200]);
    }
    sending.abort();
    drop((unread, sending.await));
    world.stop().await;
}

fn status_of(answers: &[Value]) -> Vec<u64> {
    answers.iter().map(status).collect()
}

#[tokio::test]
async fn a_request_has_as_many_lines_as_allowed() {
    let world = World::with(Limits { bulk_lines_max: 3, ..Limits::default() }).await;
    let shop = world.shop().await;
    let line =
        |n: usize| format!("{{\"op\":\"put\",\"collection\":\"orders\",\"id\":\"{n}\",\"entity\":{{}}}}\n");
    let answers = change(&world, &shop, &(1..=5).map(line).collect::<String>()).await;
    assert_eq!(status_of(&answers), [201, 201, 201, 422]);
    assert_eq!(answers[3]["problem"]["limit"], "bulk_lines_max");
    world.stop().await;
}

#[tokio::test]
async fn lines_that_the_store_refuses_say_so_and_the_others_are_done() {
    let mut door = None;
    let world = World::over(Limits::default(), |ledger| door.insert(Unreliable::over(ledger)).clone()).await;
    let (ledger, shop) = (door.unwrap(), world.shop().await);
    ledger.jam("commit", 1, Fault::Fails(StoreError::Full("no space left".to_owned())));
    let line =
        |n: usize| format!("{{\"op\":\"put\",\"collection\":\"orders\",\"id\":\"{n}\",\"entity\":{{}}}}\n");
    let answers = change(&world, &shop, &(1..=3).map(line).collect::<String>()).await;
    let mut statuses = status_of(&answers);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 503]);
    assert_eq!(world.all("/v1/events", 10).await.len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn what_is_no_bulk_request_is_refused_before_a_line_is_read() {
    let world = World::new().await;
    let shop = world.shop().await;
    let at = format!("/v1/shops/{shop}/changes");
    world.ask("POST", &at, &[("content-type", "text/csv")], "1").await.problem(415, "unsupported_media_type");
    world.ask("POST", &at, &[NDJSON, ("idempotency-key", "k")], "").await.problem(400, "malformed_request");
    let elsewhere = format!("/v1/shops/shop_{}/changes", "0".repeat(32));
    world.ask("POST", &elsewhere, &[NDJSON], "").await.problem(404, "not_found");
    assert!(change(&world, &shop, "").await.is_empty());
    assert!(change(&world, &shop, "\n\n").await.is_empty());
    world.stop().await;
}
