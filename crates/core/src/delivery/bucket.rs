//! How often an endpoint may be sent to.
//!
//! A token bucket in whole numbers: nothing is rounded, so that the rate is exact however long it is kept and however often
//! it is asked. It knows only the moments it is told.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The most requests per second that a rate can be; beyond it there is no point in one.
const PER_SECOND_MAX: f64 = 100_000.0;
/// The fewest: less than four a day is no rate but a pause.
const PER_SECOND_MIN: f64 = 0.001;
/// The most requests a burst can have.
const BURST_MAX: u32 = 100_000;
/// One request, in the parts that a bucket counts in: at one thousandth of a request per second, one part comes each
/// millisecond.
const REQUEST: u64 = 1_000_000;

/// Requests per second, retries among them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// On average, in steps of a thousandth: 0.001 to 100 000.
    pub per_second: f64,
    /// Requests that may follow each other at once after a rest: 1 to 100 000; by default as many as come in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// A rate that can't be kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RateError {
    /// Too fast, too slow, or no number.
    #[error("`per_second` of the rate is {0}, expected 0.001 to 100000")]
    PerSecond(f64),
    /// No burst, or too big a one.
    #[error("`burst` of the rate is {0}, expected 1 to 100000")]
    Burst(u32),
}

impl Rate {
    /// Whether it can be kept.
    pub fn validate(&self) -> Result<(), RateError> {
        if !(PER_SECOND_MIN..=PER_SECOND_MAX).contains(&self.per_second) {
            return Err(RateError::PerSecond(self.per_second));
        }
        match self.burst {
            Some(burst) if !(1..=BURST_MAX).contains(&burst) => Err(RateError::Burst(burst)),
            _ => Ok(()),
        }
    }

    /// Parts that come in a millisecond: as many as thousandths of a request come in a second.
    fn parts_per_ms(self) -> u64 {
        ((self.per_second * 1000.0).round() as u64).max(1)
    }

    /// Requests that may follow each other at once.
    pub fn burst(self) -> u32 {
        self.burst.unwrap_or(self.per_second.ceil() as u32).max(1)
    }

    /// A burst, and what comes in less than the millisecond that moments are told in: without it each wait would lose a
    /// fraction of a request.
    fn parts_max(self) -> u64 {
        u64::from(self.burst()) * REQUEST + self.parts_per_ms() - 1
    }
}

/// What is left of a rate.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: Rate,
    parts: u64,
    /// Up to when it has been filled.
    at: Timestamp,
}

impl Bucket {
    /// Full, at `now`.
    pub fn full(rate: Rate, now: Timestamp) -> Self {
        Self { rate, parts: u64::from(rate.burst()) * REQUEST, at: now }
    }

    /// The same bucket at another rate: what was used up stays so.
    pub fn retune(&mut self, rate: Rate, now: Timestamp) {
        self.fill(now);
        self.rate = rate;
        self.parts = self.parts.min(rate.parts_max());
    }

    /// How many requests may be made at `now`.
    pub fn available(&mut self, now: Timestamp) -> usize {
        self.fill(now);
        usize::try_from(self.parts / REQUEST).unwrap_or(usize::MAX)
    }

    /// So many requests are made.
    pub fn take(&mut self, requests: usize) {
        let parts = u64::try_from(requests).unwrap_or(u64::MAX).saturating_mul(REQUEST);
        self.parts = self.parts.saturating_sub(parts);
    }

    /// One of the requests that were taken is not made.
    pub fn give_back(&mut self) {
        self.parts = self.parts.saturating_add(REQUEST).min(self.rate.parts_max());
    }

    /// When the next request may be made; the moment it was last filled, if one may be made at once.
    pub fn next_at(&self) -> Timestamp {
        let lacking = REQUEST.saturating_sub(self.parts);
        self.at.plus_ms(i64::try_from(lacking.div_ceil(self.rate.parts_per_ms())).unwrap_or(i64::MAX))
    }

    fn fill(&mut self, now: Timestamp) {
        // A clock that is set back brings nothing, and takes nothing away.
        let passed_ms = u64::try_from(now.since_ms(self.at)).unwrap_or(0);
        let come = passed_ms.saturating_mul(self.rate.parts_per_ms());
        self.parts = self.parts.saturating_add(come).min(self.rate.parts_max());
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn rate(per_second: f64, burst: u32) -> Rate {
        Rate { per_second, burst: Some(burst) }
    }

    /// Requests made within so many milliseconds, each as soon as it may be.
    fn made(rate: Rate, within_ms: i64) -> usize {
        let (mut bucket, mut now, mut made) = (Bucket::full(rate, NOW), NOW, 0);
        while now.since_ms(NOW) < within_ms {
            made += bucket.available(now);
            bucket.take(bucket.clone().available(now));
            assert!(bucket.next_at() > now, "nothing is left, so that somebody may wait for it");
            now = bucket.next_at();
        }
        made
    }

    #[test]
    fn an_hour_has_exactly_as_many_as_its_rate_and_one_burst() {
        const HOUR_MS: i64 = 3_600_000;
        for (rate, expected) in [
            (rate(1.0, 1), 3_600),
            (rate(5.0, 1), 18_000),
            (rate(3.0, 1), 10_800),
            (rate(7.0, 10), 25_209),
            (rate(0.1, 1), 360),
            (rate(0.001, 1), 4),
        ] {
            assert_eq!(made(rate, HOUR_MS), expected, "{rate:?}");
        }
    }

    #[test]
    fn a_burst_is_what_a_rest_brings_and_no_more() {
        let mut bucket = Bucket::full(rate(2.0, 5), NOW);
        assert_eq!(bucket.available(NOW.plus_ms(3_600_000)), 5);
        bucket.take(5);
        assert_eq!(bucket.available(NOW.plus_ms(3_600_499)), 0);
        assert_eq!(bucket.available(NOW.plus_ms(3_600_500)), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_neither_brings_nor_takes() {
        let mut bucket = Bucket::full(rate(1.0, 2), NOW);
        bucket.take(2);
        assert_eq!(bucket.available(NOW.plus_ms(-3_600_000)), 0);
        assert_eq!(
            bucket.next_at(),
            NOW.plus_ms(-3_599_000),
            "nobody waits for the former time to come again"
        );
        assert_eq!(bucket.available(NOW.plus_ms(-3_599_000)), 1);
    }

    #[test]
    fn another_rate_keeps_what_was_used_up() {
        let mut bucket = Bucket::full(rate(1.0, 100), NOW);
        bucket.take(95);
        bucket.retune(rate(10.0, 2), NOW);
        assert_eq!(bucket.available(NOW), 2);
        bucket.take(2);
        bucket.retune(rate(1.0, 100), NOW);
        assert_eq!(bucket.available(NOW), 0);
    }

    #[test]
    fn what_is_given_back_may_be_made_again_and_no_more() {
        let mut bucket = Bucket::full(rate(0.1, 3), NOW);
        bucket.take(3);
        bucket.give_back();
        assert_eq!(bucket.available(NOW), 1);
        // It has filled up meanwhile.
        let later = NOW.plus_ms(3_600_000);
        assert_eq!(bucket.available(later), 3);
        bucket.give_back();
        assert_eq!(bucket.available(later), 3);
    }

    #[test]
    fn rates_that_can_not_be_kept_are_refused() {
        assert_eq!(rate(0.001, 1).validate(), Ok(()));
        assert_eq!(rate(100_000.0, 100_000).validate(), Ok(()));
        for wrong in [0.0, -1.0, 0.0009, 100_001.0, f64::NAN, f64::INFINITY] {
            assert!(rate(wrong, 1).validate().is_err(), "{wrong}");
        }
        let usual = |per_second| Rate { per_second, burst: None }.burst();
        assert_eq!((usual(0.1), usual(7.5), usual(100.0)), (1, 8, 100));
        let error = rate(1.0, 0).validate().expect_err("no burst").to_string();
        assert_eq!(error, "`burst` of the rate is 0, expected 1 to 100000");
    }

    proptest! {
        /// Against the list of all requests: within any span no more than the rate allows, and never less than it.
        #[test]
        fn no_span_has_more_than_the_rate_and_none_who_waits_gets_less(
            thousandths in 1u32..50_000,
            burst in 1u32..20,
            steps in proptest::collection::vec((0i64..5_000, 0usize..10), 1..100),
        ) {
            let rate = rate(f64::from(thousandths) / 1000.0, burst);
            let (mut bucket, mut now, mut all) = (Bucket::full(rate, NOW), NOW, Vec::<Timestamp>::new());
            for (pass_ms, wanted) in steps {
                now = now.plus_ms(pass_ms);
                let may = bucket.available(now);
                let takes = may.min(wanted);
                bucket.take(takes);
                all.extend(std::iter::repeat_n(now, takes));
                for (index, from) in all.iter().enumerate() {
                    let span_ms = now.since_ms(*from) as u64;
                    let most = u64::from(burst) * 1_000_000 + (span_ms + 1) * u64::from(thousandths);
                    prop_assert!((all.len() - index) as u64 * 1_000_000 <= most);
                }
                if bucket.clone().available(now) == 0 {
                    let next = bucket.next_at();
                    prop_assert!(next > now && bucket.clone().available(next) == 1);
                    prop_assert_eq!(bucket.clone().available(next.plus_ms(-1)), 0, "not later than need be");
                }
            }
        }
    }
}
