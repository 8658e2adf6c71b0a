//! The kinds of entities a shop consists of, with their schemas.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use shopwire_core::commerce::entity::Entity;
use shopwire_core::commerce::{CanonicalType, EntityKind};
use utoipa::ToSchema;

use super::collection::kind_in;
use crate::app::App;
use crate::page::List;
use crate::problem::Problem;

/// A kind of entity.
#[derive(Serialize, ToSchema)]
#[schema(as = EntityKind)]
pub(crate) struct KindView {
    #[schema(example = "order")]
    kind: &'static str,
    /// Where its entities are: `/v1/shops/{shop}/{collection}`.
    #[schema(example = "orders")]
    collection: &'static str,
    /// What can happen to them.
    event_types: Vec<&'static str>,
}

impl From<EntityKind> for KindView {
    fn from(kind: EntityKind) -> Self {
        let of_kind = CanonicalType::ALL.iter().filter(|canonical| canonical.kind() == kind);
        Self {
            kind: kind.as_str(),
            collection: kind.collection(),
            event_types: of_kind.map(|canonical| canonical.as_str()).collect(),
        }
    }
}

/// A kind of entity with its schema.
#[derive(Serialize, ToSchema)]
#[schema(as = EntityKindSchema)]
pub(crate) struct KindSchemaView {
    entity: KindView,
    /// The JSON Schema (draft 2020-12) of its entities.
    #[schema(value_type = Object)]
    schema: Value,
}

/// The kinds of entities a shop consists of.
#[utoipa::path(
    get, path = "/v1/catalog/entities", tag = "catalog",
    responses((status = 200, description = "All of them.", body = List<KindView>)),
)]
pub(crate) async fn entity_kinds(State(_): State<App>) -> Json<List<KindView>> {
    Json(List::whole(EntityKind::ALL.iter().copied().map(KindView::from)))
}

/// One kind of entity with its JSON Schema.
#[utoipa::path(
    get, path = "/v1/catalog/entities/{collection}", tag = "catalog",
    params(("collection" = String, Path, example = "orders")),
    responses((status = 200, description = "The kind.", body = KindSchemaView)),
)]
pub(crate) async fn entity_kind(Path(collection): Path<String>) -> Result<Json<KindSchemaView>, Problem> {
    let kind = kind_in(&collection)?;
    Ok(Json(KindSchemaView { entity: KindView::from(kind), schema: Entity::schema_for(kind).to_value() }))
}
