//! What the conductor asks of the other processes, and what they answer: one JSON value a line.

mod arrivals;
mod time;

use serde::{Deserialize, Serialize};
use shopwire_core::DialectId;

pub(super) use arrivals::{Arrived, Expected, Tally};
pub(super) use time::{Latency, Schedule, Timeline};

/// Every event of the load has a number; what stands in bodies and subjects is this plus its place from 0, so that it has
/// ten digits whatever its place, and is patched into a body without moving anything.
pub(super) const NUMBER_FIRST: u64 = 1_000_000_000;

/// The marker behind which a CloudEvent has its number.
pub(super) const SUBJECT_MARKER: &str = "\"subject\":\"";

/// What the sink is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SinkOrder {
    /// Where it listens. Answers a [`String`].
    Address,
    /// Forget all that arrived. Answers nothing.
    Forget {
        /// For each endpoint, the text behind which its bodies have the number.
        markers: Vec<String>,
        /// Whether the time of every arrival is kept.
        timed: bool,
    },
    /// Wait until as many different events have arrived, over all endpoints; or until nothing more comes. Answers [`Arrived`].
    Await {
        /// How many.
        events: u64,
        /// Milliseconds of silence after which the rest is given up.
        patience_ms: u64,
    },
    /// Compare with what was sent. Answers [`Tally`].
    Compare(Expected),
    /// How many arrived in each step of time. Answers [`Timeline`].
    Timeline,
    /// From each event's being due to its arrival. Answers [`Latency`].
    Latency {
        /// Which events, at which endpoints.
        expected: Expected,
        /// When they were due.
        schedule: Schedule,
    },
    /// Close the door, connections and all, so that whoever connects is refused; or open it again. Answers nothing.
    Shut(bool),
}

/// What the generator is asked. Answers [`Sent`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LoadOrder {
    /// As fast as it goes: each connection sends when its last request is answered.
    Closed(Load, Until),
    /// At a steady rate, whether answers come or not: so many events a second, for so many seconds.
    Steady(Load, f64, f64),
    /// A shop's changes in bulk: the URL, the API's token, for so many seconds.
    Changes(String, String, f64),
}

/// What is sent, and where to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Load {
    /// Addresses; each gets its share of the events.
    pub(super) urls: Vec<String>,
    /// The platform whose webhooks are sent.
    pub(super) dialect: DialectId,
    /// Over how many of its topics they go round.
    pub(super) topics: u64,
    /// Connections they come over.
    pub(super) connections: usize,
    /// The place of the first event.
    pub(super) first: u64,
}

/// When a load ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Until {
    /// After so many seconds.
    Seconds(f64),
    /// After so many events.
    Count(u64),
}

/// What was sent, and answered 2xx.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Sent {
    /// Events (of changes: orders, each of them put and then changed).
    pub(super) count: u64,
    /// When the first request was made.
    pub(super) started_us: u64,
    /// When the last answer was there.
    pub(super) ended_us: u64,
    /// From a request's being made (in a steady load: being due) to its answer.
    pub(super) latency: Latency,
}

impl Sent {
    /// Events answered in a second.
    pub(super) fn per_s(&self) -> f64 {
        self.count as f64 / super::clock::seconds_between(self.started_us, self.ended_us)
    }
}

/// What the bench's own server is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ServerOrder {
    /// Let ranges of the log go that are older than so many days. Answers [`LetGo`].
    Retain {
        /// How old.
        days: u32,
    },
}

/// What the log has let go of, and when.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct LetGo {
    /// Events.
    pub(super) events: u64,
    /// When it began.
    pub(super) started_us: u64,
    /// When it was done.
    pub(super) ended_us: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_understood_as_they_were_given() {
        let load = Load {
            urls: vec!["http://a".to_owned()],
            dialect: DialectId::Duda,
            topics: 1,
            connections: 2,
            first: 3,
        };
        let line = serde_json::to_string(&LoadOrder::Steady(load, 0.5, 2.0)).unwrap();
        let LoadOrder::Steady(load, per_s, seconds) = serde_json::from_str(&line).unwrap() else {
            panic!("{line}")
        };
        assert_eq!((load.first, load.dialect, per_s, seconds), (3, DialectId::Duda, 0.5, 2.0));
    }
}
