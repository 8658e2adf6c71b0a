//! The delivery state machine: what follows from an outcome.

use serde::{Deserialize, Serialize};

use super::{Outcome, Progress, RetryPolicy};
use crate::{Random, Timestamp};

/// What is to be done after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Done.
    Delivered,
    /// Wait, and try again at this moment.
    Retry {
        /// When.
        at: Timestamp,
        /// The delivery's progress by then.
        progress: Progress,
    },
    /// Give up: the delivery goes to the dead-letter list.
    Dead {
        /// Why.
        reason: DeadReason,
    },
    /// Disable the endpoint; the delivery stays where it is, to be sent when the endpoint is resumed.
    Disable,
}

/// Why a delivery was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// All attempts of the retry policy failed.
    Exhausted,
    /// It became older than a delivery may.
    TooOld,
    /// It can't be rendered for this endpoint.
    Unrenderable,
}

impl DeadReason {
    /// The word under which it is stored and shown.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::TooOld => "too_old",
            Self::Unrenderable => "unrenderable",
        }
    }

    /// The reason of this word.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Exhausted, Self::TooOld, Self::Unrenderable].into_iter().find(|reason| reason.code() == code)
    }
}

/// The bounds within which decisions are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryBounds {
    /// Age at which a delivery is given up, in milliseconds since its first attempt.
    pub age_max_ms: u64,
    /// The longest wait a receiver can ask for, in milliseconds.
    pub retry_after_max_ms: u64,
}

/// How long to wait after a first failure of our own, which uses up no step: long enough not to spin.
const OUR_FAULT_DELAY_MIN_MS: u64 = 1_000;
/// How long at most, however often we have failed: each attempt is recorded, and we may fail for days.
const OUR_FAULT_DELAY_MAX_MS: u64 = 300_000;
/// How long to wait when a receiver asks to wait and does not say how long.
const THROTTLED_DELAY_MS: u64 = 30_000;
/// The least wait after being asked to wait: a `Retry-After: 0` must not make a busy loop.
const RETRY_AFTER_MIN_MS: u64 = 1_000;

/// Decides what follows from `outcome`, the attempt having ended at `now` and `progress` counting it.
pub fn decide(
    outcome: &Outcome,
    progress: Progress,
    policy: &RetryPolicy,
    bounds: DeliveryBounds,
    now: Timestamp,
    random: &dyn Random,
) -> Decision {
    let (delay_ms, steps) = match outcome {
        Outcome::Delivered { .. } => return Decision::Delivered,
        Outcome::Gone => return Decision::Disable,
        Outcome::OurFault => (our_fault_delay_ms(progress), progress.steps),
        Outcome::Throttled { retry_after_ms, .. } => {
            let asked_ms = retry_after_ms.unwrap_or(THROTTLED_DELAY_MS);
            // A maximum below the minimum is an operator's choice; it must not panic.
            (asked_ms.min(bounds.retry_after_max_ms).max(RETRY_AFTER_MIN_MS), progress.steps)
        }
        _ => match policy.delay_ms(progress.steps, random) {
            Some(delay_ms) => (delay_ms, progress.steps + 1),
            None => return Decision::Dead { reason: DeadReason::Exhausted },
        },
    };
    let at = now.plus_ms(i64::try_from(delay_ms).unwrap_or(i64::MAX));
    if at.since_ms(progress.first_at) > i64::try_from(bounds.age_max_ms).unwrap_or(i64::MAX) {
        return Decision::Dead { reason: DeadReason::TooOld };
    }
    Decision::Retry { at, progress: Progress { steps, ..progress } }
}

/// Twice as long after every attempt that used up no step.
fn our_fault_delay_ms(progress: Progress) -> u64 {
    let stepless = progress.attempts.saturating_sub(progress.steps);
    let doubled = 2u64.saturating_pow(stepless.saturating_sub(1));
    OUR_FAULT_DELAY_MIN_MS.saturating_mul(doubled).min(OUR_FAULT_DELAY_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;
    impl Random for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    const BOUNDS: DeliveryBounds =
        DeliveryBounds { age_max_ms: 7 * 24 * 3_600_000, retry_after_max_ms: 3_600_000 };
    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn decided(outcome: &Outcome, steps: u32) -> Decision {
        let policy = RetryPolicy { delays_s: vec![5, 300], jitter: 0.0 };
        let progress = Progress { attempts: steps + 1, steps, first_at: NOW };
        decide(outcome, progress, &policy, BOUNDS, NOW, &Zero)
    }

    fn waits(decision: &Decision) -> (i64, u32) {
        let Decision::Retry { at, progress } = decision else { panic!("expected a retry, got {decision:?}") };
        (at.since_ms(NOW), progress.steps)
    }

    #[test]
    fn failures_use_up_the_policy_and_then_the_delivery_is_dead() {
        for failure in [
            Outcome::TimedOut,
            Outcome::ConnectFailed,
            Outcome::DnsFailed,
            Outcome::TlsFailed,
            Outcome::AddressRefused,
            Outcome::Broken,
            Outcome::Refused { status: 500 },
            Outcome::Refused { status: 404 },
            Outcome::Redirected { status: 302 },
        ] {
            assert_eq!(waits(&decided(&failure, 0)), (5_000, 1), "{failure}");
            assert_eq!(waits(&decided(&failure, 1)), (300_000, 2), "{failure}");
            assert_eq!(decided(&failure, 2), Decision::Dead { reason: DeadReason::Exhausted }, "{failure}");
        }
    }

    #[test]
    fn waits_the_receiver_asks_for_use_up_nothing_and_are_bounded() {
        let throttled = |retry_after_ms| Outcome::Throttled { status: 429, retry_after_ms };
        assert_eq!(waits(&decided(&throttled(Some(120_000)), 2)), (120_000, 2));
        assert_eq!(waits(&decided(&throttled(Some(0)), 0)), (1_000, 0));
        assert_eq!(waits(&decided(&throttled(Some(u64::MAX)), 0)), (3_600_000, 0));
        assert_eq!(waits(&decided(&throttled(None), 0)), (30_000, 0));
    }

    #[test]
    fn a_delivery_that_is_asked_to_wait_for_ever_dies_of_age() {
        let policy = RetryPolicy::default();
        let progress = Progress { attempts: 500, steps: 0, first_at: NOW };
        let throttled = Outcome::Throttled { status: 429, retry_after_ms: Some(60_000) };
        let later = NOW.plus_ms(BOUNDS.age_max_ms as i64);
        let decision = decide(&throttled, progress, &policy, BOUNDS, later, &Zero);
        assert_eq!(decision, Decision::Dead { reason: DeadReason::TooOld });
    }

    /// How long is waited after a failure of our own, in milliseconds.
    fn our_fault_waits(attempts: u32, steps: u32) -> i64 {
        let progress = Progress { attempts, steps, first_at: NOW };
        let decision = decide(&Outcome::OurFault, progress, &RetryPolicy::default(), BOUNDS, NOW, &Zero);
        let (delay_ms, steps_then) = waits(&decision);
        assert_eq!(steps_then, steps, "it is not the receiver's fault");
        delay_ms
    }

    #[test]
    fn our_own_faults_wait_twice_as_long_each_time_up_to_five_minutes() {
        let waited: Vec<_> = (1..=10).map(|attempts| our_fault_waits(attempts, 0) / 1_000).collect();
        assert_eq!(waited, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(our_fault_waits(u32::MAX, 0), 300_000);
        // What the receiver did is not counted, only what came on top of it.
        assert_eq!(our_fault_waits(6, 5), 1_000);
        assert_eq!(our_fault_waits(8, 5), 4_000);
    }

    #[test]
    fn a_fault_of_ours_that_stays_is_recorded_a_bounded_number_of_times() {
        let mut progress = Progress { attempts: 0, steps: 0, first_at: NOW };
        let mut now = NOW;
        let end = loop {
            progress.attempts += 1;
            match decide(&Outcome::OurFault, progress, &RetryPolicy::default(), BOUNDS, now, &Zero) {
                Decision::Retry { at, progress: then } => (now, progress) = (at, then),
                end => break end,
            }
        };
        assert_eq!(end, Decision::Dead { reason: DeadReason::TooOld });
        // Every five minutes of a week, and the few before they were five.
        assert!((2_016..2_030).contains(&progress.attempts), "{} attempts", progress.attempts);
    }

    #[test]
    fn success_gone_and_our_own_fault() {
        assert_eq!(decided(&Outcome::Delivered { status: 204 }, 2), Decision::Delivered);
        assert_eq!(decided(&Outcome::Gone, 0), Decision::Disable);
        assert_eq!(waits(&decided(&Outcome::OurFault, 2)), (1_000, 2));
    }
}
