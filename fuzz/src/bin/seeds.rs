//! Makes the corpus the fuzz targets begin with: `seeds <folder>` writes one folder for each target.
//!
//! Everything comes from what the project has anyway (the catalogues' samples, the fixtures, the OpenAPI document), so that
//! nothing of it has to be kept up to date.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::delivery::Outcome;
use shopwire_core::{DialectId, EndpointId, Event, Headers, Secret, Seq};
use shopwire_dialects::{Draft, Key, SampleFacts, translate};
use shopwire_fuzz::{NOW, SECRET, Same, Webhook, identity, incoming, stamp};
use shopwire_store::{AttemptRecord, fuzzing};

fn main() {
    let into = PathBuf::from(std::env::args().nth(1).expect("usage: seeds <folder>"));
    let webhooks = samples().into_iter().chain(fixtures()).collect::<Vec<_>>();
    let mut corpus = Corpus { into, written: 0 };
    for (id, draft) in &webhooks {
        let dialect = shopwire_dialects::get(*id).expect("a platform");
        corpus.add("webhook", &Webhook::write(dialect, draft));
        corpus.add("json", &draft.body);
        let received = translate::received(dialect, &incoming(draft), &stamp());
        if let Ok(event) = &received {
            rows(&mut corpus, event);
        }
        if let Ok(event) = received
            && let (Some(canonical), Some(kind)) =
                (shopwire_dialects::canonical(&event), event.subject.kind())
        {
            let object = Value::Object(canonical.object.to_map());
            corpus.add(
                "entity",
                format!("{kind}\n{object}\n{{\"id\":\"169\",\"status\":\"shipped\"}}").as_bytes(),
            );
        }
    }
    texts().iter().for_each(|text| corpus.add("texts", text.as_bytes()));
    ANSWERS.iter().for_each(|answer| corpus.add("answer", answer.as_bytes()));
    requests(&webhooks).iter().for_each(|request| corpus.add("http", request));
    println!("{} inputs in {}", corpus.written, corpus.into.display());
}

/// An event as the store keeps it, with an attempt, alone and in a segment.
fn rows(corpus: &mut Corpus, event: &Event) {
    let outcome = Outcome::Throttled { status: 429, retry_after_ms: Some(7_000) };
    let attempt = AttemptRecord {
        seq: Seq(1),
        number: 2,
        at: NOW,
        latency_us: 1_500,
        outcome,
        detail: Some("slow down".to_owned()),
        response: "slow down".into(),
        next_at: Some(NOW.plus_ms(7_000)),
        dead: None,
    };
    let attempt = fuzzing::form_of_attempt(EndpointId::from_bytes([4; 16]), &attempt);
    let records = [fuzzing::form_of_event(event), attempt];
    let mut segment = vec![6, 0];
    for record in &records {
        // The kind is also what chooses what the target does.
        corpus.add("rows", record);
        let length = u16::try_from(record.len() - 1).unwrap_or(0).to_le_bytes();
        segment.extend([record[0], length[0], length[1]]);
        segment.extend_from_slice(&record[1..]);
    }
    corpus.add("rows", &segment);
}

struct Corpus {
    into: PathBuf,
    written: usize,
}

impl Corpus {
    fn add(&mut self, target: &str, input: &[u8]) {
        let folder = self.into.join(target);
        fs::create_dir_all(&folder).expect("a folder can be made");
        self.written += 1;
        fs::write(folder.join(format!("seed-{:05}", self.written)), input).expect("a file can be written");
    }
}

/// Every topic of every platform as its documentation shows it, signed.
fn samples() -> Vec<(DialectId, Draft)> {
    let shop = identity();
    let mut all = Vec::new();
    for dialect in shopwire_dialects::all() {
        for topic in dialect.catalog().topics {
            let facts = SampleFacts { shop: &shop, subject_id: None, now: NOW, random: &Same };
            let draft = dialect.sample(topic, &facts);
            all.push((dialect.id(), dialect.sign(draft, &Key::Signing(Secret::new(SECRET)), NOW)));
        }
    }
    all
}

/// Every fixture, in the head of its platform's first sample.
fn fixtures() -> Vec<(DialectId, Draft)> {
    let shop = identity();
    let mut all = Vec::new();
    for dialect in shopwire_dialects::all() {
        let topic = &dialect.catalog().topics[0];
        let facts = SampleFacts { shop: &shop, subject_id: None, now: NOW, random: &Same };
        let head = dialect.sample(topic, &facts);
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dialects/src").join(dialect.id().as_str());
        for body in json_files(&folder.join("fixtures")) {
            all.push((dialect.id(), Draft { body, ..head.clone() }));
        }
    }
    all
}

fn json_files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the fixtures of a platform");
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "json") {
            files.push(fs::read(&path).expect("a fixture"));
        }
    }
    files
}

fn texts() -> Vec<String> {
    let mut texts: Vec<String> = CanonicalType::ALL.iter().map(|name| format!("{name}\n{name}")).collect();
    for dialect in shopwire_dialects::all() {
        for topic in dialect.catalog().topics.iter().step_by(5) {
            texts.push(format!("{}\n{}", topic.name, topic.name));
        }
    }
    texts.extend(OTHER_TEXTS.iter().map(|text| (*text).to_owned()));
    texts.push(format!("{}\nx", stamp().id));
    texts
}

const OTHER_TEXTS: [&str; 26] = [
    "*\norder.created",
    "order.*\norder.paid",
    "bigcommerce:store/channel/*\nbigcommerce:store/channel/7/page/created",
    "store/order/*\nstore/order/created",
    "2026-11-22T01:31:00Z",
    "2026-11-22T01:31:00.123+0100",
    "Sun, 22 Nov 2026 01:00:30 GMT",
    "120",
    "18446744073709551615",
    "19.90",
    "-0.000000000000000000000000001",
    "79228162514264337593543950335",
    "order/169",
    "abandoned_cart/c1",
    "https://hooks.example.com:8443/in?a=b#c",
    "http://user:secret@[::ffff:127.0.0.1]/",
    "https://0x7f.1/%2e%2e/",
    "https://xn--bcher-kva.example/ä?ö",
    "X-Shopwire\nvalue with spaces",
    "X-Split\na\r\nInjected: yes",
    "Content-Length\n5",
    "eventtype\neventtype=order.updated",
    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "{\"delays_s\":[5,300,1800],\"jitter\":0.1}",
    "{\"delays_s\":[4294967295],\"jitter\":0.5}",
    "{\"delays_s\":[],\"jitter\":1e308}",
];

/// The first byte says into pieces of which size the rest is cut.
const ANSWERS: [&str; 14] = [
    "\u{1}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "\u{7}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nin \r\n6;x=y\r\nchunks\r\n0\r\nX-Sum: 1\r\n\r\n",
    "\u{9}HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\nto the end",
    "\u{3}HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
    "\u{5}HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
    "\u{5}HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
    "\u{2}HTTP/1.1 200 OK\nContent-Length: 1, 1\n\n1",
    "\u{4}HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "\u{6}HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "\u{8}HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    "\u{1}SSH-2.0-OpenSSH_9.9\r\n",
    "\u{1}HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx",
    "\u{1}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
    "\u{1}HTTP/1.1 999 \r\nX-Bytes: \u{e9}\r\n\r\n",
];

/// Every route of the API, and webhooks at the door. `TOKEN`, `SHOP` and `SOURCE1`… stand for the real ones.
fn requests(webhooks: &[(DialectId, Draft)]) -> Vec<Vec<u8>> {
    let document: Value = serde_json::from_str(&shopwire_server::openapi_json()).expect("JSON");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path =
            path.replace("{shop}", "SHOP").replace("{source}", "SOURCE1").replace("{collection}", "orders");
        let path = path.replace("{id}", "169").replace("{dialect}", "duda").replace("{type}", "order.paid");
        for method in methods.as_object().expect("methods").keys() {
            let body = body_for(&path);
            let json =
                Headers::new().with("Authorization", "Bearer TOKEN").with("Content-Type", "application/json");
            all.push(request(&method.to_uppercase(), &path, &json, body.as_bytes()));
        }
    }
    let lines = [
        r#"{"op":"put","collection":"orders","id":"1","entity":{"status":"pending"}}"#,
        r#"{"op":"patch","collection":"orders","id":"1","patch":{"status":"shipped"},"if_match":1}"#,
        r#"{"op":"delete","collection":"products","id":"2","events":"none"}"#,
        "",
        "not json",
    ];
    let headers =
        Headers::new().with("Authorization", "Bearer TOKEN").with("Content-Type", "application/x-ndjson");
    all.push(request("POST", "/v1/shops/SHOP/changes", &headers, lines.join("\n").as_bytes()));
    for (id, draft) in webhooks.iter().step_by(7) {
        let number = DialectId::PLATFORMS.iter().position(|platform| platform == id).expect("a platform") + 1;
        let query = draft.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
        all.push(request("POST", &format!("/in/SOURCE{number}{query}"), &draft.headers, &draft.body));
    }
    all
}

fn body_for(path: &str) -> &'static str {
    match path {
        "/v1/shops" => r#"{"name":"Teapots","identities":{"ecwid":{"store_id":"1003"}}}"#,
        "/v1/apps" => r#"{"dialect":"ecwid","name":"Feeds","client_secret":"c2VjcmV0"}"#,
        "/v1/sources" => r#"{"shop":"SHOP","dialect":"duda","name":"main","secret":"c2VjcmV0"}"#,
        "/v1/endpoints" => r#"{"name":"erp","url":"https://hooks.example.com/","topics":["order.*"]}"#,
        "/v1/shops/SHOP/occurrences" => {
            r#"{"type":"order.message_created","subject":"169","details":{"message_id":"3"}}"#
        }
        _ => r#"{"status":"processing","total":{"amount":"19.90","currency":"EUR"}}"#,
    }
}

fn request(method: &str, path: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers.iter() {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    [head.into_bytes(), body.to_vec()].concat()
}
