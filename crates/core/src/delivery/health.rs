//! How an endpoint fares: since when nothing has reached it, and what is to be told and done about it.
//!
//! One success makes it well. Failures in a row make it **failing** once they have gone on for a while; **warned** when its end
//! is near; and at the end of its span it is to be disabled. Between the warning and the end lies always a fifth of the
//! span, also when nothing was sent for long. What the receiver asks to put off, and our own faults, count for nothing.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// When failing is told, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthRule {
    /// Failures in a row, at least, before it is told.
    pub failures_min: u64,
    /// Milliseconds they must have gone on, at least.
    pub failing_min_ms: u64,
    /// Milliseconds without a success after which the endpoint is disabled; `None` for never.
    pub span_ms: Option<u64>,
}

/// That nothing reaches an endpoint: as it was told, and as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since its first failure without a success, or since it was last resumed.
    pub since: Timestamp,
    /// Failures in a row when this was stored.
    pub failures: u64,
    /// What the last of them was, for people.
    pub reason: String,
    /// When it was told that the endpoint will be disabled.
    #[serde(default)]
    pub warned_at: Option<Timestamp>,
}

impl Trouble {
    /// Whatever was wrong is said to be put right: the span begins anew. That it is failing is known until something
    /// reaches it.
    pub const fn give_fresh_span(&mut self, now: Timestamp) {
        (self.since, self.warned_at) = (now, None);
    }
}

/// How an endpoint fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing is wrong, or not for long.
    Well,
    /// Nothing reaches it.
    Failing,
    /// The same, and it will be disabled.
    Warned,
}

impl Standing {
    /// The word under which it is shown.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Failing => "failing",
            Self::Warned => "warned",
        }
    }

    /// What a stored trouble amounts to.
    pub fn of(trouble: Option<&Trouble>) -> Self {
        trouble.map_or(Self::Well, |trouble| trouble.warned_at.map_or(Self::Failing, |_| Self::Warned))
    }
}

/// The health of one endpoint.
#[derive(Debug, Clone)]
pub struct Health {
    rule: HealthRule,
    trouble: Option<Trouble>,
    /// Whether it has gone on long enough to be told.
    is_established: bool,
}

impl Health {
    /// As it was told last.
    pub fn restore(rule: HealthRule, told: Option<&Trouble>) -> Self {
        Self { rule, trouble: told.cloned(), is_established: told.is_some() }
    }

    /// Another rule from now on.
    pub const fn rule_by(&mut self, rule: HealthRule) {
        self.rule = rule;
    }

    /// Something reached it.
    pub fn succeeded(&mut self) {
        (self.trouble, self.is_established) = (None, false);
    }

    /// Something did not reach it. Answers whether the endpoint is to be disabled.
    pub fn failed(&mut self, reason: &impl ToString, now: Timestamp) -> bool {
        let trouble = self.trouble.get_or_insert_with(|| Trouble {
            since: now,
            failures: 0,
            reason: String::new(),
            warned_at: None,
        });
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.reason = reason.to_string();
        let lasting_ms = u64::try_from(now.since_ms(trouble.since)).unwrap_or(0);
        self.is_established |=
            trouble.failures >= self.rule.failures_min && lasting_ms >= self.rule.failing_min_ms;
        let Some(span_ms) = self.rule.span_ms.filter(|_| self.is_established) else { return false };
        let notice_ms = span_ms / 5;
        match trouble.warned_at {
            None => {
                if lasting_ms >= span_ms - notice_ms {
                    trouble.warned_at = Some(now);
                }
                false
            }
            Some(warned_at) => {
                let noticed_ms = u64::try_from(now.since_ms(warned_at)).unwrap_or(0);
                lasting_ms >= span_ms && noticed_ms >= notice_ms
            }
        }
    }

    /// It is left alone by its breaker: reason enough to tell.
    pub const fn left_alone(&mut self) {
        self.is_established |= self.trouble.is_some();
    }

    /// How it fares.
    pub fn standing(&self) -> Standing {
        if self.is_established { Standing::of(self.trouble.as_ref()) } else { Standing::Well }
    }

    /// What is wrong, whether or not it is worth telling.
    pub const fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// When it is disabled at the earliest, if nothing reaches it until then.
    pub fn disabled_at(&self) -> Option<Timestamp> {
        let (trouble, span_ms) = (self.trouble.as_ref()?, self.rule.span_ms?);
        let after = |at: Timestamp, ms: u64| at.plus_ms(i64::try_from(ms).unwrap_or(i64::MAX));
        let of_notice = trouble.warned_at.map(|warned_at| after(warned_at, span_ms / 5));
        Some(after(trouble.since, span_ms).max(of_notice.unwrap_or(Timestamp::EPOCH)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const RULE: HealthRule =
        HealthRule { failures_min: 3, failing_min_ms: 60_000, span_ms: Some(120 * HOUR_MS as u64) };
    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn well() -> Health {
        Health::restore(RULE, None)
    }

    /// Fails at these hours; after which of them it would be disabled, and how it stands after each.
    fn failing(health: &mut Health, hours: &[i64]) -> (Option<i64>, Vec<Standing>) {
        let mut standings = Vec::new();
        let mut fails = |hour: &i64| {
            let is_over = health.failed(&"refused (500)", NOW.plus_ms(hour * HOUR_MS));
            standings.push(health.standing());
            is_over
        };
        let end = hours.iter().copied().find(|hour| fails(hour));
        (end, standings)
    }

    #[test]
    fn a_few_failures_are_not_told_and_lasting_ones_are() {
        let mut health = well();
        assert!((0..10).all(|_| !health.failed(&"x", NOW)));
        assert_eq!(health.standing(), Standing::Well, "all at one moment");
        assert!(!health.failed(&"x", NOW.plus_ms(60_000)));
        assert_eq!(health.standing(), Standing::Failing);
        health.succeeded();
        assert_eq!((health.standing(), health.trouble()), (Standing::Well, None));
        let mut early = well();
        early.left_alone();
        assert_eq!(early.standing(), Standing::Well, "nothing is wrong");
        early.failed(&"x", NOW);
        early.left_alone();
        assert_eq!(early.standing(), Standing::Failing);
    }

    #[test]
    fn it_is_warned_of_and_then_disabled_at_the_end_of_the_span() {
        let mut health = well();
        let hours: Vec<i64> = (0..200).collect();
        let (end, standings) = failing(&mut health, &hours);
        assert_eq!(end, Some(120));
        let first = |standing| standings.iter().position(|of| *of == standing);
        assert_eq!((first(Standing::Failing), first(Standing::Warned)), (Some(2), Some(96)));
        assert_eq!(health.disabled_at(), Some(NOW.plus_ms(120 * HOUR_MS)));
    }

    #[test]
    fn there_is_always_notice_also_when_nothing_was_sent_for_long() {
        let (end, standings) = failing(&mut well(), &[0, 1, 2, 500, 501, 523, 524]);
        assert_eq!((end, standings[3]), (Some(524), Standing::Warned));
        let mut restored = well();
        failing(&mut restored, &[0, 1, 2, 500]);
        let mut restored = Health::restore(RULE, restored.trouble());
        assert_eq!(restored.standing(), Standing::Warned);
        assert_eq!(failing(&mut restored, &[501, 523, 524]).0, Some(524));
    }

    #[test]
    fn a_restart_gives_the_whole_span_again_and_a_platform_has_none() {
        let mut health = well();
        failing(&mut health, &(0..100).collect::<Vec<_>>());
        let mut told = health.trouble().cloned().expect("it is failing");
        told.give_fresh_span(NOW.plus_ms(110 * HOUR_MS));
        let mut health = Health::restore(RULE, Some(&told));
        assert_eq!(health.standing(), Standing::Failing);
        assert_eq!(failing(&mut health, &(111..400).collect::<Vec<_>>()).0, Some(230));
        let mut health = Health::restore(HealthRule { span_ms: None, ..RULE }, None);
        assert_eq!(failing(&mut health, &(0..4_000).collect::<Vec<_>>()).0, None);
        assert_eq!((health.standing(), health.disabled_at()), (Standing::Failing, None));
    }

    proptest! {
        /// Against all failures since the last success: never disabled before the span has passed, nor without a fifth of it
        /// between a failure that warned and the end; and a success undoes everything.
        #[test]
        fn it_is_never_disabled_early(steps in proptest::collection::vec((0i64..30, proptest::bool::weighted(0.95)), 1..200)) {
            let (mut health, mut now, mut since) = (well(), NOW, None::<Timestamp>);
            let mut warned = None::<Timestamp>;
            for (hours, fails) in steps {
                now = now.plus_ms(hours * HOUR_MS);
                if !fails {
                    health.succeeded();
                    (since, warned) = (None, None);
                    prop_assert_eq!(health.standing(), Standing::Well);
                    continue;
                }
                let first = *since.get_or_insert(now);
                let is_over = health.failed(&"x", now);
                if is_over {
                    prop_assert!(now.since_ms(first) >= 120 * HOUR_MS);
                    prop_assert!(warned.is_some_and(|at| now.since_ms(at) >= 24 * HOUR_MS));
                    return Ok(());
                }
                if health.standing() == Standing::Warned && warned.is_none() {
                    warned = Some(now);
                }
            }
        }
    }
}
