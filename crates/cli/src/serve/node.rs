//! One running server: store, engine, listener.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use shopwire_core::{Limits, Secret};
use shopwire_engine::egress::{Egress, SystemResolver};
use shopwire_engine::{Engine, EngineParts, SystemRandom, SystemTimer};
use shopwire_server::ServerConfig;
use shopwire_store::disk::make_directory;
use shopwire_store::{Ledger, SqliteConfig, SqliteLedger};
use tokio::net::TcpListener;

use super::Settings;

/// A server that has its store, its engine and its address, and waits to serve.
pub(crate) struct Node {
    engine: Engine,
    listener: TcpListener,
    address: SocketAddr,
    admin: Option<Secret>,
    data: PathBuf,
    limits: Limits,
    config: ServerConfig,
}

impl Node {
    /// Opens the store, takes up the lanes, and binds the address.
    pub(crate) async fn start(settings: Settings) -> anyhow::Result<Self> {
        Self::start_over(settings, |ledger| ledger).await
    }

    /// The same over another ledger, made of the real one.
    pub(crate) async fn start_over(
        settings: Settings,
        over: impl FnOnce(Arc<dyn Ledger>) -> Arc<dyn Ledger>,
    ) -> anyhow::Result<Self> {
        // First the address: a second server on the same machine should fail before it touches the store.
        let listener = TcpListener::bind(settings.listen).await.with_context(|| {
            format!("can't listen on {}: choose another address with --listen", settings.listen)
        })?;
        let address = listener.local_addr().context("the listener has no address")?;
        let ledger = over(open(&settings)?);
        let (timer, random) = (Arc::new(SystemTimer), Arc::new(SystemRandom));
        let egress = Egress::new(settings.egress, Arc::clone(&timer) as _, Arc::new(SystemResolver))
            .context("[egress] can't be used")?;
        let (limits, registration) = (settings.limits, settings.registration);
        let parts = EngineParts { ledger, timer, random, egress, limits: limits.clone(), registration };
        let engine = Engine::start(parts).await.context("the engine can't start")?;
        let admin = engine.ensure_admin().await.context("the first admin token can't be made")?;
        let config = ServerConfig { public_url: settings.public_url, backups: settings.backups };
        Ok(Self { engine, listener, address, admin, data: settings.data, limits, config })
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The URL it is reached at from this machine.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The data directory.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The admin token, if this is the first start.
    pub(crate) fn admin_token(&self) -> Option<&Secret> {
        self.admin.as_ref()
    }

    /// Serves requests until `stop` ends and those under way are answered; then lets the lanes land and closes the store.
    pub(crate) async fn serve(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let router = shopwire_server::router(self.engine.clone(), self.config);
        shopwire_server::serve(self.listener, router, self.limits, Arc::new(SystemTimer), stop)
            .await
            .context("the server failed")?;
        self.engine.shutdown().await.context("the store could not be closed")
    }
}

/// Opens the store of these settings.
pub(crate) fn open(settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    let data = &settings.data;
    if let Err(error) = make_directory(data) {
        bail!(
            "the data directory `{}` can't be made: {error}: choose another with `--data` or `store.path`",
            data.display()
        );
    }
    if let Some(backups) = &settings.backups {
        make_directory(backups)
            .with_context(|| format!("the directory for backups, `{}`, can't be made", backups.display()))?;
    }
    let key = settings.secrets.open(data, &SystemRandom)?;
    let config = SqliteConfig::new(data, key, &settings.limits);
    let ledger = SqliteLedger::open(config, Arc::new(SystemRandom))
        .with_context(|| format!("the store in `{}` can't be opened", data.display()))?;
    Ok(Arc::new(ledger))
}
