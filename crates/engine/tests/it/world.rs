//! A whole engine on a real store and real sockets, in simulated time.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::delivery::{ContentMode, Endpoint, Ordering, RetryPolicy};
use shopwire_core::{Clock as _, DialectId, Headers, Limits, Secret, Shop, Source, Timestamp};
use shopwire_dialects::{Dialect, Key, SampleFacts, ShopIdentity};
use shopwire_engine::configure::{EndpointDraft, KeyDraft, ShopDraft, SourceDraft};
use shopwire_engine::egress::{Egress, SystemResolver};
use shopwire_engine::receive::{Receipt, ReceiveError, ReceivedRequest};
use shopwire_engine::{Engine, EngineParts};
use shopwire_store::{Ledger, SecretKey, SqliteConfig, SqliteLedger};
use shopwire_testkit::{SeededRandom, SimClock};

use crate::SimTimer;
use crate::egress::{NOW, loopback};

pub(crate) const SECRET: &str = "test_client_secret";

/// An engine and what it stands on.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: SimClock,
    pub(crate) directory: tempfile::TempDir,
    limits: Limits,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let (clock, directory) = (SimClock::at(NOW), tempfile::tempdir().unwrap());
        let engine = start(&clock, &directory, &limits).await;
        Self { engine, clock, directory, limits }
    }

    /// Ends the engine in order and starts it again on the same store.
    pub(crate) async fn restarted(self) -> Self {
        self.engine.shutdown().await.unwrap();
        drop(self.engine);
        let engine = start(&self.clock, &self.directory, &self.limits).await;
        Self { engine, ..self }
    }

    /// A shop with one source of a dialect.
    pub(crate) async fn source(&self, dialect: DialectId) -> (Shop, Source) {
        let draft = ShopDraft { name: "Teapots".to_owned(), identities: BTreeMap::new() };
        let shop = self.engine.create_shop(draft).await.unwrap();
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
            dialect: DialectId::CloudEvents,
            shop: None,
            url,
            topics: None,
            mode: ContentMode::Structured,
            headers: Vec::new(),
            secret: None,
            ordering: Ordering::Subject,
            retry: RetryPolicy { jitter: 0.0, ..RetryPolicy::default() },
            in_flight_max: None,
        }
    }

    pub(crate) async fn endpoint(&self, url: String) -> (Endpoint, Secret) {
        self.engine.create_endpoint(Self::draft(url)).await.unwrap()
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

    /// Waits until somebody waits for the moment that lies `ms` ahead.
    pub(crate) async fn due_in(&self, ms: i64) {
        self.clock.wait_for_sleep_until(self.clock.now().plus_ms(ms)).await;
    }
}

pub(crate) fn webhook(
    dialect: DialectId,
    topic: &str,
    id: &str,
    seed: u64,
    now: Timestamp,
) -> ReceivedRequest {
    let dialect: &dyn Dialect = shopwire_dialects::get(dialect).unwrap();
    let topic = dialect.catalog().find(topic).unwrap();
    let (shop, random) = (ShopIdentity::default(), SeededRandom::new(seed));
    let facts = SampleFacts { shop: &shop, subject_id: Some(id), now, random: &random };
    let signed = dialect.sign(dialect.sample(topic, &facts), &Key::Signing(Secret::new(SECRET)), now);
    let headers: Headers = signed.headers.iter().collect();
    ReceivedRequest { query: signed.query, headers, body: Bytes::from(signed.body) }
}

async fn start(clock: &SimClock, directory: &tempfile::TempDir, limits: &Limits) -> Engine {
    let random = Arc::new(SeededRandom::new(7));
    let config = SqliteConfig::new(directory.path().join("data"), SecretKey::new([7; 32]), limits);
    let ledger: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(config, Arc::clone(&random) as _).unwrap());
    let timer = Arc::new(SimTimer(clock.clone()));
    let egress = Egress::new(loopback(), Arc::clone(&timer) as _, Arc::new(SystemResolver)).unwrap();
    Engine::start(EngineParts { ledger, timer, random, egress, limits: limits.clone() }).await.unwrap()
}
