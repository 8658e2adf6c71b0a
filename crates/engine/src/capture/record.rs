//! From what arose to the events of the log.

use bytes::Bytes;
use shopwire_core::commerce::diff::Arisen;
use shopwire_core::commerce::{CanonicalType, EventType, Subject};
use shopwire_core::{Event, EventId, Origin, Random, RecordedChange, ShopId, Timestamp};

use super::CaptureError;

/// An event that a change or an occurrence gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub event_type: CanonicalType,
    /// To what.
    pub subject: Subject,
}

/// What all events of one change have in common.
pub(crate) struct Recorder<'a> {
    pub(crate) shop: ShopId,
    pub(crate) cause: Option<&'a str>,
    pub(crate) actor: Option<&'a str>,
    /// The entity's version after it; 0 for an occurrence.
    pub(crate) version: u64,
    pub(crate) now: Timestamp,
    pub(crate) random: &'a dyn Random,
    /// Bytes that all of them together may have.
    pub(crate) bytes_max: usize,
}

impl Recorder<'_> {
    /// The events as they go into the log.
    pub(crate) fn events(&self, arisen: Vec<Arisen>) -> Result<Vec<Event>, CaptureError> {
        let mut left = self.bytes_max;
        let mut events = Vec::with_capacity(arisen.len());
        for arisen in arisen {
            let event = self.event(arisen);
            let bytes = event.origin.body().len();
            left = left
                .checked_sub(bytes)
                .ok_or_else(|| too_many(self.bytes_max - left + bytes, self.bytes_max))?;
            events.push(event);
        }
        Ok(events)
    }

    fn event(&self, arisen: Arisen) -> Event {
        let change = RecordedChange {
            cause: self.cause.map(str::to_owned),
            actor: self.actor.map(str::to_owned),
            version: self.version,
            data: Bytes::from(arisen.canonical.to_json()),
        };
        Event {
            id: EventId::new(self.now, self.random),
            shop: self.shop,
            event_type: EventType::Canonical(arisen.event_type),
            subject: arisen.subject,
            occurred_at: self.now,
            received_at: self.now,
            origin: Origin::Change(change),
        }
    }
}

pub(super) const fn too_many(bytes: usize, max: usize) -> CaptureError {
    let what = "what the events of this change would say (change fewer of its parts at once)";
    CaptureError::TooLarge { what, bytes, limit: "change_events_bytes_max", max }
}

/// What the caller is told of events.
pub(super) fn given(events: &[Event]) -> Vec<Given> {
    let given = |event: &Event| {
        let event_type = event.event_type.canonical()?;
        Some(Given { id: event.id, event_type, subject: event.subject.clone() })
    };
    events.iter().filter_map(given).collect()
}
