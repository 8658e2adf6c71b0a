//! The state of shops: snapshots, changes, timers.

use bytes::Bytes;
use shopwire_core::commerce::EntityKind;
use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::{Event, Seq, ShopId, Timestamp};

/// Names one entity of one shop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey {
    /// The shop.
    pub shop: ShopId,
    /// The kind.
    pub kind: EntityKind,
    /// The id.
    pub id: String,
}

/// The last known state of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Which entity.
    pub key: EntityKey,
    /// Counts its changes, from 1. An entity that was deleted and comes again goes on counting.
    pub version: u64,
    /// Its state as JSON; `None` once it was deleted.
    pub entity: Option<Bytes>,
    /// What the rules of the diff remember of it, as JSON.
    pub marks: Bytes,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A change to be committed: state, timers and events together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityChange {
    /// Which entity.
    pub key: EntityKey,
    /// The version the change was computed from: 0 if nothing was there. Anything else stored by now is a conflict.
    pub base_version: u64,
    /// Its state from now on as JSON; `None` for a deletion.
    pub entity: Option<Bytes>,
    /// What the rules of the diff remember from now on, as JSON.
    pub marks: Bytes,
    /// When.
    pub at: Timestamp,
    /// Timers of this entity to be set, with their time, or to be called off.
    pub timers: Vec<(TimerKind, Option<Timestamp>)>,
    /// The timer whose firing this is. If it is no longer set for that time, the change is a conflict; else it is gone
    /// afterwards.
    pub fired: Option<(TimerKind, Timestamp)>,
    /// The number that stands for the id on platforms that number everything, if the id is no number itself.
    pub surrogate: Option<u64>,
    /// The events it gives, in order.
    pub events: Vec<Event>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is on disk.
    Done {
        /// The entity's version from now on.
        version: u64,
        /// The place of the last event there was after it.
        head: Seq,
    },
    /// Somebody else was first, or the timer is no longer set: nothing was changed.
    Conflict {
        /// The entity's version now; 0 if nothing is there.
        version: u64,
    },
}

/// A timer that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// Of which entity.
    pub key: EntityKey,
    /// Which one.
    pub timer: TimerKind,
    /// When it was set to fire.
    pub due: Timestamp,
}
