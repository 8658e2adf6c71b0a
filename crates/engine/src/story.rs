//! The whole story of one event: received, merged, wanted by whom, delivered, waiting, dead, and why.

use shopwire_core::delivery::{DeadReason, Endpoint, EndpointState, LaneRecord, Outcome};
use shopwire_core::{EndpointId, EventId, LoggedEvent, Timestamp};
use shopwire_store::{AttemptFilter, DeadLetterFilter, Merges, PageRequest, StoreError, StoredAttempt};
use std::sync::Arc;

use crate::Engine;
use crate::dispatch::{Parcel, admitted};

/// Attempts of one delivery that a story tells; older ones are found in the list of attempts.
const ATTEMPTS_TOLD: usize = 100;

/// The story of one event.
#[derive(Debug, Clone)]
pub struct Story {
    /// The event with all that was received.
    pub logged: Arc<LoggedEvent>,
    /// Further copies of its webhook.
    pub merges: Merges,
    /// What became of it at each endpoint.
    pub deliveries: Vec<DeliveryStory>,
}

/// What became of an event at one endpoint.
#[derive(Debug, Clone)]
pub struct DeliveryStory {
    /// The endpoint.
    pub endpoint: Arc<Endpoint>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Its attempts, newest first.
    pub attempts: Vec<StoredAttempt>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryState {
    /// The endpoint does not want it, and why.
    Filtered(String),
    /// It comes after the endpoint's place in the log: the lane will take it.
    Queued,
    /// It waits for the endpoint, which is paused or disabled, to be resumed.
    Held,
    /// Waiting for its next attempt, or behind another of its subject (then without a time).
    Waiting {
        /// When the next attempt is due.
        next_at: Option<Timestamp>,
        /// What came of the last attempt.
        last: Option<Outcome>,
    },
    /// Done.
    Delivered {
        /// When the successful attempt began.
        at: Timestamp,
    },
    /// Given up.
    Dead {
        /// Why.
        reason: DeadReason,
        /// When.
        at: Timestamp,
    },
    /// In the log before the endpoint listened.
    BeforeEndpoint,
}

impl Engine {
    /// The whole story of an event; `None` if it is not in the log.
    pub async fn story(&self, id: EventId) -> Result<Option<Story>, StoreError> {
        let Some(logged) = self.ledger().event(id).await? else { return Ok(None) };
        let merges = self.ledger().merges(logged.seq).await?;
        let parcel = Parcel::new(Arc::clone(&logged), Arc::clone(&self.0.metrics));
        let mut deliveries = Vec::new();
        for endpoint in self.directory().endpoints.all() {
            // The lane first: an attempt is recorded with the place it moves the lane to, never after it.
            let lane = self.ledger().lane(endpoint.id).await?.unwrap_or_default();
            let attempts = self.attempts_of(&logged, endpoint.id).await?;
            let state = self.state_of(&parcel, &endpoint, &attempts, &lane).await?;
            deliveries.push(DeliveryStory { endpoint, state, attempts });
        }
        Ok(Some(Story { logged, merges, deliveries }))
    }

    async fn attempts_of(
        &self,
        logged: &LoggedEvent,
        endpoint: EndpointId,
    ) -> Result<Vec<StoredAttempt>, StoreError> {
        let filter =
            AttemptFilter { event: Some(logged.seq), endpoint: Some(endpoint), ..AttemptFilter::default() };
        let page = PageRequest { size: ATTEMPTS_TOLD, before: None, scan_rows_max: ATTEMPTS_TOLD };
        Ok(self.ledger().attempts(&filter, page).await?.items)
    }

    async fn state_of(
        &self,
        parcel: &Parcel,
        endpoint: &Endpoint,
        attempts: &[StoredAttempt],
        lane: &LaneRecord,
    ) -> Result<DeliveryState, StoreError> {
        let logged = parcel.logged();
        // What was delivered once may be replayed: then it waits, and is delivered again, or dead.
        let waits = lane.waiting.iter().any(|waiting| waiting.seq == logged.seq);
        let is_newest = attempts.first().is_some_and(|a| a.attempt.outcome.is_delivered());
        let delivered = attempts.iter().find(|a| a.attempt.outcome.is_delivered());
        let delivered = delivered.map(|delivered| DeliveryState::Delivered { at: delivered.attempt.at });
        if let Some(delivered) = delivered.clone().filter(|_| is_newest && !waits) {
            return Ok(delivered);
        }
        // What waits was taken: what was revoked since then does not concern it.
        let is_taken = waits || !attempts.is_empty();
        if !is_taken && let Err(filtered) = admitted(endpoint, parcel, self.directory()) {
            return Ok(DeliveryState::Filtered(filtered.to_string()));
        }
        if let Some(dead) = self.dead(logged, endpoint.id).await? {
            return Ok(dead);
        }
        if let Some(delivered) = delivered.filter(|_| !waits) {
            return Ok(delivered);
        }
        if let EndpointState::Removed { reason, .. } = &endpoint.state {
            return Ok(DeliveryState::Filtered(format!("the endpoint is removed: {reason}")));
        }
        Ok(state_in_lane(logged, endpoint, attempts, lane))
    }

    async fn dead(
        &self,
        logged: &LoggedEvent,
        endpoint: EndpointId,
    ) -> Result<Option<DeliveryState>, StoreError> {
        let filter = DeadLetterFilter { endpoint: Some(endpoint), event: Some(logged.seq) };
        let page = PageRequest { size: 1, before: None, scan_rows_max: self.limits().scan_rows_max };
        let dead = self.ledger().dead_letters(&filter, page).await?.items.pop();
        Ok(dead.map(|letter| DeliveryState::Dead { reason: letter.reason, at: letter.at }))
    }
}

fn state_in_lane(
    logged: &LoggedEvent,
    endpoint: &Endpoint,
    attempts: &[StoredAttempt],
    lane: &LaneRecord,
) -> DeliveryState {
    let last = attempts.first().map(|a| a.attempt.outcome.clone());
    let waiting = lane.waiting.iter().find(|waiting| waiting.seq == logged.seq);
    let is_ahead = logged.seq > lane.cursor;
    match (&endpoint.state, waiting) {
        (_, None) if !is_ahead && attempts.is_empty() => passed_by(logged, endpoint),
        (EndpointState::Active, Some(waiting)) => DeliveryState::Waiting { next_at: waiting.due, last },
        (EndpointState::Active, None) => DeliveryState::Queued,
        _ => DeliveryState::Held,
    }
}

/// Why a delivery was never made that the endpoint would get now.
fn passed_by(logged: &LoggedEvent, endpoint: &Endpoint) -> DeliveryState {
    if logged.event.received_at > endpoint.created_at {
        let why = "it was not for the endpoint when its turn came: the endpoint's topics, or its app's scopes in the shop, were others then";
        return DeliveryState::Filtered(why.to_owned());
    }
    DeliveryState::BeforeEndpoint
}
