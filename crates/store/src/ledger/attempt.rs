//! What happens in lanes.

use bytes::Bytes;
use shopwire_core::delivery::{DeadReason, LaneChanges, Outcome, Progress};
use shopwire_core::{EndpointId, EventId, Seq, Timestamp};

/// One attempt to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The event.
    pub seq: Seq,
    /// Its number among the delivery's attempts, from 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub latency_us: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// What the outcome does not say by itself, for people: an address, a certificate's fault.
    pub detail: Option<String>,
    /// The start of the response's body.
    pub response: Bytes,
    /// When the next attempt is due, if there is to be one.
    pub next_at: Option<Timestamp>,
    /// Why the delivery was given up with this attempt, if it was.
    pub dead: Option<DeadReason>,
}

/// What happened in one lane, to be recorded as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneUpdate {
    /// The lane's endpoint.
    pub endpoint: EndpointId,
    /// Where the lane stands.
    pub cursor: Seq,
    /// What is finished beyond the cursor.
    pub done: Vec<Seq>,
    /// Who waits by name, and who no longer does.
    pub changes: LaneChanges,
    /// Attempts made.
    pub attempts: Vec<AttemptRecord>,
}

/// An attempt as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAttempt {
    /// The event's id.
    pub event: EventId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The attempt.
    pub attempt: AttemptRecord,
    /// Whether a later attempt of the same delivery is known.
    pub superseded: bool,
}

/// Which attempts are wanted. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Of this event.
    pub event: Option<Seq>,
    /// To this endpoint.
    pub endpoint: Option<EndpointId>,
    /// With this outcome (its code).
    pub outcome: Option<String>,
    /// Only the latest of each delivery.
    pub latest: bool,
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event's id.
    pub event: EventId,
    /// The event's place.
    pub seq: Seq,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Why.
    pub reason: DeadReason,
    /// When.
    pub at: Timestamp,
    /// Attempts made.
    pub attempts: u32,
    /// What came of the last one.
    pub last_outcome: Option<Outcome>,
}

/// Which dead letters are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Of this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Of this event.
    pub event: Option<Seq>,
}

/// What became of the wish to send a dead letter again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivery {
    /// It waits for its attempt.
    Waits {
        /// Attempts made so far, with a fresh policy.
        progress: Progress,
    },
    /// It is not on the dead-letter list.
    NotDead,
}
