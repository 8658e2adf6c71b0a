//! Under which topic an event goes out in a dialect, to whom, and as what request. Pure: what the platform would do.
//!
//! An event of a canonical type goes out under the one topic that stands for it. What has only a platform's own name goes
//! out in that dialect alone, under the name it came in by. What came in by a dialect goes out in it as it was received.

use std::borrow::Cow;

use shopwire_core::commerce::entity::{Bare, Entity};
use shopwire_core::commerce::{CanonicalType, EntityKind, EventType};
use shopwire_core::{App, DialectId, Event, ReceivedWebhook, ShopId};

use crate::catalog::Topic;
use crate::{Canonical, Dialect, Draft, Happening, ShopIdentity, Unrenderable};

/// The topic an event goes out under.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its line in the catalogue; a topic that came in and that the catalogue does not know has none.
    pub topic: Option<&'static Topic>,
    /// Its name, braces filled in: what subscriptions are compared with.
    pub name: Cow<'static, str>,
}

/// The app on whose behalf something is sent.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The app.
    pub app: &'a App,
    /// Whether the event came in by a source of this app. Some platforms' webhooks about an app do not name it.
    pub is_source: bool,
}

/// Why an event does not go out in a dialect, or not to this app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    /// The platform has nothing to say of this.
    #[error("{dialect} has no topic for `{event_type}`")]
    NoTopic {
        /// The dialect.
        dialect: DialectId,
        /// The event's type.
        event_type: String,
    },
    /// It has only another platform's name.
    #[error("`{topic}` is a topic of {of} alone: it has no name in {dialect}")]
    Foreign {
        /// The dialect.
        dialect: DialectId,
        /// Whose topic it is.
        of: DialectId,
        /// The topic.
        topic: String,
    },
    /// The platform sends the topic under further conditions.
    #[error("{dialect} does not send `{topic}` for such a change: it depends on what changed, and into what")]
    Condition {
        /// The dialect.
        dialect: DialectId,
        /// The topic.
        topic: &'static str,
    },
    /// The app is not there.
    #[error("app `{app}` is not installed in the shop: it has no grant there")]
    NotInstalled {
        /// The app's name.
        app: String,
    },
    /// The app may not know.
    #[error("app `{app}` lacks the scope `{scope}` in the shop, which `{topic}` needs")]
    LacksScope {
        /// The app's name.
        app: String,
        /// The scope.
        scope: &'static str,
        /// The topic.
        topic: &'static str,
    },
    /// The app chose an older version than the topic's first.
    #[error("app `{app}` gets webhooks of version {version}, and `{topic}` begins with {min_version}")]
    VersionTooLow {
        /// The app's name.
        app: String,
        /// The version it chose.
        version: String,
        /// The topic.
        topic: &'static str,
        /// The first version with the topic.
        min_version: &'static str,
    },
    /// It is about an app, and not this one.
    #[error("the event concerns another app than `{app}`")]
    AnotherApp {
        /// The app's name.
        app: String,
    },
}

/// The topic an event goes out under in a dialect, whoever gets it.
pub fn topic(dialect: &dyn Dialect, event: &Event) -> Result<Published, NotPublished> {
    match &event.event_type {
        EventType::Canonical(event_type) => canonical_topic(dialect, *event_type),
        EventType::Native { dialect: of, topic } if *of == dialect.id() => {
            let found = dialect.catalog().find(topic);
            let name = found.map_or_else(|| topic.clone(), |found| found.documented(topic));
            Ok(Published { topic: found, name: name.into() })
        }
        EventType::Native { dialect: of, topic } => {
            Err(NotPublished::Foreign { dialect: dialect.id(), of: *of, topic: topic.clone() })
        }
        // What Shopwire tells of itself is told in its own dialect alone.
        EventType::Operational(operational) => {
            Err(NotPublished::NoTopic { dialect: dialect.id(), event_type: operational.as_str().to_owned() })
        }
    }
}

/// The topic that stands for a canonical type in a dialect.
pub fn canonical_topic(dialect: &dyn Dialect, event_type: CanonicalType) -> Result<Published, NotPublished> {
    let found = dialect.catalog().for_event_type(event_type).ok_or_else(|| NotPublished::NoTopic {
        dialect: dialect.id(),
        event_type: event_type.as_str().to_owned(),
    })?;
    Ok(Published { topic: Some(found), name: found.name.into() })
}

/// The topic an event goes out under to an app, or to whoever has a secret of their own (no `holder`), who counts as
/// holding every scope and the newest version. `canonical` is asked only where a topic has conditions.
pub fn publish<'c>(
    dialect: &dyn Dialect,
    event: &Event,
    canonical: impl FnOnce() -> Option<&'c Canonical>,
    holder: Option<Holder<'_>>,
) -> Result<Published, NotPublished> {
    let published = topic(dialect, event)?;
    if let Some(holder) = holder {
        check_holder(dialect, event, published.topic, holder)?;
    }
    // What the platform itself has sent fulfilled its conditions.
    if let Some(topic) = published.topic
        && !topic.when.is_empty()
        && received(dialect, event).is_none()
        && canonical().is_some_and(|canonical| !topic.when.admits(canonical))
    {
        return Err(NotPublished::Condition { dialect: dialect.id(), topic: topic.name });
    }
    Ok(published)
}

fn check_holder(
    dialect: &dyn Dialect,
    event: &Event,
    topic: Option<&'static Topic>,
    holder: Holder<'_>,
) -> Result<(), NotPublished> {
    let (app, name) = (holder.app, || holder.app.name.clone());
    if event.subject.kind() == Some(EntityKind::App) && !concerns(event, holder) {
        return Err(NotPublished::AnotherApp { app: name() });
    }
    // Who is told that it was removed is no longer installed.
    if event.event_type != EventType::Canonical(CanonicalType::AppUninstalled) {
        check_scope(dialect, topic, app, event.shop)?;
    }
    let (Some(topic), Some(version)) = (topic, &app.webhook_api_version) else { return Ok(()) };
    match topic.min_version {
        Some(min_version) if digits(version) < digits(min_version) => Err(NotPublished::VersionTooLow {
            app: name(),
            version: version.clone(),
            topic: topic.name,
            min_version,
        }),
        _ => Ok(()),
    }
}

/// Whether an event about an app is about this one: by the platform's client id, or by our own id.
fn concerns(event: &Event, holder: Holder<'_>) -> bool {
    let subject = event.subject.id();
    let is_named = holder.app.client_id.as_deref() == Some(subject) || holder.app.id.to_string() == subject;
    is_named || holder.is_source
}

fn check_scope(
    dialect: &dyn Dialect,
    topic: Option<&'static Topic>,
    app: &App,
    shop: ShopId,
) -> Result<(), NotPublished> {
    let name = || app.name.clone();
    let grant = app.grants.get(&shop).ok_or_else(|| NotPublished::NotInstalled { app: name() })?;
    let Some((topic, scope)) = topic.and_then(|topic| Some((topic, topic.scope?))) else { return Ok(()) };
    let rules = dialect.registration();
    let holds = rules.scopes_of_every_app.contains(&scope)
        || grant.scopes.iter().any(|granted| rules.scope(granted) == scope);
    if holds { Ok(()) } else { Err(NotPublished::LacksScope { app: name(), scope, topic: topic.name }) }
}

/// A version as text that compares like a time: `202207`, also for `2022-07`.
fn digits(version: &str) -> String {
    version.chars().filter(char::is_ascii_digit).collect()
}

/// The webhook of this very dialect that an event came in by.
fn received<'e>(dialect: &dyn Dialect, event: &'e Event) -> Option<&'e ReceivedWebhook> {
    event.origin.webhook().filter(|webhook| webhook.dialect == dialect.id())
}

/// Why no request can be made of an event in a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undraftable {
    /// There is no topic to send it under.
    #[error(transparent)]
    NotPublished(#[from] NotPublished),
    /// A topic that is not in the catalogue can be passed on, and not made.
    #[error(
        "{dialect}'s catalogue does not know `{topic}`: only what {dialect} has sent can go out under it"
    )]
    Unknown {
        /// The dialect.
        dialect: DialectId,
        /// The topic.
        topic: String,
    },
    /// What it says can't be read.
    #[error("what the event says can't be read: its body is kept with it")]
    Unreadable,
    /// The dialect can't say it.
    #[error(transparent)]
    Unrenderable(#[from] Unrenderable),
}

/// The request for an event in a dialect, unsigned: passed on as it was received if it came in by this dialect, else
/// rendered. `canonical` is what it says ([`crate::canonical`]), `identity` the shop's on the platform.
pub fn draft(
    dialect: &dyn Dialect,
    event: &Event,
    canonical: Option<&Canonical>,
    identity: &ShopIdentity,
    api_version: Option<&str>,
) -> Result<Draft, Undraftable> {
    let happening = |canonical| Happening {
        id: event.id,
        event_type: &event.event_type,
        subject: &event.subject,
        occurred_at: event.occurred_at,
        shop: event.shop,
        identity,
        canonical,
        api_version,
    };
    if let Some(webhook) = received(dialect, event) {
        let bare;
        let canonical = match canonical {
            Some(canonical) => canonical,
            None => {
                bare = Canonical::of(Entity::Bare(Bare::new(event.subject.id())));
                &bare
            }
        };
        return Ok(dialect.forward(webhook, &happening(canonical)));
    }
    let Published { topic, name } = topic(dialect, event)?;
    let unknown = || Undraftable::Unknown { dialect: dialect.id(), topic: name.into_owned() };
    let topic = topic.ok_or_else(unknown)?;
    let canonical = canonical.ok_or(Undraftable::Unreadable)?;
    Ok(dialect.render(topic, &happening(canonical))?)
}

#[cfg(test)]
mod tests;
