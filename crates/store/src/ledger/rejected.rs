//! Requests that were not accepted.

use bytes::Bytes;
use shopwire_core::{Headers, RejectionId, SourceId, Timestamp};

/// A request that was not accepted, kept so that an operator can see why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRequest {
    /// Names it.
    pub id: RejectionId,
    /// The source it was sent to.
    pub source: SourceId,
    /// When it came.
    pub at: Timestamp,
    /// A stable word for the reason.
    pub code: String,
    /// The reason for people.
    pub reason: String,
    /// Its header fields, secrets masked.
    pub headers: Headers,
    /// The start of its body.
    pub body_start: Bytes,
    /// How long the body was, in bytes.
    pub body_bytes: u64,
}
