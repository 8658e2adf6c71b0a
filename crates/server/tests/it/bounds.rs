//! Heads, time and connections have bounds.

use shopwire_core::{DialectId, Headers, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Answer, head, raw, send, until_closed};
use crate::world::{NOW, World};

fn deadline() -> shopwire_core::Timestamp {
    NOW.plus_ms(Limits::default().request_deadline_ms as i64)
}

#[tokio::test]
async fn a_flood_of_headers_is_answered_431() {
    let world = World::new().await;
    let many: String = (0..200).map(|n| format!("X-{n}: 1\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "a".repeat(Limits::default().header_bytes_max));
    for flood in [many, long] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: test\r\n{flood}\r\n");
        unread(&raw(world.address, request.as_bytes()).await, 431, "head_too_large");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_is_not_http_is_answered_400() {
    let world = World::new().await;
    for request in ["GET\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n", "GET / HTTP/1.1\r\nA B: c\r\n\r\n"] {
        unread(&raw(world.address, request.as_bytes()).await, 400, "malformed_request");
    }
    world.stop().await;
}

/// A problem like any other, but for the id of a request: there was none.
#[track_caller]
fn unread(answer: &[u8], status: u16, code: &str) {
    let answer = Answer::parse(answer);
    let problem = answer.problem(status, code);
    assert_eq!(problem.get("request_id"), None, "{problem}");
    assert_eq!(answer.headers.get("connection"), Some("close"));
    assert!(answer.headers.get("date").is_some(), "{answer:?}");
    assert_eq!(answer.headers.get("content-length"), Some(answer.body.len().to_string().as_str()));
}

#[tokio::test]
async fn what_is_not_http_behind_a_request_is_answered_after_it() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut first).await.unwrap(), 0);
    }
    assert_eq!(Answer::parse(&first).status, 200);
    stream.write_all(b"hello\r\n\r\n").await.unwrap();
    unread(&until_closed(&mut stream).await, 400, "malformed_request");
    world.stop().await;
}

/// Refusals without a body are a service's own matter.
#[tokio::test]
async fn an_answer_that_a_service_gives_is_not_touched() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (address, world) = (listener.local_addr().unwrap(), World::new().await);
    let router = axum::Router::new().fallback(|| async { http::StatusCode::BAD_REQUEST });
    let timer = std::sync::Arc::new(crate::world::SimTimer(world.clock.clone()));
    let serving = shopwire_server::serve(listener, router, Limits::default(), timer, std::future::pending());
    let none = Headers::new();
    let answer = tokio::select! {
        answer = send(address, "GET", "/", &none, b"") => answer,
        _ = serving => unreachable!("nobody stops it"),
    };
    assert_eq!((answer.status, answer.body.len()), (400, 0), "{answer:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: te").await.unwrap();
    world.clock.wait_for_sleep_until(deadline()).await;
    world.clock.set(deadline());
    let answered = until_closed(&mut stream).await;
    assert!(answered.is_empty() || Answer::parse(&answered).status == 408, "{answered:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut_off() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    world.clock.wait_for_sleep_until(deadline()).await;
    world.clock.set(deadline());
    assert!(until_closed(&mut stream).await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn a_body_that_drips_is_answered_408() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let head = head("POST", &format!("/in/{source}"), &Headers::new());
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(format!("{head}Content-Length: 100\r\n\r\n{{\"eve").as_bytes()).await.unwrap();
    world.clock.wait_for_sleep_until(deadline()).await;
    world.clock.set(deadline());
    Answer::parse(&until_closed(&mut stream).await).problem(408, "request_timeout");
    world.stop().await;
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    world.stop().await;
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_one_to_end() {
    let world = World::with(Limits { connections_max: 1, ..Limits::default() }).await;
    let first = TcpStream::connect(world.address).await.unwrap();
    world.clock.wait_for_sleep_until(deadline()).await;
    let second = tokio::spawn(send_healthz(world.address));
    // The first is served and says nothing: the second is not even looked at until it goes.
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.await.unwrap(), 200);
    world.stop().await;
}

#[tokio::test]
async fn who_asks_and_does_not_read_holds_no_connection_for_ever() {
    let limits = Limits { connections_max: 1, ..Limits::default() };
    let deadline_ms = limits.request_deadline_ms as i64;
    let world = World::with(limits).await;
    let mut deaf = TcpStream::connect(world.address).await.unwrap();
    // More answers than any socket buffers.
    let asking = b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n".repeat(500);
    deaf.write_all(&asking).await.unwrap();
    let mut patient = TcpStream::connect(world.address).await.unwrap();
    patient.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await.unwrap();
    let clock = world.clock.clone();
    let moving = async move {
        loop {
            clock.advance_ms(deadline_ms);
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::select! {
        answer = until_closed(&mut patient) => answer,
        () = moving => unreachable!("time goes on"),
    };
    assert_eq!(Answer::parse(&answer).status, 200);
    drop(deaf);
    world.stop().await;
}

async fn send_healthz(address: std::net::SocketAddr) -> u16 {
    send(address, "GET", "/healthz", &Headers::new(), b"").await.status
}

#[tokio::test]
async fn stopping_lets_the_request_under_way_finish_and_takes_no_further_one() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let webhook = crate::world::genuine(DialectId::Shoptet, "order:create", "169", 1);
    let mut request = head("POST", &format!("/in/{source}"), &webhook.headers);
    request += &format!("Content-Length: {}\r\n\r\n", webhook.body.len());
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    world.clock.wait_for_sleep_until(deadline()).await;
    let (address, clock) = (world.address, world.clock.clone());
    let stopping = tokio::spawn(world.stop());
    // The server has seen the wish to stop once it waits for its last deadline.
    clock.wait_for_sleep_until(deadline().plus_ms(Limits::default().request_deadline_ms as i64)).await;
    assert!(TcpStream::connect(address).await.is_err());
    stream.write_all(&webhook.body).await.unwrap();
    assert_eq!(Answer::parse(&until_closed(&mut stream).await).status, 200);
    stopping.await.unwrap();
}
