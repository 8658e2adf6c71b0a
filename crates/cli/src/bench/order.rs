//! What the conductor asks of the other processes, and what they answer: one JSON value a line.

use serde::{Deserialize, Serialize};
use shopwire_core::DialectId;

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

/// Which events should have arrived where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Expected {
    /// The place of the first one.
    pub(super) first: u64,
    /// How many there were.
    pub(super) events: u64,
    /// At the first so many endpoints.
    pub(super) endpoints: u64,
    /// Every how manieth event an endpoint gets, beginning with that of its own number; 1 if each gets all.
    pub(super) every: u64,
}

impl Expected {
    /// All events at each of the endpoints.
    pub(super) const fn everywhere(events: u64, endpoints: u64) -> Self {
        Self { first: 0, events, endpoints, every: 1 }
    }

    /// Each event at one of the endpoints.
    pub(super) const fn shared(events: u64, endpoints: u64) -> Self {
        Self { first: 0, events, endpoints, every: endpoints }
    }

    /// The same behind others.
    pub(super) const fn behind(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// The places of the events that an endpoint should have got.
    pub(super) fn places(self, endpoint: u64) -> impl Iterator<Item = u64> {
        let turn = endpoint % self.every;
        let skipped = (turn + self.every - self.first % self.every) % self.every;
        let end = self.first + self.events;
        (self.first + skipped..end).step_by(usize::try_from(self.every).unwrap_or(usize::MAX))
    }

    /// How many arrivals there should be.
    pub(super) fn arrivals(self) -> u64 {
        (0..self.endpoints).map(|endpoint| self.places(endpoint).count() as u64).sum()
    }
}

/// What has arrived so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrived {
    /// Requests.
    pub(super) requests: u64,
    /// Different events, over all endpoints.
    pub(super) events: u64,
    /// When the first one came; 0 if none has.
    pub(super) first_us: u64,
    /// When the last new one came.
    pub(super) last_us: u64,
}

/// What was sent against what arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Arrivals there should be.
    pub(super) expected: u64,
    /// Of these, how many there are not.
    pub(super) lost: u64,
    /// Requests with an event that had arrived already.
    pub(super) duplicates: u64,
    /// Requests with nothing that was expected.
    pub(super) strays: u64,
}

/// How many arrived in each step of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timeline {
    /// When the first step began.
    pub(super) from_us: u64,
    /// How long a step is.
    pub(super) step_us: u64,
    /// Different events in each.
    pub(super) arrivals: Vec<u32>,
}

impl Timeline {
    /// When so many had arrived, by even steps within each step.
    pub(super) fn reached_us(&self, events: u64) -> u64 {
        let (mut before, mut step_us) = (0, self.from_us);
        for arrivals in &self.arrivals {
            let after = before + u64::from(*arrivals);
            if after > before && after >= events {
                return step_us + self.step_us * events.saturating_sub(before) / (after - before);
            }
            (before, step_us) = (after, step_us + self.step_us);
        }
        step_us
    }

    /// Events a second between two moments, in whole steps.
    pub(super) fn per_s_between(&self, from_us: u64, to_us: u64) -> f64 {
        let step =
            |at_us: u64| usize::try_from(at_us.saturating_sub(self.from_us) / self.step_us).unwrap_or(0);
        let (from, to) = (step(from_us).min(self.arrivals.len()), step(to_us).max(step(from_us) + 1));
        let events: u64 =
            self.arrivals[from..to.min(self.arrivals.len())].iter().map(|n| u64::from(*n)).sum();
        events as f64 * 1e6 / ((to - from) as f64 * self.step_us as f64)
    }
}

/// When the events of a steady load are due: by whole milliseconds, as many in each as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Schedule {
    /// When the load began.
    pub(super) started_us: u64,
    /// Events a second.
    pub(super) per_s: f64,
}

impl Schedule {
    /// When the event at this place, counted from the load's first, is due.
    pub(super) fn due_us(self, place: u64) -> u64 {
        self.started_us + (place as f64 * 1_000.0 / self.per_s).ceil() as u64 * 1_000
    }
}

/// How long things took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Latency {
    /// How many there were.
    pub(super) count: u64,
    /// Half of them took no longer.
    pub(super) p50_us: u64,
    /// All but one in a hundred took no longer.
    pub(super) p99_us: u64,
    /// None took longer.
    pub(super) max_us: u64,
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
    fn each_endpoint_is_owed_its_share() {
        let places = |expected: Expected, endpoint| expected.places(endpoint).collect::<Vec<_>>();
        assert_eq!(places(Expected::everywhere(3, 2), 1), [0, 1, 2]);
        assert_eq!(places(Expected::shared(7, 3), 0), [0, 3, 6]);
        assert_eq!(places(Expected::shared(7, 3), 2), [2, 5]);
        assert_eq!(places(Expected::shared(4, 3).behind(5), 0), [6]);
        assert_eq!(places(Expected::shared(4, 3).behind(5), 2), [5, 8]);
        assert_eq!((Expected::shared(7, 3).arrivals(), Expected::everywhere(3, 2).arrivals()), (7, 6));
    }

    #[test]
    fn a_schedule_keeps_its_rate_in_whole_milliseconds() {
        let due = |per_s, place| Schedule { started_us: 5, per_s }.due_us(place);
        assert_eq!([due(100.0, 0), due(100.0, 1), due(100.0, 100)], [5, 10_005, 1_000_005]);
        assert_eq!([due(4_000.0, 1), due(4_000.0, 4), due(4_000.0, 5)], [1_005, 1_005, 2_005]);
    }

    #[test]
    fn a_timeline_tells_moments_and_rates() {
        let timeline = Timeline { from_us: 1_000, step_us: 10_000, arrivals: vec![0, 10, 0, 30] };
        assert_eq!([timeline.reached_us(0), timeline.reached_us(5)], [11_000, 16_000]);
        assert_eq!([timeline.reached_us(25), timeline.reached_us(99)], [36_000, 41_000]);
        assert_eq!(timeline.per_s_between(11_000, 21_000), 1_000.0);
        assert_eq!(timeline.per_s_between(1_000, 41_000), 1_000.0);
        assert_eq!(timeline.per_s_between(31_000, 91_000), 500.0);
        assert_eq!(timeline.per_s_between(91_000, 91_000), 0.0);
    }

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
