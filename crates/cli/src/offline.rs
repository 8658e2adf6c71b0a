//! A store that no server has open, looked at and cared for by a command.
//!
//! **Invariant.** Nothing is made: neither a store that is not there, nor a key for one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use shopwire_engine::SystemRandom;
use shopwire_store::{SecretKey, SqliteConfig, SqliteLedger};

use crate::config::Config;

/// Which data directory is meant.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct DataArgs {
    /// Data directory; without it `store.path` of the configuration
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Option<PathBuf>,
}

impl DataArgs {
    /// The directory.
    pub(crate) fn directory<'a>(&'a self, config: &'a Config) -> &'a Path {
        self.data.as_deref().unwrap_or(&config.store.path)
    }
}

/// The database of a data directory.
pub(crate) fn database(directory: &Path) -> PathBuf {
    directory.join("shopwire.db")
}

/// The key for the store in `data`: as configured, else the one that lies in it.
///
/// # Errors
/// If there is none.
pub(crate) fn key(config: &Config, data: &Path) -> anyhow::Result<SecretKey> {
    if let Some(file) = config.secrets.file(data).filter(|file| !file.exists()) {
        bail!(
            "there is no key `{}`: the store's secrets are encrypted with it; name it with `--set secrets.key_file=…`, \
             or give it as SHOPWIRE_SECRETS_KEY",
            file.display()
        );
    }
    Ok(config.secrets.open(data, &SystemRandom)?)
}

/// Opens the store in `data`, which must be there, and which no server may have open.
///
/// # Errors
/// If it is not there, is in use, or can't be opened.
pub(crate) fn open(config: &Config, data: &Path) -> anyhow::Result<SqliteLedger> {
    if !database(data).exists() {
        bail!(
            "there is no store in `{}`: name its directory with `--data`, or in the configuration as `store.path`",
            data.display()
        );
    }
    let of_store = SqliteConfig::new(data, key(config, data)?, &config.limits);
    SqliteLedger::open(of_store, Arc::new(SystemRandom))
        .with_context(|| format!("the store in `{}` can't be opened", data.display()))
}
