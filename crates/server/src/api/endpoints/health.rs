//! How an endpoint fares.

use serde::Serialize;
use shopwire_core::Timestamp;
use shopwire_engine::EndpointHealth;
use utoipa::ToSchema;

/// How an endpoint fares, and how it is sent to just now.
#[derive(Serialize, ToSchema)]
#[schema(as = EndpointHealth)]
pub(crate) struct HealthView {
    /// `well`, `failing` (for minutes nothing has reached it; `endpoint.failing` was told), or `warned` (it will soon be disabled for
    /// that; told again).
    status: &'static str,
    /// Since when nothing has reached it; null if its last attempt did.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Failures in a row. What the receiver asks to put off and our own faults are none.
    consecutive_failures: u64,
    /// What the last of them was.
    last_failure: Option<String>,
    /// When it is disabled at the earliest, if nothing reaches it until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Deliveries that may be in flight just now: as many as the receiver shows that it can take, up to `in_flight_max`.
    window: usize,
    breaker: BreakerView,
    /// When its rate lets the next delivery through, if it holds one back now.
    #[schema(value_type = Option<String>, format = DateTime)]
    rate_free_at: Option<Timestamp>,
    /// When the first of the deliveries that wait for another attempt is due; breaker and rate may hold it back beyond that.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_due_at: Option<Timestamp>,
}

/// Leaving an endpoint alone that takes nothing.
#[derive(Serialize, ToSchema)]
#[schema(as = Breaker)]
pub(crate) struct BreakerView {
    /// `closed` (everything is sent), `open` (nothing is), or `half_open` (one delivery is, to find out).
    state: &'static str,
    /// When one delivery is sent to find out; has passed if none is there that could be.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_probe_at: Option<Timestamp>,
}

impl From<EndpointHealth> for HealthView {
    fn from(EndpointHealth { care, next_due }: EndpointHealth) -> Self {
        let trouble = care.trouble;
        Self {
            status: care.standing.code(),
            failing_since: trouble.as_ref().map(|trouble| trouble.since),
            consecutive_failures: trouble.as_ref().map_or(0, |trouble| trouble.failures),
            last_failure: trouble.map(|trouble| trouble.reason),
            disabled_at: care.disabled_at,
            window: care.window,
            breaker: BreakerView { state: care.breaker.code(), next_probe_at: care.next_probe_at },
            rate_free_at: care.rate_free_at,
            next_due_at: next_due,
        }
    }
}
