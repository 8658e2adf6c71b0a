//! Leaving a receiver alone that takes nothing, and finding out with one delivery at a time whether it does again.
//!
//! - **Closed**: all is as usual. Failures that follow each other without a success between them add up; those far apart do
//!   not, so that the schedule of a few deliveries is kept to the second whatever becomes of them.
//! - **Open**: nothing is sent until a moment. Each time it lies twice as far ahead.
//! - **Half open**: from then on one delivery is let through, the probe. If it is taken the breaker closes, if it fails the
//!   breaker is open again.
//!
//! Attempts that began before the breaker opened prove nothing against the receiver afterwards; a success always does.

use crate::Timestamp;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerRule {
    /// Failures in a row that open it; one that took a whole time-out counts as four.
    pub failures_max: u32,
    /// How far apart they may be to add up, in milliseconds.
    pub gap_max_ms: u64,
    /// How long it is open at first, in milliseconds.
    pub delay_ms: u64,
    /// What that grows to.
    pub delay_max_ms: u64,
}

/// A failure that took a whole time-out has held a place for as long: it counts as so many.
const SLOW_WEIGHT: u32 = 4;

/// What an attempt says of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It answers as it should.
    Alive,
    /// It failed at once.
    Failed,
    /// It failed, and took its time.
    FailedSlowly,
    /// Nothing: it was asked nothing.
    None,
}

/// What may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Everything.
    Free,
    /// One delivery.
    OneProbe,
    /// Nothing.
    Barred,
}

/// Where a breaker stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything is sent.
    Closed,
    /// Nothing is sent.
    Open,
    /// One delivery is sent, to find out.
    HalfOpen,
}

impl BreakerState {
    /// The word under which it is shown.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Closed { weight: u32, last: Timestamp },
    Open { at: Timestamp, delay_ms: u64 },
    HalfOpen { opened_at: Timestamp, delay_ms: u64, is_probing: bool },
}

/// The breaker of one endpoint.
#[derive(Debug, Clone)]
pub struct Breaker {
    rule: BreakerRule,
    place: Place,
}

impl Breaker {
    /// Closed.
    pub const fn new(rule: BreakerRule) -> Self {
        Self { rule, place: Place::Closed { weight: 0, last: Timestamp::EPOCH } }
    }

    /// What may be sent at `now`.
    pub fn passage(&mut self, now: Timestamp) -> Passage {
        if let Place::Open { at, delay_ms } = self.place
            && !is_within(at, delay_ms, now)
        {
            self.place = Place::HalfOpen { opened_at: at, delay_ms, is_probing: false };
        }
        match self.place {
            Place::Closed { .. } => Passage::Free,
            Place::HalfOpen { is_probing: false, .. } => Passage::OneProbe,
            Place::HalfOpen { is_probing: true, .. } | Place::Open { .. } => Passage::Barred,
        }
    }

    /// An attempt begins.
    pub fn began(&mut self) {
        if let Place::HalfOpen { is_probing, .. } = &mut self.place {
            *is_probing = true;
        }
    }

    /// Nothing is under way any more, and what was will not be told.
    pub fn broken_off(&mut self) {
        if let Place::HalfOpen { is_probing, .. } = &mut self.place {
            *is_probing = false;
        }
    }

    /// An attempt that began at `began` has ended at `now`, and `in_flight` are still under way. Answers whether that opens the
    /// breaker, once more or for the first time.
    pub fn ended(&mut self, sign: Sign, began: Timestamp, in_flight: usize, now: Timestamp) -> bool {
        let weight = match sign {
            Sign::Alive => {
                self.place = Place::Closed { weight: 0, last: now };
                return false;
            }
            Sign::Failed => 1,
            Sign::FailedSlowly => SLOW_WEIGHT,
            Sign::None => 0,
        };
        match self.place {
            Place::Closed { weight: former, last } if weight > 0 => {
                let adds_up = is_within(last, self.rule.gap_max_ms.saturating_add(1), now);
                let weight = weight.saturating_add(if adds_up { former } else { 0 });
                if weight < self.rule.failures_max {
                    self.place = Place::Closed { weight, last: now };
                    return false;
                }
                self.place = Place::Open { at: now, delay_ms: self.rule.delay_ms };
                true
            }
            // The last to come back was the probe, whatever the clock did in between.
            Place::HalfOpen { opened_at, delay_ms, .. } if began > opened_at || in_flight == 0 => {
                if weight == 0 {
                    self.broken_off();
                    return false;
                }
                let delay_ms = delay_ms.saturating_mul(2).min(self.rule.delay_max_ms);
                self.place = Place::Open { at: now, delay_ms };
                true
            }
            _ => false,
        }
    }

    /// Where it stands at `now`.
    pub const fn state(&self) -> BreakerState {
        match self.place {
            Place::Closed { .. } => BreakerState::Closed,
            Place::Open { .. } => BreakerState::Open,
            Place::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// When the next probe may be sent, unless it is closed: a moment that has passed if only a delivery is lacking.
    pub fn next_probe_at(&self) -> Option<Timestamp> {
        let after = |at: Timestamp, delay_ms: u64| at.plus_ms(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        match self.place {
            Place::Closed { .. } => None,
            Place::Open { at, delay_ms } => Some(after(at, delay_ms)),
            Place::HalfOpen { opened_at, delay_ms, .. } => Some(after(opened_at, delay_ms)),
        }
    }
}

/// Whether `now` lies less than `span_ms` behind `from`. Before it lies only a clock that was set back: then nobody waits for
/// the former time to come again.
fn is_within(from: Timestamp, span_ms: u64, now: Timestamp) -> bool {
    u64::try_from(now.since_ms(from)).is_ok_and(|passed_ms| passed_ms < span_ms)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: BreakerRule =
        BreakerRule { failures_max: 5, gap_max_ms: 60_000, delay_ms: 10_000, delay_max_ms: 60_000 };
    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn at(ms: i64) -> Timestamp {
        NOW.plus_ms(ms)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(RULE);
        assert!((0..4).all(|_| !breaker.ended(Sign::Failed, NOW, 0, NOW)));
        assert!(breaker.ended(Sign::Failed, NOW, 0, NOW));
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_success_between_them_does_not() {
        let mut breaker = Breaker::new(RULE);
        for _ in 0..20 {
            assert!((0..4).all(|_| !breaker.ended(Sign::Failed, NOW, 0, NOW)));
            breaker.ended(Sign::Alive, NOW, 0, NOW);
        }
        assert_eq!(breaker.passage(NOW), Passage::Free);
        assert_eq!(opened().passage(NOW), Passage::Barred);
        let mut slow = Breaker::new(RULE);
        assert!(!slow.ended(Sign::FailedSlowly, NOW, 0, NOW) && slow.ended(Sign::FailedSlowly, NOW, 0, NOW));
    }

    #[test]
    fn failures_far_apart_do_not_add_up() {
        let mut breaker = Breaker::new(RULE);
        assert!((0..100).all(|n| !breaker.ended(Sign::Failed, at(n * 60_001), 0, at(n * 60_001))));
        let mut breaker = Breaker::new(RULE);
        assert!((0..100).any(|n| breaker.ended(Sign::Failed, at(n * 60_000), 0, at(n * 60_000))));
    }

    #[test]
    fn one_probe_decides_and_each_that_fails_doubles_the_wait_up_to_its_maximum() {
        let (mut breaker, mut now) = (opened(), NOW);
        for wait_s in [10, 20, 40, 60, 60] {
            assert_eq!(breaker.next_probe_at(), Some(now.plus_ms(wait_s * 1_000)));
            assert_eq!(breaker.passage(now.plus_ms(wait_s * 1_000 - 1)), Passage::Barred);
            now = now.plus_ms(wait_s * 1_000);
            assert_eq!(breaker.passage(now), Passage::OneProbe);
            breaker.began();
            assert_eq!((breaker.passage(now), breaker.state()), (Passage::Barred, BreakerState::HalfOpen));
            assert!(breaker.ended(Sign::Failed, now, 0, now));
        }
        let then = now.plus_ms(60_000);
        breaker.passage(then);
        breaker.began();
        assert!(!breaker.ended(Sign::Alive, then, 0, then));
        assert_eq!((breaker.passage(then), breaker.next_probe_at()), (Passage::Free, None));
        let delay = |breaker: &Breaker| breaker.next_probe_at().map(|until| until.since_ms(then));
        assert!((0..5).any(|_| breaker.ended(Sign::Failed, then, 0, then)));
        assert_eq!(delay(&breaker), Some(10_000), "from the beginning");
    }

    #[test]
    fn what_began_before_it_opened_can_not_condemn_but_can_acquit() {
        let mut breaker = opened();
        assert!(!breaker.ended(Sign::FailedSlowly, NOW, 0, at(5_000)), "it is open");
        assert_eq!(breaker.passage(at(10_000)), Passage::OneProbe);
        breaker.began();
        assert!(!breaker.ended(Sign::FailedSlowly, NOW, 1, at(15_000)), "not the probe");
        assert_eq!(breaker.passage(at(15_000)), Passage::Barred, "which is still under way");
        breaker.ended(Sign::Alive, NOW, 0, at(15_000));
        assert_eq!(breaker.passage(at(15_000)), Passage::Free);
    }

    #[test]
    fn a_probe_that_says_nothing_or_is_broken_off_makes_room_for_another() {
        let mut breaker = opened();
        for end in [0, 1] {
            assert_eq!(breaker.passage(at(10_000)), Passage::OneProbe, "{end}");
            breaker.began();
            match end {
                0 => assert!(!breaker.ended(Sign::None, at(10_000), 0, at(10_000))),
                _ => breaker.broken_off(),
            }
        }
        assert_eq!(breaker.passage(at(10_000)), Passage::OneProbe);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let mut breaker = opened();
        assert_eq!(breaker.passage(at(-1)), Passage::OneProbe);
    }

    fn sign() -> impl Strategy<Value = Sign> {
        prop_oneof![2 => Just(Sign::Failed), 1 => Just(Sign::FailedSlowly), 1 => Just(Sign::None), 1 => Just(Sign::Alive)]
    }

    proptest! {
        /// Whatever comes: between two probes lies at least the first delay, a closed one lets everything through, and after the
        /// longest delay one may always find out.
        #[test]
        fn probes_are_rare_and_never_cease(ends in proptest::collection::vec((0i64..40_000, sign()), 1..200)) {
            let (mut breaker, mut now, mut barred_since) = (Breaker::new(RULE), NOW, None::<Timestamp>);
            for (pass_ms, sign) in ends {
                now = now.plus_ms(pass_ms);
                let passage = breaker.passage(now);
                if let Some(since) = barred_since {
                    let passed_ms = now.since_ms(since);
                    prop_assert!(passage != Passage::Free, "nothing was heard of the receiver");
                    prop_assert!(passed_ms >= 10_000 || passage == Passage::Barred);
                    prop_assert!(passed_ms < 60_000 || passage == Passage::OneProbe);
                }
                if passage == Passage::Barred {
                    continue;
                }
                breaker.began();
                let opens = breaker.ended(sign, now, 0, now);
                prop_assert_eq!(breaker.state() == BreakerState::Open, opens);
                match sign {
                    Sign::Alive => barred_since = None,
                    _ if opens => barred_since = Some(now),
                    _ => {}
                }
            }
        }
    }
}
