//! Attempts.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shopwire_core::delivery::Outcome;
use shopwire_core::{EndpointId, EventId, Seq, Timestamp};
use shopwire_engine::deliver::Attempted;
use shopwire_store::{AttemptFilter, StoredAttempt};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::{Params, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// One request of a delivery.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptView {
    #[schema(value_type = String)]
    event: EventId,
    #[schema(value_type = String)]
    endpoint: EndpointId,
    /// Its number among the delivery's attempts, from 1.
    number: u32,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// How long it took, in microseconds.
    latency_us: u64,
    /// What came of it, as a stable word: `delivered`, `gone`, `throttled`, `redirected`, `refused`, `timed_out`, …
    outcome: &'static str,
    /// The status the receiver answered, where it answered.
    status: Option<u16>,
    /// What the outcome does not say by itself.
    detail: Option<String>,
    /// The start of the response's body, as text.
    response: String,
    /// When the next attempt was due, if there was to be one.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// Why the delivery was given up with this attempt, if it was.
    dead: Option<&'static str>,
}

impl From<&StoredAttempt> for AttemptView {
    fn from(stored: &StoredAttempt) -> Self {
        let attempt = &stored.attempt;
        Self {
            event: stored.event,
            endpoint: stored.endpoint,
            number: attempt.number,
            at: attempt.at,
            latency_us: attempt.latency_us,
            outcome: attempt.outcome.code(),
            status: attempt.outcome.status(),
            detail: attempt.detail.clone(),
            response: String::from_utf8_lossy(&attempt.response).into_owned(),
            next_at: attempt.next_at,
            dead: attempt.dead.map(|reason| reason.code()),
        }
    }
}

/// What came of trying an endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = EndpointTest)]
pub(crate) struct TestView {
    /// Whether the receiver took it.
    delivered: bool,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// How long it took, in microseconds.
    latency_us: u64,
    /// What came of it, as a stable word.
    outcome: &'static str,
    /// The status the receiver answered, where it answered.
    status: Option<u16>,
    /// What the outcome does not say by itself.
    detail: Option<String>,
    /// The start of the response's body, as text.
    response: String,
}

impl From<Attempted> for TestView {
    fn from(attempted: Attempted) -> Self {
        Self {
            delivered: attempted.outcome.is_delivered(),
            at: attempted.at,
            latency_us: attempted.latency_us,
            outcome: attempted.outcome.code(),
            status: attempted.outcome.status(),
            detail: attempted.detail,
            response: String::from_utf8_lossy(&attempted.response).into_owned(),
        }
    }
}

/// The last attempt in two words.
pub(super) fn told(outcome: &Outcome) -> (&'static str, Option<u16>) {
    (outcome.code(), outcome.status())
}

/// Which attempts are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttemptQuery {
    /// Of this event.
    event: Option<String>,
    /// To this endpoint.
    endpoint: Option<String>,
    /// With this outcome, as `refused`.
    outcome: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Attempts, newest first.
#[utoipa::path(
    get, path = "/v1/attempts", tag = "deliveries", params(AttemptQuery),
    responses((status = 200, description = "One page.", body = List<AttemptView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<AttemptQuery>,
) -> Result<Json<List<AttemptView>>, Problem> {
    let (engine, limits) = (app.engine(), app.engine().limits());
    let wanted = Wanted::read("attempts", query.limit, query.cursor.as_deref(), limits)?;
    let filter = AttemptFilter {
        event: event_place(&app, query.event.as_deref()).await?,
        endpoint: param("endpoint", query.endpoint.as_deref())?,
        outcome: query.outcome.map(known_outcome).transpose()?,
        latest: false,
    };
    let page = engine.ledger().attempts(&filter, wanted.request(limits)).await?;
    Ok(Json(List::stored("attempts", page, |stored| AttemptView::from(&stored))))
}

fn known_outcome(given: String) -> Result<String, Problem> {
    if Outcome::CODES.contains(&given.as_str()) {
        return Ok(given);
    }
    let detail = format!("`outcome` is none of {}", Outcome::CODES.join(", "));
    Err(Problem::new(Code::InvalidParameter, detail).with("parameter", "outcome"))
}

/// The place of the event that a filter names. An event that is not in the log is a mistake, not an empty list.
pub(super) async fn event_place(app: &App, given: Option<&str>) -> Result<Option<Seq>, Problem> {
    let Some(id) = param::<EventId>("event", given)? else { return Ok(None) };
    let found = app.engine().ledger().event(id).await?;
    let logged =
        found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no event `{id}` in the log")))?;
    Ok(Some(logged.seq))
}
