//! Endpoints.

mod given;
mod health;
mod view;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use shopwire_core::{AppId, EndpointId, Secret, ShopId};
use shopwire_engine::configure::OVERLAP_DEFAULT_MS;
use utoipa::IntoParams;

use super::attempts::TestView;
use super::{Created, created};
use crate::app::App;
use crate::extract::{Given, Id, Params, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};
use given::{EndpointPatch, NewEndpoint, NewEndpointSecret};
use view::{EndpointView, EndpointWithSecret, StateView};

/// Which endpoints are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndpointQuery {
    /// Of this shop alone.
    shop: Option<String>,
    /// Of this app alone.
    app: Option<String>,
    /// `active`, `paused`, `disabled` or `removed`.
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
    Ok(created(
        format!("/v1/endpoints/{}", endpoint.id),
        EndpointWithSecret::of(app.engine(), &endpoint, secret.as_ref()),
    ))
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
    let of_app: Option<AppId> = param("app", query.app.as_deref())?;
    let state = query.state.as_deref();
    if let Some(state) = state.filter(|state| !["active", "paused", "disabled", "removed"].contains(state)) {
        let detail = format!("`state` is `{state}`, expected active, paused, disabled or removed");
        return Err(Problem::new(Code::InvalidParameter, detail).with("parameter", "state"));
    }
    let (endpoints, more) = engine.directory().endpoints.page(wanted.place, wanted.size, |endpoint| {
        shop.is_none_or(|shop| endpoint.shop == Some(shop))
            && of_app.is_none_or(|app| endpoint.app == Some(app))
            && state.is_none_or(|state| StateView::from(&endpoint.state).state == state)
    });
    let next = endpoints.last().filter(|_| more).map(|endpoint| endpoint.id);
    let items = endpoints.iter().map(|endpoint| EndpointView::of(engine, endpoint)).collect();
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
    Ok(Json(EndpointView::of(app.engine(), &endpoint)))
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
    Ok(Json(EndpointView::of(app.engine(), &endpoint)))
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
    Ok(Json(EndpointWithSecret::of(app.engine(), &endpoint, secret.as_ref())))
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
    Ok(Json(EndpointView::of(app.engine(), &endpoint)))
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
    Ok(Json(EndpointView::of(app.engine(), &endpoint)))
}

fn unknown(id: EndpointId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no endpoint `{id}`"))
}
