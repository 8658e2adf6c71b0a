//! How deliveries are judged and when they are tried again: data, ours and the platforms' alike.
//!
//! A platform's policy is what it documents, to the second. It is kept whole: limits of ours don't cut it short.

use std::borrow::Cow;

use serde::Serialize;

use super::{BlockRule, Outcome, Progress, RetryPolicy};
use crate::{Random, Timestamp};

/// How the deliveries of a dialect are judged and retried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SendPolicy {
    /// The statuses that count as delivered.
    pub success: Success,
    /// How long connecting may take, in milliseconds; `None` for as long as the operator allows.
    pub connect_timeout_ms: Option<u64>,
    /// How long a whole attempt may take, in milliseconds; `None` for as long as the operator allows.
    pub answer_timeout_ms: Option<u64>,
    /// The waits before each retry, in order. There is one attempt more than waits.
    pub delays: Cow<'static, [Delay]>,
    /// What the waits count from.
    pub counted_from: CountedFrom,
    /// What follows when the last retry has failed.
    pub exhaustion: Exhaustion,
    /// Whether `Retry-After` and 410 mean something. If not, every answer but a success is a failure and uses up a wait.
    pub heeds_receiver: bool,
    /// Whether this is what a platform documents: then no limit cuts the schedule short.
    pub is_documented: bool,
    /// When a host that fails too often is left alone for a while, whatever is to be sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockRule>,
}

/// Which statuses count as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Success {
    /// 200 to 299.
    Any2xx,
    /// Only these.
    Only(&'static [u16]),
}

impl Success {
    /// Whether a status counts.
    pub fn covers(self, status: u16) -> bool {
        match self {
            Self::Any2xx => (200..=299).contains(&status),
            Self::Only(statuses) => statuses.contains(&status),
        }
    }
}

/// One wait: a moment of the band is chosen by chance, or there is but one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Delay {
    /// At least this long, in milliseconds.
    pub min_ms: u64,
    /// At most this long, in milliseconds.
    pub max_ms: u64,
}

impl Delay {
    /// Exactly so many seconds.
    pub const fn exact_s(seconds: u64) -> Self {
        Self::band_s(seconds, seconds)
    }

    /// Between so many seconds and so many.
    pub const fn band_s(min: u64, max: u64) -> Self {
        Self { min_ms: min * 1_000, max_ms: max * 1_000 }
    }

    fn pick_ms(self, random: &dyn Random) -> u64 {
        let width = self.max_ms.saturating_sub(self.min_ms) as f64;
        self.min_ms.saturating_add((width * random.fraction()) as u64)
    }
}

/// What the waits of a policy count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CountedFrom {
    /// The end of the attempt that failed.
    Failure,
    /// The start of the first attempt. A moment that has passed by then (the endpoint was paused) is left out.
    FirstAttempt,
}

/// What follows when the last retry of a delivery has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exhaustion {
    /// That delivery is given up.
    GiveUp,
    /// It is given up, and its endpoint is disabled until an operator resumes it.
    Deactivate,
    /// It is given up, and its endpoint is removed for good.
    Remove,
}

impl SendPolicy {
    /// Our own, with these retries: any 2xx counts, and the receiver may ask to wait (`Retry-After`) or to be left alone
    /// (410). Time-outs are the operator's.
    pub fn ours(retry: &RetryPolicy) -> Self {
        Self {
            success: Success::Any2xx,
            connect_timeout_ms: None,
            answer_timeout_ms: None,
            delays: Cow::Owned(retry.delays()),
            counted_from: CountedFrom::Failure,
            exhaustion: Exhaustion::GiveUp,
            heeds_receiver: true,
            is_documented: false,
            block: None,
        }
    }

    /// The same policy with an operator's own retries in place of the documented ones.
    #[must_use]
    pub fn with_retry(self, retry: &RetryPolicy) -> Self {
        let (delays, counted_from) = (Cow::Owned(retry.delays()), CountedFrom::Failure);
        Self { delays, counted_from, is_documented: false, ..self }
    }

    /// What an answer means, `retry_after_ms` being the wait it asks for.
    pub fn judge(&self, status: u16, retry_after_ms: Option<u64>) -> Outcome {
        match status {
            _ if self.success.covers(status) => Outcome::Delivered { status },
            410 if self.heeds_receiver => Outcome::Gone,
            429 if self.heeds_receiver => Outcome::Throttled { status, retry_after_ms },
            503 if self.heeds_receiver && retry_after_ms.is_some() => {
                Outcome::Throttled { status, retry_after_ms }
            }
            300..=399 => Outcome::Redirected { status },
            _ => Outcome::Refused { status },
        }
    }

    /// When a delivery whose attempt failed at `now` is tried again, and how many waits are used up by then; `None` when
    /// all are.
    pub fn next(&self, progress: Progress, now: Timestamp, random: &dyn Random) -> Option<(Timestamp, u32)> {
        let after = |from: Timestamp, delay: Delay| {
            from.plus_ms(i64::try_from(delay.pick_ms(random)).unwrap_or(i64::MAX))
        };
        let mut left = (progress.steps..).zip(self.delays.iter().skip(progress.steps as usize));
        match self.counted_from {
            CountedFrom::Failure => left.next().map(|(step, delay)| (after(now, *delay), step + 1)),
            CountedFrom::FirstAttempt => left
                .map(|(step, delay)| (after(progress.first_at, *delay), step + 1))
                .find(|(at, _)| *at > now),
        }
    }

    /// Attempts a delivery may have by this policy alone.
    pub fn attempts(&self) -> u32 {
        u32::try_from(self.delays.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The longest time from the first attempt to the start of the last one, in milliseconds.
    pub fn span_ms(&self) -> u64 {
        let longest = self.delays.iter().map(|delay| delay.max_ms);
        match self.counted_from {
            CountedFrom::FirstAttempt => longest.max().unwrap_or(0),
            CountedFrom::Failure => {
                let answer_ms = self.answer_timeout_ms.unwrap_or(0);
                longest.fold(0, |sum, delay_ms| sum.saturating_add(delay_ms).saturating_add(answer_ms))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives one number again and again.
    struct Always(u64);
    impl Random for Always {
        fn fill(&self, bytes: &mut [u8]) {
            for (byte, value) in bytes.iter_mut().zip(self.0.to_le_bytes().into_iter().cycle()) {
                *byte = value;
            }
        }
    }

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
    const PLATFORM: SendPolicy = SendPolicy {
        success: Success::Only(&[200, 209]),
        connect_timeout_ms: Some(3_000),
        answer_timeout_ms: Some(10_000),
        delays: Cow::Borrowed(&[Delay::exact_s(900), Delay::band_s(1_800, 2_000), Delay::exact_s(3_600)]),
        counted_from: CountedFrom::FirstAttempt,
        exhaustion: Exhaustion::Remove,
        heeds_receiver: false,
        is_documented: true,
        block: None,
    };

    #[test]
    fn our_own_statuses_mean_what_the_table_says() {
        let ours = SendPolicy::ours(&RetryPolicy::default());
        for (status, retry_after, code) in [
            (200, None, "delivered"),
            (204, None, "delivered"),
            (299, None, "delivered"),
            (301, None, "redirected"),
            (304, None, "redirected"),
            (400, None, "refused"),
            (410, None, "gone"),
            (429, None, "throttled"),
            (500, None, "refused"),
            (503, None, "refused"),
            (503, Some(1000), "throttled"),
            (199, None, "refused"),
            (999, None, "refused"),
        ] {
            assert_eq!(ours.judge(status, retry_after).code(), code, "{status}");
        }
    }

    #[test]
    fn a_platform_counts_only_its_own_successes_and_hears_no_wishes() {
        for (status, code) in [
            (200, "delivered"),
            (209, "delivered"),
            (203, "refused"),
            (299, "refused"),
            (302, "redirected"),
            (410, "refused"),
            (429, "refused"),
            (503, "refused"),
        ] {
            assert_eq!(PLATFORM.judge(status, Some(5)).code(), code, "{status}");
        }
    }

    #[test]
    fn waits_count_from_the_first_attempt_and_moments_that_have_passed_are_left_out() {
        let next = |steps, now_s: i64| {
            let progress = Progress { attempts: steps + 1, steps, first_at: NOW };
            let (at, steps) = PLATFORM.next(progress, NOW.plus_ms(now_s * 1_000), &Always(0))?;
            Some((at.since_ms(NOW) / 1_000, steps))
        };
        assert_eq!(next(0, 10), Some((900, 1)));
        assert_eq!(next(1, 910), Some((1_800, 2)));
        assert_eq!(next(0, 900), Some((1_800, 2)), "a moment that is now has passed");
        assert_eq!(next(0, 2_500), Some((3_600, 3)));
        assert_eq!(next(3, 3_610), None);
        assert_eq!(next(0, 4_000), None);
    }

    #[test]
    fn an_operator_s_retries_replace_the_schedule_and_nothing_else() {
        let own = PLATFORM.with_retry(&RetryPolicy { delays_s: vec![5], jitter: 0.0 });
        let progress = Progress { attempts: 1, steps: 0, first_at: NOW.plus_ms(-60_000) };
        assert_eq!(own.next(progress, NOW, &Always(0)), Some((NOW.plus_ms(5_000), 1)));
        assert_eq!(own.next(Progress { steps: 1, ..progress }, NOW, &Always(0)), None);
        assert_eq!((own.judge(203, None).code(), own.exhaustion), ("refused", Exhaustion::Remove));
        assert!(!own.is_documented);
    }

    #[test]
    fn spans_and_attempts() {
        assert_eq!((PLATFORM.span_ms(), PLATFORM.attempts()), (3_600_000, 4));
        let chained = SendPolicy { counted_from: CountedFrom::Failure, ..PLATFORM };
        assert_eq!(chained.span_ms(), (900 + 2_000 + 3_600 + 3 * 10) * 1_000);
    }

    proptest! {
        #[test]
        fn a_wait_lies_in_its_band(min in 0u64..1_000_000, width in 0u64..1_000_000, chance in any::<u64>()) {
            let delay = Delay { min_ms: min, max_ms: min + width };
            let picked = delay.pick_ms(&Always(chance));
            prop_assert!((delay.min_ms..=delay.max_ms).contains(&picked), "{picked}");
        }

        #[test]
        fn jitter_stays_in_its_bounds(delay_s in 0u32..1_000_000, jitter in 0.0f64..=0.5, chance in any::<u64>()) {
            let policy = SendPolicy::ours(&RetryPolicy { delays_s: vec![delay_s], jitter });
            let progress = Progress { attempts: 1, steps: 0, first_at: NOW };
            let (at, _) = policy.next(progress, NOW, &Always(chance)).expect("one wait");
            let (waited_ms, exact_ms) = (at.since_ms(NOW) as f64, f64::from(delay_s) * 1000.0);
            prop_assert!(waited_ms >= (exact_ms * (1.0 - jitter)).floor() - 1.0);
            prop_assert!(waited_ms <= (exact_ms * (1.0 + jitter)).ceil() + 1.0);
        }
    }
}
