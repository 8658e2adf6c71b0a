//! What came of one exchange, in the words of the outcome table.

use bytes::Bytes;
use shopwire_core::Timestamp;
use shopwire_core::delivery::{Outcome, SendPolicy, retry_after_ms};

use crate::egress::{Exchange, Failure, Response};

/// One attempt that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub latency_us: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// What the outcome does not say by itself, for people.
    pub detail: Option<String>,
    /// The start of the response's body.
    pub response: Bytes,
}

impl Attempted {
    /// Judges an exchange that began at `at` and took `latency_us`.
    pub(super) fn judge(exchange: Exchange, policy: &SendPolicy, at: Timestamp, latency_us: u64) -> Self {
        match exchange.result {
            Ok(response) => {
                let outcome = outcome_of(&response, policy, at);
                Self { at, latency_us, outcome, detail: None, response: response.body_start }
            }
            Err(failure) => {
                let detail = Some(failure.to_string());
                Self { at, latency_us, outcome: outcome_of_failure(&failure), detail, response: Bytes::new() }
            }
        }
    }

    /// An attempt that was not made, because of ourselves or of how the endpoint is set up.
    pub(super) const fn unmade(outcome: Outcome, detail: String, at: Timestamp) -> Self {
        Self { at, latency_us: 0, outcome, detail: Some(detail), response: Bytes::new() }
    }
}

fn outcome_of(response: &Response, policy: &SendPolicy, now: Timestamp) -> Outcome {
    let asked = response.headers.get("retry-after").and_then(|value| retry_after_ms(value, now));
    policy.judge(response.status, asked)
}

const fn outcome_of_failure(failure: &Failure) -> Outcome {
    match failure {
        Failure::Timeout { .. } => Outcome::TimedOut,
        Failure::Refused(_) => Outcome::AddressRefused,
        Failure::Dns { .. } => Outcome::DnsFailed,
        Failure::Connect { .. } => Outcome::ConnectFailed,
        Failure::Tls { .. } => Outcome::TlsFailed,
        Failure::Protocol(_) | Failure::Closed { .. } => Outcome::Broken,
    }
}
