//! Records on their way into the log: made on the thread of whoever brings them, since the writer's time is everybody's
//! time.

use shopwire_core::Event;

use super::DedupKey;
use super::attempt::{self, AttemptMark};
use super::event::{self, EventMark, Head, subject_hash};
use super::lane;
use crate::LaneUpdate;

/// The record of one event, with its checksum, and what the index needs to know of it. The event's place is not in it.
#[derive(Debug, Clone)]
pub(crate) struct EncodedEvent {
    pub(super) bytes: Vec<u8>,
    pub(super) mark: EventMark,
}

impl EncodedEvent {
    /// Encodes an event; `key` is remembered with it for [`Log::find`](super::Log::find).
    pub(crate) fn new(event: &Event, key: Option<DedupKey>) -> Self {
        let subject = subject_hash(event.subject.as_str());
        let mark = EventMark { id: event.id, key, subject, received_at: event.received_at };
        Self { bytes: event::encode(event, key.as_ref()), mark }
    }

    /// Encodes what is left of an event whose origin can't be understood: whoever reads it is told that it is damaged.
    pub(crate) fn damaged(head: &Head<'_>, origin: &[u8], body: &[u8]) -> Self {
        let Head { id, key, received_at, .. } = *head;
        let mark = EventMark { id, key, subject: subject_hash(head.subject), received_at };
        Self { bytes: event::encode_damaged(head, origin, body), mark }
    }

    /// What copies of it are recognised by.
    pub(crate) fn key(&self) -> Option<&DedupKey> {
        self.mark.key.as_ref()
    }

    /// Bytes that it will take in the log.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The records of one lane's update: where the lane stands, and its attempts. Its `changes` are not part of the log.
#[derive(Debug, Clone)]
pub(crate) struct EncodedUpdate {
    pub(super) bytes: Vec<u8>,
    /// Where each attempt's record begins in the bytes.
    pub(super) attempts: Vec<(u32, AttemptMark)>,
}

impl EncodedUpdate {
    /// Encodes an update.
    pub(crate) fn new(update: &LaneUpdate) -> Self {
        let attempts: usize = update.attempts.iter().map(attempt::capacity).sum();
        let mut bytes = Vec::with_capacity(40 + update.done.len() * 8 + attempts);
        lane::put(&mut bytes, update.endpoint, update.cursor, &update.done);
        let mut marks = Vec::with_capacity(update.attempts.len());
        for made in &update.attempts {
            let start = u32::try_from(bytes.len()).expect("an update is limited far below 4 GiB");
            marks.push((start, AttemptMark::new(update.endpoint, made)));
            attempt::put(&mut bytes, update.endpoint, made);
        }
        Self { bytes, attempts: marks }
    }

    /// Bytes that it will take in the log.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}
