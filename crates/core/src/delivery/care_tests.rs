use proptest::prelude::*;

use super::super::RetryPolicy;
use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
const HOUR_MS: u64 = 3_600_000;

const RULE: CareRule = CareRule {
    in_flight_max: 16,
    is_adaptive: true,
    rate: None,
    breaker: Some(BreakerRule {
        failures_max: 50,
        gap_max_ms: FAILURES_GAP_MAX_MS,
        delay_ms: 10_000,
        delay_max_ms: 600_000,
    }),
    health: HealthRule {
        failures_min: TOLD_FAILURES,
        failing_min_ms: TOLD_AFTER_MS,
        span_ms: Some(120 * HOUR_MS),
    },
};

const DELIVERED: Outcome = Outcome::Delivered { status: 200 };
const REFUSED: Outcome = Outcome::Refused { status: 500 };

fn at(ms: i64) -> Timestamp {
    NOW.plus_ms(ms)
}

/// One attempt, alone in flight.
fn attempt(care: &mut Care, outcome: &Outcome, now: Timestamp) -> Turned {
    care.began(1);
    care.ended(Ending { outcome, began: now, latency_us: 100, in_flight: 0 }, now)
}

fn left_alone() -> Care {
    let mut care = Care::new(RULE, None, NOW);
    assert_eq!((0..50).filter(|_| attempt(&mut care, &REFUSED, NOW).opened).count(), 1);
    care
}

#[test]
fn a_healthy_endpoint_has_its_whole_window_from_the_start() {
    let mut care = Care::new(RULE, None, NOW);
    assert!((0..1_000).all(|_| attempt(&mut care, &DELIVERED, NOW) == Turned::default()));
    assert_eq!((care.limit(0, NOW), care.free_at(NOW), care.standing()), (16, None, Standing::Well));
}

#[test]
fn one_that_takes_nothing_is_left_alone_probed_and_taken_back_with_its_window() {
    let mut care = left_alone();
    assert_eq!((care.limit(3, NOW), care.is_open(), care.free_at(NOW)), (0, true, Some(at(10_000))));
    assert_eq!(care.standing(), Standing::Failing, "it is told at once");
    assert_eq!(care.limit(3, at(10_000)), 4, "one more than is in flight");
    assert_eq!(care.free_at(at(10_000)), None, "only a delivery is lacking");
    assert!(attempt(&mut care, &Outcome::TimedOut, at(10_000)).opened);
    assert_eq!((care.limit(0, at(29_999)), care.limit(0, at(30_000))), (0, 1));
    attempt(&mut care, &DELIVERED, at(30_000));
    assert_eq!(
        (care.limit(0, at(30_000)), care.standing()),
        (8, Standing::Well),
        "the time-out had halved it"
    );
}

#[test]
fn what_the_receiver_asks_and_what_is_our_fault_is_no_failure() {
    let throttled = Outcome::Throttled { status: 429, retry_after_ms: Some(5) };
    for outcome in [throttled, Outcome::OurFault, Outcome::Unsendable, Outcome::Blocked] {
        let mut care = Care::new(RULE, None, NOW);
        for n in 0..500 {
            let turned = attempt(&mut care, &outcome, at(n * 3_600_000));
            assert!(!turned.opened && !turned.is_over, "{outcome}");
        }
        assert_eq!((care.standing(), care.trouble()), (Standing::Well, None), "{outcome}");
    }
}

#[test]
fn a_rate_holds_back_by_itself_and_says_until_when() {
    let rule = CareRule { rate: Some(Rate { per_second: 2.0, burst: Some(3) }), ..RULE };
    let mut care = Care::new(rule, None, NOW);
    assert_eq!((care.limit(0, NOW), care.free_at(NOW)), (3, None));
    care.began(3);
    assert_eq!((care.limit(3, NOW), care.free_at(NOW)), (3, Some(at(500))));
    assert_eq!(care.view(NOW).rate_free_at, Some(at(500)));
    assert_eq!(care.limit(3, at(500)), 4);
}

#[test]
fn a_documented_schedule_is_held_back_by_nothing_but_the_rate() {
    let policy = SendPolicy { is_documented: true, ..SendPolicy::ours(&RetryPolicy::default()) };
    let endpoint = endpoint();
    let rule = CareRule::of(&endpoint, &policy, &Limits::default());
    let mut care = Care::new(rule, None, NOW);
    for n in 0..500 {
        let turned = attempt(&mut care, &Outcome::TimedOut, at(n * HOUR_MS as i64));
        assert_eq!(turned, Turned::default());
    }
    assert_eq!((care.limit(0, NOW), care.standing()), (16, Standing::Failing), "which is told all the same");
    assert_eq!(care.view(NOW).disabled_at, None);
}

#[test]
fn connections_and_the_limits_bound_the_window() {
    let policy = SendPolicy::ours(&RetryPolicy::default());
    let window = |endpoint: &Endpoint| CareRule::of(endpoint, &policy, &Limits::default()).in_flight_max;
    assert_eq!(window(&endpoint()), 16);
    assert_eq!(window(&Endpoint { connections_max: Some(3), ..endpoint() }), 3);
    assert_eq!(window(&Endpoint { in_flight_max: 1_000, ..endpoint() }), 64);
    let span = |endpoint: &Endpoint| CareRule::of(endpoint, &policy, &Limits::default()).health.span_ms;
    assert_eq!(
        (span(&endpoint()), span(&Endpoint { failing_max_ms: Some(7), ..endpoint() })),
        (Some(120 * HOUR_MS), Some(7))
    );
}

#[test]
fn a_restart_is_a_fresh_chance_and_another_rule_is_not() {
    let mut care = left_alone();
    let mut changed = care.clone();
    changed.rule_by(CareRule { in_flight_max: 4, ..RULE }, NOW);
    assert!(changed.is_open());
    care.restart(care.trouble().as_ref());
    assert_eq!((care.limit(0, NOW), care.standing()), (16, Standing::Failing));
    attempt(&mut care, &DELIVERED, NOW);
    assert_eq!(care.standing(), Standing::Well);
}

fn endpoint() -> Endpoint {
    let json = r#"{"id": "ep_0190000000007fffbfffffffffffffff", "name": "a", "dialect": "cloudevents", "url": "https://a.example/",
        "topics": ["*"], "secrets": [], "in_flight_max": 16, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}"#;
    serde_json::from_str(json).expect("an endpoint as it was stored before it had any of this")
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(DELIVERED),
        6 => Just(REFUSED),
        3 => Just(Outcome::TimedOut),
        2 => Just(Outcome::Throttled { status: 503, retry_after_ms: Some(1) }),
        1 => Just(Outcome::OurFault),
    ]
}

proptest! {
    /// Whatever comes back: never more than the rule allows, never stuck for longer than the longest delay, and whoever
    /// is told to ask again later finds room then.
    #[test]
    fn there_is_always_a_moment_at_which_something_may_be_sent(
        outcomes in proptest::collection::vec((outcome(), 0i64..30_000), 1..300),
        per_second in proptest::option::of(1u32..20),
    ) {
        let rate = per_second.map(|per_second| Rate { per_second: f64::from(per_second), burst: Some(2) });
        let mut care = Care::new(CareRule { rate, ..RULE }, None, NOW);
        let mut now = NOW;
        for (outcome, pass_ms) in outcomes {
            now = now.plus_ms(pass_ms);
            if care.limit(0, now) == 0 {
                let free_at = care.free_at(now);
                prop_assert!(free_at.is_some_and(|at| at > now && at.since_ms(now) <= 600_000), "{free_at:?}");
                now = free_at.expect("just looked");
                // The breaker and the rate may hold back one after the other.
                if care.limit(0, now) == 0 {
                    now = care.free_at(now).expect("the rate holds it back");
                }
            }
            prop_assert!((1..=16).contains(&care.limit(0, now)));
            attempt(&mut care, &outcome, now);
        }
    }
}
