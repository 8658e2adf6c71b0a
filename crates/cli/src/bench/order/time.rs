//! When things are due, when they happened, and how long they took.

use serde::{Deserialize, Serialize};

use super::super::statistics::quantile;

/// How many arrived in each step of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Timeline {
    /// When the first step began.
    pub(in super::super) from_us: u64,
    /// How long a step is.
    pub(in super::super) step_us: u64,
    /// Different events in each.
    pub(in super::super) arrivals: Vec<u32>,
}

impl Timeline {
    /// When so many had arrived, by even steps within each step.
    pub(in super::super) fn reached_us(&self, events: u64) -> u64 {
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
    pub(in super::super) fn per_s_between(&self, from_us: u64, to_us: u64) -> f64 {
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
pub(in super::super) struct Schedule {
    /// When the load began.
    pub(in super::super) started_us: u64,
    /// Events a second.
    pub(in super::super) per_s: f64,
}

impl Schedule {
    /// When the event at this place, counted from the load's first, is due.
    pub(in super::super) fn due_us(self, place: u64) -> u64 {
        self.started_us + (place as f64 * 1_000.0 / self.per_s).ceil() as u64 * 1_000
    }
}

/// How long things took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Latency {
    /// How many there were.
    pub(in super::super) count: u64,
    /// Half of them took no longer.
    pub(in super::super) p50_us: u64,
    /// All but one in a hundred took no longer.
    pub(in super::super) p99_us: u64,
    /// None took longer.
    pub(in super::super) max_us: u64,
}

impl Latency {
    /// Of these times.
    pub(in super::super) fn of(mut all_us: Vec<u64>) -> Self {
        all_us.sort_unstable();
        Self {
            count: all_us.len() as u64,
            p50_us: quantile(&all_us, 0.50),
            p99_us: quantile(&all_us, 0.99),
            max_us: all_us.last().copied().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
