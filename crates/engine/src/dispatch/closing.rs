//! What becomes of an endpoint by its receiver's answers.

use shopwire_core::delivery::{Endpoint, Exhaustion, Outcome, SendPolicy, Trouble};

/// What becomes of it, and why, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closing {
    /// Nothing is sent to it until it is resumed.
    Disabled(String),
    /// Nothing is sent to it any more.
    Removed(String),
}

impl Closing {
    /// Why.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Disabled(reason) | Self::Removed(reason) => reason,
        }
    }

    /// What becomes of an endpoint that nothing has reached for its span.
    pub(crate) fn by_failing(trouble: Option<&Trouble>) -> Self {
        let told = trouble.map(|of| {
            format!(" since {}: {} failures in a row, the last: {}", of.since, of.failures, of.reason)
        });
        Self::Disabled(format!("nothing has reached the endpoint{}", told.unwrap_or_default()))
    }

    /// What its platform does once a delivery used up its schedule, if that means anything for the endpoint.
    pub(crate) fn by_exhaustion(
        endpoint: &Endpoint,
        policy: &SendPolicy,
        then: Exhaustion,
        last: Option<&Outcome>,
    ) -> Option<Self> {
        let (dialect, attempts) = (endpoint.dialect, policy.attempts());
        let last = last.map(|outcome| format!(", the last: {outcome}")).unwrap_or_default();
        let why = |does| format!("{dialect} {does} after {attempts} failed attempts of one delivery{last}");
        match then {
            Exhaustion::GiveUp => None,
            Exhaustion::Deactivate => Some(Self::Disabled(why("deactivates an endpoint"))),
            Exhaustion::Remove => Some(Self::Removed(why("deletes the subscription"))),
        }
    }
}
