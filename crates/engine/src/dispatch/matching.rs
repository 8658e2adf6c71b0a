//! Whether an endpoint gets an event, and if not, why.

use std::borrow::Cow;

use shopwire_core::commerce::EventType;
use shopwire_core::delivery::{Endpoint, TopicPattern};
use shopwire_core::{App, DialectId, Event, LoggedEvent};
use shopwire_dialects::publish::{Holder, NotPublished, publish, topic};

use super::Parcel;
use crate::Directory;

/// Why an endpoint does not get an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Filtered {
    /// It happened elsewhere.
    #[error("the endpoint gets the events of another shop")]
    Shop,
    /// The endpoint has not asked for it.
    #[error("none of the endpoint's topics covers `{0}`")]
    Topics(String),
    /// It is about the endpoint itself.
    #[error("what is told of an endpoint is not sent to itself")]
    Itself,
    /// The endpoint's dialect has no word for it, or its app may not hear of it.
    #[error(transparent)]
    NotPublished(#[from] NotPublished),
}

/// Whether `endpoint` asks for this event: its shop, and one of its topics. The index gives the same answer for many
/// endpoints at once. Whether it may have it is another question, asked when a lane takes the event.
pub fn wants(endpoint: &Endpoint, logged: &LoggedEvent) -> bool {
    wanted(endpoint, &logged.event).is_ok()
}

fn wanted(endpoint: &Endpoint, event: &Event) -> Result<(), Filtered> {
    if endpoint.shop.is_some_and(|shop| shop != event.shop) {
        return Err(Filtered::Shop);
    }
    let name = name(endpoint.dialect, event)?;
    let is_operational = event.event_type.operational().is_some();
    // `*` stands for what happens in shops: how other endpoints fare must be asked for.
    let covers = |pattern: &TopicPattern| {
        pattern.matches(&name) && !(is_operational && pattern.wildcard() == Some(""))
    };
    if is_operational && event.subject.id() == endpoint.id.to_string() {
        return Err(Filtered::Itself);
    }
    if endpoint.topics.iter().any(covers) {
        return Ok(());
    }
    Err(Filtered::Topics(name.into_owned()))
}

/// What an event is called in a dialect.
fn name(dialect: DialectId, event: &Event) -> Result<Cow<'static, str>, NotPublished> {
    match shopwire_dialects::get(dialect) {
        Some(dialect) => topic(dialect, event).map(|published| published.name),
        None => Ok(match &event.event_type {
            EventType::Canonical(event_type) => event_type.as_str().into(),
            EventType::Operational(operational) => operational.as_str().into(),
            native @ EventType::Native { .. } => native.to_string().into(),
        }),
    }
}

/// Whether `endpoint` gets this event now: it asks for it, and may have it.
pub(crate) fn admitted(endpoint: &Endpoint, parcel: &Parcel, directory: &Directory) -> Result<(), Filtered> {
    wanted(endpoint, &parcel.logged().event)?;
    Ok(permitted(endpoint, parcel, directory)?)
}

/// Whether `endpoint`, which asks for this event, may have it: its platform would send it to its app. What the app may
/// know is looked up each time, so that what is revoked counts from the next event on.
pub(crate) fn permitted(
    endpoint: &Endpoint,
    parcel: &Parcel,
    directory: &Directory,
) -> Result<(), NotPublished> {
    let Some(dialect) = shopwire_dialects::get(endpoint.dialect) else { return Ok(()) };
    let event = &parcel.logged().event;
    let app = match endpoint.app {
        Some(id) => {
            let gone = || NotPublished::NotInstalled { app: id.to_string() };
            Some(directory.apps.get(id).ok_or_else(gone)?)
        }
        None => None,
    };
    let holder = app.as_deref().map(|app| Holder { app, is_source: is_source(app, event, directory) });
    publish(dialect, event, || parcel.canonical(), holder)?;
    Ok(())
}

/// Whether an event came in by a source of this app.
fn is_source(app: &App, event: &Event, directory: &Directory) -> bool {
    let webhook = event.origin.webhook();
    let source = webhook.and_then(|webhook| directory.sources.get(webhook.source));
    source.is_some_and(|source| source.app == Some(app.id))
}
