//! Entities: the state of a shop.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use shopwire_core::Timestamp;
use shopwire_engine::capture::Seen;
use utoipa::{IntoParams, ToSchema};

use super::collection::{At, In};
use super::writing::{How, WriteQuery};
use super::written::{self, WrittenView};
use crate::app::App;
use crate::extract::{Params, Whole};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// An entity of a shop.
#[derive(Serialize, ToSchema)]
#[schema(as = Entity)]
pub(crate) struct EntityView {
    #[schema(example = "169")]
    id: String,
    /// Counts the entity's changes, from 1; also the `ETag`. What happens by time alone (a cart is found abandoned) counts too.
    version: u64,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The entity, as the schema of its kind says: see `/v1/catalog/entities/{collection}`.
    #[schema(value_type = Object)]
    entity: Option<Box<RawValue>>,
}

impl From<Seen> for EntityView {
    fn from(seen: Seen) -> Self {
        let entity = written::raw(&seen.entity);
        Self { id: seen.id, version: seen.version, updated_at: seen.updated_at, entity }
    }
}

/// Which entities are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntityQuery {
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// The entities of a collection, by id. A page of large entities may be short and still have a next one.
#[utoipa::path(
    get, path = "/v1/shops/{shop}/{collection}", tag = "entities",
    params(("shop" = String, Path), ("collection" = String, Path, example = "orders"), EntityQuery),
    responses((status = 200, description = "One page.", body = List<EntityView>)),
)]
pub(crate) async fn entities(
    State(app): State<App>,
    In { shop, kind }: In,
    Params(query): Params<EntityQuery>,
) -> Result<Json<List<EntityView>>, Problem> {
    let list = kind.collection();
    let wanted = Wanted::<String>::read(list, query.limit, query.cursor.as_deref(), app.engine().limits())?;
    let (seen, more) = app.engine().entities(shop, kind, wanted.place.as_deref(), wanted.size).await?;
    let next = seen.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(List::page(list, seen.into_iter().map(EntityView::from).collect(), next)))
}

/// One entity.
#[utoipa::path(
    get, path = "/v1/shops/{shop}/{collection}/{id}", tag = "entities",
    params(("shop" = String, Path), ("collection" = String, Path, example = "orders"), ("id" = String, Path)),
    responses((status = 200, description = "The entity; its version is the `ETag`.", body = EntityView)),
)]
pub(crate) async fn entity(State(app): State<App>, At(key): At) -> Result<Response, Problem> {
    let seen =
        app.engine().entity(&key).await?.ok_or_else(|| {
            Problem::new(Code::NotFound, format!("the shop has no {} `{}`", key.kind, key.id))
        })?;
    let version = written::etag(seen.version);
    Ok(([(header::ETAG, version)], Json(EntityView::from(seen))).into_response())
}

/// Puts a whole entity: it is compared with what was known, and the events that follow are told.
///
/// A write that changes nothing gives no event and keeps the version. With `If-Match: "7"` it is done only if the entity is
/// at that version, with `If-Match: *` only if it is there, with `If-None-Match: *` only if it is not.
#[utoipa::path(
    put, path = "/v1/shops/{shop}/{collection}/{id}", tag = "entities",
    params(
        ("shop" = String, Path), ("collection" = String, Path, example = "orders"), ("id" = String, Path),
        WriteQuery,
        ("If-Match" = Option<String>, Header, description = "A version in quotes, or `*`."),
        ("If-None-Match" = Option<String>, Header, description = "`*`."),
    ),
    request_body(
        content = Object,
        description = "The entity, as the schema of its kind says. Its `id` may be left out. Fields of your own go into `extra`.",
        example = json!({"number": "1001", "status": "pending", "financial_status": "paid", "total": {"amount": "19.90", "currency": "EUR"}}),
    ),
    responses(
        (status = 200, description = "It was there before.", body = WrittenView),
        (status = 201, description = "It was not there before.", body = WrittenView),
        (status = 412, description = "What was expected does not hold."),
    ),
)]
pub(crate) async fn put_entity(
    State(app): State<App>,
    At(key): At,
    How(writing): How,
    Whole(entity): Whole<Map<String, Value>>,
) -> Result<Response, Problem> {
    let written = app.engine().put_entity(key.clone(), entity, writing).await?;
    Ok(written::answer(&key, &written))
}

/// Changes some fields of an entity: a JSON Merge Patch (RFC 7396), in which null takes a field away.
#[utoipa::path(
    patch, path = "/v1/shops/{shop}/{collection}/{id}", tag = "entities",
    params(
        ("shop" = String, Path), ("collection" = String, Path, example = "orders"), ("id" = String, Path),
        WriteQuery,
        ("If-Match" = Option<String>, Header, description = "A version in quotes, or `*`."),
    ),
    request_body(
        content = Object,
        description = "The fields that change. Lists are replaced as a whole.",
        example = json!({"status": "shipped", "note": null}),
    ),
    responses(
        (status = 200, description = "The entity as it is now.", body = WrittenView),
        (status = 412, description = "What was expected does not hold."),
    ),
)]
pub(crate) async fn patch_entity(
    State(app): State<App>,
    At(key): At,
    How(writing): How,
    Whole(patch): Whole<Map<String, Value>>,
) -> Result<Response, Problem> {
    let written = app.engine().patch_entity(key.clone(), patch, writing).await?;
    Ok(written::answer(&key, &written))
}

/// Deletes an entity. An entity of the same id that comes later goes on counting versions.
#[utoipa::path(
    delete, path = "/v1/shops/{shop}/{collection}/{id}", tag = "entities",
    params(
        ("shop" = String, Path), ("collection" = String, Path, example = "orders"), ("id" = String, Path),
        WriteQuery,
        ("If-Match" = Option<String>, Header, description = "A version in quotes, or `*`."),
    ),
    responses(
        (status = 200, description = "It is deleted; these events followed.", body = WrittenView),
        (status = 412, description = "What was expected does not hold."),
    ),
)]
pub(crate) async fn delete_entity(
    State(app): State<App>,
    At(key): At,
    How(writing): How,
) -> Result<Response, Problem> {
    let written = app.engine().delete_entity(key.clone(), writing).await?;
    Ok(written::answer(&key, &written))
}
