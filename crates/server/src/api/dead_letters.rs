//! Dead letters: deliveries that were given up, sending one again, and dismissing them. Sending many again is a replay.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::delivery::DeadReason;
use shopwire_core::{EndpointId, EventId, Timestamp};
use shopwire_engine::deliver::RedeliverError;
use shopwire_engine::replay::DeadLetterChoice;
use shopwire_store::{DeadLetter, DeadLetterFilter, PageRequest};
use utoipa::{IntoParams, ToSchema};

use super::attempts::{event_place, told};
use crate::app::App;
use crate::extract::{Given, Ids, Params, moment, param};
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
    /// Why: `exhausted`, `too_old`, `unrenderable`, `unsendable`, `endpoint_removed`, `erased` or `lapsed`.
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
    /// Given up for this reason, as `exhausted`; pages may then be short.
    reason: Option<String>,
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
    let reason = reason(query.reason.as_deref())?;
    let mut page = app.engine().ledger().dead_letters(&filter, wanted.request(limits)).await?;
    page.items.retain(|letter| reason.is_none_or(|reason| reason == letter.reason));
    Ok(Json(List::stored("dead_letters", page, DeadLetterView::from)))
}

/// Sends dead letters again at once, with a fresh retry policy: one, or as many of an endpoint as a page holds. A replay
/// (`POST /v1/replays` with the outcome `dead`) sends any number again, at a rate.
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

/// Which dead letters are to be dismissed. Everything that is given must hold.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DismissQuery {
    /// Of this endpoint.
    endpoint: String,
    /// Given up for this reason, as `exhausted`.
    reason: Option<String>,
    /// Given up at this moment or later (RFC 3339).
    since: Option<String>,
    /// Given up before this moment (RFC 3339).
    until: Option<String>,
}

/// How many were dismissed.
#[derive(Serialize, ToSchema)]
pub(crate) struct DismissedView {
    /// How many were taken off the list.
    dismissed: u64,
}

/// Takes dead letters of an endpoint off the list without sending them again. Their events and attempts stay.
#[utoipa::path(
    delete, path = "/v1/dead_letters", tag = "deliveries", params(DismissQuery),
    responses((status = 200, description = "How many were dismissed.", body = DismissedView)),
)]
pub(crate) async fn dismiss_many(
    State(app): State<App>,
    Params(query): Params<DismissQuery>,
) -> Result<Json<DismissedView>, Problem> {
    let endpoint = param("endpoint", Some(query.endpoint.as_str()))?;
    let found = endpoint.and_then(|id| app.engine().directory().endpoints.get(id));
    let found = found
        .ok_or_else(|| Problem::new(Code::NotFound, format!("there is no endpoint `{}`", query.endpoint)))?;
    let choice = DeadLetterChoice {
        endpoint: found.id,
        reason: reason(query.reason.as_deref())?,
        since: moment("since", query.since.as_deref())?,
        until: moment("until", query.until.as_deref())?,
    };
    Ok(Json(DismissedView { dismissed: app.engine().dismiss_dead_letters(&choice).await? }))
}

/// Takes one dead letter off the list without sending it again.
#[utoipa::path(
    delete, path = "/v1/dead_letters/{endpoint}/{event}", tag = "deliveries",
    params(("endpoint" = String, Path), ("event" = String, Path)),
    responses((status = 204, description = "It is off the list.")),
)]
pub(crate) async fn dismiss(
    State(app): State<App>,
    Ids(endpoint, event): Ids<EndpointId, EventId>,
) -> Result<StatusCode, Problem> {
    if app.engine().dismiss_dead_letter(endpoint, event).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = format!("the delivery of `{event}` to `{endpoint}` is not on the dead-letter list");
    Err(Problem::new(Code::NotFound, detail))
}

fn reason(given: Option<&str>) -> Result<Option<DeadReason>, Problem> {
    let read = |code: &str| {
        DeadReason::from_code(code).ok_or_else(|| {
            let shown: String = code.chars().take(40).collect();
            let detail = format!("`reason`: `{shown}` is no reason why a delivery is given up");
            Problem::new(Code::InvalidParameter, detail).with("parameter", "reason")
        })
    };
    given.map(read).transpose()
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
