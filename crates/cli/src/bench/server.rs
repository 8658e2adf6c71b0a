//! The server that is measured: a process of its own on a store of its own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use shopwire_core::commerce::CanonicalType;
use shopwire_core::{DialectId, Limits, Random as _, Secret, ShopId, SourceId};
use shopwire_dialects::{Dialect, ShopIdentity, mac};
use shopwire_engine::configure::{EndpointDraft, KeyDraft, RegistrationConfig, ShopDraft, SourceDraft};
use shopwire_engine::egress::{Egress, EgressConfig, SystemResolver};
use shopwire_engine::{Engine, EngineParts, SystemRandom, SystemTimer, Timer as _};
use shopwire_store::{SqliteConfig, SqliteLedger};
use tokio::process::{Child, Command};

use crate::config::Secrets;
use crate::identity;

/// What the load is signed with.
pub(super) const SECRET: &str = "bench_client_secret";

/// Milliseconds a server may take to start or to stop.
const PATIENCE_MS: u64 = 30_000;

/// A running server.
pub(super) struct BenchServer {
    process: Child,
    url: String,
    furnished: Furnished,
    data: std::path::PathBuf,
}

/// What the store holds before the server starts.
struct Furnished {
    shop: ShopId,
    source: SourceId,
    token: Secret,
}

impl BenchServer {
    /// Starts a server on a fresh store with one BigCommerce source, and an endpoint for each URL.
    pub(super) async fn start(endpoints: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(|_| endpoints.iter().map(|url| endpoint_to(url)).collect()).await
    }

    /// Starts a server on a fresh store with an endpoint in each platform's dialect, all at this URL, each subscribed to
    /// the topics of these event types. (No endpoint can have all: some platforms' topics exclude each other.)
    pub(super) async fn start_emitting(url: &str, events: &[CanonicalType]) -> anyhow::Result<Self> {
        Self::start_with(|shop| {
            shopwire_dialects::all().iter().map(|dialect| endpoint_in(*dialect, shop, url, events)).collect()
        })
        .await
    }

    async fn start_with(endpoints: impl FnOnce(ShopId) -> Vec<EndpointDraft>) -> anyhow::Result<Self> {
        let mut unique = [0; 6];
        SystemRandom.fill(&mut unique);
        let data = std::env::temp_dir().join(format!("shopwire-bench-{}", mac::hex(&unique)));
        let furnished = furnish(&data, endpoints).await?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let listen = format!("127.0.0.1:{port}");
        let program = std::env::current_exe().context("this program can't find itself")?;
        let process = Command::new(program)
            .args(["serve", "--listen", &listen])
            .env("SHOPWIRE_STORE_PATH", &data)
            .env("SHOPWIRE_EGRESS_ALLOWED", "127.0.0.0/8")
            .env("SHOPWIRE_LOG_LEVEL", "error")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the server can't be started")?;
        let server = Self { process, url: format!("http://{listen}"), furnished, data };
        server.wait_until_ready(&listen).await?;
        Ok(server)
    }

    async fn wait_until_ready(&self, listen: &str) -> anyhow::Result<()> {
        for _ in 0..PATIENCE_MS / 20 {
            if tokio::net::TcpStream::connect(listen).await.is_ok() {
                return Ok(());
            }
            SystemTimer.sleep_ms(20).await;
        }
        bail!("the server does not listen on {listen} after {PATIENCE_MS} ms")
    }

    /// Where webhooks are posted.
    pub(super) fn source_url(&self) -> String {
        format!("{}/in/{}", self.url, self.furnished.source)
    }

    /// Where changes are posted.
    pub(super) fn changes_url(&self) -> String {
        format!("{}/v1/shops/{}/changes", self.url, self.furnished.shop)
    }

    /// With what they are.
    pub(super) fn token(&self) -> &Secret {
        &self.furnished.token
    }

    /// Memory the server holds, in MiB.
    pub(super) fn resident_mib(&self) -> anyhow::Result<f64> {
        let pid = self.process.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .context("the memory of a process can be read on Linux only")?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = kib.trim().trim_end_matches("kB").trim().parse().context("VmRSS is no number")?;
        Ok(kib / 1024.0)
    }

    /// Ends it in order.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.process.id().context("the server has ended by itself")?;
        Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        tokio::select! {
            ended = self.process.wait() => drop(ended?),
            () = SystemTimer.sleep_ms(PATIENCE_MS) => bail!("the server does not stop"),
        }
        self.clean_up()
    }

    /// Ends it at once.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        self.clean_up()
    }

    fn clean_up(&self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(&self.data).context("the bench's store can't be removed")
    }
}

/// Puts a shop, a source and the endpoints into a fresh store.
async fn furnish(
    data: &std::path::Path,
    endpoints: impl FnOnce(ShopId) -> Vec<EndpointDraft>,
) -> anyhow::Result<Furnished> {
    let key = Secrets::default().open(data, &SystemRandom)?;
    let limits = Limits::default();
    let ledger = SqliteLedger::open(SqliteConfig::new(data, key, &limits), Arc::new(SystemRandom))?;
    let (timer, random) = (Arc::new(SystemTimer), Arc::new(SystemRandom));
    let config = EgressConfig { allowed: vec!["127.0.0.0/8".parse()?], ..EgressConfig::default() };
    let egress = Egress::new(config, Arc::clone(&timer) as _, Arc::new(SystemResolver))?;
    let (ledger, registration) = (Arc::new(ledger), RegistrationConfig { plain_http: true, any_port: true });
    let parts = EngineParts { ledger, timer, random, egress, limits, registration };
    let engine = Engine::start(parts).await?;
    let token = engine.ensure_admin().await?.context("a fresh store has a first start")?;
    let shop = engine.create_shop(ShopDraft { name: "bench".to_owned(), identities: identities() }).await?;
    let draft = SourceDraft {
        shop: shop.id,
        dialect: DialectId::BigCommerce,
        name: "bench".to_owned(),
        app: None,
        keys: vec![KeyDraft::Signing(Secret::new(SECRET))],
    };
    let source = engine.create_source(draft).await?;
    for endpoint in endpoints(shop.id) {
        engine.create_endpoint(endpoint).await?;
    }
    engine.shutdown().await?;
    Ok(Furnished { shop: shop.id, source: source.id, token })
}

/// Who the shop is on each platform; on BigCommerce, whom the load speaks of.
fn identities() -> BTreeMap<DialectId, BTreeMap<String, String>> {
    let bigcommerce = ShopIdentity::of("store_id", "1003502318").and("store_hash", "8jbhprizry");
    let of = |dialect: DialectId| match dialect {
        DialectId::BigCommerce => bigcommerce.0.clone(),
        _ => identity::or_example(dialect, &ShopIdentity::default()).0,
    };
    DialectId::PLATFORMS.into_iter().map(|dialect| (dialect, of(dialect))).collect()
}

fn endpoint_in(dialect: &dyn Dialect, shop: ShopId, url: &str, events: &[CanonicalType]) -> EndpointDraft {
    let topics = events.iter().filter_map(|event_type| dialect.catalog().for_event_type(*event_type));
    EndpointDraft {
        dialect: Some(dialect.id()),
        shop: Some(shop),
        topics: Some(topics.map(|topic| topic.name.to_owned()).collect()),
        secret: Some(Secret::new(mac::base64(SECRET.as_bytes()))),
        ..endpoint_to(url)
    }
}

fn endpoint_to(url: &str) -> EndpointDraft {
    EndpointDraft {
        name: "bench".to_owned(),
        url: url.to_owned(),
        in_flight_max: Some(32),
        ..EndpointDraft::default()
    }
}
