//! Endpoints.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::delivery::{
    ContentMode, CustomHeader, Endpoint, EndpointState, Ordering, RetryPolicy, TopicPattern,
};
use shopwire_core::{DialectId, EndpointId, Secret, ShopId, Timestamp};
use shopwire_engine::configure::{EndpointChange, EndpointDraft, OVERLAP_DEFAULT_MS};
use utoipa::{IntoParams, ToSchema};

use super::apps::SecretView;
use super::attempts::TestView;
use super::{Created, created};
use crate::app::App;
use crate::extract::{Given, Id, Params, nullable, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

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
    /// The one shop whose events it gets; null for all shops.
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
    /// The lives of its secrets, newest first; all that have not expired sign.
    secrets: Vec<SecretView>,
    /// `subject` or `none`.
    #[schema(value_type = String)]
    ordering: Ordering,
    #[schema(value_type = RetryShape)]
    retry: RetryPolicy,
    /// Deliveries in flight at the same time.
    in_flight_max: usize,
    state: StateView,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Whether an endpoint is sent to. Its events are kept in every state.
#[derive(Serialize, ToSchema)]
#[schema(as = EndpointState)]
pub(crate) struct StateView {
    /// `active`, `paused` (by an operator) or `disabled` (by what the receiver answered).
    state: &'static str,
    /// Since when it is not sent to.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Why it is disabled.
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
        }
    }
}

/// When failed deliveries are tried again.
#[derive(ToSchema)]
#[schema(as = RetryPolicy)]
#[expect(dead_code, reason = "says in the document what the core's policy looks like")]
struct RetryShape {
    /// Seconds between one attempt and the next; there is one attempt more than delays.
    delays_s: Vec<u32>,
    /// How far each delay is moved at random, as a share of itself: 0 to 0.5, 0.1 by default.
    #[schema(required = false)]
    jitter: f64,
}

impl From<&Endpoint> for EndpointView {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id,
            name: endpoint.name.clone(),
            dialect: endpoint.dialect,
            shop: endpoint.shop,
            url: endpoint.url.clone(),
            topics: endpoint.topics.clone(),
            mode: endpoint.mode,
            headers: endpoint.headers.iter().map(|header| header.name.clone()).collect(),
            secrets: endpoint.secrets.iter().map(SecretView::from).collect(),
            ordering: endpoint.ordering,
            retry: endpoint.retry.clone(),
            in_flight_max: endpoint.in_flight_max,
            state: StateView::from(&endpoint.state),
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
    /// What its requests are signed with (Standard Webhooks). Shown here and never again.
    secret: String,
}

impl EndpointWithSecret {
    fn of(endpoint: &Endpoint, secret: &Secret) -> Self {
        Self { endpoint: EndpointView::from(endpoint), secret: secret.expose().to_owned() }
    }
}

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
    /// `cloudevents`, the only one in this version.
    #[schema(value_type = Option<String>)]
    dialect: Option<DialectId>,
    /// The one shop whose events it gets; all shops by default.
    #[schema(value_type = Option<String>)]
    shop: Option<ShopId>,
    /// What it wants to hear of, as `order.created`, `order.*`, `bigcommerce:*`; `*` (everything) by default.
    topics: Option<Vec<String>>,
    /// `structured` (default) or `binary`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    mode: ContentMode,
    /// Headers that come with every request.
    #[serde(default)]
    #[schema(required = false)]
    headers: Vec<NewHeader>,
    /// `whsec_` and 24 to 64 bytes in base64; one is made by default.
    secret: Option<String>,
    /// `subject` (default: events of one subject in order) or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ordering: Ordering,
    /// By default 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    #[schema(value_type = Option<RetryShape>)]
    retry: Option<RetryPolicy>,
    /// Deliveries in flight at the same time; 16 by default.
    in_flight_max: Option<usize>,
}

impl From<NewEndpoint> for EndpointDraft {
    fn from(new: NewEndpoint) -> Self {
        Self {
            name: new.name,
            dialect: new.dialect.unwrap_or(DialectId::CloudEvents),
            shop: new.shop,
            url: new.url,
            topics: new.topics,
            mode: new.mode,
            headers: custom(new.headers),
            secret: new.secret.map(Secret::new),
            ordering: new.ordering,
            retry: new.retry.unwrap_or_default(),
            in_flight_max: new.in_flight_max,
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
        }
    }
}

/// An endpoint's new secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEndpointSecret {
    /// `whsec_` and 24 to 64 bytes in base64; one is made by default.
    secret: Option<String>,
    /// Milliseconds for which the former secret signs as well: a day by default, at most a week.
    overlap_ms: Option<u64>,
}

/// Which endpoints are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndpointQuery {
    /// Of this shop alone.
    shop: Option<String>,
    /// `active`, `paused` or `disabled`.
    state: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Makes an endpoint. It gets what happens from now on. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/endpoints", tag = "endpoints", request_body = NewEndpoint,
    responses((status = 201, description = "The endpoint with its secret.", body = EndpointWithSecret)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Given(new): Given<NewEndpoint>,
) -> Result<Created<EndpointWithSecret>, Problem> {
    let (endpoint, secret) = app.engine().create_endpoint(new.into()).await?;
    Ok(created(format!("/v1/endpoints/{}", endpoint.id), EndpointWithSecret::of(&endpoint, &secret)))
}

/// The endpoints, in the order they were made.
#[utoipa::path(
    get, path = "/v1/endpoints", tag = "endpoints", params(EndpointQuery),
    responses((status = 200, description = "One page.", body = List<EndpointView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<EndpointQuery>,
) -> Result<Json<List<EndpointView>>, Problem> {
    let engine = app.engine();
    let wanted = Wanted::read("endpoints", query.limit, query.cursor.as_deref(), engine.limits())?;
    let shop: Option<ShopId> = param("shop", query.shop.as_deref())?;
    let state = query.state.as_deref();
    if let Some(state) = state.filter(|state| !["active", "paused", "disabled"].contains(state)) {
        let detail = format!("`state` is `{state}`, expected active, paused or disabled");
        return Err(Problem::new(Code::InvalidParameter, detail).with("parameter", "state"));
    }
    let (endpoints, more) = engine.directory().endpoints.page(wanted.place, wanted.size, |endpoint| {
        shop.is_none_or(|shop| endpoint.shop == Some(shop))
            && state.is_none_or(|state| StateView::from(&endpoint.state).state == state)
    });
    let next = endpoints.last().filter(|_| more).map(|endpoint| endpoint.id);
    let items = endpoints.iter().map(|endpoint| EndpointView::from(endpoint.as_ref())).collect();
    Ok(Json(List::page("endpoints", items, next)))
}

/// One endpoint.
#[utoipa::path(
    get, path = "/v1/endpoints/{id}", tag = "endpoints", params(("id" = String, Path)),
    responses((status = 200, description = "The endpoint.", body = EndpointView)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    Id(id): Id<EndpointId>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = app.engine().directory().endpoints.get(id).ok_or_else(|| unknown(id))?;
    Ok(Json(EndpointView::from(endpoint.as_ref())))
}

/// Changes an endpoint.
#[utoipa::path(
    patch, path = "/v1/endpoints/{id}", tag = "endpoints", params(("id" = String, Path)),
    request_body = EndpointPatch,
    responses((status = 200, description = "The endpoint as it is now.", body = EndpointView)),
)]
pub(crate) async fn update(
    State(app): State<App>,
    Id(id): Id<EndpointId>,
    Given(patch): Given<EndpointPatch>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = app.engine().update_endpoint(id, patch.into()).await?;
    Ok(Json(EndpointView::from(&endpoint)))
}

/// Removes an endpoint with all that waits for it.
#[utoipa::path(
    delete, path = "/v1/endpoints/{id}", tag = "endpoints", params(("id" = String, Path)),
    responses((status = 204, description = "It is gone.")),
)]
pub(crate) async fn delete(State(app): State<App>, Id(id): Id<EndpointId>) -> Result<StatusCode, Problem> {
    app.engine().delete_endpoint(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a signed test event, whatever the endpoint's state, and tells what came of it. Nothing is recorded.
#[utoipa::path(
    post, path = "/v1/endpoints/{id}/test", tag = "endpoints", params(("id" = String, Path)),
    responses((status = 200, description = "What came of it.", body = TestView)),
)]
pub(crate) async fn test(State(app): State<App>, Id(id): Id<EndpointId>) -> Result<Json<TestView>, Problem> {
    let attempted = app.engine().send_test(id).await.ok_or_else(|| unknown(id))?;
    Ok(Json(TestView::from(attempted)))
}

/// Gives an endpoint a new secret; for a while the former one signs as well. The secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/endpoints/{id}/rotate_secret", tag = "endpoints", params(("id" = String, Path)),
    request_body = Option<NewEndpointSecret>,
    responses((status = 200, description = "The endpoint with its secret.", body = EndpointWithSecret)),
)]
pub(crate) async fn rotate_secret(
    State(app): State<App>,
    Id(id): Id<EndpointId>,
    Given(new): Given<NewEndpointSecret>,
) -> Result<Json<EndpointWithSecret>, Problem> {
    let overlap_ms = new.overlap_ms.unwrap_or(OVERLAP_DEFAULT_MS);
    let given = new.secret.map(Secret::new);
    let (endpoint, secret) = app.engine().rotate_endpoint_secret(id, given, overlap_ms).await?;
    Ok(Json(EndpointWithSecret::of(&endpoint, &secret)))
}

/// Stops sending to an endpoint; its events are kept.
#[utoipa::path(
    post, path = "/v1/endpoints/{id}/pause", tag = "endpoints", params(("id" = String, Path)),
    responses((status = 200, description = "The endpoint as it is now.", body = EndpointView)),
)]
pub(crate) async fn pause(
    State(app): State<App>,
    Id(id): Id<EndpointId>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = app.engine().pause_endpoint(id).await?;
    Ok(Json(EndpointView::from(&endpoint)))
}

/// Sends to a paused or disabled endpoint again; it catches up.
#[utoipa::path(
    post, path = "/v1/endpoints/{id}/resume", tag = "endpoints", params(("id" = String, Path)),
    responses((status = 200, description = "The endpoint as it is now.", body = EndpointView)),
)]
pub(crate) async fn resume(
    State(app): State<App>,
    Id(id): Id<EndpointId>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = app.engine().resume_endpoint(id).await?;
    Ok(Json(EndpointView::from(&endpoint)))
}

fn unknown(id: EndpointId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no endpoint `{id}`"))
}
