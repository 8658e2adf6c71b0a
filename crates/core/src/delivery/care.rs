//! What an endpoint is sent, and how much of it at a time: its rate, its window, its breaker and its health together.
//!
//! The machine is pure: it is told how attempts ended and says how many may be in flight, when to ask again, and how the
//! endpoint fares. Where a platform documents its schedule ([`SendPolicy::is_documented`]), neither window nor breaker holds
//! an attempt back and no span ends it: only the rate does, which is the operator's own wish.

use super::breaker::{Breaker, BreakerRule, BreakerState, Passage, Sign};
use super::bucket::Bucket;
use super::health::{Health, HealthRule, Standing, Trouble};
use super::window::{Load, Window};
use super::{Endpoint, Outcome, Rate, SendPolicy};
use crate::{Limits, Timestamp};

/// Failures add up for the breaker while they are no further apart than this: less than any but the first wait of our own
/// schedule, so that a few deliveries that fail keep theirs to the second.
const FAILURES_GAP_MAX_MS: u64 = 60_000;
/// Failures before it is told that an endpoint is failing, and for how long they must go on.
const TOLD_FAILURES: u64 = 3;
const TOLD_AFTER_MS: u64 = 300_000;

/// What care an endpoint gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CareRule {
    /// Deliveries in flight at most.
    pub in_flight_max: usize,
    /// Whether the window adapts itself to what the receiver can take.
    pub is_adaptive: bool,
    /// How often it may be sent to.
    pub rate: Option<Rate>,
    /// When it is left alone.
    pub breaker: Option<BreakerRule>,
    /// When its failing is told, and when it ends.
    pub health: HealthRule,
}

impl CareRule {
    /// The care of an endpoint whose deliveries are judged by `policy`.
    pub fn of(endpoint: &Endpoint, policy: &SendPolicy, limits: &Limits) -> Self {
        let is_ours = !policy.is_documented;
        let breaker = BreakerRule {
            failures_max: u32::try_from(limits.breaker_failures_max).unwrap_or(u32::MAX),
            gap_max_ms: FAILURES_GAP_MAX_MS,
            delay_ms: limits.breaker_delay_ms,
            delay_max_ms: limits.breaker_delay_max_ms.max(limits.breaker_delay_ms),
        };
        let span_ms = endpoint.failing_max_ms.unwrap_or(limits.endpoint_failing_max_ms);
        let health = HealthRule {
            failures_min: TOLD_FAILURES,
            failing_min_ms: TOLD_AFTER_MS,
            span_ms: is_ours.then_some(span_ms),
        };
        let in_flight_max = endpoint.in_flight_max.min(endpoint.connections());
        Self {
            in_flight_max: in_flight_max.clamp(1, limits.in_flight_per_endpoint_max),
            is_adaptive: is_ours,
            rate: endpoint.rate,
            breaker: is_ours.then_some(breaker),
            health,
        }
    }
}

/// One attempt that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// What came of it.
    pub outcome: &'a Outcome,
    /// When it began.
    pub began: Timestamp,
    /// How long it took, in microseconds.
    pub latency_us: u64,
    /// Attempts that are still in flight.
    pub in_flight: usize,
}

/// What an ending changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turned {
    /// The breaker opened.
    pub opened: bool,
    /// The window narrowed.
    pub narrowed: bool,
    /// The endpoint is to be disabled: nothing has reached it for its span.
    pub is_over: bool,
}

/// How an endpoint is sent to just now, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CareView {
    /// How it fares.
    pub standing: Standing,
    /// What is wrong, whether or not it was worth telling.
    pub trouble: Option<Trouble>,
    /// When it is disabled at the earliest, if nothing reaches it until then.
    pub disabled_at: Option<Timestamp>,
    /// Deliveries that may be in flight.
    pub window: usize,
    /// Its breaker.
    pub breaker: BreakerState,
    /// When the next probe may be sent, unless the breaker is closed.
    pub next_probe_at: Option<Timestamp>,
    /// When its rate lets the next request through, if it holds one back now.
    pub rate_free_at: Option<Timestamp>,
}

/// The care of one endpoint.
#[derive(Debug, Clone)]
pub struct Care {
    rule: CareRule,
    window: Window,
    bucket: Option<Bucket>,
    breaker: Option<Breaker>,
    health: Health,
}

impl Care {
    /// Takes an endpoint into care, as it was last told to fare.
    pub fn new(rule: CareRule, told: Option<&Trouble>, now: Timestamp) -> Self {
        Self {
            rule,
            window: Window::new(rule.in_flight_max),
            bucket: rule.rate.map(|rate| Bucket::full(rate, now)),
            breaker: rule.breaker.map(Breaker::new),
            health: Health::restore(rule.health, told),
        }
    }

    /// Another rule from now on; what is known of the endpoint stays known. Nothing is in flight.
    pub fn rule_by(&mut self, rule: CareRule, now: Timestamp) {
        self.window.resize(rule.in_flight_max);
        self.health.rule_by(rule.health);
        self.bucket = rule.rate.map(|rate| match self.bucket.take() {
            Some(mut bucket) => {
                bucket.retune(rate, now);
                bucket
            }
            None => Bucket::full(rate, now),
        });
        if rule.breaker != self.rule.breaker {
            self.breaker = rule.breaker.map(Breaker::new);
        }
        if let Some(breaker) = &mut self.breaker {
            breaker.broken_off();
        }
        self.rule = rule;
    }

    /// Somebody says that all is well now: a fresh chance, from what was told on.
    pub fn restart(&mut self, told: Option<&Trouble>) {
        self.window = Window::new(self.rule.in_flight_max);
        self.breaker = self.rule.breaker.map(Breaker::new);
        self.health = Health::restore(self.rule.health, told);
    }

    /// How many may be in flight, `in_flight` being so already.
    pub fn limit(&mut self, in_flight: usize, now: Timestamp) -> usize {
        let window = match self.breaker.as_mut().map(|breaker| breaker.passage(now)) {
            None | Some(Passage::Free) => self.window.size(),
            Some(Passage::OneProbe) => in_flight + 1,
            Some(Passage::Barred) => 0,
        };
        match &mut self.bucket {
            Some(bucket) => window.min(in_flight.saturating_add(bucket.available(now))),
            None => window,
        }
    }

    /// So many attempts begin.
    pub fn began(&mut self, attempts: usize) {
        if attempts == 0 {
            return;
        }
        if let Some(bucket) = &mut self.bucket {
            bucket.take(attempts);
        }
        if let Some(breaker) = &mut self.breaker {
            breaker.began();
        }
    }

    /// An attempt that was to begin does not, the lane's run having ended: it uses up nothing of the rate.
    pub fn given_back(&mut self) {
        if let Some(bucket) = &mut self.bucket {
            bucket.give_back();
        }
    }

    /// An attempt has ended at `now`.
    pub fn ended(&mut self, ending: Ending<'_>, now: Timestamp) -> Turned {
        let sign = sign_of(ending.outcome);
        let narrowed = self.rule.is_adaptive && self.window.note(load_of(&ending), ending.in_flight);
        let opened = self
            .breaker
            .as_mut()
            .is_some_and(|breaker| breaker.ended(sign, ending.began, ending.in_flight, now));
        let is_over = match ending.outcome {
            outcome if outcome.is_delivered() => {
                self.health.succeeded();
                false
            }
            outcome if matches!(sign, Sign::Failed | Sign::FailedSlowly) => self.health.failed(outcome, now),
            _ => false,
        };
        if opened {
            self.health.left_alone();
        }
        Turned { opened, narrowed, is_over }
    }

    /// When [`limit`](Self::limit) is worth asking for again though nothing has ended, if the breaker or the rate hold back
    /// what could be sent.
    pub fn free_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        let is_open = |breaker: &&Breaker| breaker.state() == BreakerState::Open;
        if let Some(breaker) = self.breaker.as_ref().filter(is_open) {
            return breaker.next_probe_at();
        }
        self.rate_free_at(now)
    }

    fn rate_free_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        let bucket = self.bucket.as_mut()?;
        (bucket.available(now) == 0).then(|| bucket.next_at())
    }

    /// Whether the breaker lets nothing through, so that there is no point in taking events up.
    pub fn is_open(&self) -> bool {
        self.breaker.as_ref().is_some_and(|breaker| breaker.state() == BreakerState::Open)
    }

    /// How the endpoint fares.
    pub fn standing(&self) -> Standing {
        self.health.standing()
    }

    /// What is wrong, if it is worth telling.
    pub fn trouble(&self) -> Option<Trouble> {
        self.health.trouble().filter(|_| self.standing() != Standing::Well).cloned()
    }

    /// How it is sent to just now.
    pub fn view(&mut self, now: Timestamp) -> CareView {
        CareView {
            standing: self.standing(),
            trouble: self.health.trouble().cloned(),
            disabled_at: self.health.disabled_at().filter(|_| self.standing() != Standing::Well),
            window: self.window.size(),
            breaker: self.breaker.as_ref().map_or(BreakerState::Closed, Breaker::state),
            next_probe_at: self.breaker.as_ref().and_then(Breaker::next_probe_at),
            rate_free_at: self.rate_free_at(now),
        }
    }
}

/// What an outcome says of the receiver's being there. One that asks to wait is.
const fn sign_of(outcome: &Outcome) -> Sign {
    match outcome {
        Outcome::Delivered { .. } | Outcome::Throttled { .. } => Sign::Alive,
        Outcome::TimedOut => Sign::FailedSlowly,
        Outcome::Gone
        | Outcome::Redirected { .. }
        | Outcome::Refused { .. }
        | Outcome::ConnectFailed
        | Outcome::DnsFailed
        | Outcome::TlsFailed
        | Outcome::AddressRefused
        | Outcome::Broken => Sign::Failed,
        Outcome::Blocked | Outcome::OurFault | Outcome::Unsendable => Sign::None,
    }
}

/// What an ending says of how much the receiver can take.
const fn load_of(ending: &Ending<'_>) -> Load {
    match ending.outcome {
        Outcome::Delivered { .. } => Load::Took { latency_us: ending.latency_us },
        Outcome::Throttled { .. } | Outcome::TimedOut | Outcome::Refused { status: 503 | 504 } => {
            Load::TooMuch
        }
        _ => Load::Unknown,
    }
}

#[cfg(test)]
#[path = "care_tests.rs"]
mod tests;
