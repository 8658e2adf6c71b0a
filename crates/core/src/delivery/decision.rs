//! The delivery state machine: what follows from an outcome.

use serde::{Deserialize, Serialize};

use super::{Exhaustion, Outcome, Progress, SendPolicy};
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
        /// What becomes of its endpoint: [`Exhaustion::GiveUp`] is nothing.
        then: Exhaustion,
    },
    /// Disable the endpoint; the delivery stays where it is, to be sent when the endpoint is resumed.
    Disable,
}

/// Why a delivery was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// All attempts of the retry policy failed, or it was tried as often as any delivery may be.
    Exhausted,
    /// It became older than a delivery may.
    TooOld,
    /// It can't be rendered for this endpoint.
    Unrenderable,
    /// No request can be made of it for this endpoint: its headers are longer than a request's may be, or there is no secret
    /// to sign it with.
    Unsendable,
    /// Its endpoint was removed ([`Exhaustion::Remove`]) while it waited to be sent.
    EndpointRemoved,
    /// What the event said was erased before it was delivered: somebody asked for that.
    Erased,
    /// The event was let go of by retention before it was delivered: it had waited for too long.
    Lapsed,
}

impl DeadReason {
    /// All reasons. The log stores their places here: new ones come last.
    pub const ALL: [Self; 7] = [
        Self::Exhausted,
        Self::TooOld,
        Self::Unrenderable,
        Self::Unsendable,
        Self::EndpointRemoved,
        Self::Erased,
        Self::Lapsed,
    ];

    /// The word under which it is stored and shown.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::TooOld => "too_old",
            Self::Unrenderable => "unrenderable",
            Self::Unsendable => "unsendable",
            Self::EndpointRemoved => "endpoint_removed",
            Self::Erased => "erased",
            Self::Lapsed => "lapsed",
        }
    }

    /// The reason of this word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// The bounds within which decisions are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryBounds {
    /// Age at which a delivery is given up, in milliseconds since its first attempt.
    pub age_max_ms: u64,
    /// The longest wait a receiver can ask for, in milliseconds.
    pub retry_after_max_ms: u64,
    /// Attempts after which a delivery is given up whatever came of them. More than any retry policy has: it bounds
    /// those that use up no step, each of which is recorded.
    pub attempts_max: u32,
}

/// The least wait after a first attempt that used up no step, a `Retry-After: 0` too: long enough not to spin.
const STEPLESS_DELAY_MIN_MS: u64 = 1_000;
/// What it grows to. Small waits must not use up all attempts in minutes, nor fill the records in days.
const STEPLESS_DELAY_MAX_MS: u64 = 300_000;
/// How long to wait when a receiver asks to wait and does not say how long.
const THROTTLED_DELAY_MS: u64 = 30_000;

impl DeliveryBounds {
    /// What is documented by a platform is done to its end, whatever the limits.
    fn around(self, policy: &SendPolicy) -> Self {
        if !policy.is_documented {
            return self;
        }
        Self {
            age_max_ms: self.age_max_ms.max(policy.span_ms()),
            attempts_max: self.attempts_max.max(policy.attempts()),
            ..self
        }
    }
}

/// Decides what follows from `outcome`, the attempt having ended at `now` and `progress` counting it.
pub fn decide(
    outcome: &Outcome,
    progress: Progress,
    policy: &SendPolicy,
    bounds: DeliveryBounds,
    now: Timestamp,
    random: &dyn Random,
) -> Decision {
    let bounds = bounds.around(policy);
    let wait = |ms: u64| now.plus_ms(i64::try_from(ms).unwrap_or(i64::MAX));
    let (at, steps) = match outcome {
        Outcome::Delivered { .. } => return Decision::Delivered,
        Outcome::Gone => return Decision::Disable,
        Outcome::Unsendable => return dead(DeadReason::Unsendable),
        Outcome::OurFault | Outcome::Throttled { .. } if progress.attempts >= bounds.attempts_max => {
            return dead(DeadReason::Exhausted);
        }
        Outcome::OurFault => (wait(stepless_delay_ms(progress)), progress.steps),
        Outcome::Throttled { retry_after_ms, .. } => {
            let asked_ms = retry_after_ms.unwrap_or(THROTTLED_DELAY_MS);
            // A maximum below the minimum is an operator's choice; it must not panic.
            (wait(asked_ms.min(bounds.retry_after_max_ms).max(stepless_delay_ms(progress))), progress.steps)
        }
        _ => {
            let left = policy.next(progress, now, random);
            let Some(next) = left.filter(|_| progress.attempts < bounds.attempts_max) else {
                return Decision::Dead { reason: DeadReason::Exhausted, then: policy.exhaustion };
            };
            next
        }
    };
    if at.since_ms(progress.first_at) > i64::try_from(bounds.age_max_ms).unwrap_or(i64::MAX) {
        return dead(DeadReason::TooOld);
    }
    Decision::Retry { at, progress: Progress { steps, ..progress } }
}

/// Given up, and nothing more.
const fn dead(reason: DeadReason) -> Decision {
    Decision::Dead { reason, then: Exhaustion::GiveUp }
}

/// Twice as long after every attempt that used up no step.
fn stepless_delay_ms(progress: Progress) -> u64 {
    let stepless = progress.attempts.saturating_sub(progress.steps);
    let doubled = 2u64.saturating_pow(stepless.saturating_sub(1));
    STEPLESS_DELAY_MIN_MS.saturating_mul(doubled).min(STEPLESS_DELAY_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::super::RetryPolicy;
    use super::*;

    struct Zero;
    impl Random for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    const BOUNDS: DeliveryBounds =
        DeliveryBounds { age_max_ms: 7 * 24 * 3_600_000, retry_after_max_ms: 3_600_000, attempts_max: 500 };
    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn ours() -> SendPolicy {
        SendPolicy::ours(&RetryPolicy::default())
    }

    fn decided(outcome: &Outcome, steps: u32) -> Decision {
        let policy = SendPolicy::ours(&RetryPolicy { delays_s: vec![5, 300], jitter: 0.0 });
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
            assert_eq!(decided(&failure, 2), dead(DeadReason::Exhausted), "{failure}");
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
        let policy = ours();
        let progress = Progress { attempts: 400, steps: 0, first_at: NOW };
        let throttled = Outcome::Throttled { status: 429, retry_after_ms: Some(60_000) };
        let later = NOW.plus_ms(BOUNDS.age_max_ms as i64);
        let decision = decide(&throttled, progress, &policy, BOUNDS, later, &Zero);
        assert_eq!(decision, dead(DeadReason::TooOld));
    }

    /// How long is waited after a failure of our own, in milliseconds.
    fn our_fault_waits(attempts: u32, steps: u32) -> i64 {
        let progress = Progress { attempts, steps, first_at: NOW };
        let decision = decide(&Outcome::OurFault, progress, &ours(), BOUNDS, NOW, &Zero);
        let (delay_ms, steps_then) = waits(&decision);
        assert_eq!(steps_then, steps, "it is not the receiver's fault");
        delay_ms
    }

    #[test]
    fn our_own_faults_wait_twice_as_long_each_time_up_to_five_minutes() {
        let waited: Vec<_> = (1..=10).map(|attempts| our_fault_waits(attempts, 0) / 1_000).collect();
        assert_eq!(waited, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(our_fault_waits(499, 0), 300_000);
        // What the receiver did is not counted, only what came on top of it.
        assert_eq!(our_fault_waits(6, 5), 1_000);
        assert_eq!(our_fault_waits(8, 5), 4_000);
    }

    /// What becomes of a delivery whose every attempt ends like this: the decision, attempts made, and hours passed.
    fn lasting(outcome: &Outcome, bounds: DeliveryBounds) -> (Decision, u32, i64) {
        let mut progress = Progress { attempts: 0, steps: 0, first_at: NOW };
        let mut now = NOW;
        loop {
            progress.attempts += 1;
            match decide(outcome, progress, &ours(), bounds, now, &Zero) {
                Decision::Retry { at, progress: then } => (now, progress) = (at, then),
                end => return (end, progress.attempts, now.since_ms(NOW) / 3_600_000),
            }
        }
    }

    #[test]
    fn what_uses_up_no_step_ends_after_a_bounded_number_of_attempts_and_not_early() {
        let eager = Outcome::Throttled { status: 429, retry_after_ms: Some(0) };
        for outcome in [Outcome::OurFault, eager] {
            let (end, attempts, hours) = lasting(&outcome, BOUNDS);
            assert_eq!((end, attempts), (dead(DeadReason::Exhausted), 500), "{outcome}");
            assert!((40..42).contains(&hours), "{outcome}: given up after {hours} hours");
        }
        // With attempts enough it is the age that ends it: every five minutes of a week.
        let (end, attempts, _) =
            lasting(&Outcome::OurFault, DeliveryBounds { attempts_max: 5_000, ..BOUNDS });
        assert_eq!(end, dead(DeadReason::TooOld));
        assert!((2_016..2_030).contains(&attempts), "{attempts} attempts");
    }

    #[test]
    fn the_last_attempt_may_still_deliver_or_disable() {
        let progress = Progress { attempts: 500, steps: 0, first_at: NOW };
        let of = |outcome| decide(&outcome, progress, &ours(), BOUNDS, NOW, &Zero);
        assert_eq!(of(Outcome::Delivered { status: 200 }), Decision::Delivered);
        assert_eq!(of(Outcome::Gone), Decision::Disable);
        assert_eq!(of(Outcome::TimedOut), dead(DeadReason::Exhausted));
    }

    #[test]
    fn what_can_not_be_sent_is_dead_at_once() {
        assert_eq!(decided(&Outcome::Unsendable, 0), dead(DeadReason::Unsendable));
        assert_eq!(Outcome::Unsendable.code(), "our_fault");
        assert_eq!(DeadReason::from_code("unsendable"), Some(DeadReason::Unsendable));
    }

    #[test]
    fn success_gone_and_our_own_fault() {
        assert_eq!(decided(&Outcome::Delivered { status: 204 }, 2), Decision::Delivered);
        assert_eq!(decided(&Outcome::Gone, 0), Decision::Disable);
        assert_eq!(waits(&decided(&Outcome::OurFault, 2)), (1_000, 2));
    }
}
