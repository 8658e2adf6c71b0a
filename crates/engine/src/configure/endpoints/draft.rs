//! What one gives to make or change an endpoint.

use shopwire_core::delivery::{ContentMode, CustomHeader, Ordering, Rate, RetryPolicy};
use shopwire_core::{AppId, DialectId, Secret, ShopId};

/// An endpoint to be made. What is `None` gets its default.
#[derive(Debug, Clone, Default)]
pub struct EndpointDraft {
    /// A name for people, 1 to 200 characters.
    pub name: String,
    /// The dialect it is spoken to in; its app's by default, or `cloudevents`.
    pub dialect: Option<DialectId>,
    /// The app it belongs to, for a platform's dialect.
    pub app: Option<AppId>,
    /// The one shop whose events it gets; `None` for all shops.
    pub shop: Option<ShopId>,
    /// Where to.
    pub url: String,
    /// What it wants to hear of, in the dialect's own names; everything by default for `cloudevents`, needed for a platform.
    pub topics: Option<Vec<String>>,
    /// How events are put into a request.
    pub mode: ContentMode,
    /// Headers that come with every request.
    pub headers: Vec<CustomHeader>,
    /// Its own secret: for `cloudevents` a `whsec_…`, a new one by default; for a platform the one it gave out, by default
    /// its app's.
    pub secret: Option<Secret>,
    /// What order is kept; by subject by default for `cloudevents`, none for a platform.
    pub ordering: Option<Ordering>,
    /// When failed deliveries are tried again, for `cloudevents`; a platform's schedule is its own.
    pub retry: Option<RetryPolicy>,
    /// Deliveries in flight at the same time; 16 by default.
    pub in_flight_max: Option<usize>,
    /// Connections open at the same time; as many as deliveries in flight by default.
    pub connections_max: Option<usize>,
    /// How often it is sent to at most; as often as it can take by default.
    pub rate: Option<Rate>,
    /// Milliseconds without a success after which it is disabled; the operator's limit by default. For `cloudevents`.
    pub failing_max_ms: Option<u64>,
}

/// What is to be changed of an endpoint; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointChange {
    /// The name.
    pub name: Option<String>,
    /// The one shop, or none for all.
    pub shop: Option<Option<ShopId>>,
    /// Where to.
    pub url: Option<String>,
    /// What it wants to hear of.
    pub topics: Option<Vec<String>>,
    /// How events are put into a request.
    pub mode: Option<ContentMode>,
    /// All headers that come with every request.
    pub headers: Option<Vec<CustomHeader>>,
    /// What order is kept.
    pub ordering: Option<Ordering>,
    /// When failed deliveries are tried again.
    pub retry: Option<RetryPolicy>,
    /// Deliveries in flight at the same time.
    pub in_flight_max: Option<usize>,
    /// Connections open at the same time, or as many as deliveries in flight.
    pub connections_max: Option<Option<usize>>,
    /// How often it is sent to at most, or as often as it can take.
    pub rate: Option<Option<Rate>>,
    /// Milliseconds without a success after which it is disabled, or the operator's limit.
    pub failing_max_ms: Option<Option<u64>>,
}
