//! The catalogue: what the platforms can say, and what it means.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use shopwire_core::DialectId;
use shopwire_core::commerce::{ArisesFrom, CanonicalType};
use shopwire_dialects::Dialect;
use shopwire_dialects::catalog::{Listed, Topic, Wildcard};
use utoipa::ToSchema;

use super::schema;
use crate::app::App;
use crate::extract::Id;
use crate::page::List;
use crate::problem::{Code, Problem};

/// A platform.
#[derive(Serialize, ToSchema)]
#[schema(as = Dialect)]
pub(crate) struct DialectView {
    #[schema(value_type = String, example = "duda")]
    dialect: DialectId,
    /// The platform's name as people write it.
    title: &'static str,
    /// The platform's own documentation.
    docs: &'static [&'static str],
    /// How many topics are known.
    topics: usize,
}

/// A platform with its topics.
#[derive(Serialize, ToSchema)]
#[schema(as = DialectTopics)]
pub(crate) struct DialectTopicsView {
    #[schema(value_type = String)]
    dialect: DialectId,
    title: &'static str,
    docs: &'static [&'static str],
    /// Patterns that can be subscribed at the platform.
    wildcards: Vec<WildcardView>,
    topics: Vec<TopicView>,
}

/// A pattern that can be subscribed at the platform.
#[derive(Serialize, ToSchema)]
#[schema(as = Wildcard)]
pub(crate) struct WildcardView {
    name: &'static str,
    summary: &'static str,
}

impl From<&Wildcard> for WildcardView {
    fn from(wildcard: &Wildcard) -> Self {
        Self { name: wildcard.name, summary: wildcard.summary }
    }
}

/// A topic of a platform.
#[derive(Serialize, ToSchema)]
#[schema(as = Topic)]
pub(crate) struct TopicView {
    /// The platform's own name; a segment in braces stands for any one segment.
    name: &'static str,
    /// The canonical event type it stands for; null if it travels under its own name.
    event_type: Option<&'static str>,
    /// The kind of thing it is about.
    subject: &'static str,
    /// What the id in its body is.
    identifier: &'static str,
    /// The access scope an app needs.
    scope: Option<&'static str>,
    /// The lowest API version that sends it.
    min_version: Option<&'static str>,
    /// Whether the platform calls it experimental.
    beta: bool,
    /// Topics that can't be subscribed together with it.
    conflicts: &'static [&'static str],
    /// Other spellings met on the wire.
    aliases: &'static [&'static str],
    /// The REST call that tells more.
    rest: Option<&'static str>,
    /// Fields whose change gives the event, where the platform lists them.
    fields: &'static [&'static str],
    /// When it is sent.
    summary: &'static str,
    /// What is unclear or special.
    note: Option<&'static str>,
    /// `seed` or `later`: in which of the platform's lists it stands.
    listed: &'static str,
}

impl From<&Topic> for TopicView {
    fn from(topic: &Topic) -> Self {
        Self {
            name: topic.name,
            event_type: topic.event_type.map(CanonicalType::as_str),
            subject: topic.subject,
            identifier: topic.identifier,
            scope: topic.scope,
            min_version: topic.min_version,
            beta: topic.beta,
            conflicts: topic.conflicts,
            aliases: topic.aliases,
            rest: topic.rest,
            fields: topic.when.changed,
            summary: topic.summary,
            note: topic.note,
            listed: match topic.listed {
                Listed::Seed => "seed",
                Listed::Later => "later",
            },
        }
    }
}

/// A canonical event type.
#[derive(Serialize, ToSchema)]
#[schema(as = EventType)]
pub(crate) struct EventTypeView {
    #[schema(example = "order.created")]
    r#type: &'static str,
    /// The kind of entity it is about.
    kind: &'static str,
    /// How it comes about: `created`, `changed`, `deleted`, `transition`, `occurrence` or `timer`.
    arises_from: &'static str,
    /// The topics that stand for it, by platform.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    topics: BTreeMap<DialectId, Vec<&'static str>>,
}

impl From<CanonicalType> for EventTypeView {
    fn from(canonical: CanonicalType) -> Self {
        let topics = |dialect: &&dyn Dialect| {
            let topics = dialect.catalog().topics.iter();
            let names: Vec<_> = topics.filter(|t| t.event_type == Some(canonical)).map(|t| t.name).collect();
            (!names.is_empty()).then(|| (dialect.id(), names))
        };
        Self {
            r#type: canonical.as_str(),
            kind: canonical.kind().as_str(),
            arises_from: match canonical.arises_from() {
                ArisesFrom::Created => "created",
                ArisesFrom::Changed => "changed",
                ArisesFrom::Deleted => "deleted",
                ArisesFrom::Transition => "transition",
                ArisesFrom::Occurrence => "occurrence",
                ArisesFrom::Timer => "timer",
            },
            topics: shopwire_dialects::all().iter().filter_map(topics).collect(),
        }
    }
}

/// A canonical event type with the schema of its events.
#[derive(Serialize, ToSchema)]
#[schema(as = EventTypeSchema)]
pub(crate) struct EventTypeSchemaView {
    event_type: EventTypeView,
    /// The JSON Schema (draft 2020-12) of its CloudEvents.
    #[schema(value_type = Object)]
    schema: Value,
    /// The JSON Schema of the `details` that an occurrence of this type must be told with; null if it is no occurrence.
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
}

/// The platforms.
#[utoipa::path(
    get, path = "/v1/catalog/dialects", tag = "catalog",
    responses((status = 200, description = "All of them.", body = List<DialectView>)),
)]
pub(crate) async fn dialects(State(_): State<App>) -> Json<List<DialectView>> {
    let view = |dialect: &&dyn Dialect| {
        let catalog = dialect.catalog();
        DialectView {
            dialect: dialect.id(),
            title: catalog.title,
            docs: catalog.docs,
            topics: catalog.topics.len(),
        }
    };
    Json(List::whole(shopwire_dialects::all().iter().map(view)))
}

/// One platform with its topics.
#[utoipa::path(
    get, path = "/v1/catalog/dialects/{dialect}", tag = "catalog", params(("dialect" = String, Path)),
    responses((status = 200, description = "The platform.", body = DialectTopicsView)),
)]
pub(crate) async fn dialect(Id(id): Id<DialectId>) -> Result<Json<DialectTopicsView>, Problem> {
    let dialect = shopwire_dialects::get(id).ok_or_else(|| {
        let detail = format!("`{id}` has no topics of its own: see `/v1/catalog/event_types`");
        Problem::new(Code::NotFound, detail)
    })?;
    let catalog = dialect.catalog();
    Ok(Json(DialectTopicsView {
        dialect: id,
        title: catalog.title,
        docs: catalog.docs,
        wildcards: catalog.wildcards.iter().map(WildcardView::from).collect(),
        topics: catalog.topics.iter().map(TopicView::from).collect(),
    }))
}

/// The canonical event types, each with the topics that stand for it.
#[utoipa::path(
    get, path = "/v1/catalog/event_types", tag = "catalog",
    responses((status = 200, description = "All of them.", body = List<EventTypeView>)),
)]
pub(crate) async fn event_types(State(_): State<App>) -> Json<List<EventTypeView>> {
    Json(List::whole(CanonicalType::ALL.iter().copied().map(EventTypeView::from)))
}

/// One canonical event type with the JSON Schema of its events.
#[utoipa::path(
    get, path = "/v1/catalog/event_types/{type}", tag = "catalog", params(("type" = String, Path)),
    responses((status = 200, description = "The event type.", body = EventTypeSchemaView)),
)]
pub(crate) async fn event_type(
    Id(event_type): Id<shopwire_core::commerce::EventType>,
) -> Result<Json<EventTypeSchemaView>, Problem> {
    let canonical = event_type.canonical().ok_or_else(|| {
        let detail = format!(
            "`{event_type}` is a platform's own: its events carry the platform's body and have no schema"
        );
        Problem::new(Code::NotFound, detail)
    })?;
    let (schema, details) = (schema::of(canonical), schema::of_occurrence(canonical));
    Ok(Json(EventTypeSchemaView { event_type: EventTypeView::from(canonical), schema, details }))
}
