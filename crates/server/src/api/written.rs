//! What is answered to a change.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;
use shopwire_core::EventId;
use shopwire_engine::capture::{Given, Written};
use shopwire_store::EntityKey;
use utoipa::ToSchema;

use super::collection::segment;

/// An event that followed.
#[derive(Serialize, ToSchema)]
#[schema(as = GivenEvent)]
pub(crate) struct GivenView {
    #[schema(value_type = String)]
    id: EventId,
    #[schema(example = "order.paid")]
    r#type: &'static str,
    #[schema(example = "order/169")]
    subject: String,
}

impl From<&Given> for GivenView {
    fn from(given: &Given) -> Self {
        Self { id: given.id, r#type: given.event_type.as_str(), subject: given.subject.to_string() }
    }
}

/// An entity as it was left, with the events that followed.
#[derive(Serialize, ToSchema)]
#[schema(as = WrittenEntity)]
pub(crate) struct WrittenView {
    #[schema(example = "169")]
    id: String,
    /// Counts the entity's changes, from 1; also the `ETag`.
    version: u64,
    /// The entity; null once it is deleted.
    #[schema(value_type = Option<Object>)]
    entity: Option<Box<RawValue>>,
    /// The events that followed, in the order in which they stand in the log.
    events: Vec<GivenView>,
}

/// A version as an `ETag`.
pub(super) fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes are a header's value")
}

/// An entity's JSON, passed on as it is stored.
pub(super) fn raw(entity: &Bytes) -> Option<Box<RawValue>> {
    serde_json::from_slice(entity).ok()
}

/// The answer to a write: 201 if the entity was not there before.
pub(super) fn answer(key: &EntityKey, written: &Written) -> Response {
    let view = WrittenView {
        id: key.id.clone(),
        version: written.version,
        entity: written.entity.as_ref().and_then(raw),
        events: written.events.iter().map(GivenView::from).collect(),
    };
    let mut response = (status(written), Json(view)).into_response();
    response.headers_mut().insert(header::ETAG, etag(written.version));
    if written.created {
        let place = format!("/v1/shops/{}/{}/{}", key.shop, key.kind.collection(), segment(&key.id));
        let place = HeaderValue::try_from(place).expect("what is encoded is printable ASCII");
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

pub(super) const fn status(written: &Written) -> StatusCode {
    if written.created { StatusCode::CREATED } else { StatusCode::OK }
}
