//! Leaving a host alone that fails too often.
//!
//! The machine is pure: it is told how requests ended and says whether the host is blocked. It remembers sums, not
//! requests, so its size does not depend on the traffic.

use std::collections::VecDeque;

use serde::Serialize;

use crate::Timestamp;

/// When a host is blocked, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BlockRule {
    /// How far back requests count, in milliseconds.
    pub window_ms: u64,
    /// Requests in the window from which on it is judged.
    pub requests_min: u32,
    /// The share of them that must succeed, in percent.
    pub success_min_percent: u32,
    /// How long the host is then left alone, in milliseconds.
    pub blocked_ms: u64,
}

/// How finely the window is divided: requests leave it in portions of this share of it.
const SLOTS: u64 = 120;

#[derive(Debug, Clone, Copy)]
struct Slot {
    start: Timestamp,
    requests: u32,
    successes: u32,
}

/// What is known of one host.
#[derive(Debug, Clone)]
pub struct Blocklist {
    rule: BlockRule,
    /// Oldest first.
    window: VecDeque<Slot>,
    until: Option<Timestamp>,
}

impl Blocklist {
    /// Knows of no request.
    pub const fn new(rule: BlockRule) -> Self {
        Self { rule, window: VecDeque::new(), until: None }
    }

    /// Until when the host is left alone, if it is at `now`. Never longer than the rule says, even if the clock was set back.
    pub fn blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        let blocked_ms = signed(self.rule.blocked_ms);
        self.until.filter(|until| (1..=blocked_ms).contains(&until.since_ms(now)))
    }

    /// A request has ended at `now`. The answer says whether that blocks the host.
    pub fn note(&mut self, is_success: bool, now: Timestamp) -> bool {
        // What was under way when the block began says nothing of how the host is when it ends.
        if self.blocked_until(now).is_some() {
            return false;
        }
        self.until = None;
        self.forget(now);
        self.count(is_success, now);
        if self.is_good() {
            return false;
        }
        self.window.clear();
        self.until = Some(now.plus_ms(signed(self.rule.blocked_ms)));
        true
    }

    /// Whether nothing is known that counts at `now`: it may be forgotten.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        let counts = |slot: &Slot| now.since_ms(slot.start) < signed(self.rule.window_ms);
        self.blocked_until(now).is_none() && !self.window.back().is_some_and(counts)
    }

    fn forget(&mut self, now: Timestamp) {
        let window_ms = signed(self.rule.window_ms);
        while self.window.front().is_some_and(|slot| now.since_ms(slot.start) >= window_ms) {
            self.window.pop_front();
        }
        // The clock was set back: what lies ahead would count for as long as that is.
        while self.window.back().is_some_and(|slot| now < slot.start) {
            self.window.pop_back();
        }
    }

    fn count(&mut self, is_success: bool, now: Timestamp) {
        let slot_ms = signed(self.rule.window_ms / SLOTS).max(1);
        if self.window.back().is_none_or(|slot| now.since_ms(slot.start) >= slot_ms) {
            self.window.push_back(Slot { start: now, requests: 0, successes: 0 });
        }
        if let Some(slot) = self.window.back_mut() {
            slot.requests = slot.requests.saturating_add(1);
            slot.successes = slot.successes.saturating_add(u32::from(is_success));
        }
    }

    fn is_good(&self) -> bool {
        let sum = |of: fn(&Slot) -> u32| self.window.iter().map(|slot| u64::from(of(slot))).sum::<u64>();
        let (requests, successes) = (sum(|slot| slot.requests), sum(|slot| slot.successes));
        requests < u64::from(self.rule.requests_min)
            || successes * 100 >= requests * u64::from(self.rule.success_min_percent)
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: BlockRule =
        BlockRule { window_ms: 120_000, requests_min: 100, success_min_percent: 90, blocked_ms: 180_000 };
    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    /// After so many successes and then failures, all at one moment: whether each of them blocked.
    fn after(successes: u32, failures: u32) -> (Blocklist, Vec<bool>) {
        let mut list = Blocklist::new(RULE);
        let ends = (0..successes).map(|_| true).chain((0..failures).map(|_| false));
        let blocked = ends.map(|is_success| list.note(is_success, NOW)).collect();
        (list, blocked)
    }

    #[test]
    fn ninety_nine_failures_are_not_judged_and_the_hundredth_is() {
        let (list, blocked) = after(0, 99);
        assert!(!blocked.contains(&true) && list.blocked_until(NOW).is_none());
        let (list, blocked) = after(0, 100);
        assert_eq!(blocked.iter().position(|blocks| *blocks), Some(99));
        assert_eq!(list.blocked_until(NOW), Some(NOW.plus_ms(180_000)));
        assert!(list.blocked_until(NOW.plus_ms(179_999)).is_some());
        assert!(list.blocked_until(NOW.plus_ms(180_000)).is_none());
    }

    #[test]
    fn ninety_percent_is_enough_and_less_is_not() {
        let (list, _) = after(90, 10);
        assert!(list.blocked_until(NOW).is_none());
        let (list, blocked) = after(90, 11);
        assert!(blocked.last() == Some(&true) && list.blocked_until(NOW).is_some());
    }

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let (mut list, _) = after(0, 99);
        assert!(!list.clone().note(true, NOW.plus_ms(120_000)), "all but one have left the window");
        assert!(list.note(false, NOW.plus_ms(119_999)));
    }

    #[test]
    fn after_the_block_everything_begins_anew() {
        let (mut list, _) = after(0, 100);
        // Late answers of requests that were under way.
        assert!((0..200).all(|_| !list.note(false, NOW.plus_ms(1_000))));
        let later = NOW.plus_ms(180_000);
        assert!((0..99).all(|_| !list.note(false, later)));
        assert!(list.note(false, later), "and may end alike");
    }

    #[test]
    fn a_clock_that_is_set_back_prolongs_neither_the_block_nor_the_window() {
        let (list, _) = after(0, 100);
        assert!(list.blocked_until(NOW).is_some() && list.blocked_until(NOW.plus_ms(-1)).is_none());
        let (mut list, _) = after(0, 99);
        assert!(!list.note(false, NOW.plus_ms(-3_600_000)), "the 99 lie ahead");
        assert!((0..98).all(|_| !list.note(false, NOW.plus_ms(-3_500_000))));
        assert!(list.note(false, NOW.plus_ms(-3_500_000)));
    }

    #[test]
    fn what_no_longer_counts_may_be_forgotten() {
        assert!(Blocklist::new(RULE).is_idle(NOW));
        let (list, _) = after(1, 0);
        assert!(!list.is_idle(NOW.plus_ms(119_999)) && list.is_idle(NOW.plus_ms(120_000)));
        let (list, _) = after(0, 100);
        assert!(!list.is_idle(NOW.plus_ms(179_999)) && list.is_idle(NOW.plus_ms(180_000)));
    }

    proptest! {
        /// Against a list of every request, for requests that come in whole slots.
        #[test]
        fn sums_agree_with_remembering_every_request(
            ends in proptest::collection::vec((0i64..3, proptest::bool::weighted(0.9)), 0..600),
        ) {
            let (mut list, mut all, mut until) = (Blocklist::new(RULE), Vec::new(), None::<Timestamp>);
            let mut now = NOW;
            for (seconds, is_success) in ends {
                now = now.plus_ms(seconds * 1_000);
                let is_blocked = until.is_some_and(|until| now < until);
                if !is_blocked {
                    all.push((now, is_success));
                    all.retain(|(at, _)| now.since_ms(*at) < 120_000);
                }
                let successes = all.iter().filter(|(_, is_success)| *is_success).count();
                let blocks = !is_blocked && all.len() >= 100 && successes * 100 < all.len() * 90;
                if blocks {
                    all.clear();
                    until = Some(now.plus_ms(180_000));
                }
                prop_assert_eq!(list.note(is_success, now), blocks);
                prop_assert_eq!(list.blocked_until(now), until.filter(|until| now < *until));
                prop_assert!(list.window.len() <= 121);
            }
        }
    }
}
