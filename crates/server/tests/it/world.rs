//! A whole server in simulated time.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use shopwire_core::{Clock, DialectId, Headers, Limits, Secret, Timestamp};
use shopwire_dialects::{Dialect, Draft, Key, SampleFacts, ShopIdentity};
use shopwire_engine::configure::RegistrationConfig;
use shopwire_engine::egress::{Egress, EgressConfig, SystemResolver};
use shopwire_engine::{Engine, EngineParts, Sleep, Timer};
use shopwire_server::{ServerConfig, router, serve};
use shopwire_store::{Ledger, SecretKey, SqliteConfig, SqliteLedger};
use shopwire_testkit::{SeededRandom, SimClock};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::{Answer, send};

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

/// The secret that the test's sources verify with: base64, since Duda's must be.
pub(crate) const SECRET: &str = "c3dvcmRmaXNoIG9mIHRoZSBwbGF0Zm9ybQ==";

#[derive(Clone)]
pub(crate) struct SimTimer(pub(crate) SimClock);

impl Clock for SimTimer {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Timer for SimTimer {
    fn sleep_until(&self, at: Timestamp) -> Sleep {
        Box::pin(self.0.sleep_until(at))
    }
}

/// A server, what it stands on, and how to ask it.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: SimClock,
    pub(crate) address: SocketAddr,
    /// The admin's token.
    pub(crate) admin: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
    _directory: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::over(limits, |ledger| ledger).await
    }

    /// A server whose ledger is what `door` makes of a real one.
    pub(crate) async fn over<L: Ledger + 'static>(
        limits: Limits,
        door: impl FnOnce(Arc<SqliteLedger>) -> Arc<L>,
    ) -> Self {
        // The tests' receivers are on this machine, without TLS.
        let relaxed = RegistrationConfig { plain_http: true, any_port: true };
        Self::made_of(limits, door, relaxed).await
    }

    /// A server that holds endpoints to every rule of the platforms.
    pub(crate) async fn strict() -> Self {
        Self::made_of(Limits::default(), |ledger| ledger, RegistrationConfig::default()).await
    }

    async fn made_of<L: Ledger + 'static>(
        limits: Limits,
        door: impl FnOnce(Arc<SqliteLedger>) -> Arc<L>,
        registration: RegistrationConfig,
    ) -> Self {
        let (clock, directory) = (SimClock::at(NOW), tempfile::tempdir().unwrap());
        let timer = Arc::new(SimTimer(clock.clone()));
        let engine = engine(&timer, door(ledger(&directory, &limits)), &limits, registration).await;
        let admin = engine.ensure_admin().await.unwrap().expect("the first start").expose().to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = ServerConfig {
            public_url: Some("https://hooks.example.com".to_owned()),
            backups: Some(directory.path().join("backups")),
        };
        let router = router(engine.clone(), config);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let shutdown = async move { drop(stopped.await) };
            serve(listener, router, limits, timer, shutdown).await
        });
        Self { engine, clock, address, admin, stop, serving, _directory: directory }
    }

    /// Stops serving, and waits until it has stopped.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
        self.engine.shutdown().await.unwrap();
    }

    fn authorized(&self) -> Headers {
        Headers::new().with("authorization", format!("Bearer {}", self.admin))
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        send(self.address, "GET", target, &self.authorized(), b"").await
    }

    pub(crate) async fn delete(&self, target: &str) -> Answer {
        send(self.address, "DELETE", target, &self.authorized(), b"").await
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer {
        self.post_with(target, body, Headers::new()).await
    }

    pub(crate) async fn put(&self, target: &str, body: &Value) -> Answer {
        let headers = self.authorized().with("content-type", "application/json");
        send(self.address, "PUT", target, &headers, body.to_string().as_bytes()).await
    }

    pub(crate) async fn patch(&self, target: &str, body: &Value) -> Answer {
        let headers = self.authorized().with("content-type", "application/json");
        send(self.address, "PATCH", target, &headers, body.to_string().as_bytes()).await
    }

    pub(crate) async fn post_with(&self, target: &str, body: &Value, more: Headers) -> Answer {
        let mut headers = self.authorized().with("content-type", "application/json");
        more.iter().for_each(|(name, value)| headers.push(name, value));
        send(self.address, "POST", target, &headers, body.to_string().as_bytes()).await
    }

    /// Makes something and gives it.
    pub(crate) async fn made(&self, target: &str, body: Value) -> Value {
        self.post(target, &body).await.expect(201)
    }

    /// A shop's id.
    pub(crate) async fn shop(&self) -> String {
        text(&self.made("/v1/shops", json!({"name": "Teapots"})).await["id"])
    }

    /// The id of a source of a new shop.
    pub(crate) async fn source(&self, dialect: DialectId) -> String {
        let source = json!({
            "shop": self.shop().await,
            "dialect": dialect,
            "name": "main",
            "keys": [{"kind": "signing", "secret": SECRET}],
        });
        text(&self.made("/v1/sources", source).await["id"])
    }

    /// An endpoint with its secret.
    pub(crate) async fn endpoint(&self, url: &str) -> Value {
        self.made("/v1/endpoints", json!({"name": "test", "url": url})).await
    }

    /// Posts a draft to a source.
    pub(crate) async fn deliver(&self, source: &str, webhook: &Draft) -> Answer {
        let query = webhook.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        send(self.address, "POST", &format!("/in/{source}{query}"), &webhook.headers, &webhook.body).await
    }

    /// Posts a genuine webhook and gives the id of the event it became.
    pub(crate) async fn event(&self, source: &str, dialect: DialectId, topic: &str, id: &str) -> String {
        let answer = self.deliver(source, &genuine(dialect, topic, id, 1)).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{answer:?}");
        answer.headers.get("shopwire-event-id").unwrap().to_owned()
    }

    /// All items of a list, page by page.
    pub(crate) async fn all(&self, list: &str, size: usize) -> Vec<Value> {
        let separator = if list.contains('?') { '&' } else { '?' };
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let target = format!("{list}{separator}limit={size}{cursor}");
            let page = self.get(&target).await.expect(200);
            let on_page = page["items"].as_array().unwrap();
            assert!(on_page.len() <= size, "{list}");
            items.extend(on_page.iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

fn ledger(directory: &tempfile::TempDir, limits: &Limits) -> Arc<SqliteLedger> {
    let config = SqliteConfig::new(directory.path().join("data"), SecretKey::new([7; 32]), limits);
    Arc::new(SqliteLedger::open(config, Arc::new(SeededRandom::new(8))).unwrap())
}

async fn engine(
    timer: &Arc<SimTimer>,
    ledger: Arc<impl Ledger + 'static>,
    limits: &Limits,
    registration: RegistrationConfig,
) -> Engine {
    let random = Arc::new(SeededRandom::new(7));
    let loopback = EgressConfig { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..EgressConfig::default() };
    let egress = Egress::new(loopback, Arc::clone(timer) as _, Arc::new(SystemResolver)).unwrap();
    let timer = Arc::clone(timer) as _;
    let parts = EngineParts { ledger, timer, random, egress, limits: limits.clone(), registration };
    Engine::start(parts).await.unwrap()
}

/// A webhook of a topic about the thing with this id, as the platform would send it.
pub(crate) fn genuine(dialect: DialectId, topic: &str, id: &str, seed: u64) -> Draft {
    let dialect: &dyn Dialect = shopwire_dialects::get(dialect).unwrap();
    let topic = dialect.catalog().find(topic).unwrap();
    let (shop, random) = (ShopIdentity::default(), SeededRandom::new(seed));
    let facts = SampleFacts { shop: &shop, subject_id: Some(id), now: NOW, random: &random };
    signed(dialect.id(), dialect.sample(topic, &facts))
}

/// A draft signed with the secret of the test's sources.
pub(crate) fn signed(dialect: DialectId, draft: Draft) -> Draft {
    shopwire_dialects::get(dialect).unwrap().sign(draft, &Key::Signing(Secret::new(SECRET)), NOW)
}

/// A JSON text.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// An order topic of each platform.
pub(crate) const ORDERS: [(DialectId, &str); 5] = [
    (DialectId::Ecwid, "order.created"),
    (DialectId::BigCommerce, "store/order/created"),
    (DialectId::Shoptet, "order:create"),
    (DialectId::Shoplazza, "orders/create"),
    (DialectId::Duda, "ECOMM_ORDER_CREATED"),
];
