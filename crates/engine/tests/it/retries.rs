//! The arithmetic of retries against a simple model, for every policy there is, whatever the outcomes and the clock.

use proptest::prelude::*;
use shopwire_core::delivery::{
    CountedFrom, DeadReason, Decision, Delay, DeliveryBounds, Exhaustion, Outcome, Progress, RetryPolicy,
    SendPolicy, decide,
};
use shopwire_core::{DialectId, Timestamp};
use shopwire_testkit::SeededRandom;

use crate::egress::NOW;

const DAY_MS: i64 = 24 * 3_600_000;
const BOUNDS: DeliveryBounds =
    DeliveryBounds { age_max_ms: 7 * 24 * 3_600_000, retry_after_max_ms: 24 * 3_600_000, attempts_max: 500 };

/// What happens to one attempt, and what the clock does until it is over.
#[derive(Debug, Clone)]
struct Attempt {
    outcome: Outcome,
    /// Beyond the moment for which it was planned. Negative: the clock was put back.
    late_ms: i64,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        12 => prop_oneof![Just(Outcome::TimedOut), Just(Outcome::Broken), Just(Outcome::Refused { status: 500 })],
        2 => (429u16..=429, proptest::option::of(0u64..200_000_000))
            .prop_map(|(status, retry_after_ms)| Outcome::Throttled { status, retry_after_ms }),
        1 => Just(Outcome::OurFault),
    ]
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let late_ms = prop_oneof![8 => 0i64..15_000, 1 => -3 * DAY_MS..0, 1 => 0..3 * DAY_MS];
    (outcome(), late_ms).prop_map(|(outcome, late_ms)| Attempt { outcome, late_ms })
}

fn policy() -> impl Strategy<Value = SendPolicy> {
    let own = (proptest::collection::vec(0u32..90_000, 0..12), 0.0f64..=0.5);
    prop_oneof![
        own.prop_map(|(delays_s, jitter)| SendPolicy::ours(&RetryPolicy { delays_s, jitter })),
        Just(SendPolicy::ours(&RetryPolicy::default())),
        (0..DialectId::PLATFORMS.len())
            .prop_map(|at| shopwire_dialects::get(DialectId::PLATFORMS[at]).unwrap().send_policy().clone()),
    ]
}

/// The documented moment after a failure, as a band, with how many steps are used up by then; written down once more, naively.
fn model(policy: &SendPolicy, progress: Progress, now: Timestamp) -> Option<(i64, i64, u32)> {
    let band = |from: Timestamp, Delay { min_ms, max_ms }: Delay| {
        (from.plus_ms(min_ms as i64).as_ms(), from.plus_ms(max_ms as i64).as_ms())
    };
    for step in progress.steps as usize..policy.delays.len() {
        let from = if policy.counted_from == CountedFrom::Failure { now } else { progress.first_at };
        let (min, max) = band(from, policy.delays[step]);
        if policy.counted_from == CountedFrom::Failure || max > now.as_ms() {
            return Some((min, max, step as u32 + 1));
        }
    }
    None
}

/// Lives through one delivery; the attempts that were made.
fn live(policy: &SendPolicy, attempts: &[Attempt], seed: u64) -> Result<u32, TestCaseError> {
    let random = SeededRandom::new(seed);
    let mut progress = Progress { attempts: 0, steps: 0, first_at: NOW };
    let (mut planned, mut failures) = (NOW, 0);
    let endless = attempts.iter().chain(std::iter::repeat(&attempts[0]));
    for Attempt { outcome, late_ms } in endless.take(2_000) {
        let now = planned.plus_ms(*late_ms);
        progress.attempts += 1;
        let is_failure = !matches!(outcome, Outcome::Throttled { .. } | Outcome::OurFault);
        failures += u32::from(is_failure);
        let age_max_ms =
            if policy.is_documented { BOUNDS.age_max_ms.max(policy.span_ms()) } else { BOUNDS.age_max_ms };
        match decide(outcome, progress, policy, BOUNDS, now, &random) {
            Decision::Retry { at, progress: next } => {
                prop_assert!(at > now || policy.delays.iter().any(|delay| delay.min_ms == 0), "no storm");
                prop_assert!(at.since_ms(NOW) <= age_max_ms as i64, "not beyond its age");
                if is_failure {
                    let (min, max, steps) = model(policy, progress, now).expect("there was another step");
                    prop_assert!((min..=max).contains(&at.as_ms()), "{at} is not within its band");
                    prop_assert_eq!(next.steps, steps);
                } else {
                    prop_assert_eq!(
                        next.steps,
                        progress.steps,
                        "what is not the receiver's failure uses up no step"
                    );
                    let wait_ms = at.since_ms(now);
                    prop_assert!(
                        (1_000..=BOUNDS.retry_after_max_ms as i64).contains(&wait_ms),
                        "{} ms",
                        wait_ms
                    );
                }
                prop_assert_eq!((next.attempts, next.first_at), (progress.attempts, NOW));
                (planned, progress) = (at, next);
            }
            Decision::Dead { reason: DeadReason::Exhausted, then } => {
                let most = policy.attempts().max(BOUNDS.attempts_max);
                prop_assert!(
                    model(policy, progress, now).is_none() || progress.attempts >= most,
                    "too early"
                );
                prop_assert_eq!(then, if is_failure { policy.exhaustion } else { Exhaustion::GiveUp });
                prop_assert!(failures <= policy.attempts());
                return Ok(progress.attempts);
            }
            Decision::Dead { reason: DeadReason::TooOld, then } => {
                prop_assert_eq!(then, Exhaustion::GiveUp);
                // The longest wait there is reaches over the bound from here.
                let longest = policy.delays.iter().map(|delay| delay.max_ms).max().unwrap_or(0);
                let reach = longest.max(BOUNDS.retry_after_max_ms) as i64;
                prop_assert!(now.since_ms(NOW).saturating_add(reach) > age_max_ms as i64);
                return Ok(progress.attempts);
            }
            decision => prop_assert!(false, "{:?} does not follow from {:?}", decision, outcome),
        }
    }
    prop_assert!(false, "it never ended");
    unreachable!("said above")
}

proptest! {
    #[test]
    fn every_policy_keeps_to_its_schedule_whatever_the_outcomes_and_the_clock(
        policy in policy(),
        attempts in proptest::collection::vec(attempt(), 1..60),
        seed: u64,
    ) {
        live(&policy, &attempts, seed)?;
    }

    #[test]
    fn a_receiver_that_only_fails_gets_exactly_as_many_attempts_as_documented(policy in policy(), seed: u64) {
        let failing = [Attempt { outcome: Outcome::Refused { status: 500 }, late_ms: 0 }];
        let span_ms = policy.delays.iter().map(|delay| delay.max_ms).sum::<u64>();
        prop_assume!(policy.is_documented || span_ms <= BOUNDS.age_max_ms);
        prop_assert_eq!(live(&policy, &failing, seed)?, policy.attempts());
    }
}

/// What the platforms document, once more in numbers: attempts, and hours from the first to the last.
#[test]
fn the_platforms_policies_have_the_documented_number_of_attempts() {
    let of = |id| shopwire_dialects::get(id).unwrap().send_policy();
    for (id, attempts, then) in [
        (DialectId::Ecwid, 28, Exhaustion::GiveUp),
        (DialectId::BigCommerce, 12, Exhaustion::Deactivate),
        (DialectId::Shoptet, 3, Exhaustion::GiveUp),
        (DialectId::Shoplazza, 20, Exhaustion::Remove),
        (DialectId::Duda, 5, Exhaustion::GiveUp),
    ] {
        assert_eq!((of(id).attempts(), of(id).exhaustion), (attempts, then), "{id}");
    }
}
