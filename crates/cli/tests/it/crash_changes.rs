//! `kill -9` between a change and its delivery, a dozen times: an app that understands BigCommerce hears of every change that
//! was answered, and of none that nobody asked for.
//!
//! Two records decide, neither of them the server's: the sender notes each write before it is asked for and again when it is
//! answered; the receiver notes what arrived and was genuine.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use shopwire_core::{Clock as _, DialectId, Headers, Limits, Secret, ShopId};
use shopwire_dialects::{Incoming, Key};
use shopwire_engine::configure::{EndpointDraft, RegistrationConfig, ShopDraft};
use shopwire_engine::egress::{Method, OutRequest, Response, Target};
use shopwire_engine::{Engine, EngineParts, SystemRandom, SystemTimer, Timer as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::crash::{PATIENCE_MS, egress, free_port, open, serve, wait_until_ready};

const KILLS: u64 = 12;
const WRITERS: usize = 6;
const SECRET: &str = "crash_client_secret";
const TOPICS: [&str; 3] = ["store/order/created", "store/order/updated", "store/order/statusUpdated"];

/// A webhook: its topic and the number of its order.
type Webhook = (String, u64);

/// What the sender knows.
#[derive(Default)]
struct Asked {
    begun: BTreeSet<Webhook>,
    answered: BTreeSet<Webhook>,
    /// Of each order: the version that was answered last, and the one that was asked for last.
    versions: BTreeMap<u64, (u64, u64)>,
}

/// Where the writers write, and what they note.
#[derive(Clone)]
struct Writer {
    listen: SocketAddr,
    shop: ShopId,
    token: Secret,
    next: Arc<AtomicU64>,
    asked: Arc<Mutex<Asked>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dozen_kills_lose_no_webhook_of_a_change_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (sink, arrived) = receiver().await;
    let (shop, token) = furnish(&data, &format!("http://{sink}/webhooks")).await;
    let (listen, next, asked) = (free_port(), Arc::new(AtomicU64::new(1)), Arc::default());
    let writer = Writer { listen, shop, token, next, asked: Arc::clone(&asked) };
    for kill in 0..KILLS {
        let mut server = serve(&data, listen);
        wait_until_ready(listen).await;
        write_until(&writer, 1 + (kill * 29) % 67, &mut server).await;
    }
    let mut server = serve(&data, listen);
    wait_until_ready(listen).await;
    wait_for_all(&arrived, &asked).await;
    check_versions(&writer).await;
    server.kill().unwrap();
    server.wait().unwrap();
    let (asked, arrived) = (asked.lock().unwrap(), arrived.lock().unwrap());
    let unasked: Vec<_> = arrived.difference(&asked.begun).collect();
    assert!(unasked.is_empty(), "nobody asked for {unasked:?}");
    eprintln!("{} webhooks of answered changes over {KILLS} kills, 0 lost", asked.answered.len());
}

/// Writes until `enough` writes are answered, then kills the server while others are under way.
async fn write_until(writer: &Writer, enough: u64, server: &mut Child) {
    let (sender, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let workers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (writer, sender) = (writer.clone(), sender.clone());
            tokio::spawn(async move { while writer.one_order(&sender).await.is_some() {} })
        })
        .collect();
    drop(sender);
    let mut answered = 0;
    while answers.recv().await.is_some() {
        answered += 1;
        if answered == enough {
            // SIGKILL; the writers end with their connections, and what was answered until then counts.
            server.kill().unwrap();
        }
    }
    server.wait().unwrap();
    for worker in workers {
        worker.await.unwrap();
    }
}

impl Writer {
    /// Makes an order and ships it; `None` once the server is gone.
    async fn one_order(&self, answers: &tokio::sync::mpsc::UnboundedSender<()>) -> Option<()> {
        let number = self.next.fetch_add(1, Relaxed);
        self.write(number, Method::Put, 1, json!({ "status": "pending" }), &TOPICS[..1]).await?;
        answers.send(()).ok()?;
        self.write(number, Method::Patch, 2, json!({ "status": "shipped" }), &TOPICS[1..]).await?;
        answers.send(()).ok()
    }

    /// One write, noted before and after.
    async fn write(
        &self,
        number: u64,
        method: Method,
        version: u64,
        body: Value,
        topics: &[&str],
    ) -> Option<()> {
        let webhooks = || topics.iter().map(|topic| ((*topic).to_owned(), number));
        {
            let mut asked = self.asked.lock().unwrap();
            asked.begun.extend(webhooks());
            asked.versions.entry(number).or_default().1 = version;
        }
        let answer = self.ask(number, method, serde_json::to_vec(&body).unwrap()).await?;
        assert!(matches!(answer.status, 200 | 201), "{:?}", answer.body_start);
        let told: Value = serde_json::from_slice(&answer.body_start).unwrap();
        assert_eq!(told["version"], version, "{told}");
        assert_eq!(told["events"].as_array().map(Vec::len), Some(topics.len()), "{told}");
        let mut asked = self.asked.lock().unwrap();
        asked.answered.extend(webhooks());
        asked.versions.entry(number).or_default().0 = version;
        Some(())
    }

    async fn ask(&self, number: u64, method: Method, body: Vec<u8>) -> Option<Response> {
        let url = format!("http://{}/v1/shops/{}/orders/{number}", self.listen, self.shop);
        let headers = Headers::new()
            .with("Authorization", format!("Bearer {}", self.token.expose()))
            .with("Content-Type", "application/json");
        let request = OutRequest::new(headers, Bytes::from(body)).unwrap().with_method(method);
        egress().pool(Target::parse(&url).unwrap(), 0).exchange(&request).await.result.ok()
    }
}

async fn wait_for_all(arrived: &Mutex<BTreeSet<Webhook>>, asked: &Mutex<Asked>) {
    for _ in 0..PATIENCE_MS / 20 {
        if asked.lock().unwrap().answered.is_subset(&arrived.lock().unwrap()) {
            return;
        }
        SystemTimer.sleep_ms(20).await;
    }
    let (asked, arrived) = (asked.lock().unwrap(), arrived.lock().unwrap());
    panic!("not delivered: {:?}", asked.answered.difference(&arrived).collect::<Vec<_>>());
}

/// An order is at the version that was answered last, or at one that was asked for and whose answer was cut off.
async fn check_versions(writer: &Writer) {
    let versions = writer.asked.lock().unwrap().versions.clone();
    for (number, (answered, begun)) in versions {
        let seen = writer.ask(number, Method::Get, Vec::new()).await.unwrap();
        let told: Value = serde_json::from_slice(&seen.body_start).unwrap();
        let version = if seen.status == 404 { 0 } else { told["version"].as_u64().unwrap() };
        assert!((answered..=begun).contains(&version), "order {number}: {version} of {answered} to {begun}");
    }
}

async fn furnish(data: &Path, url: &str) -> (ShopId, Secret) {
    let parts = EngineParts {
        ledger: open(data),
        timer: Arc::new(SystemTimer),
        random: Arc::new(SystemRandom),
        egress: egress(),
        limits: Limits::default(),
        registration: RegistrationConfig { plain_http: true, any_port: true },
    };
    let engine = Engine::start(parts).await.unwrap();
    let token = engine.ensure_admin().await.unwrap().unwrap();
    let identity =
        [("store_id", "7"), ("store_hash", "abc")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let identities = [(DialectId::BigCommerce, identity.into())].into();
    let shop = engine.create_shop(ShopDraft { name: "crash".to_owned(), identities }).await.unwrap();
    let draft = EndpointDraft {
        name: "crash".to_owned(),
        dialect: Some(DialectId::BigCommerce),
        shop: Some(shop.id),
        url: url.to_owned(),
        topics: Some(TOPICS.map(str::to_owned).to_vec()),
        secret: Some(Secret::new(SECRET)),
        ..EndpointDraft::default()
    };
    engine.create_endpoint(draft).await.unwrap();
    engine.shutdown().await.unwrap();
    (shop.id, token)
}

/// A receiver that verifies, answers 200 and keeps the record.
async fn receiver() -> (SocketAddr, Arc<Mutex<BTreeSet<Webhook>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, arrived) = (listener.local_addr().unwrap(), Arc::default());
    let noted = Arc::clone(&arrived);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&noted)));
        }
    });
    (address, arrived)
}

async fn answer(mut stream: TcpStream, arrived: Arc<Mutex<BTreeSet<Webhook>>>) {
    let mut buffer = Vec::new();
    loop {
        while let Some((end, webhook)) = whole_request(&buffer) {
            arrived.lock().unwrap().insert(webhook);
            buffer.drain(..end);
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The end of the first whole request in the buffer, and what it says if it is genuine.
fn whole_request(buffer: &[u8]) -> Option<(usize, Webhook)> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(head) = request.parse(buffer).unwrap() else { return None };
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers: Headers =
        request.headers.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
    let length: usize = headers.get("content-length").unwrap().parse().unwrap();
    let body = buffer.get(head..head + length)?;
    let dialect = shopwire_dialects::get(DialectId::BigCommerce).unwrap();
    let incoming = Incoming { query: None, headers: &headers, body };
    dialect.verify(&incoming, &[Key::Signing(Secret::new(SECRET))], SystemTimer.now()).expect("genuine");
    let told: Value = serde_json::from_slice(body).unwrap();
    Some((head + length, (told["scope"].as_str().unwrap().to_owned(), told["data"]["id"].as_u64().unwrap())))
}
