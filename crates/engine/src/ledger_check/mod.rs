//! Whether the books of the ledger balance: of every event in the log, received = delivered + filtered + waiting + dead,
//! endpoint by endpoint.
//!
//! The log says what was received, the attempts what was done, the lanes what is still to be done, and the configuration
//! who wanted what. What an endpoint wanted, and what shows in none of these, is lost: that must not be.
//!
//! The log is gone through by windows of places, each as wide as the bits of all endpoints fit into the memory allowed, so
//! that it does not matter how long the log is. The lanes are read before the attempts, and those before the log: an attempt is
//! recorded together with the place it moves its lane to, so that a ledger in use balances too.
//!
//! **Invariant.** Of each endpoint, the classes of its [`EndpointTally`] add up to the events that were read.

mod page;
mod tally;
mod window;

use std::sync::Arc;

use shopwire_core::delivery::Endpoint;
use shopwire_core::{EndpointId, Seq, Timestamp};
use shopwire_store::{AttemptPlace, LaneStand, Ledger, StoreError};

pub(crate) use page::LogPage;
pub use tally::{EndpointTally, LedgerReport, Violation, Wrong};

use crate::Directory;
use crate::dispatch::TopicIndex;
use window::Window;

/// Violations that are told one by one; the others are counted.
const VIOLATIONS_TOLD: usize = 20;
/// Bits of one place for one endpoint: waiting, tried, delivered, dead.
const BITS: u64 = 4;
/// A window is at least this wide, however many endpoints there are.
const WINDOW_PLACES_MIN: u64 = 4_096;

/// One endpoint as it is checked.
pub(super) struct Checked {
    endpoint: Arc<Endpoint>,
    /// Where its lane was opened; `None` if it never was.
    opened_at: Option<Seq>,
    /// When what it gets was last changed: what it would have got before is not known.
    rules_since: Timestamp,
}

/// Goes through the whole ledger, holding at most about `memory_bytes_max` for its bits.
///
/// # Errors
/// If the store can't be read. What is found wrong in it stands in the report.
pub async fn check_ledger(ledger: &dyn Ledger, memory_bytes_max: u64) -> Result<LedgerReport, StoreError> {
    let directory = Directory::new(ledger.configuration().await?);
    let stands = ledger.lane_stands().await?;
    let checked: Vec<Checked> = directory
        .endpoints
        .all()
        .into_iter()
        .map(|endpoint| checked(endpoint, &directory, &stands))
        .collect();
    let mut index = TopicIndex::default();
    for (place, of) in checked.iter().enumerate() {
        index.put(&of.endpoint, place);
    }
    let span = ledger.span().await?;
    let mut report = LedgerReport::of(span, checked.iter().map(|of| of.endpoint.as_ref()));
    let places = window_places(memory_bytes_max, checked.len());
    let (mut first, mut from) = (span.first, AttemptPlace::default());
    while first <= span.head {
        let last = Seq(first.0.saturating_add(places - 1).min(span.head.0));
        let mut window = Window::new(first, last, &checked);
        window.read_lanes(ledger, &mut report).await?;
        from = window.read_attempts(ledger, from, &mut report).await?;
        window.read_log(ledger, &index, &directory, &mut report).await?;
        window.count(&mut report);
        first = last.next();
    }
    report.name_events(ledger).await?;
    Ok(report)
}

/// How many places a window may have.
fn window_places(memory_bytes_max: u64, endpoints: usize) -> u64 {
    let endpoints = u64::try_from(endpoints).unwrap_or(u64::MAX).max(1);
    (memory_bytes_max.saturating_mul(8) / endpoints.saturating_mul(BITS)).max(WINDOW_PLACES_MIN)
}

fn checked(endpoint: Arc<Endpoint>, directory: &Directory, stands: &[LaneStand]) -> Checked {
    let opened_at = stand_of(endpoint.id, stands).map(|stand| stand.opened_at);
    let app = endpoint.app.and_then(|app| directory.apps.get(app));
    let granted = app.iter().flat_map(|app| app.grants.values().map(|grant| grant.updated_at));
    let changed = granted.chain(app.iter().map(|app| app.updated_at)).chain([endpoint.updated_at]);
    let rules_since = changed.max().unwrap_or(endpoint.updated_at);
    Checked { opened_at, rules_since, endpoint }
}

fn stand_of(endpoint: EndpointId, stands: &[LaneStand]) -> Option<&LaneStand> {
    stands.iter().find(|stand| stand.endpoint == endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_as_wide_as_the_memory_allows() {
        assert_eq!(window_places(64 << 20, 1), 128 << 20);
        assert_eq!(window_places(64 << 20, 1_000), 134_217);
        assert_eq!(window_places(64 << 20, 1_000_000), WINDOW_PLACES_MIN);
        assert_eq!(window_places(0, 0), WINDOW_PLACES_MIN);
    }
}
