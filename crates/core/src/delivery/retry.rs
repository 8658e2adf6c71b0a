//! When a failed delivery is tried again.

use serde::{Deserialize, Serialize};

use super::Delay;
use crate::Timestamp;

/// How often and how far apart a delivery is retried. Each delay counts from the attempt that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Seconds between one attempt and the next; there is one attempt more than delays.
    pub delays_s: Vec<u32>,
    /// How far each delay is moved at random, as a share of itself: 0.1 is up to ten percent either way.
    #[serde(default = "RetryPolicy::default_jitter")]
    pub jitter: f64,
}

/// A retry policy that can't be kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RetryPolicyError {
    /// Too many delays.
    #[error("the retry policy has {given} delays, at most {max} are allowed")]
    TooMany {
        /// How many were given.
        given: usize,
        /// How many are allowed.
        max: usize,
    },
    /// Jitter out of range.
    #[error("the retry policy's jitter is {0}, expected a share between 0 and 0.5")]
    Jitter(f64),
    /// A delay that is longer than a delivery may live.
    #[error("the retry policy has a delay of {given_s} s, a delivery is given up after {max_s} s")]
    TooLong {
        /// The delay.
        given_s: u64,
        /// The age at which deliveries are given up.
        max_s: u64,
    },
}

impl Default for RetryPolicy {
    /// 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: ten attempts in a little over three days.
    fn default() -> Self {
        let delays_s = vec![5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        Self { delays_s, jitter: Self::default_jitter() }
    }
}

impl RetryPolicy {
    const fn default_jitter() -> f64 {
        0.1
    }

    /// Whether the policy fits the limits.
    pub fn validate(&self, attempts_max: usize, age_max_ms: u64) -> Result<(), RetryPolicyError> {
        if self.delays_s.len() >= attempts_max {
            let max = attempts_max.saturating_sub(1);
            return Err(RetryPolicyError::TooMany { given: self.delays_s.len(), max });
        }
        if !(0.0..=0.5).contains(&self.jitter) {
            return Err(RetryPolicyError::Jitter(self.jitter));
        }
        let longest_s = u64::from(self.delays_s.iter().copied().max().unwrap_or(0));
        if longest_s > age_max_ms / 1000 {
            return Err(RetryPolicyError::TooLong { given_s: longest_s, max_s: age_max_ms / 1000 });
        }
        Ok(())
    }

    /// The delays as bands, each moved by jitter.
    pub fn delays(&self) -> Vec<Delay> {
        let moved_ms = |delay_s: u32, share: f64| (f64::from(delay_s) * 1000.0 * share).max(0.0) as u64;
        let band = |delay_s: &u32| Delay {
            min_ms: moved_ms(*delay_s, 1.0 - self.jitter),
            max_ms: moved_ms(*delay_s, 1.0 + self.jitter),
        };
        self.delays_s.iter().map(band).collect()
    }
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Attempts made.
    pub attempts: u32,
    /// Steps of the retry policy used up. Waits the receiver asked for use none.
    pub steps: u32,
    /// When the first attempt was made.
    pub first_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_schedule_is_the_documented_one() {
        let policy = RetryPolicy { jitter: 0.0, ..RetryPolicy::default() };
        let delays: Vec<_> = policy.delays().iter().map(|delay| (delay.min_ms, delay.max_ms)).collect();
        let hours = |h: u64| h * 3_600_000;
        let documented =
            [5_000, 300_000, 1_800_000, hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)];
        assert_eq!(delays, documented.map(|delay_ms| (delay_ms, delay_ms)));
        assert_eq!(policy.validate(50, 7 * 24 * 3_600_000), Ok(()));
    }

    #[test]
    fn policies_beyond_the_limits_are_refused() {
        let of = |delays_s: Vec<u32>, jitter| RetryPolicy { delays_s, jitter }.validate(3, 10_000);
        assert_eq!(of(vec![1, 2], 0.5), Ok(()));
        assert_eq!(of(vec![], 0.0), Ok(()));
        assert!(matches!(of(vec![1, 1, 1], 0.0), Err(RetryPolicyError::TooMany { given: 3, max: 2 })));
        assert!(matches!(of(vec![11], 0.0), Err(RetryPolicyError::TooLong { .. })));
        for jitter in [-0.1, 0.51, f64::NAN, f64::INFINITY] {
            assert!(matches!(of(vec![1], jitter), Err(RetryPolicyError::Jitter(_))), "{jitter}");
        }
    }

    #[test]
    fn jitter_widens_a_delay_both_ways() {
        let policy = RetryPolicy { delays_s: vec![100, 0], jitter: 0.25 };
        let bands = [Delay { min_ms: 75_000, max_ms: 125_000 }, Delay { min_ms: 0, max_ms: 0 }];
        assert_eq!(policy.delays(), bands);
    }
}
