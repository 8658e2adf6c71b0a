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
    /// All words of [`Outcome::code`]. The log stores their places here: new ones come last.
    pub const CODES: [&str; 13] = [
        "delivered",
        "gone",
        "throttled",
        "redirected",
        "refused",
        "timed_out",
        "connect_failed",
        "dns_failed",
        "tls_failed",
        "address_refused",
        "broken",
        "blocked",
        "our_fault",
    ];

    /// The outcome of this word, put together again from what was stored of it; `None` if there is no such word, or its
    /// status is missing.
    pub fn from_parts(code: &str, status: Option<u16>, retry_after_ms: Option<u64>) -> Option<Self> {
        Some(match (code, status) {
            ("delivered", Some(status)) => Self::Delivered { status },
            ("gone", _) => Self::Gone,
            ("throttled", Some(status)) => Self::Throttled { status, retry_after_ms },
            ("redirected", Some(status)) => Self::Redirected { status },
            ("refused", Some(status)) => Self::Refused { status },
            ("timed_out", _) => Self::TimedOut,
            ("connect_failed", _) => Self::ConnectFailed,
            ("dns_failed", _) => Self::DnsFailed,
            ("tls_failed", _) => Self::TlsFailed,
            ("address_refused", _) => Self::AddressRefused,
            ("broken", _) => Self::Broken,
            ("blocked", _) => Self::Blocked,
            ("our_fault", _) => Self::OurFault,
            _ => return None,
        })
    }

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
    fn every_outcome_comes_back_from_its_parts() {
        for code in Outcome::CODES {
            let outcome = Outcome::from_parts(code, Some(410), Some(7)).expect(code);
            assert_eq!(outcome.code(), code);
            let retry_after_ms = match outcome {
                Outcome::Throttled { retry_after_ms, .. } => retry_after_ms,
                _ => None,
            };
            assert_eq!(Outcome::from_parts(code, outcome.status(), retry_after_ms), Some(outcome));
        }
        assert_eq!(Outcome::from_parts("refused", None, None), None);
        assert_eq!(Outcome::from_parts("unheard_of", Some(200), None), None);
    }

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
