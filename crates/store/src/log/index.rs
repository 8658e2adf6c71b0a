//! What is known of a segment without reading it: the same questions, whether the answers are in memory (the active segment)
//! or in a file beside it.
//!
//! Events and attempts are numbered within their segment from 0, in the order of their places.

use std::io;
use std::ops::Range;

use shopwire_core::{EndpointId, EventId, Timestamp};

use super::DedupKey;

/// The offset of a record that can't be found any more, because what stood before it is damaged.
pub(super) const LOST: u32 = u32::MAX;

/// One attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AttemptRow {
    /// The place of its event.
    pub(super) seq: u64,
    /// Where its record stands.
    pub(super) offset: u32,
    /// The number of its endpoint in the segment.
    pub(super) endpoint: u32,
    pub(super) number: u32,
    /// The byte of its outcome; 0 if the record is damaged.
    pub(super) outcome: u8,
}

/// Answers questions about one segment.
pub(super) trait Index: Send + Sync {
    /// Events in it.
    fn events(&self) -> u32;

    /// Attempts in it.
    fn attempts(&self) -> u32;

    /// When the first and the last of its events were received, by the clock.
    fn received(&self) -> Option<(Timestamp, Timestamp)>;

    /// Where the records of events stand; [`LOST`] of those that can't be found.
    fn offsets(&self, events: Range<u32>) -> io::Result<Vec<u32>>;

    /// The id of an event.
    fn id(&self, event: u32) -> io::Result<EventId>;

    /// The event with an id.
    fn find_id(&self, id: EventId) -> io::Result<Option<u32>>;

    /// The newest event with a key.
    fn find_key(&self, key: &DedupKey) -> io::Result<Option<u32>>;

    /// The events whose subject has this hash, in order.
    fn about(&self, subject: u64) -> io::Result<Vec<u32>>;

    /// Forgets what the events at these offsets (sorted) are about, and answers whether it could: else the index is to be
    /// made anew.
    fn forget(&self, offsets: &[u32]) -> bool;

    /// Sees to it that it can be asked on although its file is to go, or to be replaced.
    fn hold(&self) -> io::Result<()> {
        Ok(())
    }

    /// What is known of attempts.
    fn rows(&self, attempts: Range<u32>) -> io::Result<Vec<AttemptRow>>;

    /// The attempts of an event, in order.
    fn attempts_of(&self, seq: u64) -> io::Result<Vec<u32>>;

    /// The last attempt of a delivery, if one of them is not its first ever.
    fn last_repeat(&self, seq: u64, endpoint: EndpointId) -> io::Result<Option<u32>>;

    /// The endpoint with this number.
    fn endpoint(&self, number: u32) -> io::Result<Option<EndpointId>>;

    /// The number of an endpoint; `None` if no attempt was made to it.
    fn endpoint_number(&self, endpoint: EndpointId) -> io::Result<Option<u32>>;
}
