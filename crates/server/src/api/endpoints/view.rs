//! What is shown of an endpoint.

use serde::Serialize;
use shopwire_core::delivery::{
    ContentMode, Endpoint, EndpointState, Ordering, Rate, RetryPolicy, TopicPattern,
};
use shopwire_core::{AppId, DialectId, EndpointId, Secret, ShopId, Timestamp};
use shopwire_engine::Engine;
use utoipa::ToSchema;

use super::health::HealthView;

use crate::api::apps::SecretView;

/// An outbound address with all that decides what is sent there and how.
#[derive(Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub(crate) struct EndpointView {
    #[schema(value_type = String)]
    id: EndpointId,
    /// A name for people.
    name: String,
    /// The dialect it is spoken to in.
    #[schema(value_type = String, example = "cloudevents")]
    dialect: DialectId,
    /// The app it belongs to.
    #[schema(value_type = Option<String>)]
    app: Option<AppId>,
    /// The one shop whose events it gets; null for all shops (of its app: all that installed it).
    #[schema(value_type = Option<String>)]
    shop: Option<ShopId>,
    /// Where to.
    url: String,
    /// What it wants to hear of.
    #[schema(value_type = Vec<String>)]
    topics: Vec<TopicPattern>,
    /// `structured` or `binary`.
    #[schema(value_type = String)]
    mode: ContentMode,
    /// The names of the headers that come with every request; values are not shown.
    headers: Vec<String>,
    /// The lives of its own secrets, newest first; all that have not expired sign. Without any, those of its app do.
    secrets: Vec<SecretView>,
    /// `subject` or `none`.
    #[schema(value_type = String)]
    ordering: Ordering,
    /// Null for the schedule of the platform whose dialect it is spoken to in.
    #[schema(value_type = Option<RetryShape>)]
    retry: Option<RetryPolicy>,
    /// Deliveries in flight at the same time.
    in_flight_max: usize,
    /// Connections open at the same time; null for as many as deliveries in flight.
    connections_max: Option<usize>,
    /// How often it is sent to at most; null for as often as it can take.
    #[schema(value_type = Option<RateShape>)]
    rate: Option<Rate>,
    /// Milliseconds without a success after which it is disabled; null for the limit `endpoint_failing_max_ms`.
    failing_max_ms: Option<u64>,
    state: StateView,
    /// How it fares, and how it is sent to just now.
    health: HealthView,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Whether an endpoint is sent to. Its events are kept in every state.
#[derive(Serialize, ToSchema)]
#[schema(as = EndpointState)]
pub(crate) struct StateView {
    /// `active`, `paused` (by an operator), `disabled` (by what the receiver answered) or `removed` (as its platform does).
    pub(super) state: &'static str,
    /// Since when it is not sent to.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Why it is disabled or removed.
    reason: Option<String>,
}

impl From<&EndpointState> for StateView {
    fn from(state: &EndpointState) -> Self {
        match state {
            EndpointState::Active => Self { state: "active", since: None, reason: None },
            EndpointState::Paused { since } => Self { state: "paused", since: Some(*since), reason: None },
            EndpointState::Disabled { since, reason } => {
                Self { state: "disabled", since: Some(*since), reason: Some(reason.clone()) }
            }
            EndpointState::Removed { since, reason } => {
                Self { state: "removed", since: Some(*since), reason: Some(reason.clone()) }
            }
        }
    }
}

/// When failed deliveries are tried again.
#[derive(ToSchema)]
#[schema(as = RetryPolicy)]
#[expect(dead_code, reason = "says in the document what the core's policy looks like")]
pub(super) struct RetryShape {
    /// Seconds between one attempt and the next; there is one attempt more than delays.
    delays_s: Vec<u32>,
    /// How far each delay is moved at random, as a share of itself: 0 to 0.5, 0.1 by default.
    #[schema(required = false)]
    jitter: f64,
}

/// How often an endpoint is sent to at most.
#[derive(ToSchema)]
#[schema(as = Rate)]
#[expect(dead_code, reason = "says in the document what the core's rate looks like")]
pub(super) struct RateShape {
    /// Requests per second on average, in steps of a thousandth: 0.001 to 100 000.
    per_second: f64,
    /// Requests that may follow each other at once after a rest: 1 to 100 000; by default as many as come in a second.
    #[schema(required = false)]
    burst: u32,
}

impl EndpointView {
    pub(super) fn of(engine: &Engine, endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id,
            name: endpoint.name.clone(),
            dialect: endpoint.dialect,
            app: endpoint.app,
            shop: endpoint.shop,
            url: endpoint.url.clone(),
            topics: endpoint.topics.clone(),
            mode: endpoint.mode,
            headers: endpoint.headers.iter().map(|header| header.name.clone()).collect(),
            secrets: endpoint.secrets.iter().map(SecretView::from).collect(),
            ordering: endpoint.ordering,
            retry: endpoint.retry.clone(),
            in_flight_max: endpoint.in_flight_max,
            connections_max: endpoint.connections_max,
            rate: endpoint.rate,
            failing_max_ms: endpoint.failing_max_ms,
            state: StateView::from(&endpoint.state),
            health: engine.endpoint_health(endpoint).into(),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// An endpoint with its new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointWithSecret {
    #[serde(flatten)]
    endpoint: EndpointView,
    /// What its requests are signed with (Standard Webhooks). Shown here and never again. Not there for a platform's dialect: whoever
    /// gave the secret has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
}

impl EndpointWithSecret {
    pub(super) fn of(engine: &Engine, endpoint: &Endpoint, secret: Option<&Secret>) -> Self {
        let secret = secret.map(|secret| secret.expose().to_owned());
        Self { endpoint: EndpointView::of(engine, endpoint), secret }
    }
}
