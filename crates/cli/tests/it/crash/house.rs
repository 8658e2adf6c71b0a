//! A store with sources and endpoints, the receivers behind them, and the server's process.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::delivery::{Ordering, RetryPolicy};
use shopwire_core::{DialectId, EndpointId, Headers, Limits, Secret, ShopId, SourceId};
use shopwire_engine::configure::{EndpointDraft, KeyDraft, RegistrationConfig, ShopDraft, SourceDraft};
use shopwire_engine::egress::{Egress, EgressConfig, Method, OutRequest, Pool, SystemResolver, Target};
use shopwire_engine::{Engine, EngineParts, SystemRandom, SystemTimer, Timer as _};
use shopwire_store::{Ledger, SecretKey, SqliteConfig, SqliteLedger};

use super::plan::{self, Plan};
use super::receiver::{Receiver, Speech};

/// The platforms that send.
pub(super) const SENDING: [DialectId; 3] = [DialectId::BigCommerce, DialectId::Ecwid, DialectId::Shoplazza];
/// A secret of theirs.
pub(super) const SECRET: &str = "Y3Jhc2ggY2xpZW50IHNlY3JldA==";
/// The secret of our own endpoints.
const WHSEC: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// The platform whose app listens too.
pub(super) const LISTENING: DialectId = DialectId::Duda;
/// How long a server may take to listen, or to stop.
const READY_MS: u64 = 60_000;

/// An endpoint, and what must be true of it.
pub(super) struct Listener {
    pub(super) id: EndpointId,
    pub(super) receiver: Receiver,
    pub(super) ordering: Ordering,
    /// Whether it hears of one shop only, in the platform's dialect.
    pub(super) is_platform: bool,
}

/// Everything but the server.
pub(super) struct House {
    pub(super) listen: SocketAddr,
    /// The shop whose orders are written.
    pub(super) shop: ShopId,
    pub(super) token: Secret,
    pub(super) sources: Vec<SourceId>,
    pub(super) listeners: Vec<Listener>,
    directory: tempfile::TempDir,
}

impl House {
    pub(super) async fn furnish(plan: &Plan) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine(&directory.path().join("data")).await;
        let token = engine.ensure_admin().await.unwrap().unwrap();
        let site = [("site_name".to_owned(), "crash".to_owned())].into();
        let written = ShopDraft { name: "written".to_owned(), identities: [(LISTENING, site)].into() };
        let shop = engine.create_shop(written).await.unwrap().id;
        let sources = sources(&engine).await;
        let ours = |ordering| EndpointDraft {
            name: format!("{ordering:?}"),
            secret: Some(Secret::new(WHSEC)),
            retry: Some(RetryPolicy { delays_s: vec![1; 49], jitter: 0.5 }),
            ordering: Some(ordering),
            ..EndpointDraft::default()
        };
        let platform = EndpointDraft {
            name: LISTENING.to_string(),
            dialect: Some(LISTENING),
            shop: Some(shop),
            topics: Some(orders_of(LISTENING)),
            secret: Some(Secret::new(SECRET)),
            ordering: Some(Ordering::Subject),
            ..EndpointDraft::default()
        };
        let mut listeners = Vec::new();
        for (number, draft) in (1..).zip([ours(Ordering::Subject), ours(Ordering::None), platform]) {
            let is_platform = draft.dialect.is_some();
            let speech =
                if is_platform { Speech::Platform(Secret::new(SECRET)) } else { Speech::ours(WHSEC) };
            // What a platform's endpoint fails to take comes again after 20 s or more.
            let receiver = Receiver::start(speech, plan.seed + number, !is_platform || plan.is_long()).await;
            let ordering = draft.ordering.unwrap();
            let draft = EndpointDraft { url: receiver.url(), ..draft };
            let id = engine.create_endpoint(draft).await.unwrap().0.id;
            listeners.push(Listener { id, receiver, ordering, is_platform });
        }
        engine.shutdown().await.unwrap();
        let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { listen, shop, token, sources, listeners, directory }
    }

    pub(super) fn receivers(&self) -> impl Iterator<Item = (EndpointId, &Receiver)> {
        self.listeners.iter().map(|listener| (listener.id, &listener.receiver))
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The ledger, while no server has it.
    pub(super) fn ledger(&self) -> Arc<dyn Ledger> {
        open(&self.data())
    }

    /// Whether the books of the ledger balance, by the product's own check.
    pub(super) fn verify_log(&self) {
        let mut command = shopwire();
        let told = command.arg("verify-log").env("SHOPWIRE_STORE_PATH", self.data()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(told.status.success(), "{}{}", text(&told.stdout), text(&told.stderr));
    }

    /// Connections to a path of the server.
    pub(super) fn pool(&self, path: &str, idle_max: usize) -> Pool {
        egress().pool(Target::parse(&format!("http://{}{path}", self.listen)).unwrap(), idle_max)
    }

    /// Starts the server.
    pub(super) fn serve(&self) -> Server {
        let child = shopwire()
            .args(["serve", "--listen", &self.listen.to_string()])
            .env("SHOPWIRE_STORE_PATH", self.data())
            .env("SHOPWIRE_EGRESS_ALLOWED", "127.0.0.0/8")
            // What hangs is to be tried again within the run.
            .env("SHOPWIRE_LIMITS_EXCHANGE_DEADLINE_MS", "1000")
            .env("SHOPWIRE_LIMITS_CONNECT_TIMEOUT_MS", "1000")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Server(child)
    }

    /// Waits until the server answers: one that only listens does not know yet how it is asked to stop.
    pub(super) async fn is_ready(&self, server: &mut Server) {
        let (pool, get) = (self.pool("/healthz", 0), OutRequest::new(Headers::new(), Bytes::new()).unwrap());
        let get = get.with_method(Method::Get);
        for _ in 0..READY_MS / 5 {
            if pool.exchange(&get).await.result.is_ok() {
                return;
            }
            assert_eq!(server.0.try_wait().unwrap(), None, "the server ended by itself");
            SystemTimer.sleep_ms(5).await;
        }
        panic!("the server does not answer");
    }
}

/// A server's process. Killed when dropped.
pub(super) struct Server(Child);

impl Server {
    /// `kill -9`.
    pub(super) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Stops it as an operator would.
    pub(super) async fn stop(&mut self) {
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.0),
            rustix::process::Signal::TERM,
        )
        .unwrap();
        for _ in 0..READY_MS / 5 {
            if let Some(status) = self.0.try_wait().unwrap() {
                assert!(status.success(), "the server stopped with {status}");
                return;
            }
            SystemTimer.sleep_ms(5).await;
        }
        panic!("the server does not stop");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// How often the server's life ended, and how.
#[derive(Default)]
pub(super) struct Lived {
    pub(super) killed: u32,
    pub(super) killed_while_starting: u32,
    pub(super) stopped: u32,
}

impl fmt::Display for Lived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { killed, killed_while_starting, stopped } = self;
        write!(f, "{killed} kills under load, {killed_while_starting} while starting, {stopped} stops")
    }
}

fn shopwire() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shopwire"));
    // It refuses variables that are not its own.
    command.env_remove(plan::SEED).env_remove(plan::SECONDS);
    command
}

/// The way out of those who send.
pub(super) fn egress() -> Egress {
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let config = EgressConfig { allowed, ..EgressConfig::default() };
    Egress::new(config, Arc::new(SystemTimer), Arc::new(SystemResolver)).unwrap()
}

fn open(data: &Path) -> Arc<dyn Ledger> {
    std::fs::create_dir_all(data).unwrap();
    let key = SecretKey::load_or_create(&data.join("secret.key"), &SystemRandom).unwrap();
    let config = SqliteConfig::new(data, key, &Limits::default());
    Arc::new(SqliteLedger::open(config, Arc::new(SystemRandom)).unwrap())
}

async fn engine(data: &Path) -> Engine {
    let parts = EngineParts {
        ledger: open(data),
        timer: Arc::new(SystemTimer),
        random: Arc::new(SystemRandom),
        egress: egress(),
        limits: Limits::default(),
        registration: RegistrationConfig { plain_http: true, any_port: true },
    };
    Engine::start(parts).await.unwrap()
}

/// A source of each platform that sends, all of one shop.
async fn sources(engine: &Engine) -> Vec<SourceId> {
    let draft = ShopDraft { name: "received".to_owned(), identities: BTreeMap::new() };
    let shop = engine.create_shop(draft).await.unwrap().id;
    let mut sources = Vec::new();
    for dialect in SENDING {
        let keys = vec![KeyDraft::Signing(Secret::new(SECRET))];
        let draft = SourceDraft { shop, dialect, name: dialect.to_string(), app: None, keys };
        sources.push(engine.create_source(draft).await.unwrap().id);
    }
    sources
}

/// All that a platform says of orders that come to be or change.
fn orders_of(dialect: DialectId) -> Vec<String> {
    use shopwire_core::commerce::CanonicalType::{OrderCreated, OrderUpdated};
    let catalog = shopwire_dialects::get(dialect).unwrap().catalog();
    let name = |event_type| catalog.for_event_type(event_type).unwrap().name.to_owned();
    [OrderCreated, OrderUpdated].map(name).to_vec()
}
