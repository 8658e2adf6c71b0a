//! A whole engine on a real store and real sockets, in simulated time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::delivery::{Endpoint, RetryPolicy};
use shopwire_core::{
    Clock as _, DialectId, EndpointId, EventId, Headers, Limits, Secret, Shop, Source, Timestamp,
};
use shopwire_dialects::{Dialect, Key, SampleFacts, ShopIdentity};
use shopwire_engine::configure::{EndpointDraft, KeyDraft, RegistrationConfig, ShopDraft, SourceDraft};
use shopwire_engine::egress::{Egress, SystemResolver};
use shopwire_engine::receive::{Receipt, ReceiveError, ReceivedRequest};
use shopwire_engine::{DeliveryState, Engine, EngineParts};
use shopwire_store::{
    AttemptFilter, AttemptRecord, DeadLetter, DeadLetterFilter, EventFilter, EventHead, Ledger, LogConfig,
    PageRequest, RejectedRequest, SecretKey, SqliteConfig, SqliteLedger, StoreError,
};
use shopwire_testkit::{Received, SeededRandom, SimClock};

use crate::SimTimer;
use crate::egress::{NOW, loopback};
use crate::unreliable::Unreliable;

/// A secret that every platform could have given: text for most, base64 for Duda.
pub(crate) const SECRET: &str = "dGVzdCBjbGllbnQgc2VjcmV0";

/// More than any test has of anything.
const ALL: PageRequest = PageRequest { size: 100_000, before: None, scan_rows_max: 1_000_000 };

/// Looks before a test that waits for something gives up: more than a minute of them, since a write may have to wait for what
/// else the disk is syncing.
const LOOKS_MAX: usize = 1_500_000;

/// An engine and what it stands on.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: SimClock,
    pub(crate) ledger: Arc<Unreliable>,
    directory: tempfile::TempDir,
    limits: Limits,
    segment_bytes: u64,
    starts: u64,
    told: AtomicU64,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::with_segments(limits, LogConfig::default().segment_bytes).await
    }

    /// With a log that is cut into files of so many bytes.
    pub(crate) async fn with_segments(limits: Limits, segment_bytes: u64) -> Self {
        let (clock, directory) = (SimClock::at(NOW), tempfile::tempdir().unwrap());
        let (engine, ledger) = start(&clock, &directory, &limits, segment_bytes, 0).await;
        let told = AtomicU64::new(1 << 32);
        Self { engine, clock, ledger, directory, limits, segment_bytes, starts: 0, told }
    }

    /// Ends the engine in order and starts it again on the same store.
    pub(crate) async fn restarted(self) -> Self {
        self.engine.shutdown().await.unwrap();
        self.again().await
    }

    /// Kills the engine: what is not on the disk by now never will be. Then starts it again on the same store.
    pub(crate) async fn crashed(self) -> Self {
        self.ledger.die();
        self.again().await
    }

    async fn again(self) -> Self {
        drop(self.engine);
        drop(self.ledger);
        let starts = self.starts + 1;
        let (engine, ledger) =
            start(&self.clock, &self.directory, &self.limits, self.segment_bytes, starts).await;
        Self { engine, ledger, starts, ..self }
    }

    pub(crate) async fn shop(&self) -> Shop {
        let draft = ShopDraft { name: "Teapots".to_owned(), identities: BTreeMap::new() };
        self.engine.create_shop(draft).await.unwrap()
    }

    /// A shop with one source of a dialect.
    pub(crate) async fn source(&self, dialect: DialectId) -> (Shop, Source) {
        let shop = self.shop().await;
        let draft = SourceDraft {
            shop: shop.id,
            dialect,
            name: "main".to_owned(),
            app: None,
            keys: vec![KeyDraft::Signing(Secret::new(SECRET))],
        };
        let source = self.engine.create_source(draft).await.unwrap();
        (shop, source)
    }

    pub(crate) fn draft(url: String) -> EndpointDraft {
        EndpointDraft {
            name: "test".to_owned(),
            url,
            retry: Some(RetryPolicy { jitter: 0.0, ..RetryPolicy::default() }),
            ..EndpointDraft::default()
        }
    }

    pub(crate) async fn endpoint(&self, url: String) -> (Endpoint, Secret) {
        let (endpoint, secret) = self.engine.create_endpoint(Self::draft(url)).await.unwrap();
        (endpoint, secret.expect("a secret that was made"))
    }

    /// An endpoint that wants these topics only.
    pub(crate) async fn endpoint_for(&self, url: String, topics: &[&str]) -> Endpoint {
        let topics = Some(topics.iter().map(|topic| (*topic).to_owned()).collect());
        self.engine.create_endpoint(EndpointDraft { topics, ..Self::draft(url) }).await.unwrap().0
    }

    /// A genuine webhook of a topic about the thing with this id.
    pub(crate) fn webhook(&self, dialect: DialectId, topic: &str, id: &str, seed: u64) -> ReceivedRequest {
        webhook(dialect, topic, id, seed, self.engine.timer().now())
    }

    pub(crate) async fn receive(
        &self,
        source: &Source,
        topic: &str,
        id: &str,
        seed: u64,
    ) -> Result<Receipt, ReceiveError> {
        self.engine.receive(source.id, self.webhook(source.dialect, topic, id, seed)).await
    }

    /// The platform tells, anew, that this order was updated.
    pub(crate) async fn order(&self, source: &Source, id: &str) -> EventId {
        self.tell(source, order_updated(source.dialect), id).await
    }

    /// The platform tells something new.
    pub(crate) async fn tell(&self, source: &Source, topic: &str, id: &str) -> EventId {
        let seed = self.told.fetch_add(1, Relaxed);
        let receipt = self.receive(source, topic, id, seed).await.unwrap();
        assert!(!receipt.merged, "what is new is no copy");
        receipt.event
    }

    /// Waits until somebody waits for the moment that lies `ms` ahead.
    pub(crate) async fn due_in(&self, ms: i64) {
        self.clock.wait_for_sleep_until(self.clock.now().plus_ms(ms)).await;
    }

    /// Waits until somebody waits for the moment that lies `ms` ahead, and goes there.
    pub(crate) async fn pass_ms(&self, ms: i64) {
        self.due_in(ms).await;
        self.clock.advance_ms(ms);
    }

    /// The events of the log, oldest first.
    pub(crate) async fn log(&self) -> Vec<EventHead> {
        let mut page = self.ledger.search(&EventFilter::default(), ALL).await.unwrap();
        page.items.reverse();
        page.items
    }

    /// The rejected requests, oldest first, as soon as there are `count`.
    pub(crate) async fn rejected(&self, count: usize) -> Vec<RejectedRequest> {
        let rejected = async || self.ledger.rejected(ALL).await.unwrap().items;
        until(async || rejected().await.len() >= count).await;
        let mut rejected = rejected().await;
        rejected.reverse();
        rejected
    }

    /// The recorded attempts to an endpoint, oldest first, as soon as there are `count`.
    pub(crate) async fn attempts(&self, endpoint: EndpointId, count: usize) -> Vec<AttemptRecord> {
        let filter = AttemptFilter { endpoint: Some(endpoint), ..AttemptFilter::default() };
        let attempts = async || self.ledger.attempts(&filter, ALL).await.unwrap().items;
        until(async || attempts().await.len() >= count).await;
        attempts().await.into_iter().rev().map(|stored| stored.attempt).collect()
    }

    /// The dead letters of an endpoint, oldest first, as soon as there are `count`.
    pub(crate) async fn dead(&self, endpoint: EndpointId, count: usize) -> Vec<DeadLetter> {
        let filter = DeadLetterFilter { endpoint: Some(endpoint), event: None };
        let dead = async || self.ledger.dead_letters(&filter, ALL).await.unwrap().items;
        until(async || dead().await.len() >= count).await;
        dead().await.into_iter().rev().collect()
    }

    /// Where the story says that a delivery stands.
    pub(crate) async fn state(&self, event: EventId, endpoint: EndpointId) -> DeliveryState {
        let story = self.engine.story(event).await.unwrap().unwrap();
        story.deliveries.into_iter().find(|delivery| delivery.endpoint.id == endpoint).unwrap().state
    }
}

/// Looks again and again, letting the others work in between, until it is so.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if is_so().await {
            return;
        }
        // By way of another thread: on a loaded machine all looks are soon used up that let only this one's tasks work.
        tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
    }
    panic!("it never came to be");
}

/// A platform's own name for `order.updated`.
pub(crate) fn order_updated(dialect: DialectId) -> &'static str {
    let topics = shopwire_dialects::get(dialect).unwrap().catalog().topics;
    topics.iter().find(|topic| topic.event_type == Some(CanonicalType::OrderUpdated)).unwrap().name
}

/// The ids of the events that a receiver got, in order.
pub(crate) fn ids(requests: &[Received]) -> Vec<String> {
    requests.iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect()
}

/// The subject of the structured event in a request.
pub(crate) fn subject(request: &Received) -> String {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    body["subject"].as_str().unwrap().to_owned()
}

pub(crate) fn webhook(
    dialect: DialectId,
    topic: &str,
    id: &str,
    seed: u64,
    now: Timestamp,
) -> ReceivedRequest {
    webhook_signed(dialect, topic, id, seed, now, SECRET)
}

pub(crate) fn webhook_signed(
    dialect: DialectId,
    topic: &str,
    id: &str,
    seed: u64,
    now: Timestamp,
    secret: &str,
) -> ReceivedRequest {
    let dialect: &dyn Dialect = shopwire_dialects::get(dialect).unwrap();
    let topic = dialect.catalog().find(topic).unwrap();
    let (shop, random) = (ShopIdentity::default(), SeededRandom::new(seed));
    let facts = SampleFacts { shop: &shop, subject_id: Some(id), now, random: &random };
    sign(dialect.id(), dialect.sample(topic, &facts), secret, now)
}

/// A draft as the platform would send it.
pub(crate) fn sign(
    dialect: DialectId,
    draft: shopwire_dialects::Draft,
    secret: &str,
    now: Timestamp,
) -> ReceivedRequest {
    let dialect = shopwire_dialects::get(dialect).unwrap();
    let signed = dialect.sign(draft, &Key::Signing(Secret::new(secret)), now);
    let headers: Headers = signed.headers.iter().collect();
    ReceivedRequest { query: signed.query, headers, body: Bytes::from(signed.body) }
}

async fn start(
    clock: &SimClock,
    directory: &tempfile::TempDir,
    limits: &Limits,
    segment_bytes: u64,
    starts: u64,
) -> (Engine, Arc<Unreliable>) {
    // Each start has chance of its own, else ids would repeat.
    let random = Arc::new(SeededRandom::new(7 + starts));
    let ledger = loop {
        let config = SqliteConfig::new(directory.path().join("data"), SecretKey::new([7; 32]), limits);
        let config = SqliteConfig { log: LogConfig { segment_bytes }, ..config };
        match SqliteLedger::open(config, Arc::clone(&random) as _) {
            Ok(ledger) => break Unreliable::over(Arc::new(ledger)),
            // The former one is still writing its last.
            Err(StoreError::InUse(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    let timer = Arc::new(SimTimer(clock.clone()));
    let egress = Egress::new(loopback(), Arc::clone(&timer) as _, Arc::new(SystemResolver)).unwrap();
    // The tests' receivers are on this machine, without TLS.
    let registration = RegistrationConfig { plain_http: true, any_port: true };
    let (ledger_of_engine, limits) = (Arc::clone(&ledger) as _, limits.clone());
    let parts = EngineParts { ledger: ledger_of_engine, timer, random, egress, limits, registration };
    (Engine::start(parts).await.unwrap(), ledger)
}
