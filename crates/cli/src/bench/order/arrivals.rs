//! What should arrive, and what did.

use serde::{Deserialize, Serialize};

/// Which events should have arrived where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Expected {
    /// The place of the first one.
    pub(in super::super) first: u64,
    /// How many there were.
    pub(in super::super) events: u64,
    /// At the first so many endpoints.
    pub(in super::super) endpoints: u64,
    /// Every how manieth event an endpoint gets, beginning with that of its own number; 1 if each gets all.
    pub(in super::super) every: u64,
}

impl Expected {
    /// All events at each of the endpoints.
    pub(in super::super) const fn everywhere(events: u64, endpoints: u64) -> Self {
        Self { first: 0, events, endpoints, every: 1 }
    }

    /// Each event at one of the endpoints.
    pub(in super::super) const fn shared(events: u64, endpoints: u64) -> Self {
        Self { first: 0, events, endpoints, every: endpoints }
    }

    /// The same behind others.
    pub(in super::super) const fn behind(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// The places of the events that an endpoint should have got.
    pub(in super::super) fn places(self, endpoint: u64) -> impl Iterator<Item = u64> {
        let turn = endpoint % self.every;
        let skipped = (turn + self.every - self.first % self.every) % self.every;
        let end = self.first + self.events;
        (self.first + skipped..end).step_by(usize::try_from(self.every).unwrap_or(usize::MAX))
    }

    /// How many arrivals there should be.
    pub(in super::super) fn arrivals(self) -> u64 {
        (0..self.endpoints).map(|endpoint| self.places(endpoint).count() as u64).sum()
    }
}

/// What has arrived so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Arrived {
    /// Requests.
    pub(in super::super) requests: u64,
    /// Different events, over all endpoints.
    pub(in super::super) events: u64,
    /// When the first one came; 0 if none has.
    pub(in super::super) first_us: u64,
    /// When the last new one came.
    pub(in super::super) last_us: u64,
}

/// What was sent against what arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in super::super) struct Tally {
    /// Arrivals there should be.
    pub(in super::super) expected: u64,
    /// Of these, how many there are not.
    pub(in super::super) lost: u64,
    /// Requests with an event that had arrived already.
    pub(in super::super) duplicates: u64,
    /// Requests with nothing that was expected.
    pub(in super::super) strays: u64,
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
}
