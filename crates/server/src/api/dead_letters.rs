//! Dead letters: deliveries that were given up, and sending them again.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shopwire_core::{EndpointId, EventId, Timestamp};
use shopwire_engine::deliver::RedeliverError;
use shopwire_store::{DeadLetter, DeadLetterFilter, PageRequest};
use utoipa::{IntoParams, ToSchema};

use super::attempts::{event_place, told};
use crate::app::App;
use crate::extract::{Given, Params, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// A delivery that was given up.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(crate) struct DeadLetterView {
    #[schema(value_type = String)]
    event: EventId,
    #[schema(value_type = String)]
    endpoint: EndpointId,
    /// Why: `exhausted`, `too_old`, `unrenderable`, `unsendable` or `endpoint_removed`.
    reason: &'static str,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Attempts made.
    attempts: u32,
    /// What came of the last one.
    last_outcome: Option<&'static str>,
    /// The status the receiver answered then.
    last_status: Option<u16>,
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        let last = letter.last_outcome.as_ref().map(told);
        Self {
            event: letter.event,
            endpoint: letter.endpoint,
            reason: letter.reason.code(),
            at: letter.at,
            attempts: letter.attempts,
            last_outcome: last.map(|(outcome, _)| outcome),
            last_status: last.and_then(|(_, status)| status),
        }
    }
}

/// Which dead letters are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadLetterQuery {
    /// Of this endpoint.
    endpoint: Option<String>,
    /// Of this event.
    event: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Which dead letters are to be sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// Of this endpoint.
    #[schema(value_type = String)]
    endpoint: EndpointId,
    /// Only this event; without it as many as one call takes.
    #[schema(value_type = Option<String>)]
    event: Option<EventId>,
}

/// How many are sent again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// How many wait for an attempt now.
    replayed: usize,
    /// Whether there are more: call again.
    more: bool,
}

/// Dead letters, newest first.
#[utoipa::path(
    get, path = "/v1/dead_letters", tag = "deliveries", params(DeadLetterQuery),
    responses((status = 200, description = "One page.", body = List<DeadLetterView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<DeadLetterQuery>,
) -> Result<Json<List<DeadLetterView>>, Problem> {
    let limits = app.engine().limits();
    let wanted = Wanted::read("dead_letters", query.limit, query.cursor.as_deref(), limits)?;
    let filter = DeadLetterFilter {
        endpoint: param("endpoint", query.endpoint.as_deref())?,
        event: event_place(&app, query.event.as_deref()).await?,
    };
    let page = app.engine().ledger().dead_letters(&filter, wanted.request(limits)).await?;
    Ok(Json(List::stored("dead_letters", page, DeadLetterView::from)))
}

/// Sends dead letters again, with a fresh retry policy: one, or as many of an endpoint as a page holds.
#[utoipa::path(
    post, path = "/v1/dead_letters/replay", tag = "deliveries", request_body = Replay,
    responses((status = 200, description = "How many wait for an attempt now.", body = Replayed)),
)]
pub(crate) async fn replay(
    State(app): State<App>,
    Given(wanted): Given<Replay>,
) -> Result<Json<Replayed>, Problem> {
    let engine = app.engine();
    if let Some(event) = wanted.event {
        engine.redeliver(wanted.endpoint, event).await?;
        return Ok(Json(Replayed { replayed: 1, more: false }));
    }
    if engine.directory().endpoints.get(wanted.endpoint).is_none() {
        return Err(RedeliverError::UnknownEndpoint(wanted.endpoint).into());
    }
    let limits = engine.limits();
    let filter = DeadLetterFilter { endpoint: Some(wanted.endpoint), event: None };
    let page = PageRequest { size: limits.page_size_max, before: None, scan_rows_max: limits.scan_rows_max };
    let dead = engine.ledger().dead_letters(&filter, page).await?;
    let mut replayed = 0;
    // The oldest first, so that events of one subject go out in their order.
    for letter in dead.items.iter().rev() {
        match engine.redeliver(letter.endpoint, letter.event).await {
            Ok(()) => replayed += 1,
            // Somebody else was faster.
            Err(RedeliverError::NotDead { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(Replayed { replayed, more: dead.next.is_some() }))
}

impl From<RedeliverError> for Problem {
    fn from(error: RedeliverError) -> Self {
        match error {
            RedeliverError::UnknownEndpoint(_) | RedeliverError::UnknownEvent(_) => {
                Self::new(Code::NotFound, error)
            }
            RedeliverError::NotDead { .. } | RedeliverError::Removed(_) => Self::new(Code::Conflict, error),
            RedeliverError::Store(error) => error.into(),
        }
    }
}
