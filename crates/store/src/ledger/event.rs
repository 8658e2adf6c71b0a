//! Appending, following and searching events.

use shopwire_core::commerce::{EventType, Subject};
use shopwire_core::{DialectId, Event, EventId, Seq, ShopId, SourceId, Timestamp};

/// An event to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The event.
    pub event: Event,
    /// What makes copies of the same webhook recognisable, within one source.
    pub identity: Option<(SourceId, String)>,
}

/// What became of an event to be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It stands in the log.
    New(Seq),
    /// It is a copy of one that does.
    Merged {
        /// That one's id.
        into: EventId,
        /// Its place.
        seq: Seq,
    },
}

/// Further copies of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Merges {
    /// How many came.
    pub count: u64,
    /// When the last one came.
    pub last_at: Option<Timestamp>,
}

/// Which events are wanted. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this shop.
    pub shop: Option<ShopId>,
    /// Of this type.
    pub event_type: Option<EventType>,
    /// About this subject.
    pub subject: Option<Subject>,
    /// Received in this dialect.
    pub dialect: Option<DialectId>,
    /// Received at this moment or later.
    pub since: Option<Timestamp>,
    /// Received before this moment.
    pub until: Option<Timestamp>,
}

/// An event without what was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHead {
    /// Its place.
    pub seq: Seq,
    /// Its id.
    pub id: EventId,
    /// The shop.
    pub shop: ShopId,
    /// What happened.
    pub event_type: EventType,
    /// What it happened to.
    pub subject: Subject,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was appended.
    pub received_at: Timestamp,
    /// The source it came in by.
    pub source: Option<SourceId>,
    /// The dialect it came in.
    pub dialect: Option<DialectId>,
    /// The platform's own topic.
    pub topic: Option<String>,
}
