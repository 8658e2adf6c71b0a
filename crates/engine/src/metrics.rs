//! What the engine counts. Plain atomics: the surface that shows them decides about names and formats.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use shopwire_core::DialectId;
use shopwire_core::delivery::{Outcome, Standing};
use shopwire_store::StoreError;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Default)]
pub struct Level(AtomicI64);

impl Level {
    pub(crate) fn add(&self, n: i64) {
        self.0.fetch_add(n, Relaxed);
    }

    pub(crate) fn set(&self, n: i64) {
        self.0.store(n, Relaxed);
    }

    /// How many now.
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// Upper bounds of the latency buckets, in microseconds.
pub const LATENCY_BOUNDS_US: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000, 15_000_000];

/// How long things took.
#[derive(Debug, Default)]
pub struct Latency {
    buckets: [Count; LATENCY_BOUNDS_US.len() + 1],
    sum_us: Count,
}

impl Latency {
    pub(crate) fn observe_us(&self, us: u64) {
        let bucket =
            LATENCY_BOUNDS_US.iter().position(|bound| us <= *bound).unwrap_or(LATENCY_BOUNDS_US.len());
        self.buckets[bucket].add(1);
        self.sum_us.add(us);
    }

    /// How many fell into each bucket (not cumulative; the last is beyond all bounds), and the sum in microseconds.
    pub fn snapshot(&self) -> ([u64; LATENCY_BOUNDS_US.len() + 1], u64) {
        (std::array::from_fn(|bucket| self.buckets[bucket].get()), self.sum_us.get())
    }
}

/// How far the log reaches, and what it has let go of.
#[derive(Debug, Default)]
pub struct LogMetrics {
    /// Bytes on the disk.
    pub bytes: Level,
    /// Events in it.
    pub events: Level,
    /// The place of the first event.
    pub first_place: Level,
    /// When the first event was received, in milliseconds since 1970; 0 if there is none.
    pub first_received_ms: Level,
    /// Events that retention has let go of.
    pub let_go_events: Count,
    /// Bytes that retention has freed.
    pub let_go_bytes: Count,
    /// Deliveries that an endpoint had still to get when retention let go of the event.
    pub lapsed: Count,
}

/// What the engine counts.
#[derive(Debug, Default)]
pub struct Metrics {
    received: [Count; 5],
    merged: [Count; 5],
    rejected: [Count; 5],
    attempts: [Count; Outcome::CODES.len()],
    /// Rejected requests of which nothing could be kept, since too many came at once.
    pub rejections_unkept: Count,
    /// Changes of entities that were committed.
    pub changes: Count,
    /// Writes that changed nothing.
    pub changes_idle: Count,
    /// Times a write had to begin anew, since somebody else was first.
    pub change_conflicts: Count,
    /// Events that arose from changes, occurrences and timers.
    pub arisen: Count,
    /// Occurrences taken in.
    pub occurrences: Count,
    /// Timers that fired.
    pub timers_fired: Count,
    /// Times that a host was found to fail too often and left alone for a while.
    pub hosts_blocked: Count,
    /// Times that an endpoint was left alone by its breaker, probes that failed included.
    pub breaker_opened: Count,
    /// Times that an endpoint's window narrowed.
    pub window_narrowed: Count,
    /// Endpoints that are told to be failing.
    pub endpoints_failing: Level,
    /// Endpoints that were disabled, or removed as their platform does.
    pub endpoints_disabled: Count,
    /// Deliveries given up.
    pub dead: Count,
    /// Events that replays have queued.
    pub replayed: Count,
    /// Events that replays have skipped.
    pub replay_skipped: Count,
    /// Dead letters that somebody has taken off the list.
    pub dead_letters_dismissed: Count,
    /// Dead letters that were kept long enough.
    pub dead_letters_expired: Count,
    /// Deliveries in flight.
    pub in_flight: Level,
    /// Bytes of committed events held for the lanes.
    pub queued_bytes: Level,
    /// Lanes that run.
    pub lanes_running: Level,
    /// Lanes that follow the log in memory, rather than read it.
    pub lanes_hot: Level,
    /// How far the log reaches, as retention saw it last.
    pub log: LogMetrics,
    /// 1 if the store had no room for what was to be written last, else 0.
    pub store_full: Level,
    /// From a request's arrival to its being synced.
    pub accept: Latency,
    /// From a write's begin to its being synced, or found to change nothing.
    pub change: Latency,
    /// One exchange with a receiver.
    pub exchange: Latency,
    /// From an event's being received to its being delivered.
    pub end_to_end: Latency,
}

fn index(dialect: DialectId) -> usize {
    DialectId::PLATFORMS.iter().position(|platform| *platform == dialect).unwrap_or(0)
}

impl Metrics {
    /// Notes whether the store had room for what was written.
    pub(crate) fn seen<T>(&self, written: Result<T, StoreError>) -> Result<T, StoreError> {
        let is_full = matches!(written, Err(StoreError::Full(_)));
        // As a rule nothing changes, and then nothing is shared among those who write.
        if i64::from(is_full) != self.store_full.get() && (is_full || written.is_ok()) {
            self.store_full.set(i64::from(is_full));
        }
        written
    }

    pub(crate) fn count_received(&self, dialect: DialectId, merged: bool) {
        let counts = if merged { &self.merged } else { &self.received };
        counts[index(dialect)].add(1);
    }

    pub(crate) fn count_change(&self, events: usize) {
        self.changes.add(1);
        self.arisen.add(events as u64);
    }

    pub(crate) fn count_timer(&self, events: usize) {
        self.timers_fired.add(1);
        self.arisen.add(events as u64);
    }

    pub(crate) fn count_rejected(&self, dialect: DialectId) {
        self.rejected[index(dialect)].add(1);
    }

    pub(crate) fn count_attempt(&self, outcome: &Outcome) {
        if let Some(at) = Outcome::CODES.iter().position(|code| *code == outcome.code()) {
            self.attempts[at].add(1);
        }
    }

    pub(crate) fn count_standing(&self, told: Standing, now: Standing) {
        let failing = |standing: Standing| i64::from(standing != Standing::Well);
        self.endpoints_failing.add(failing(now) - failing(told));
    }

    /// Webhooks of a platform that became events, were merged into one, or were rejected.
    pub fn webhooks(&self, dialect: DialectId) -> (u64, u64, u64) {
        let at = index(dialect);
        (self.received[at].get(), self.merged[at].get(), self.rejected[at].get())
    }

    /// Attempts by the code of their outcome.
    pub fn attempts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Outcome::CODES.into_iter().zip(self.attempts.iter().map(Count::get))
    }
}
