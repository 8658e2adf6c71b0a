//! Replays: durable jobs that send a selection of past events again.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use shopwire_core::delivery::{DeadReason, TopicPattern};
use shopwire_core::{
    DialectId, EndpointId, EventId, PastOutcome, PastState, Replay, ReplayId, ReplayProgress, ReplayState,
    Selection, ShopId, Timestamp,
};
use shopwire_engine::replay::{ReplayDraft, ReplayPreview};
use utoipa::{IntoParams, ToSchema};

use super::created;
use super::events::EventView;
use crate::app::App;
use crate::extract::{Id, Params, Whole, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// Which events. Everything that is given must hold; `events` stands alone.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = ReplaySelection)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectionView {
    /// These events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<String>>)]
    events: Vec<EventId>,
    /// Of this shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    shop: Option<ShopId>,
    /// Of one of these types, written as the topics of a `cloudevents` endpoint: `order.created`, `order.*`, `bigcommerce:*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<String>>)]
    types: Vec<String>,
    /// About this subject, as `order/169`.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Received in this dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    dialect: Option<DialectId>,
    /// Received at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Received before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Of which this became at an endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeView>,
}

/// What became of the events at an endpoint, by the last that is known.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = ReplayOutcome)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomeView {
    /// At which endpoint; the one that is replayed to, unless another is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    endpoint: Option<EndpointId>,
    /// `delivered`; `failed`: the last attempt failed; `dead`: on the dead-letter list; `missing`: never attempted.
    #[schema(value_type = String)]
    is: PastState,
    /// Why it was given up, for `dead`: `exhausted`, `too_old`, `unrenderable`, `unsendable`, `endpoint_removed`, `erased` or `lapsed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Given up, or last attempted, at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Given up, or last attempted, before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// A replay to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReplay {
    /// Where the events are sent: the endpoint that got them, or another one.
    #[schema(value_type = String)]
    endpoint: EndpointId,
    selection: SelectionView,
    /// Whether the endpoint gets events too that its topics do not cover; never those of another shop or without a scope.
    #[serde(default)]
    ignore_topics: bool,
    /// Events per second; as many as limit `replay_rate_max` allows unless given.
    rate: Option<u64>,
    /// Count only: nothing is made or sent.
    #[serde(default)]
    dry_run: bool,
}

/// How many events were not queued, by the reason.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplaySkipped)]
pub(crate) struct SkippedView {
    /// Of another shop, or none of the endpoint's topics covers them.
    unwanted: u64,
    /// The endpoint may not have them: no word in its dialect, no scope of its app.
    not_permitted: u64,
    /// They wait for the endpoint already, or its turn has yet to come to them.
    on_their_way: u64,
    /// No longer in the log, or not to be read.
    unreadable: u64,
}

/// A durable job that sends past events again.
#[derive(Serialize, ToSchema)]
#[schema(as = Replay)]
pub(crate) struct ReplayView {
    #[schema(value_type = String)]
    id: ReplayId,
    #[schema(value_type = String)]
    endpoint: EndpointId,
    selection: SelectionView,
    ignore_topics: bool,
    /// Events per second.
    rate: u64,
    /// `queued` behind other replays, `running`, `finished`: all is queued with the endpoint or skipped, `cancelled`, `failed`.
    state: &'static str,
    /// Why it failed.
    reason: Option<String>,
    /// How much of the way through the log is done, 0 to 100.
    percent: u64,
    /// Events, and entries of lists, that were looked at.
    looked_at: u64,
    /// Events that the selection covers: those queued and those skipped.
    selected: u64,
    /// Queued with the endpoint, to be sent like anything that waits.
    queued: u64,
    skipped: SkippedView,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last went on or changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// What a replay would come to.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayPreview)]
pub(crate) struct PreviewView {
    /// Events that the selection covers.
    selected: u64,
    /// Events that would be queued.
    queued: u64,
    skipped: SkippedView,
    /// Whether everything was looked at; if not, there are at least so many (limit `scan_rows_max`).
    complete: bool,
    /// The first few that would be queued.
    first: Vec<EventView>,
}

/// Which replays are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReplayQuery {
    /// To this endpoint.
    endpoint: Option<String>,
    /// In this state: `queued`, `running`, `finished`, `cancelled` or `failed`.
    state: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

/// Makes a replay, which begins as soon as there is room for it; or with `dry_run` counts what it would do.
#[utoipa::path(
    post, path = "/v1/replays", tag = "replays", request_body = NewReplay,
    responses(
        (status = 201, description = "The replay.", body = ReplayView),
        (status = 200, description = "With `dry_run`: what it would come to.", body = PreviewView),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Whole(new): Whole<NewReplay>,
) -> Result<Response, Problem> {
    let NewReplay { endpoint, ignore_topics, rate, dry_run, .. } = new;
    let selection = new.selection.read(endpoint)?;
    let draft = ReplayDraft { endpoint, selection, ignore_topics, rate };
    if dry_run {
        let preview = app.engine().preview_replay(draft).await?;
        return Ok(Json(PreviewView::from(&preview)).into_response());
    }
    let replay = app.engine().start_replay(draft).await?;
    Ok(created(format!("/v1/replays/{}", replay.id), ReplayView::from(&replay)).into_response())
}

/// The replays that are known, newest first.
#[utoipa::path(
    get, path = "/v1/replays", tag = "replays", params(ReplayQuery),
    responses((status = 200, description = "One page.", body = List<ReplayView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<ReplayQuery>,
) -> Result<Json<List<ReplayView>>, Problem> {
    let engine = app.engine();
    let wanted: Wanted<ReplayId> =
        Wanted::read("replays", query.limit, query.cursor.as_deref(), engine.limits())?;
    let endpoint: Option<EndpointId> = param("endpoint", query.endpoint.as_deref())?;
    let state = query.state.as_deref();
    if let Some(state) = state.filter(|state| !ReplayState::NAMES.contains(state)) {
        let shown: String = state.chars().take(40).collect();
        let detail = format!("`state`: `{shown}` is none of {}", ReplayState::NAMES.join(", "));
        return Err(Problem::new(Code::InvalidParameter, detail).with("parameter", "state"));
    }
    let all = engine.directory().replays.all();
    let mut rest = all.iter().rev().filter(|replay| {
        wanted.place.is_none_or(|place| replay.id < place)
            && endpoint.is_none_or(|endpoint| replay.endpoint == endpoint)
            && state.is_none_or(|state| replay.state.as_str() == state)
    });
    let chosen: Vec<_> = rest.by_ref().take(wanted.size).collect();
    let next = chosen.last().filter(|_| rest.next().is_some()).map(|replay| replay.id);
    let items = chosen.iter().map(|replay| ReplayView::from(replay.as_ref())).collect();
    Ok(Json(List::page("replays", items, next)))
}

/// One replay and how far it has come.
#[utoipa::path(
    get, path = "/v1/replays/{id}", tag = "replays", params(("id" = String, Path)),
    responses((status = 200, description = "The replay.", body = ReplayView)),
)]
pub(crate) async fn get(State(app): State<App>, Id(id): Id<ReplayId>) -> Result<Json<ReplayView>, Problem> {
    let replay = app.engine().directory().replays.get(id);
    let replay = replay.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no replay `{id}`")))?;
    Ok(Json(ReplayView::from(replay.as_ref())))
}

/// Ends a replay. What it has queued is sent all the same.
#[utoipa::path(
    post, path = "/v1/replays/{id}/cancel", tag = "replays", params(("id" = String, Path)),
    responses((status = 200, description = "The replay as it is now.", body = ReplayView)),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    Id(id): Id<ReplayId>,
) -> Result<Json<ReplayView>, Problem> {
    Ok(Json(ReplayView::from(&app.engine().cancel_replay(id).await?)))
}

impl SelectionView {
    fn read(self, target: EndpointId) -> Result<Selection, Problem> {
        let types = self.types.iter().map(|text| TopicPattern::parse(DialectId::CloudEvents, text));
        Ok(Selection {
            events: self.events,
            shop: self.shop,
            types: types.collect::<Result<_, _>>().map_err(|error| invalid("selection.types", error))?,
            subject: field("selection.subject", self.subject.as_deref())?,
            dialect: self.dialect,
            since: self.since,
            until: self.until,
            outcome: self.outcome.map(|outcome| outcome.read(target)).transpose()?,
        })
    }
}

impl OutcomeView {
    fn read(self, target: EndpointId) -> Result<PastOutcome, Problem> {
        let Self { endpoint, is, since, until, .. } = self;
        let reason =
            self.reason.as_deref().map(|code| reason("selection.outcome.reason", code)).transpose()?;
        Ok(PastOutcome { endpoint: endpoint.unwrap_or(target), is, reason, since, until })
    }
}

/// Why a delivery was given up, by its word in a body.
fn reason(name: &'static str, code: &str) -> Result<DeadReason, Problem> {
    let shown: String = code.chars().take(40).collect();
    DeadReason::from_code(code)
        .ok_or_else(|| invalid(name, format!("`{shown}` is no reason why a delivery is given up")))
}

fn field<T: std::str::FromStr<Err: std::fmt::Display>>(
    name: &'static str,
    given: Option<&str>,
) -> Result<Option<T>, Problem> {
    given.map(|text| text.parse().map_err(|error| invalid(name, error))).transpose()
}

fn invalid(name: &'static str, why: impl std::fmt::Display) -> Problem {
    Problem::new(Code::InvalidField, format!("`{name}`: {why}")).with("field", name)
}

impl From<&Selection> for SelectionView {
    fn from(selection: &Selection) -> Self {
        let outcome = |outcome: &PastOutcome| OutcomeView {
            endpoint: Some(outcome.endpoint),
            is: outcome.is,
            reason: outcome.reason.map(|reason| reason.code().to_owned()),
            since: outcome.since,
            until: outcome.until,
        };
        Self {
            events: selection.events.clone(),
            shop: selection.shop,
            types: selection.types.iter().map(ToString::to_string).collect(),
            subject: selection.subject.as_ref().map(ToString::to_string),
            dialect: selection.dialect,
            since: selection.since,
            until: selection.until,
            outcome: selection.outcome.as_ref().map(outcome),
        }
    }
}

impl From<&ReplayProgress> for SkippedView {
    fn from(progress: &ReplayProgress) -> Self {
        let skipped = progress.skipped;
        Self {
            unwanted: skipped.unwanted,
            not_permitted: skipped.not_permitted,
            on_their_way: skipped.on_their_way,
            unreadable: skipped.unreadable,
        }
    }
}

impl From<&Replay> for ReplayView {
    fn from(replay: &Replay) -> Self {
        let progress = &replay.progress;
        let percent = match replay.state {
            ReplayState::Finished => 100,
            _ => progress.position.0.saturating_mul(100) / replay.last.0.max(1),
        };
        let reason =
            if let ReplayState::Failed { reason } = &replay.state { Some(reason.clone()) } else { None };
        Self {
            id: replay.id,
            endpoint: replay.endpoint,
            selection: SelectionView::from(&replay.selection),
            ignore_topics: replay.ignore_topics,
            rate: replay.rate,
            state: replay.state.as_str(),
            reason,
            percent: percent.min(100),
            looked_at: progress.looked_at,
            selected: progress.selected,
            queued: progress.queued,
            skipped: SkippedView::from(progress),
            created_at: replay.created_at,
            updated_at: replay.updated_at,
        }
    }
}

impl From<&ReplayPreview> for PreviewView {
    fn from(preview: &ReplayPreview) -> Self {
        Self {
            selected: preview.progress.selected,
            queued: preview.progress.queued,
            skipped: SkippedView::from(&preview.progress),
            complete: preview.is_whole,
            first: preview.first.iter().map(|logged| EventView::from(logged.as_ref())).collect(),
        }
    }
}
