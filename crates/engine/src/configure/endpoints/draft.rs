//! What one gives to make or change an endpoint.

use shopwire_core::delivery::{ContentMode, CustomHeader, Ordering, RetryPolicy};
use shopwire_core::{DialectId, Secret, ShopId};

/// An endpoint to be made. What is `None` gets its default.
#[derive(Debug, Clone)]
pub struct EndpointDraft {
    /// A name for people, 1 to 200 characters.
    pub name: String,
    /// The dialect it is spoken to in.
    pub dialect: DialectId,
    /// The one shop whose events it gets; `None` for all shops.
    pub shop: Option<ShopId>,
    /// Where to.
    pub url: String,
    /// What it wants to hear of; everything by default.
    pub topics: Option<Vec<String>>,
    /// How events are put into a request.
    pub mode: ContentMode,
    /// Headers that come with every request.
    pub headers: Vec<CustomHeader>,
    /// Its secret (`whsec_…`); a new one is made by default.
    pub secret: Option<Secret>,
    /// What order is kept.
    pub ordering: Ordering,
    /// When failed deliveries are tried again.
    pub retry: RetryPolicy,
    /// Deliveries in flight at the same time; 16 by default.
    pub in_flight_max: Option<usize>,
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
}
