//! Occurrences: what happens and shows in no state.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use shopwire_core::commerce::EventType;
use shopwire_engine::capture::Happening;
use utoipa::ToSchema;

use super::collection::OfShop;
use super::written::GivenView;
use crate::app::App;
use crate::extract::Whole;
use crate::problem::{Code, Problem};

/// Something that happened and shows in no state: a message to an order, a request for data, an import.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOccurrence)]
pub(crate) struct NewOccurrence {
    /// A canonical event type that arises from an occurrence: see `/v1/catalog/event_types`.
    #[schema(example = "order.message_created")]
    r#type: String,
    /// The id of the entity it happened to.
    #[schema(example = "169")]
    id: String,
    /// What there is to say beyond the entity, as the schema of the event type says.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"message_id": "3"}))]
    details: Map<String, Value>,
    /// Why, in one word.
    cause: Option<String>,
    /// Who did it.
    actor: Option<String>,
}

/// Tells something that happened and shows in no state.
///
/// Its event tells the entity as far as it is known, else only its id.
#[utoipa::path(
    post, path = "/v1/shops/{shop}/occurrences", tag = "entities", params(("shop" = String, Path)),
    request_body = NewOccurrence,
    responses((status = 201, description = "The event that it became.", body = GivenView)),
)]
pub(crate) async fn tell_occurrence(
    State(app): State<App>,
    OfShop(shop): OfShop,
    Whole(new): Whole<NewOccurrence>,
) -> Result<(StatusCode, Json<GivenView>), Problem> {
    let wrong = |error: &dyn std::fmt::Display| Problem::new(Code::InvalidField, error).with("field", "type");
    let event_type: EventType = new.r#type.parse().map_err(|error| wrong(&error))?;
    let event_type = event_type.canonical().ok_or_else(|| {
        wrong(&format_args!(
            "`{event_type}` is a platform's own: occurrences are told by canonical event types"
        ))
    })?;
    let NewOccurrence { id, details, cause, actor, .. } = new;
    let given = app.engine().occur(shop, Happening { event_type, id, details, cause, actor }).await?;
    Ok((StatusCode::CREATED, Json(GivenView::from(&given))))
}
