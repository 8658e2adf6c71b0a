//! Which hosts are left alone just now, where a platform does that ([`BlockRule`]).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::delivery::{BlockRule, Blocklist, Endpoint, Outcome};
use shopwire_core::{AppId, EndpointId, Timestamp};

use crate::Metrics;
use crate::egress::Target;

/// Hosts known before those of which nothing counts any more are forgotten.
const KNOWN_MAX: usize = 1_024;

/// On whose behalf requests are made: platforms keep their clients apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    App(AppId),
    /// An endpoint without an app is a client of its own.
    Endpoint(EndpointId),
}

/// What is blocked as one: a client's requests to a host, on all paths and ports.
#[derive(Debug, Clone)]
pub(super) struct Blocked {
    rule: BlockRule,
    client: Client,
    host: String,
}

impl Blocked {
    pub(super) fn of(endpoint: &Endpoint, target: &Target, rule: BlockRule) -> Self {
        let client = endpoint.app.map_or(Client::Endpoint(endpoint.id), Client::App);
        Self { rule, client, host: target.host().to_string() }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host `{}`", self.host)
    }
}

/// The blocklists of all clients and hosts. Kept in memory only: after a restart every host gets a new chance.
#[derive(Debug)]
pub(super) struct Blocks {
    lists: Mutex<HashMap<(Client, String), Blocklist>>,
    metrics: Arc<Metrics>,
}

impl Blocks {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { lists: Mutex::default(), metrics }
    }

    /// Until when it is left alone, if it is.
    pub(super) fn until(&self, blocked: &Blocked, now: Timestamp) -> Option<Timestamp> {
        self.lock().get(&(blocked.client, blocked.host.clone()))?.blocked_until(now)
    }

    /// An attempt has ended so. Only requests that were made count.
    pub(super) fn note(&self, blocked: &Blocked, outcome: &Outcome, now: Timestamp) {
        if matches!(
            outcome,
            Outcome::Blocked | Outcome::OurFault | Outcome::Unsendable | Outcome::AddressRefused
        ) {
            return;
        }
        let mut lists = self.lock();
        if lists.len() >= KNOWN_MAX {
            lists.retain(|_, list| !list.is_idle(now));
        }
        let list = lists.entry((blocked.client, blocked.host.clone()));
        if list.or_insert_with(|| Blocklist::new(blocked.rule)).note(outcome.is_delivered(), now) {
            self.metrics.hosts_blocked.add(1);
            tracing::warn!(host = blocked.host, client = ?blocked.client, "a host fails too often and is left alone");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Client, String), Blocklist>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
