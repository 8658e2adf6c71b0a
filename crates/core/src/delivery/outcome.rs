//! What came of one attempt.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of one attempt, by what it means. Not an error: whatever the receiver does is an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver took it.
    Delivered {
        /// The status it answered.
        status: u16,
    },
    /// 410: the receiver wants nothing more. The endpoint is disabled, its events are kept.
    Gone,
    /// 429, or 503 with `Retry-After`: the receiver asks to wait.
    Throttled {
        /// The status it answered.
        status: u16,
        /// How long it asks to wait, in milliseconds, where it says so.
        retry_after_ms: Option<u64>,
    },
    /// 3xx: redirects are not followed.
    Redirected {
        /// The status it answered.
        status: u16,
    },
    /// Any other status.
    Refused {
        /// The status it answered.
        status: u16,
    },
    /// No whole answer within the deadline. Whether the receiver took it is unknown.
    TimedOut,
    /// No connection.
    ConnectFailed,
    /// The name does not resolve.
    DnsFailed,
    /// No TLS session.
    TlsFailed,
    /// The address is one that may not be called.
    AddressRefused,
    /// The connection broke, or the answer was not HTTP.
    Broken,
    /// No request was made: the platform leaves a receiver alone for a while that fails too often ([`BlockRule`](super::BlockRule)).
    Blocked,
    /// Our own failure: nothing is booked on the receiver.
    OurFault,
    /// Our own failure that every further attempt would repeat: no request can be made of the event for this endpoint.
    /// Told apart only to decide what follows; it is stored and shown as [`Outcome::OurFault`].
    Unsendable,
}

impl Outcome {
    /// The word under which it is stored, counted and shown.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Gone => "gone",
            Self::Throttled { .. } => "throttled",
            Self::Redirected { .. } => "redirected",
            Self::Refused { .. } => "refused",
            Self::TimedOut => "timed_out",
            Self::ConnectFailed => "connect_failed",
            Self::DnsFailed => "dns_failed",
            Self::TlsFailed => "tls_failed",
            Self::AddressRefused => "address_refused",
            Self::Broken => "broken",
            Self::Blocked => "blocked",
            Self::OurFault | Self::Unsendable => "our_fault",
        }
    }

    /// The status the receiver answered, where it answered.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Delivered { status }
            | Self::Throttled { status, .. }
            | Self::Redirected { status }
            | Self::Refused { status } => Some(*status),
            Self::Gone => Some(410),
            _ => None,
        }
    }

    /// Whether the receiver took it.
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status() {
            Some(status) => write!(f, "{} ({status})", self.code()),
            None => f.write_str(self.code()),
        }
    }
}

/// Reads `Retry-After`: seconds, or an HTTP date compared with `now`. The answer is in milliseconds.
pub fn retry_after_ms(value: &str, now: crate::Timestamp) -> Option<u64> {
    let value = value.trim();
    if let Ok(secs) = value.parse::<u64>() {
        return Some(secs.saturating_mul(1000));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let wait_ms = date.as_millisecond().saturating_sub(now.as_ms());
    Some(u64::try_from(wait_ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::parse("2026-11-22T01:00:00Z").expect("a time");
        assert_eq!(retry_after_ms("120", now), Some(120_000));
        assert_eq!(retry_after_ms(" 0 ", now), Some(0));
        assert_eq!(retry_after_ms("Sun, 22 Nov 2026 01:00:30 GMT", now), Some(30_000));
        assert_eq!(retry_after_ms("Sun, 22 Nov 2026 00:00:00 GMT", now), Some(0));
        for nonsense in ["", "soon", "-5", "1.5"] {
            assert_eq!(retry_after_ms(nonsense, now), None, "{nonsense}");
        }
        assert_eq!(retry_after_ms("18446744073709551615", now), Some(u64::MAX));
    }
}
