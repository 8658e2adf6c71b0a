//! `kill -9` under load, fifty times: every webhook that was answered is in the log and is delivered.
//!
//! The record that decides is kept by the sender: the ids of the events that the server has answered for. The receiver
//! keeps its own: what arrived, in which order.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use shopwire_core::delivery::RetryPolicy;
use shopwire_core::{Clock as _, DialectId, Limits, Secret, SourceId};
use shopwire_dialects::{Draft, Key};
use shopwire_engine::configure::{EndpointDraft, KeyDraft, RegistrationConfig, ShopDraft, SourceDraft};
use shopwire_engine::egress::{Egress, EgressConfig, OutRequest, Pool, SystemResolver, Target};
use shopwire_engine::{Engine, EngineParts, SystemRandom, SystemTimer, Timer as _};
use shopwire_store::{Ledger, PageRequest, SecretKey, SqliteConfig, SqliteLedger};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const KILLS: u64 = 50;
const CONNECTIONS: usize = 8;
/// Few subjects, so that their order is put to the test.
const SUBJECTS: u64 = 7;
const SECRET: &str = "crash_client_secret";
/// Generous: a machine that is busy with other things must not fail the test.
pub(crate) const PATIENCE_MS: u64 = 60_000;

/// What the receiver got: the events of each subject in the order of their first arrival, by sequence and id.
#[derive(Default)]
struct Arrived {
    by_subject: BTreeMap<String, Vec<u64>>,
    ids: BTreeSet<String>,
    copies: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (sink, arrived) = receiver().await;
    let source = furnish(&data, &format!("http://{sink}/events")).await;
    let listen = free_port();
    let mut answered = BTreeSet::new();
    let mut next = 1;
    for kill in 0..KILLS {
        let mut server = serve(&data, listen);
        wait_until_ready(listen).await;
        // A different moment each time, the same ones in every run.
        let enough = 1 + (kill * 37) % 83;
        let (ids, sent) = load_until(listen, source, next, enough, &mut server).await;
        answered.extend(ids);
        next += sent;
    }
    let mut server = serve(&data, listen);
    wait_for_all(&arrived, &answered).await;
    server.kill().unwrap();
    server.wait().unwrap();
    check_log(&data, &answered).await;
    check_order(&arrived);
    let copies = arrived.lock().unwrap().copies;
    eprintln!(
        "{} webhooks answered over {KILLS} kills, 0 lost, {copies} delivered more than once",
        answered.len()
    );
}

/// Sends until `enough` webhooks are answered, then kills the server while the others are under way; answers the ids of
/// all events that were answered for, and how many numbers were used up.
async fn load_until(
    listen: SocketAddr,
    source: SourceId,
    first: u64,
    enough: u64,
    server: &mut Child,
) -> (Vec<String>, u64) {
    let pool = Arc::new(pool(&format!("http://{listen}/in/{source}")));
    let (sender, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let next = Arc::new(std::sync::atomic::AtomicU64::new(first));
    let workers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (pool, sender, next) = (Arc::clone(&pool), sender.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Ok(answer) = pool.exchange(&webhook(number)).await.result else { return };
                    assert_eq!(answer.status, 200, "{:?}", answer.body_start);
                    let id = answer.headers.get("shopwire-event-id").unwrap().to_owned();
                    if sender.send(id).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    drop(sender);
    let mut ids = Vec::new();
    while let Some(id) = answers.recv().await {
        ids.push(id);
        if ids.len() as u64 == enough {
            // SIGKILL; the workers end with their connections, and what was answered until then counts.
            server.kill().unwrap();
        }
    }
    server.wait().unwrap();
    for worker in workers {
        worker.await.unwrap();
    }
    (ids, next.load(std::sync::atomic::Ordering::Relaxed) - first)
}

fn webhook(number: u64) -> OutRequest {
    let dialect = shopwire_dialects::get(DialectId::BigCommerce).unwrap();
    let body = format!(
        r#"{{"producer":"stores/8jbhprizry","hash":"{number:040x}","created_at":1786447828,"store_id":"1003502318","scope":"store/order/updated","data":{{"type":"order","id":{}}}}}"#,
        number % SUBJECTS
    );
    let draft = Draft { query: None, headers: shopwire_core::Headers::new(), body: body.into_bytes() };
    let signed = dialect.sign(draft, &Key::Signing(Secret::new(SECRET)), SystemTimer.now());
    let headers = signed.headers.with("Content-Type", "application/json");
    OutRequest::new(headers, Bytes::from(signed.body)).unwrap()
}

pub(crate) fn egress() -> Egress {
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let config = EgressConfig { allowed, ..EgressConfig::default() };
    Egress::new(config, Arc::new(SystemTimer), Arc::new(SystemResolver)).unwrap()
}

fn pool(url: &str) -> Pool {
    egress().pool(Target::parse(url).unwrap(), CONNECTIONS)
}

pub(crate) fn open(data: &Path) -> Arc<dyn Ledger> {
    std::fs::create_dir_all(data).unwrap();
    let key = SecretKey::load_or_create(&data.join("secret.key"), &SystemRandom).unwrap();
    let config = SqliteConfig::new(data, key, &Limits::default());
    Arc::new(SqliteLedger::open(config, Arc::new(SystemRandom)).unwrap())
}

async fn furnish(data: &Path, url: &str) -> SourceId {
    let (timer, random) = (Arc::new(SystemTimer), Arc::new(SystemRandom));
    let parts = EngineParts {
        ledger: open(data),
        timer,
        random,
        egress: egress(),
        limits: Limits::default(),
        registration: RegistrationConfig::default(),
    };
    let engine = Engine::start(parts).await.unwrap();
    let shop = engine
        .create_shop(ShopDraft { name: "crash".to_owned(), identities: BTreeMap::new() })
        .await
        .unwrap();
    let keys = vec![KeyDraft::Signing(Secret::new(SECRET))];
    let dialect = DialectId::BigCommerce;
    let draft = SourceDraft { shop: shop.id, dialect, name: "crash".to_owned(), app: None, keys };
    let source = engine.create_source(draft).await.unwrap();
    let draft = EndpointDraft {
        name: "crash".to_owned(),
        url: url.to_owned(),
        retry: Some(RetryPolicy { delays_s: vec![1; 40], jitter: 0.5 }),
        in_flight_max: Some(16),
        ..EndpointDraft::default()
    };
    engine.create_endpoint(draft).await.unwrap();
    engine.shutdown().await.unwrap();
    source.id
}

pub(crate) fn free_port() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) fn serve(data: &Path, listen: SocketAddr) -> Child {
    Command::new(env!("CARGO_BIN_EXE_shopwire"))
        .args(["serve", "--listen", &listen.to_string()])
        .env("SHOPWIRE_STORE_PATH", data)
        .env("SHOPWIRE_EGRESS_ALLOWED", "127.0.0.0/8")
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

pub(crate) async fn wait_until_ready(listen: SocketAddr) {
    for _ in 0..PATIENCE_MS / 5 {
        if TcpStream::connect(listen).await.is_ok() {
            return;
        }
        SystemTimer.sleep_ms(5).await;
    }
    panic!("the server does not listen");
}

async fn wait_for_all(arrived: &Mutex<Arrived>, answered: &BTreeSet<String>) {
    for _ in 0..PATIENCE_MS / 20 {
        if answered.is_subset(&arrived.lock().unwrap().ids) {
            return;
        }
        SystemTimer.sleep_ms(20).await;
    }
    let arrived = arrived.lock().unwrap();
    let lost: Vec<_> = answered.difference(&arrived.ids).collect();
    panic!("{} of {} answered webhooks were not delivered: {lost:?}", lost.len(), answered.len());
}

/// Every answered webhook is in the log, and the store is whole.
async fn check_log(data: &Path, answered: &BTreeSet<String>) {
    let ledger = open(data);
    for id in answered {
        assert!(ledger.event(id.parse().unwrap()).await.unwrap().is_some(), "{id} is not in the log");
    }
    let page = PageRequest { size: 1, before: None, scan_rows_max: 1 };
    assert!(
        ledger.dead_letters(&Default::default(), page).await.unwrap().items.is_empty(),
        "nothing is dead"
    );
    assert_eq!(ledger.health(true).await.unwrap().problems, Vec::<String>::new());
    ledger.close().await.unwrap();
}

/// Of one subject, no event arrived for the first time before an earlier one had.
fn check_order(arrived: &Mutex<Arrived>) {
    for (subject, sequences) in &arrived.lock().unwrap().by_subject {
        assert!(sequences.is_sorted(), "{subject} came out of order: {sequences:?}");
    }
}

/// A receiver that answers 204 and keeps the record.
async fn receiver() -> (SocketAddr, Arc<Mutex<Arrived>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, arrived) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Arrived::default())));
    let noted = Arc::clone(&arrived);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&noted)));
        }
    });
    (address, arrived)
}

async fn answer(mut stream: TcpStream, arrived: Arc<Mutex<Arrived>>) {
    let mut buffer = Vec::new();
    loop {
        while let Some((end, body)) = whole_request(&buffer) {
            note(&arrived, &body);
            buffer.drain(..end);
            if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn whole_request(buffer: &[u8]) -> Option<(usize, serde_json::Value)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer).unwrap() else { return None };
    let length =
        request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length")).unwrap();
    let length: usize = std::str::from_utf8(length.value).unwrap().parse().unwrap();
    let body = buffer.get(head..head + length)?;
    Some((head + length, serde_json::from_slice(body).unwrap()))
}

fn note(arrived: &Mutex<Arrived>, body: &serde_json::Value) {
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let mut arrived = arrived.lock().unwrap();
    if arrived.ids.insert(text("id")) {
        let sequence = text("sequence").parse().unwrap();
        arrived.by_subject.entry(text("subject")).or_default().push(sequence);
    } else {
        arrived.copies += 1;
    }
}
