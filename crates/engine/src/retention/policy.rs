//! What the log may let go of: the rules, without any doing.

use shopwire_core::{Limits, Seq, Timestamp};
use shopwire_store::{LogSpan, Retention};

/// Into so many files at least what is kept is cut by its age. A file goes when its newest event is old: so none stays
/// longer than this share beyond its time.
const FILES_MIN: u64 = 8;

/// For how long and how much events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    /// Milliseconds for which every event is kept.
    keep_ms: u64,
    /// Milliseconds for which those are kept that an endpoint has still to get.
    keep_owed_ms: u64,
    /// Bytes the log may have.
    bytes_max: Option<u64>,
}

/// The earliest event that an endpoint has still to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owed {
    /// Its place.
    pub(super) seq: Seq,
    /// When it was received.
    pub(super) received_at: Timestamp,
}

impl Policy {
    pub(super) const fn of(limits: &Limits) -> Self {
        let bytes_max = if limits.log_bytes_max == 0 { None } else { Some(limits.log_bytes_max) };
        Self { keep_ms: limits.retention_ms, keep_owed_ms: limits.retention_undelivered_ms, bytes_max }
    }

    /// Bytes beyond which the log lets go even of what an endpoint has still to get: half as much again as it may have.
    fn bytes_hard(self) -> Option<u64> {
        self.bytes_max.map(|bytes| bytes.saturating_add(bytes / 2))
    }

    /// Before this moment an event is old.
    pub(super) fn old_before(self, now: Timestamp) -> Timestamp {
        before(now, self.keep_ms)
    }

    /// What costs nobody anything: the old, and what is too much, up to what is owed.
    pub(super) fn gentle(self, now: Timestamp, owed: Option<Owed>) -> Retention {
        Retention {
            received_before: Some(self.old_before(now)),
            begun_before: Some(before(now, self.keep_ms / FILES_MIN)),
            bytes_max: self.bytes_max,
            keep_from: owed.map(|owed| owed.seq),
        }
    }

    /// What must go although it is owed, if anything must: what is too old for that as well, and what is by far too much;
    /// up to `keep_from`, so that what is lost can be counted.
    pub(super) fn harsh(
        self,
        now: Timestamp,
        span: LogSpan,
        owed: Owed,
        keep_from: Seq,
    ) -> Option<Retention> {
        let too_old = before(now, self.keep_owed_ms);
        let is_large = self.bytes_hard().is_some_and(|bytes| span.bytes > bytes);
        let must = owed.received_at < too_old || is_large;
        must.then(|| Retention {
            received_before: Some(too_old),
            begun_before: None,
            bytes_max: self.bytes_hard(),
            keep_from: Some(keep_from),
        })
    }
}

fn before(now: Timestamp, ms: u64) -> Timestamp {
    now.plus_ms(-i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 3_600_000;
    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn policy(log_bytes_max: u64) -> Policy {
        Policy::of(&Limits { log_bytes_max, ..Limits::default() })
    }

    fn span(bytes: u64) -> LogSpan {
        LogSpan { first: Seq(1), head: Seq(1_000), bytes }
    }

    fn owed(days: i64) -> Owed {
        Owed { seq: Seq(7), received_at: NOW.plus_ms(-days * DAY_MS) }
    }

    #[test]
    fn what_is_owed_is_kept_while_the_rest_goes_by_age_and_size() {
        let retention = policy(1_000).gentle(NOW, Some(owed(40)));
        assert_eq!(retention.received_before, Some(NOW.plus_ms(-30 * DAY_MS)));
        assert_eq!(retention.begun_before, Some(NOW.plus_ms(-30 * DAY_MS / 8)));
        assert_eq!((retention.bytes_max, retention.keep_from), (Some(1_000), Some(Seq(7))));
        let retention = policy(0).gentle(NOW, None);
        assert_eq!((retention.bytes_max, retention.keep_from), (None, None));
    }

    #[test]
    fn what_is_owed_goes_only_when_it_is_far_too_old_or_the_log_far_too_large() {
        let harsh = |bytes_max, days, bytes| policy(bytes_max).harsh(NOW, span(bytes), owed(days), Seq(500));
        assert_eq!(harsh(0, 60, u64::MAX), None, "not a moment too early");
        assert_eq!(harsh(1_000, 1, 1_500), None, "half as much again is allowed");
        let retention = harsh(1_000, 1, 1_501).expect("too large");
        assert_eq!(retention.received_before, Some(NOW.plus_ms(-60 * DAY_MS)));
        assert_eq!((retention.bytes_max, retention.keep_from), (Some(1_500), Some(Seq(500))));
        let retention = harsh(0, 61, 0).expect("too old");
        assert_eq!((retention.bytes_max, retention.keep_from), (None, Some(Seq(500))));
    }

    #[test]
    fn a_bound_that_is_huge_does_not_overflow() {
        let forever =
            Limits { retention_ms: u64::MAX, retention_undelivered_ms: u64::MAX, ..Limits::default() };
        let policy = Policy::of(&Limits { log_bytes_max: u64::MAX, ..forever });
        assert_eq!(policy.harsh(NOW, span(u64::MAX), owed(10_000), Seq(9)), None);
        assert!(policy.old_before(NOW) < Timestamp::EPOCH);
    }
}
