//! Rejected requests.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shopwire_core::{RejectionId, SourceId, Timestamp};
use shopwire_store::RejectedRequest;
use utoipa::{IntoParams, ToSchema};

use super::received::{HeaderView, header_views};
use crate::app::App;
use crate::extract::Params;
use crate::page::{List, Wanted};
use crate::problem::Problem;

/// A request to a source that was not accepted.
#[derive(Serialize, ToSchema)]
#[schema(as = Rejection)]
pub(crate) struct RejectionView {
    #[schema(value_type = String)]
    id: RejectionId,
    #[schema(value_type = String)]
    source: SourceId,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Why, as a stable word.
    code: String,
    /// Why, for people.
    reason: String,
    /// Its header fields, secrets masked.
    headers: Vec<HeaderView>,
    /// The start of its body, as text.
    body_start: String,
    /// How long its body was, in bytes.
    body_bytes: u64,
}

impl From<RejectedRequest> for RejectionView {
    fn from(request: RejectedRequest) -> Self {
        Self {
            id: request.id,
            source: request.source,
            at: request.at,
            headers: header_views(&request.headers),
            body_start: String::from_utf8_lossy(&request.body_start).into_owned(),
            code: request.code,
            reason: request.reason,
            body_bytes: request.body_bytes,
        }
    }
}

/// Which rejections are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RejectionQuery {
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Requests to sources that were not accepted, newest first. The oldest make room: this list is bounded.
#[utoipa::path(
    get, path = "/v1/rejections", tag = "ingest", params(RejectionQuery),
    responses((status = 200, description = "One page.", body = List<RejectionView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<RejectionQuery>,
) -> Result<Json<List<RejectionView>>, Problem> {
    let limits = app.engine().limits();
    let wanted = Wanted::read("rejections", query.limit, query.cursor.as_deref(), limits)?;
    let page = app.engine().ledger().rejected(wanted.request(limits)).await?;
    Ok(Json(List::stored("rejections", page, RejectionView::from)))
}
