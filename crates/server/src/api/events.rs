//! Events.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shopwire_core::delivery::ContentMode;
use shopwire_core::{DialectId, EventId, LoggedEvent, Origin, RecordedChange, ShopId, SourceId, Timestamp};
use shopwire_dialects::cloudevents;
use shopwire_engine::Story;
use shopwire_store::{EventFilter, EventHead};
use utoipa::{IntoParams, ToSchema};

use super::received::ReceivedView;
use super::story::{DeliveryStoryView, MergesView};
use crate::app::App;
use crate::extract::{Id, Params, moment, param};
use crate::page::{List, Wanted};
use crate::problem::{Code, Problem};

/// Something that happened in a shop.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    #[schema(value_type = String)]
    id: EventId,
    #[schema(value_type = String)]
    shop: ShopId,
    /// What happened: a canonical event type, or a platform's own as `bigcommerce:store/channel/updated`.
    #[schema(example = "order.created")]
    r#type: String,
    /// What it happened to.
    #[schema(example = "order/169")]
    subject: String,
    /// When it happened, as the platform says, else when it was received.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// When it was received.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// The source it came in by.
    #[schema(value_type = Option<String>)]
    source: Option<SourceId>,
    /// The dialect it came in.
    #[schema(value_type = Option<String>)]
    dialect: Option<DialectId>,
    /// The platform's own topic.
    topic: Option<String>,
}

impl From<EventHead> for EventView {
    fn from(head: EventHead) -> Self {
        Self {
            id: head.id,
            shop: head.shop,
            r#type: head.event_type.to_string(),
            subject: head.subject.to_string(),
            occurred_at: head.occurred_at,
            received_at: head.received_at,
            source: head.source,
            dialect: head.dialect,
            topic: head.topic,
        }
    }
}

impl From<&LoggedEvent> for EventView {
    fn from(logged: &LoggedEvent) -> Self {
        let event = &logged.event;
        let webhook = event.origin.webhook();
        Self {
            id: event.id,
            shop: event.shop,
            r#type: event.event_type.to_string(),
            subject: event.subject.to_string(),
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            source: webhook.map(|webhook| webhook.source),
            dialect: webhook.map(|webhook| webhook.dialect),
            topic: webhook.map(|webhook| webhook.topic.clone()),
        }
    }
}

/// The change an event came from.
#[derive(Serialize, ToSchema)]
#[schema(as = EventChange)]
pub(crate) struct ChangeView {
    /// Why, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// The entity's version after it; 0 for an occurrence.
    version: u64,
}

impl From<&RecordedChange> for ChangeView {
    fn from(change: &RecordedChange) -> Self {
        Self { cause: change.cause.clone(), actor: change.actor.clone(), version: change.version }
    }
}

/// An event with what was received, what it means, and all that became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = EventStory)]
pub(crate) struct EventStoryView {
    event: EventView,
    /// The webhook it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<ReceivedView>,
    /// The change it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeView>,
    /// The canonical data, as it is delivered: `object`, `previous`, `origin`.
    #[schema(value_type = Object)]
    data: Option<Box<RawValue>>,
    merges: MergesView,
    /// What became of it at each endpoint.
    deliveries: Vec<DeliveryStoryView>,
}

impl From<&Story> for EventStoryView {
    fn from(story: &Story) -> Self {
        let (received, change) = match &story.logged.event.origin {
            Origin::Webhook(webhook) => (Some(ReceivedView::from(webhook)), None),
            Origin::Change(change) => (None, Some(ChangeView::from(change))),
        };
        let rendered = cloudevents::render(&story.logged);
        Self {
            event: EventView::from(story.logged.as_ref()),
            received,
            change,
            data: serde_json::from_slice(rendered.body(ContentMode::Binary)).ok(),
            merges: MergesView::from(story.merges),
            deliveries: story.deliveries.iter().map(DeliveryStoryView::from).collect(),
        }
    }
}

/// Which events are wanted. Everything that is given must hold.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// Of this shop.
    shop: Option<String>,
    /// Of this type, as `order.created`.
    r#type: Option<String>,
    /// About this subject, as `order/169`.
    subject: Option<String>,
    /// Received in this dialect.
    dialect: Option<String>,
    /// Received at this moment or later (RFC 3339).
    since: Option<String>,
    /// Received before this moment (RFC 3339).
    until: Option<String>,
    /// Items at most.
    limit: Option<usize>,
    /// The `next` of the former page.
    cursor: Option<String>,
}

impl EventQuery {
    fn filter(&self) -> Result<EventFilter, Problem> {
        Ok(EventFilter {
            shop: param("shop", self.shop.as_deref())?,
            event_type: param("type", self.r#type.as_deref())?,
            subject: param("subject", self.subject.as_deref())?,
            dialect: param("dialect", self.dialect.as_deref())?,
            since: moment("since", self.since.as_deref())?,
            until: moment("until", self.until.as_deref())?,
        })
    }
}

/// Events by filter, newest first.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", params(EventQuery),
    responses((status = 200, description = "One page.", body = List<EventView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<EventQuery>,
) -> Result<Json<List<EventView>>, Problem> {
    let limits = app.engine().limits();
    let wanted = Wanted::read("events", query.limit, query.cursor.as_deref(), limits)?;
    let page = app.engine().ledger().search(&query.filter()?, wanted.request(limits)).await?;
    Ok(Json(List::stored("events", page, EventView::from)))
}

/// One event with its whole story: received, merged, filtered, delivered, waiting, dead, and why.
#[utoipa::path(
    get, path = "/v1/events/{id}", tag = "events", params(("id" = String, Path)),
    responses((status = 200, description = "The event with its story.", body = EventStoryView)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    Id(id): Id<EventId>,
) -> Result<Json<EventStoryView>, Problem> {
    let story = app.engine().story(id).await?;
    let story =
        story.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no event `{id}` in the log")))?;
    Ok(Json(EventStoryView::from(&story)))
}
