//! Apps.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::{App as Application, AppId, DialectId, Secret, SecretVersion, Timestamp};
use shopwire_engine::configure::{AppChange, AppDraft, OVERLAP_DEFAULT_MS};
use utoipa::{IntoParams, ToSchema};

use super::grants::GrantView;
use super::{Created, created};
use crate::app::App;
use crate::extract::{Given, Id, Params, nullable, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// A secret's life, without the secret.
#[derive(Serialize, ToSchema)]
#[schema(as = SecretLife)]
pub(super) struct SecretView {
    /// Since when it is used.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when on it no longer counts; null while it is the current one.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<&SecretVersion> for SecretView {
    fn from(version: &SecretVersion) -> Self {
        Self { created_at: version.created_at, expires_at: version.expires_at }
    }
}

/// An installed application of one platform.
#[derive(Serialize, ToSchema)]
#[schema(as = App)]
pub(crate) struct AppView {
    #[schema(value_type = String)]
    id: AppId,
    #[schema(value_type = String, example = "bigcommerce")]
    dialect: DialectId,
    /// A name for people.
    name: String,
    /// The platform's client id.
    client_id: Option<String>,
    /// The version of webhooks it gets, where its platform has several.
    webhook_api_version: Option<String>,
    /// The shops it is installed in, with what it may do there.
    grants: Vec<GrantView>,
    /// The lives of its secrets, newest first.
    secrets: Vec<SecretView>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Application> for AppView {
    fn from(app: &Application) -> Self {
        Self {
            id: app.id,
            dialect: app.dialect,
            name: app.name.clone(),
            client_id: app.client_id.clone(),
            webhook_api_version: app.webhook_api_version.clone(),
            grants: app.grants.iter().map(|(shop, grant)| GrantView::of(*shop, grant)).collect(),
            secrets: app.secrets.iter().map(SecretView::from).collect(),
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }
}

/// An app to be made known.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApp {
    /// The platform it is an application of.
    #[schema(value_type = String)]
    dialect: DialectId,
    /// A name for people, 1 to 200 characters.
    name: String,
    /// The platform's client id.
    client_id: Option<String>,
    /// The secret that signs the webhooks of every shop that installed it.
    client_secret: String,
    /// The version of webhooks it gets, for Shoplazza, as `202207`; the newest known by default.
    webhook_api_version: Option<String>,
}

/// What is to be changed of an app; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppPatch {
    name: Option<String>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    client_id: Option<Option<String>>,
    /// The version of webhooks it gets.
    webhook_api_version: Option<String>,
}

/// An app's new secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAppSecret {
    client_secret: String,
    /// Milliseconds for which the former secret stays good: a day by default, at most a week.
    overlap_ms: Option<u64>,
}

/// Which apps are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AppQuery {
    /// Of this platform.
    dialect: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Makes an app known.
#[utoipa::path(
    post, path = "/v1/apps", tag = "apps", request_body = NewApp,
    responses((status = 201, description = "The app.", body = AppView)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Given(new): Given<NewApp>,
) -> Result<Created<AppView>, Problem> {
    let draft = AppDraft {
        dialect: new.dialect,
        name: new.name,
        client_id: new.client_id,
        client_secret: Secret::new(new.client_secret),
        webhook_api_version: new.webhook_api_version,
    };
    let made = app.engine().create_app(draft).await?;
    Ok(created(format!("/v1/apps/{}", made.id), AppView::from(&made)))
}

/// The apps, in the order they were made.
#[utoipa::path(
    get, path = "/v1/apps", tag = "apps", params(AppQuery),
    responses((status = 200, description = "One page.", body = List<AppView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<AppQuery>,
) -> Result<Json<List<AppView>>, Problem> {
    let engine = app.engine();
    let wanted = Wanted::read("apps", query.limit, query.cursor.as_deref(), engine.limits())?;
    let dialect: Option<DialectId> = param("dialect", query.dialect.as_deref())?;
    let of_dialect = |app: &Application| dialect.is_none_or(|dialect| app.dialect == dialect);
    let (apps, more) = engine.directory().apps.page(wanted.place, wanted.size, of_dialect);
    let next = apps.last().filter(|_| more).map(|app| app.id);
    let items = apps.iter().map(|app| AppView::from(app.as_ref())).collect();
    Ok(Json(List::page("apps", items, next)))
}

/// One app.
#[utoipa::path(
    get, path = "/v1/apps/{id}", tag = "apps", params(("id" = String, Path)),
    responses((status = 200, description = "The app.", body = AppView)),
)]
pub(crate) async fn get(State(app): State<App>, Id(id): Id<AppId>) -> Result<Json<AppView>, Problem> {
    let found = app.engine().directory().apps.get(id);
    let found = found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no app `{id}`")))?;
    Ok(Json(AppView::from(found.as_ref())))
}

/// Changes an app.
#[utoipa::path(
    patch, path = "/v1/apps/{id}", tag = "apps", params(("id" = String, Path)), request_body = AppPatch,
    responses((status = 200, description = "The app as it is now.", body = AppView)),
)]
pub(crate) async fn update(
    State(app): State<App>,
    Id(id): Id<AppId>,
    Given(patch): Given<AppPatch>,
) -> Result<Json<AppView>, Problem> {
    let AppPatch { name, client_id, webhook_api_version } = patch;
    let change = AppChange { name, client_id, webhook_api_version };
    let changed = app.engine().update_app(id, change).await?;
    Ok(Json(AppView::from(&changed)))
}

/// Gives an app a new secret; the former one stays good for a while.
#[utoipa::path(
    post, path = "/v1/apps/{id}/rotate_secret", tag = "apps", params(("id" = String, Path)),
    request_body = NewAppSecret,
    responses((status = 200, description = "The app as it is now.", body = AppView)),
)]
pub(crate) async fn rotate_secret(
    State(app): State<App>,
    Id(id): Id<AppId>,
    Given(new): Given<NewAppSecret>,
) -> Result<Json<AppView>, Problem> {
    let overlap_ms = new.overlap_ms.unwrap_or(OVERLAP_DEFAULT_MS);
    let changed = app.engine().rotate_app_secret(id, Secret::new(new.client_secret), overlap_ms).await?;
    Ok(Json(AppView::from(&changed)))
}

/// Forgets an app that no source and no endpoint uses.
#[utoipa::path(
    delete, path = "/v1/apps/{id}", tag = "apps", params(("id" = String, Path)),
    responses((status = 204, description = "It is forgotten.")),
)]
pub(crate) async fn delete(State(app): State<App>, Id(id): Id<AppId>) -> Result<StatusCode, Problem> {
    app.engine().delete_app(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
