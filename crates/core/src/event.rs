//! Events: the immutable records of the log.

use bytes::Bytes;

use crate::commerce::{EventType, Subject};
use crate::{DialectId, EventId, Headers, ShopId, SourceId, Timestamp};

/// A place in the log. The first event has 1; 0 is the place before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The place before the first event.
    pub const START: Self = Self(0);

    /// The next place.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One immutable record: something happened in a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id, the same on every delivery and attempt.
    pub id: EventId,
    /// The shop it happened in; [`no_shop`](Self::no_shop) for none.
    pub shop: ShopId,
    /// What happened.
    pub event_type: EventType,
    /// What it happened to.
    pub subject: Subject,
    /// When it happened, as the origin says, else when it was received.
    pub occurred_at: Timestamp,
    /// When it was appended.
    pub received_at: Timestamp,
    /// Where it comes from, with all that was received.
    pub origin: Origin,
}

impl Event {
    /// Stands where an event concerns no particular shop, which only what Shopwire tells of itself can: an id that no shop has.
    pub fn no_shop() -> ShopId {
        ShopId::from_bytes([0; 16])
    }
}

/// Where an event comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A platform's webhook.
    Webhook(ReceivedWebhook),
    /// A change of the shop's state, or something that shows in no state.
    Change(RecordedChange),
}

impl Origin {
    /// The webhook, if it is one.
    pub const fn webhook(&self) -> Option<&ReceivedWebhook> {
        match self {
            Self::Webhook(webhook) => Some(webhook),
            Self::Change(_) => None,
        }
    }

    /// The bytes an event is a function of: a webhook's raw body, or a change's canonical data.
    pub const fn body(&self) -> &Bytes {
        match self {
            Self::Webhook(webhook) => &webhook.body,
            Self::Change(change) => &change.data,
        }
    }
}

/// What a change or an occurrence says of one event. Rendered bodies are functions of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// Why, in one word (`order`), if that was told.
    pub cause: Option<String>,
    /// Who did it, if that was told.
    pub actor: Option<String>,
    /// The entity's version after it; 0 for an occurrence.
    pub version: u64,
    /// [`Canonical`](crate::commerce::Canonical) as JSON.
    pub data: Bytes,
}

/// A platform's webhook as it was received. Canonical data and rendered bodies are functions of it, so that a better
/// mapping can be applied to the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedWebhook {
    /// The source it came in by.
    pub source: SourceId,
    /// The platform.
    pub dialect: DialectId,
    /// The platform's own topic.
    pub topic: String,
    /// The platform's own id of the event, where it has one.
    pub platform_event_id: Option<String>,
    /// The query string, where there was one.
    pub query: Option<String>,
    /// The header fields that say something (signatures and credentials are left out).
    pub headers: Headers,
    /// The raw body.
    pub body: Bytes,
}

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its place.
    pub seq: Seq,
    /// The event.
    pub event: Event,
}

impl LoggedEvent {
    /// About how many bytes it holds in memory.
    pub fn weight_bytes(&self) -> usize {
        match &self.event.origin {
            Origin::Webhook(webhook) => {
                let headers: usize = webhook.headers.iter().map(|(n, v)| n.len() + v.len() + 48).sum();
                512 + webhook.body.len() + headers
            }
            Origin::Change(change) => 512 + change.data.len(),
        }
    }
}
