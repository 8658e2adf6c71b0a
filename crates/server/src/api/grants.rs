//! What apps may do in the shops that installed them.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::{AppId, Grant, ShopId, Timestamp};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Given, Ids};
use crate::problem::{Code, Problem};

/// What an app may do in one shop that installed it.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
pub(crate) struct GrantView {
    /// The shop.
    #[schema(value_type = String)]
    shop: ShopId,
    /// The platform's scopes, by its own names.
    #[schema(example = json!(["read_orders", "read_store_profile"]))]
    scopes: Vec<String>,
    /// Since when the app is installed there.
    #[schema(value_type = String, format = DateTime)]
    granted_at: Timestamp,
    /// When the scopes were last given.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl GrantView {
    pub(super) fn of(shop: ShopId, grant: &Grant) -> Self {
        let scopes = grant.scopes.iter().cloned().collect();
        Self { shop, scopes, granted_at: grant.granted_at, updated_at: grant.updated_at }
    }
}

/// What an app may do from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrant {
    /// All its scopes, by the platform's own names; those that the platform gives to every app are added.
    scopes: Vec<String>,
}

/// Installs an app in a shop, or changes its scopes there: these are in place of the former ones, from the next event on.
#[utoipa::path(
    put, path = "/v1/apps/{app}/grants/{shop}", operation_id = "put_grant", tag = "apps",
    params(("app" = String, Path), ("shop" = String, Path)), request_body = NewGrant,
    responses((status = 200, description = "The grant as it is now.", body = GrantView)),
)]
pub(crate) async fn put(
    State(app): State<App>,
    Ids(id, shop): Ids<AppId, ShopId>,
    Given(new): Given<NewGrant>,
) -> Result<Json<GrantView>, Problem> {
    let grant = app.engine().put_grant(id, shop, new.scopes).await?;
    Ok(Json(GrantView::of(shop, &grant)))
}

/// What an app may do in a shop.
#[utoipa::path(
    get, path = "/v1/apps/{app}/grants/{shop}", operation_id = "get_grant", tag = "apps",
    params(("app" = String, Path), ("shop" = String, Path)),
    responses((status = 200, description = "The grant.", body = GrantView)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    Ids(id, shop): Ids<AppId, ShopId>,
) -> Result<Json<GrantView>, Problem> {
    let found = app.engine().directory().apps.get(id);
    let found = found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no app `{id}`")))?;
    let grant = found.grants.get(&shop).ok_or_else(|| {
        Problem::new(Code::NotFound, format!("app `{id}` is not installed in shop `{shop}`"))
    })?;
    Ok(Json(GrantView::of(shop, grant)))
}

/// Uninstalls an app from a shop: it has no scope there any more, from the next event on.
#[utoipa::path(
    delete, path = "/v1/apps/{app}/grants/{shop}", operation_id = "delete_grant", tag = "apps",
    params(("app" = String, Path), ("shop" = String, Path)),
    responses((status = 204, description = "It is uninstalled.")),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Ids(id, shop): Ids<AppId, ShopId>,
) -> Result<StatusCode, Problem> {
    app.engine().delete_grant(id, shop).await?;
    Ok(StatusCode::NO_CONTENT)
}
