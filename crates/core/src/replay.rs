//! Replays: durable jobs that send a selection of past events again.
//!
//! What is here is what is stored of one: what was asked for, and how far it has come. Which events a [`Selection`] covers by
//! themselves is told here too; what became of them at an endpoint, and whether the target may have them, is looked up by
//! whoever runs the job.
//!
//! **Invariants.** A replay ends: it takes no event behind its `last` place, which is fixed when it is made. Its position only
//! grows, so whatever it takes up again after a restart it has done before, never the other way round.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::commerce::Subject;
use crate::delivery::{DeadReason, TopicPattern};
use crate::{DialectId, EndpointId, Event, EventId, ReplayId, Seq, ShopId, Timestamp};

/// A durable job that sends a selection of past events again, or for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// Where the events are sent.
    pub endpoint: EndpointId,
    /// Which events.
    pub selection: Selection,
    /// Whether the endpoint gets events too that its topics do not cover. What it may not know stays unsent all the same.
    #[serde(default)]
    pub ignore_topics: bool,
    /// Events per second that are queued at most.
    pub rate: u64,
    /// The end of the log when the replay was made: nothing behind it is taken.
    pub last: Seq,
    /// Where it stands.
    pub state: ReplayState,
    /// How far it has come.
    #[serde(default)]
    pub progress: ReplayProgress,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last went on or changed.
    pub updated_at: Timestamp,
}

/// Which events. Everything that is given must hold; nothing given is every event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// These; then nothing else is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
    /// Of this shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<ShopId>,
    /// Of one of these types, written as the topics of a `cloudevents` endpoint; none for all types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<TopicPattern>,
    /// About this subject.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "subject_text")]
    pub subject: Option<Subject>,
    /// Received in this dialect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<DialectId>,
    /// Received at this moment or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Received before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Of which this became at an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<PastOutcome>,
}

/// What became of an event at an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastOutcome {
    /// At which endpoint: the target, or another one.
    pub endpoint: EndpointId,
    /// What.
    pub is: PastState,
    /// Why it was given up; for [`PastState::Dead`] only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DeadReason>,
    /// That was so from this moment on: when it was given up, or when its last attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// That was so before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What became of a delivery, by the last that is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PastState {
    /// Its last attempt delivered it.
    Delivered,
    /// Its last attempt failed, whether it is on the dead-letter list or no longer is.
    Failed,
    /// It is on the dead-letter list.
    Dead,
    /// No attempt was ever made.
    Missing,
}

impl PastState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Delivered, Self::Failed, Self::Dead, Self::Missing];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Missing => "missing",
        }
    }
}

/// Where a replay stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReplayState {
    /// It waits for others to end.
    #[default]
    Queued,
    /// It goes on.
    Running,
    /// All that was selected is queued with the endpoint, or skipped.
    Finished,
    /// Somebody ended it. What it had queued is sent all the same.
    Cancelled,
    /// It can't go on.
    Failed {
        /// Why, for people.
        reason: String,
    },
}

impl ReplayState {
    /// The words of all states.
    pub const NAMES: [&'static str; 5] = ["queued", "running", "finished", "cancelled", "failed"];

    /// Its word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether it never goes on.
    pub const fn has_ended(&self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// How far a replay has come. What is done again after a crash is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayProgress {
    /// Everything up to this place is dealt with.
    pub position: Seq,
    /// Events and entries of lists that were looked at.
    pub looked_at: u64,
    /// Events that the selection covers: those queued and those skipped.
    pub selected: u64,
    /// Queued with the endpoint.
    pub queued: u64,
    /// Not queued, and why.
    #[serde(default)]
    pub skipped: Skipped,
}

/// How many selected events were not queued, by the reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The endpoint has not asked for them: of another shop, or none of its topics covers them.
    pub unwanted: u64,
    /// The endpoint may not have them: no word in its dialect, no scope of its app.
    pub not_permitted: u64,
    /// They wait for the endpoint already, or its turn has yet to come to them.
    pub on_their_way: u64,
    /// They are no longer in the log, or can't be read.
    pub unreadable: u64,
}

impl Skipped {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.unwanted + self.not_permitted + self.on_their_way + self.unreadable
    }
}

impl Selection {
    /// Whether nothing at all is asked for: that is every event there is.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it covers an event, as far as the event itself tells.
    pub fn covers(&self, event: &Event) -> bool {
        let is_type = || {
            let name = event.event_type.to_string();
            self.types.iter().any(|pattern| pattern.matches(&name))
        };
        let dialect = || event.origin.webhook().map(|webhook| webhook.dialect);
        (self.events.is_empty() || self.events.contains(&event.id))
            && self.shop.is_none_or(|shop| shop == event.shop)
            && self.subject.as_ref().is_none_or(|subject| *subject == event.subject)
            && self.since.is_none_or(|since| event.received_at >= since)
            && self.until.is_none_or(|until| event.received_at < until)
            && (self.dialect.is_none() || self.dialect == dialect())
            && (self.types.is_empty() || is_type())
    }
}

impl PastOutcome {
    /// Whether a moment lies within the asked-for time.
    pub fn is_within(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}

/// A subject as its text.
mod subject_text {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Subject, de};

    pub(super) fn serialize<S: Serializer>(subject: &Option<Subject>, s: S) -> Result<S::Ok, S::Error> {
        subject.as_ref().map(Subject::as_str).serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Subject>, D::Error> {
        let text = Option::<String>::deserialize(d)?;
        text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
