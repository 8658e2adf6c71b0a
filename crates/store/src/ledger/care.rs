//! Keeping the store in shape: how far the log reaches, what it lets go of, what is erased, what is copied.

use shopwire_core::commerce::Subject;
use shopwire_core::{EndpointId, Seq, ShopId, Timestamp};

use super::StoredAttempt;

/// How far the log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSpan {
    /// The place of the first event that is still there; behind the head if none is.
    pub first: Seq,
    /// The place of the last event there ever was.
    pub head: Seq,
    /// Bytes on the disk.
    pub bytes: u64,
}

/// What the log may let go of: whole ranges, the oldest first, never the one that is being written. A range goes if the
/// newest event in it was received before `received_before`, or as long as the log has more than `bytes_max` bytes; but
/// none that reaches `keep_from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Events received before this moment may go.
    pub received_before: Option<Timestamp>,
    /// If an event in the range that is being written was received before this moment, the range ends, so that it can go as a
    /// whole some day, however little comes.
    pub begun_before: Option<Timestamp>,
    /// So many bytes the log may have.
    pub bytes_max: Option<u64>,
    /// From this place on everything stays.
    pub keep_from: Option<Seq>,
}

/// What the log has let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Events.
    pub events: u64,
    /// Bytes on the disk.
    pub bytes: u64,
    /// The place of the first event that is still there.
    pub first: Seq,
}

/// That all data about one subject was erased from the log and the snapshots. The events stand where they stood, with
/// their id, type and times, without what they said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The shop.
    pub shop: ShopId,
    /// The subject.
    pub subject: Subject,
    /// When it was asked for.
    pub at: Timestamp,
    /// When nothing of it was left; `None` while it is under way.
    pub finished_at: Option<Timestamp>,
    /// Events that were emptied.
    pub events: u64,
    /// Attempts whose kept answers and details were emptied.
    pub attempts: u64,
    /// Snapshots that were deleted.
    pub snapshots: u64,
}

/// A copy of the whole store that was made while it was in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// The place of the last event in it.
    pub head: Seq,
    /// Files written.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// A place among all attempts, in the order they were recorded; 0 is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct AttemptPlace(pub u64);

/// A page of all attempts, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttemptWalk {
    /// The attempts; `superseded` is not looked up and always false.
    pub attempts: Vec<StoredAttempt>,
    /// From where to go on; `None` at the end.
    pub next: Option<AttemptPlace>,
}

/// Where one lane stands, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneStand {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Where the lane was opened: events up to here never concerned it.
    pub opened_at: Seq,
    /// Everything up to here is settled, or known by name.
    pub cursor: Seq,
    /// The earliest delivery known by name.
    pub first_waiting: Option<Seq>,
}
