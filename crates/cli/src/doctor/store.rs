//! The store itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use shopwire_core::{Random, Timestamp};
use shopwire_store::{
    EventFilter, HealthReport, Ledger as _, PageRequest, SqliteConfig, SqliteLedger, StoreError,
};

use super::Check;
use super::probe;
use crate::config::Config;

const NAME: &str = "store";

/// The database of a data directory.
pub(super) fn database(directory: &Path) -> PathBuf {
    directory.join("shopwire.db")
}

/// Whether the store can be opened and is sound; also when its newest event was received.
pub(super) async fn check(config: &Config, random: Arc<dyn Random>) -> (Check, Option<Timestamp>) {
    let path = &config.store.path;
    if !database(path).exists() {
        return (Check::ok(NAME, "not there yet: the first start makes it"), None);
    }
    if config.secrets.file(path).is_some_and(|file| !file.exists()) {
        return (Check::problem(NAME, "not opened: its key is missing", "see `secrets key`"), None);
    }
    match open(config, random).await {
        Ok((health, newest)) => (of_health(&health), newest),
        Err(Closed::InUse) => (running(config), None),
        Err(Closed::Failed(found, cure)) => (Check::problem(NAME, found, cure), None),
    }
}

/// Why the store could not be looked into.
enum Closed {
    InUse,
    Failed(String, &'static str),
}

impl From<StoreError> for Closed {
    fn from(error: StoreError) -> Self {
        let cure = match &error {
            StoreError::InUse(_) => return Self::InUse,
            StoreError::Full(_) => "make room on the disk",
            StoreError::Unavailable(_) => {
                "look at the directory's owner and permissions, and at the system's log for disk errors"
            }
            StoreError::Unreadable(_) | StoreError::Damaged { .. } => {
                "run the version that wrote it or a later one, or bring back a backup"
            }
            StoreError::WrongKey => {
                "bring back the key it was made with: `secrets.key_file` or `SHOPWIRE_SECRETS_KEY`"
            }
        };
        Self::Failed(error.to_string(), cure)
    }
}

async fn open(config: &Config, random: Arc<dyn Random>) -> Result<(HealthReport, Option<Timestamp>), Closed> {
    let path = &config.store.path;
    let key = config.secrets.open(path, random.as_ref());
    let key = key.map_err(|error| Closed::Failed(format!("not opened: {error}"), "see `secrets key`"))?;
    let ledger = SqliteLedger::open(SqliteConfig::new(path, key, &config.limits), random)?;
    let health = ledger.health(true).await?;
    let page = PageRequest { size: 1, before: None, scan_rows_max: 1 };
    let newest = ledger.search(&EventFilter::default(), page).await?;
    ledger.close().await?;
    Ok((health, newest.items.first().map(|event| event.received_at)))
}

fn of_health(health: &HealthReport) -> Check {
    let HealthReport { schema_version, events, disk_bytes, problems } = health;
    if !problems.is_empty() {
        return Check::problem(
            NAME,
            format!("damaged: {}", problems.join("; ")),
            "stop the server, keep a copy of the directory, and bring back a backup",
        );
    }
    Check::ok(NAME, format!("sound: version {schema_version}, {events} events, {} KiB", disk_bytes >> 10))
}

/// The store of a running server is its own: so it is asked.
fn running(config: &Config) -> Check {
    let address = config.server.listen;
    match probe::get(address, "/readyz") {
        Ok(200) => Check::ok(NAME, format!("in use by the server on {address}, which says that it is ready")),
        Ok(status) => Check::problem(
            NAME,
            format!("in use by the server on {address}, which is not ready (it answers {status})"),
            "look at the server's log",
        ),
        Err(error) => Check::warning(
            NAME,
            format!("in use by another process, and nobody answers on {address}: {error}"),
            "give the configuration that the server runs with, or wait until it has started",
        ),
    }
}
