//! Sending a dead letter again.

use shopwire_core::delivery::{EndpointState, Waiting, subject_key};
use shopwire_core::{EndpointId, EventId};
use shopwire_store::{Redelivery, StoreError};

use crate::Engine;

/// Why a dead letter can't be sent again.
#[derive(Debug, thiserror::Error)]
pub enum RedeliverError {
    /// No such endpoint.
    #[error("there is no endpoint `{0}`")]
    UnknownEndpoint(EndpointId),
    /// No such event.
    #[error("there is no event `{0}` in the log")]
    UnknownEvent(EventId),
    /// Nothing to send again.
    #[error("the delivery of `{event}` to `{endpoint}` is not on the dead-letter list")]
    NotDead {
        /// The event.
        event: EventId,
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// The endpoint gets nothing any more.
    #[error("endpoint `{0}` is removed and gets nothing any more: make a new one")]
    Removed(EndpointId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Takes a delivery off the dead-letter list and makes it wait for an attempt now, with a fresh policy.
    pub async fn redeliver(&self, endpoint: EndpointId, event: EventId) -> Result<(), RedeliverError> {
        let found = self.directory().endpoints.get(endpoint);
        let found = found.ok_or(RedeliverError::UnknownEndpoint(endpoint))?;
        if matches!(found.state, EndpointState::Removed { .. }) {
            return Err(RedeliverError::Removed(endpoint));
        }
        let logged = self.ledger().event(event).await?.ok_or(RedeliverError::UnknownEvent(event))?;
        let key = subject_key(logged.event.shop, &logged.event.subject);
        let now = self.timer().now();
        match self.ledger().redeliver(endpoint, logged.seq, now).await? {
            Redelivery::NotDead => Err(RedeliverError::NotDead { event, endpoint }),
            Redelivery::Waits { progress } => {
                let waiting = Waiting { seq: logged.seq, key, due: Some(now), progress: Some(progress) };
                self.0.lanes.revive(endpoint, waiting).await;
                Ok(())
            }
        }
    }
}
