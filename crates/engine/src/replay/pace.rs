//! Keeping to a rate: so many events a second, in slices of a tenth of a second.

use shopwire_core::Timestamp;

/// Slices of a second: what is queued at once is at most the rate's part of one.
const SLICES_PER_S: u64 = 10;
const MS_PER_S: u64 = 1_000;

/// Says how many events may be queued now. In any time, at most the rate's share of it and one slice more are given.
#[derive(Debug)]
pub(super) struct Pace {
    rate: u64,
    slice: u64,
    /// Since when events were counted; `None` before the first.
    since: Option<Timestamp>,
    given: u64,
}

impl Pace {
    /// `rate` events a second, at most `slice_max` at once.
    pub(super) fn new(rate: u64, slice_max: u64) -> Self {
        let rate = rate.max(1);
        Self { rate, slice: (rate / SLICES_PER_S).clamp(1, slice_max.max(1)), since: None, given: 0 }
    }

    /// How many may be queued now, at least one; or when to ask again.
    pub(super) fn ask(&mut self, now: Timestamp) -> Result<u64, Timestamp> {
        let earned = match self.since {
            Some(since) if now >= since => self.earned(since, now),
            // The first, or the clock was set back.
            _ => return Ok(self.start(now)),
        };
        // What could not be used, for want of room perhaps, is not made up for.
        if earned >= self.given + self.slice {
            return Ok(self.start(now));
        }
        let due_ms = self.given.saturating_mul(MS_PER_S).div_ceil(self.rate);
        let due = now.max(self.since.unwrap_or(now).plus_ms(due_ms.try_into().unwrap_or(i64::MAX)));
        if due > now { Err(due) } else { Ok(self.slice) }
    }

    /// So many were queued.
    pub(super) fn give(&mut self, count: u64) {
        self.given += count;
    }

    fn start(&mut self, now: Timestamp) -> u64 {
        (self.since, self.given) = (Some(now), 0);
        self.slice
    }

    fn earned(&self, since: Timestamp, now: Timestamp) -> u64 {
        let passed_ms = now.since_ms(since).max(0).unsigned_abs();
        passed_ms.saturating_mul(self.rate) / MS_PER_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    /// Uses all that is given for `ms`; answers how much that was, and after how many slices.
    fn used(pace: &mut Pace, ms: i64) -> (u64, usize) {
        let (mut now, mut count, mut slices) = (NOW, 0, 0);
        while now < NOW.plus_ms(ms) {
            match pace.ask(now) {
                Ok(some) => {
                    pace.give(some);
                    (count, slices) = (count + some, slices + 1);
                }
                Err(due) => {
                    assert!(due > now, "time goes on");
                    now = due;
                }
            }
        }
        (count, slices)
    }

    #[test]
    fn a_rate_is_kept_exactly() {
        for (rate, ms, count) in [(1, 10_000, 10), (7, 10_000, 70), (10, 1_000, 10), (100, 1_000, 100)] {
            assert_eq!(used(&mut Pace::new(rate, 100), ms).0, count, "{rate}");
        }
        assert_eq!(used(&mut Pace::new(1_000, 100), 1_000), (1_000, 10));
        assert_eq!(used(&mut Pace::new(100_000, 100), 1_000), (100_000, 1_000));
    }

    #[test]
    fn what_was_not_used_is_not_made_up_for() {
        let mut pace = Pace::new(10, 100);
        assert_eq!(pace.ask(NOW), Ok(1));
        // Nothing was found to queue: the turn is not used up.
        assert_eq!(pace.ask(NOW), Ok(1));
        pace.give(1);
        assert_eq!(pace.ask(NOW), Err(NOW.plus_ms(100)));
        let later = NOW.plus_ms(60_000);
        assert_eq!(pace.ask(later), Ok(1));
        pace.give(1);
        assert_eq!(pace.ask(later), Err(later.plus_ms(100)));
    }

    #[test]
    fn a_clock_that_is_set_back_costs_no_wait() {
        let mut pace = Pace::new(10, 100);
        assert_eq!(pace.ask(NOW), Ok(1));
        pace.give(1);
        let earlier = NOW.plus_ms(-3_600_000);
        assert_eq!(pace.ask(earlier), Ok(1));
        pace.give(1);
        assert_eq!(pace.ask(earlier), Err(earlier.plus_ms(100)));
    }
}
