//! Sources.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::{AppId, DialectId, KeyKind, Secret, ShopId, Source, SourceId, SourceKey, Timestamp};
use shopwire_engine::configure::{KeyDraft, OVERLAP_DEFAULT_MS, SourceChange, SourceDraft};
use utoipa::{IntoParams, ToSchema};

use super::{Created, created};
use crate::app::App;
use crate::extract::{Given, Id, Params, nullable, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// What requests are verified against, without the secret.
#[derive(Serialize, ToSchema)]
#[schema(as = SourceKey)]
pub(crate) struct KeyView {
    /// `signing` or `header`.
    kind: &'static str,
    /// The header's name, for a header key.
    header: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when on it no longer counts; null while it is a current one.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<&SourceKey> for KeyView {
    fn from(key: &SourceKey) -> Self {
        let (kind, header) = match &key.kind {
            KeyKind::Signing => ("signing", None),
            KeyKind::Header { header } => ("header", Some(header.clone())),
        };
        Self { kind, header, created_at: key.version.created_at, expires_at: key.version.expires_at }
    }
}

/// An inbound address for one shop on one platform.
#[derive(Serialize, ToSchema)]
#[schema(as = Source)]
pub(crate) struct SourceView {
    #[schema(value_type = String)]
    id: SourceId,
    #[schema(value_type = String)]
    shop: ShopId,
    #[schema(value_type = String, example = "shoptet")]
    dialect: DialectId,
    /// A name for people.
    name: String,
    /// The app whose secrets also verify its requests.
    #[schema(value_type = Option<String>)]
    app: Option<AppId>,
    /// Its own keys, newest first.
    keys: Vec<KeyView>,
    /// Where the platform posts to: a whole URL if the server knows its public one, else a path.
    url: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl SourceView {
    fn of(source: &Source, app: &App) -> Self {
        let base = app.config().public_url.as_deref().unwrap_or_default();
        Self {
            id: source.id,
            shop: source.shop,
            dialect: source.dialect,
            name: source.name.clone(),
            app: source.app,
            keys: source.keys.iter().map(KeyView::from).collect(),
            url: format!("{base}/in/{}", source.id),
            created_at: source.created_at,
            updated_at: source.updated_at,
        }
    }
}

/// What requests are to be verified against.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum NewKey {
    /// The secret of the platform's signature scheme.
    Signing {
        /// The secret.
        secret: String,
    },
    /// A header that comes with every request (BigCommerce's older way).
    Header {
        /// The header's name.
        header: String,
        /// The value it must have.
        secret: String,
    },
}

impl From<NewKey> for KeyDraft {
    fn from(new: NewKey) -> Self {
        match new {
            NewKey::Signing { secret } => Self::Signing(Secret::new(secret)),
            NewKey::Header { header, secret } => Self::Header { name: header, value: Secret::new(secret) },
        }
    }
}

/// A source to be made. It needs a key of its own, or an app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSource {
    #[schema(value_type = String)]
    shop: ShopId,
    /// The platform.
    #[schema(value_type = String)]
    dialect: DialectId,
    /// A name for people, 1 to 200 characters.
    name: String,
    /// The app whose secrets also verify its requests.
    #[schema(value_type = Option<String>)]
    app: Option<AppId>,
    /// Its own keys.
    #[serde(default)]
    #[schema(required = false)]
    keys: Vec<NewKey>,
}

/// What is to be changed of a source; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourcePatch {
    name: Option<String>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    app: Option<Option<AppId>>,
}

/// A source's new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSourceSecret {
    key: NewKey,
    /// Milliseconds for which former keys of the same kind stay good: a day by default, at most a week.
    overlap_ms: Option<u64>,
}

/// Which sources are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SourceQuery {
    /// Of this shop.
    shop: Option<String>,
    /// Of this platform.
    dialect: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Makes a source.
#[utoipa::path(
    post, path = "/v1/sources", tag = "sources", request_body = NewSource,
    responses((status = 201, description = "The source.", body = SourceView)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Given(new): Given<NewSource>,
) -> Result<Created<SourceView>, Problem> {
    let keys = new.keys.into_iter().map(KeyDraft::from).collect();
    let draft = SourceDraft { shop: new.shop, dialect: new.dialect, name: new.name, app: new.app, keys };
    let source = app.engine().create_source(draft).await?;
    Ok(created(format!("/v1/sources/{}", source.id), SourceView::of(&source, &app)))
}

/// The sources, in the order they were made.
#[utoipa::path(
    get, path = "/v1/sources", tag = "sources", params(SourceQuery),
    responses((status = 200, description = "One page.", body = List<SourceView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<SourceQuery>,
) -> Result<Json<List<SourceView>>, Problem> {
    let engine = app.engine();
    let wanted = Wanted::read("sources", query.limit, query.cursor.as_deref(), engine.limits())?;
    let shop: Option<ShopId> = param("shop", query.shop.as_deref())?;
    let dialect: Option<DialectId> = param("dialect", query.dialect.as_deref())?;
    let (sources, more) = engine.directory().sources.page(wanted.place, wanted.size, |source| {
        shop.is_none_or(|shop| source.shop == shop) && dialect.is_none_or(|dialect| source.dialect == dialect)
    });
    let next = sources.last().filter(|_| more).map(|source| source.id);
    let items = sources.iter().map(|source| SourceView::of(source, &app)).collect();
    Ok(Json(List::page("sources", items, next)))
}

/// One source.
#[utoipa::path(
    get, path = "/v1/sources/{id}", tag = "sources", params(("id" = String, Path)),
    responses((status = 200, description = "The source.", body = SourceView)),
)]
pub(crate) async fn get(State(app): State<App>, Id(id): Id<SourceId>) -> Result<Json<SourceView>, Problem> {
    let source = app.engine().directory().sources.get(id);
    let source = source.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no source `{id}`")))?;
    Ok(Json(SourceView::of(&source, &app)))
}

/// Changes a source.
#[utoipa::path(
    patch, path = "/v1/sources/{id}", tag = "sources", params(("id" = String, Path)), request_body = SourcePatch,
    responses((status = 200, description = "The source as it is now.", body = SourceView)),
)]
pub(crate) async fn update(
    State(app): State<App>,
    Id(id): Id<SourceId>,
    Given(patch): Given<SourcePatch>,
) -> Result<Json<SourceView>, Problem> {
    let change = SourceChange { name: patch.name, app: patch.app };
    let source = app.engine().update_source(id, change).await?;
    Ok(Json(SourceView::of(&source, &app)))
}

/// Gives a source a new key; former ones of the same kind stay good for a while.
#[utoipa::path(
    post, path = "/v1/sources/{id}/rotate_secret", tag = "sources", params(("id" = String, Path)),
    request_body = NewSourceSecret,
    responses((status = 200, description = "The source as it is now.", body = SourceView)),
)]
pub(crate) async fn rotate_secret(
    State(app): State<App>,
    Id(id): Id<SourceId>,
    Given(new): Given<NewSourceSecret>,
) -> Result<Json<SourceView>, Problem> {
    let overlap_ms = new.overlap_ms.unwrap_or(OVERLAP_DEFAULT_MS);
    let source = app.engine().rotate_source_secret(id, new.key.into(), overlap_ms).await?;
    Ok(Json(SourceView::of(&source, &app)))
}

/// Removes a source: what is posted to it from then on is unknown. Its events stay in the log.
#[utoipa::path(
    delete, path = "/v1/sources/{id}", tag = "sources", params(("id" = String, Path)),
    responses((status = 204, description = "It is gone.")),
)]
pub(crate) async fn delete(State(app): State<App>, Id(id): Id<SourceId>) -> Result<StatusCode, Problem> {
    app.engine().delete_source(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
