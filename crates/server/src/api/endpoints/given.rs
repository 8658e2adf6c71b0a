//! What is given to make or change an endpoint.

use serde::Deserialize;
use shopwire_core::delivery::{ContentMode, CustomHeader, Ordering, Rate, RetryPolicy};
use shopwire_core::{AppId, DialectId, Secret, ShopId};
use shopwire_engine::configure::{EndpointChange, EndpointDraft};
use utoipa::ToSchema;

use super::view::{RateShape, RetryShape};
use crate::extract::nullable;

/// A header that comes with every request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHeader {
    /// Sent in this letter case.
    name: String,
    /// Kept like a secret: it is not shown again.
    value: String,
}

fn custom(headers: Vec<NewHeader>) -> Vec<CustomHeader> {
    let custom = |header: NewHeader| CustomHeader { name: header.name, value: Secret::new(header.value) };
    headers.into_iter().map(custom).collect()
}

/// An endpoint to be made. What is not given gets its default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEndpoint {
    /// A name for people, 1 to 200 characters.
    name: String,
    /// Where to.
    url: String,
    /// What it is spoken to in: a platform's dialect, or `cloudevents`; by default the one of its app, else `cloudevents`.
    #[schema(value_type = Option<String>)]
    dialect: Option<DialectId>,
    /// The app it belongs to, in a platform's dialect: its secrets sign, its scopes say which events the endpoint gets.
    #[schema(value_type = Option<String>)]
    app: Option<AppId>,
    /// The one shop whose events it gets; all shops by default. Where a platform registers webhooks in a shop, it is needed.
    #[schema(value_type = Option<String>)]
    shop: Option<ShopId>,
    /// What it wants to hear of, as `order.created`, `order.*`, `bigcommerce:*`; `*` (everything) by default. In a platform's
    /// dialect the platform's own names, as `store/order/*` or `order:create`, and needed.
    topics: Option<Vec<String>>,
    /// `structured` (default) or, for `cloudevents`, `binary`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    mode: ContentMode,
    /// Headers that come with every request.
    #[serde(default)]
    #[schema(required = false)]
    headers: Vec<NewHeader>,
    /// `whsec_` and 24 to 64 bytes in base64; one is made by default. In a platform's dialect the secret as the platform gives
    /// it out; by default the app's sign, and without an app it is needed.
    secret: Option<String>,
    /// `subject` (events of one subject in order; default for `cloudevents`) or `none` (default for platforms).
    #[schema(value_type = Option<String>)]
    ordering: Option<Ordering>,
    /// For `cloudevents` alone, platforms have schedules of their own. By default 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    #[schema(value_type = Option<RetryShape>)]
    retry: Option<RetryPolicy>,
    /// Deliveries in flight at the same time; 16 by default. Fewer are while the receiver shows that it can't take as many.
    in_flight_max: Option<usize>,
    /// Connections open at the same time; each carries one delivery at a time. As many as deliveries in flight by default.
    connections_max: Option<usize>,
    /// How often it is sent to at most, retries among it; as often as it can take by default.
    #[schema(value_type = Option<RateShape>)]
    rate: Option<Rate>,
    /// Milliseconds without a success after which it is disabled, at least a minute; the limit `endpoint_failing_max_ms` (five days)
    /// by default. For `cloudevents` alone, platforms have rules of their own.
    failing_max_ms: Option<u64>,
}

impl From<NewEndpoint> for EndpointDraft {
    fn from(new: NewEndpoint) -> Self {
        Self {
            name: new.name,
            dialect: new.dialect,
            app: new.app,
            shop: new.shop,
            url: new.url,
            topics: new.topics,
            mode: new.mode,
            headers: custom(new.headers),
            secret: new.secret.map(Secret::new),
            ordering: new.ordering,
            retry: new.retry,
            in_flight_max: new.in_flight_max,
            connections_max: new.connections_max,
            rate: new.rate,
            failing_max_ms: new.failing_max_ms,
        }
    }
}

/// What is to be changed of an endpoint; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointPatch {
    name: Option<String>,
    url: Option<String>,
    /// Null stands for all shops.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    shop: Option<Option<ShopId>>,
    topics: Option<Vec<String>>,
    #[schema(value_type = Option<String>)]
    mode: Option<ContentMode>,
    /// All headers together.
    headers: Option<Vec<NewHeader>>,
    #[schema(value_type = Option<String>)]
    ordering: Option<Ordering>,
    #[schema(value_type = Option<RetryShape>)]
    retry: Option<RetryPolicy>,
    in_flight_max: Option<usize>,
    /// Null stands for as many as deliveries in flight.
    #[serde(default, deserialize_with = "nullable")]
    connections_max: Option<Option<usize>>,
    /// Null stands for as often as it can take.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<RateShape>)]
    rate: Option<Option<Rate>>,
    /// Null stands for the limit `endpoint_failing_max_ms`.
    #[serde(default, deserialize_with = "nullable")]
    failing_max_ms: Option<Option<u64>>,
}

impl From<EndpointPatch> for EndpointChange {
    fn from(patch: EndpointPatch) -> Self {
        Self {
            name: patch.name,
            shop: patch.shop,
            url: patch.url,
            topics: patch.topics,
            mode: patch.mode,
            headers: patch.headers.map(custom),
            ordering: patch.ordering,
            retry: patch.retry,
            in_flight_max: patch.in_flight_max,
            connections_max: patch.connections_max,
            rate: patch.rate,
            failing_max_ms: patch.failing_max_ms,
        }
    }
}

/// An endpoint's new secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEndpointSecret {
    /// `whsec_` and 24 to 64 bytes in base64; one is made by default. In a platform's dialect it is needed.
    pub(super) secret: Option<String>,
    /// Milliseconds for which the former secret signs as well: a day by default, at most a week.
    pub(super) overlap_ms: Option<u64>,
}
