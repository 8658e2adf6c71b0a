//! Which hosts are left alone just now, where a platform does that ([`BlockRule`]).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::delivery::{BlockRule, Blocklist, Endpoint, Outcome};
use shopwire_core::{AppId, EndpointId, Timestamp};

use crate::Metrics;
use crate::egress::Target;

/// Hosts known before those of which nothing counts any more are looked for and forgotten.
const KNOWN_MIN: usize = 1_024;

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
    key: BlockKey,
}

impl Blocked {
    pub(super) fn of(endpoint: &Endpoint, target: &Target, rule: BlockRule) -> Self {
        let client = endpoint.app.map_or(Client::Endpoint(endpoint.id), Client::App);
        Self { rule, key: (client, target.host().to_string()) }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host `{}`", self.key.1)
    }
}

/// A client and a host it calls.
type BlockKey = (Client, String);

#[derive(Debug)]
struct Known {
    lists: HashMap<BlockKey, Blocklist>,
    /// How many there may be before the idle ones are looked for: twice as many as were not idle the last time, so that
    /// looking costs each new host the same, however many there are.
    sweep_at: usize,
}

impl Known {
    fn list(&mut self, blocked: &Blocked, now: Timestamp) -> &mut Blocklist {
        if self.lists.len() >= self.sweep_at && !self.lists.contains_key(&blocked.key) {
            self.lists.retain(|_, list| !list.is_idle(now));
            self.sweep_at = (self.lists.len() * 2).max(KNOWN_MIN);
        }
        self.lists.entry(blocked.key.clone()).or_insert_with(|| Blocklist::new(blocked.rule))
    }
}

/// The blocklists of all clients and hosts. Kept in memory only: after a restart every host gets a new chance.
#[derive(Debug)]
pub(super) struct Blocks {
    known: Mutex<Known>,
    metrics: Arc<Metrics>,
}

impl Blocks {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { known: Mutex::new(Known { lists: HashMap::new(), sweep_at: KNOWN_MIN }), metrics }
    }

    /// Until when it is left alone, if it is.
    pub(super) fn until(&self, blocked: &Blocked, now: Timestamp) -> Option<Timestamp> {
        self.lock().lists.get(&blocked.key)?.blocked_until(now)
    }

    /// An attempt has ended so. Only requests that were made count.
    pub(super) fn note(&self, blocked: &Blocked, outcome: &Outcome, now: Timestamp) {
        if matches!(
            outcome,
            Outcome::Blocked | Outcome::OurFault | Outcome::Unsendable | Outcome::AddressRefused
        ) {
            return;
        }
        if self.lock().list(blocked, now).note(outcome.is_delivered(), now) {
            self.metrics.hosts_blocked.add(1);
            let (client, host) = &blocked.key;
            tracing::warn!(host, ?client, "a host fails too often and is left alone");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: BlockRule =
        BlockRule { window_ms: 120_000, requests_min: 100, success_min_percent: 90, blocked_ms: 180_000 };
    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn host(number: usize) -> Blocked {
        let client = Client::App(AppId::from_bytes([1; 16]));
        Blocked { rule: RULE, key: (client, format!("host-{number}.example")) }
    }

    #[test]
    fn hosts_of_which_something_counts_are_kept_however_many_and_idle_ones_are_forgotten() {
        let blocks = Blocks::new(Arc::default());
        let many = 3 * KNOWN_MIN;
        (0..100).for_each(|_| blocks.note(&host(0), &Outcome::TimedOut, NOW));
        (1..many).for_each(|number| blocks.note(&host(number), &Outcome::TimedOut, NOW));
        assert_eq!(blocks.lock().lists.len(), many);
        assert!(blocks.until(&host(0), NOW).is_some() && blocks.until(&host(1), NOW).is_none());
        let later = NOW.plus_ms(180_000);
        (many..3 * many).for_each(|number| blocks.note(&host(number), &Outcome::TimedOut, later));
        assert!(blocks.lock().lists.len() <= 2 * many, "the first ones are idle");
    }

    #[test]
    fn what_was_not_sent_counts_for_nothing() {
        let blocks = Blocks::new(Arc::default());
        for outcome in [Outcome::Blocked, Outcome::OurFault, Outcome::Unsendable, Outcome::AddressRefused] {
            (0..100).for_each(|_| blocks.note(&host(0), &outcome, NOW));
        }
        assert!(blocks.until(&host(0), NOW).is_none() && blocks.lock().lists.is_empty());
    }
}
