//! Deliveries: one event to one endpoint, by the last that is known of it.
//!
//! There is no row for a delivery: what is known are the attempts, the few that wait by name, and the dead letters.
//! This list puts them together.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shopwire_core::delivery::{LaneRecord, Waiting};
use shopwire_core::{EndpointId, EventId, Seq, Timestamp};
use shopwire_store::{AttemptFilter, DeadLetter, DeadLetterFilter, Page, PageRequest, StoredAttempt};
use utoipa::{IntoParams, ToSchema};

use super::attempts::{event_place, told};
use crate::app::App;
use crate::extract::{Params, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// One event to one endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    #[schema(value_type = String)]
    event: EventId,
    #[schema(value_type = String)]
    endpoint: EndpointId,
    /// `waiting`, `delivered` or `dead`.
    state: &'static str,
    /// Attempts made.
    attempts: u32,
    /// When the last attempt began, or when the delivery was given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// When the next attempt is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// What came of the last attempt.
    outcome: Option<&'static str>,
    /// The status the receiver answered then.
    status: Option<u16>,
    /// Why it was given up.
    reason: Option<&'static str>,
}

impl DeliveryView {
    fn of_attempt(stored: &StoredAttempt, state: &'static str) -> Self {
        let attempt = &stored.attempt;
        let (outcome, status) = told(&attempt.outcome);
        Self {
            event: stored.event,
            endpoint: stored.endpoint,
            state,
            attempts: attempt.number,
            at: Some(attempt.at),
            next_at: attempt.next_at.filter(|_| state == "waiting"),
            outcome: Some(outcome),
            status,
            reason: attempt.dead.map(|reason| reason.code()).filter(|_| state == "dead"),
        }
    }

    fn of_dead(letter: &DeadLetter) -> Self {
        let last = letter.last_outcome.as_ref().map(told);
        Self {
            event: letter.event,
            endpoint: letter.endpoint,
            state: "dead",
            attempts: letter.attempts,
            at: Some(letter.at),
            next_at: None,
            outcome: last.map(|(outcome, _)| outcome),
            status: last.and_then(|(_, status)| status),
            reason: Some(letter.reason.code()),
        }
    }

    fn of_waiting(waiting: &Waiting, event: EventId, endpoint: EndpointId) -> Self {
        Self {
            event,
            endpoint,
            state: "waiting",
            attempts: waiting.progress.map_or(0, |progress| progress.attempts),
            at: None,
            next_at: waiting.due,
            outcome: None,
            status: None,
            reason: None,
        }
    }
}

/// Which deliveries are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// Of this event.
    event: Option<String>,
    /// To this endpoint.
    endpoint: Option<String>,
    /// `waiting` (by name, for a retry or behind one; needs `endpoint`), `delivered` or `dead`.
    state: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Deliveries that have been tried, or that wait by name; newest first, waiting ones in the order of the log. Events that a
/// lane has not come to yet are not among them: an event's own story tells those.
#[utoipa::path(
    get, path = "/v1/deliveries", tag = "deliveries", params(DeliveryQuery),
    responses((status = 200, description = "One page.", body = List<DeliveryView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<DeliveryQuery>,
) -> Result<Json<List<DeliveryView>>, Problem> {
    let limits = app.engine().limits();
    let state = query.state.as_deref();
    let list = match state {
        None => "deliveries",
        Some("waiting") => "deliveries_waiting",
        Some("delivered") => "deliveries_delivered",
        Some("dead") => "deliveries_dead",
        Some(_) => return Err(invalid("state", "`state` is none of waiting, delivered, dead")),
    };
    let wanted: Wanted<u64> = Wanted::read(list, query.limit, query.cursor.as_deref(), limits)?;
    let event = event_place(&app, query.event.as_deref()).await?;
    let endpoint: Option<EndpointId> = param("endpoint", query.endpoint.as_deref())?;
    let page = match (state, endpoint) {
        (Some("waiting"), Some(endpoint)) => waiting(&app, endpoint, event, &wanted).await?,
        (Some("waiting"), None) => {
            return Err(invalid("endpoint", "`state=waiting` needs `endpoint`: each lane knows its own"));
        }
        (Some("dead"), _) => dead(&app, DeadLetterFilter { endpoint, event }, wanted.request(limits)).await?,
        _ => {
            let outcome = state.map(str::to_owned);
            let filter = AttemptFilter { event, endpoint, outcome, latest: true };
            tried(&app, &filter, wanted.request(limits)).await?
        }
    };
    Ok(Json(List::stored(list, page, |delivery| delivery)))
}

fn invalid(parameter: &'static str, detail: &str) -> Problem {
    Problem::new(Code::InvalidParameter, detail).with("parameter", parameter)
}

async fn dead(app: &App, filter: DeadLetterFilter, page: PageRequest) -> Result<Page<DeliveryView>, Problem> {
    let page = app.engine().ledger().dead_letters(&filter, page).await?;
    Ok(page.map(|letter| DeliveryView::of_dead(&letter)))
}

async fn tried(app: &App, filter: &AttemptFilter, page: PageRequest) -> Result<Page<DeliveryView>, Problem> {
    let page = app.engine().ledger().attempts(filter, page).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for stored in &page.items {
        items.push(DeliveryView::of_attempt(stored, state_of(app, stored).await?));
    }
    Ok(Page { items, next: page.next })
}

/// Where the delivery stands whose latest attempt this is. One that was given up may have been taken off the
/// dead-letter list since: then it waits.
async fn state_of(app: &App, stored: &StoredAttempt) -> Result<&'static str, Problem> {
    let attempt = &stored.attempt;
    if attempt.outcome.is_delivered() {
        return Ok("delivered");
    }
    if attempt.dead.is_none() {
        return Ok("waiting");
    }
    let filter = DeadLetterFilter { endpoint: Some(stored.endpoint), event: Some(attempt.seq) };
    let one = PageRequest { size: 1, before: None, scan_rows_max: app.engine().limits().scan_rows_max };
    let page = app.engine().ledger().dead_letters(&filter, one).await?;
    Ok(if page.items.is_empty() { "waiting" } else { "dead" })
}

/// Who waits by name in one lane, a page of them; the place is the last one's in the log.
async fn waiting(
    app: &App,
    endpoint: EndpointId,
    event: Option<Seq>,
    wanted: &Wanted<u64>,
) -> Result<Page<DeliveryView>, Problem> {
    let ledger = app.engine().ledger();
    let lane: LaneRecord = ledger
        .lane(endpoint)
        .await?
        .ok_or_else(|| Problem::new(Code::NotFound, format!("there is no endpoint `{endpoint}`")))?;
    let after = wanted.place.unwrap_or(0);
    let is_wanted = |waiting: &&Waiting| waiting.seq.0 > after && event.is_none_or(|seq| waiting.seq == seq);
    let mut rest = lane.waiting.iter().filter(is_wanted);
    let chosen: Vec<&Waiting> = rest.by_ref().take(wanted.size).collect();
    let next = chosen.last().filter(|_| rest.next().is_some()).map(|waiting| waiting.seq.0);
    let places: Vec<Seq> = chosen.iter().map(|waiting| waiting.seq).collect();
    let logged = ledger.read_at(&places).await?;
    let view = |waiting: &&Waiting| {
        let found = logged.iter().find(|logged| logged.seq == waiting.seq)?;
        Some(DeliveryView::of_waiting(waiting, found.event.id, endpoint))
    };
    Ok(Page { items: chosen.iter().filter_map(view).collect(), next })
}
