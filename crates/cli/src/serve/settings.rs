//! What a server is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use shopwire_core::Limits;
use shopwire_engine::configure::RegistrationConfig;
use shopwire_engine::egress::EgressConfig;

use crate::config::{Config, Secrets};

/// All that a server is started with.
pub(crate) struct Settings {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// The URL under which platforms reach it.
    pub(crate) public_url: Option<String>,
    /// The data directory.
    pub(crate) data: PathBuf,
    /// Where backups may be made.
    pub(crate) backups: Option<PathBuf>,
    /// What secrets are encrypted with.
    pub(crate) secrets: Secrets,
    /// What may be called, and how long it may take.
    pub(crate) egress: EgressConfig,
    /// Which of the platforms' rules for endpoints are relaxed.
    pub(crate) registration: RegistrationConfig,
    /// The limits.
    pub(crate) limits: Limits,
}

impl Settings {
    /// As configured.
    pub(crate) fn of(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            listen: config.server.listen,
            public_url: config.server.public_url.as_ref().map(|url| url.as_str().to_owned()),
            data: config.store.path.clone(),
            backups: config.store.backups.clone(),
            secrets: config.secrets.clone(),
            egress: config.egress.config(&config.limits)?,
            registration: config.registration.config(),
            limits: config.limits.clone(),
        })
    }
}
