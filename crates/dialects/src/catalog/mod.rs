//! What a platform can say: its topics, as data.
//!
//! The tables are made from each dialect's `catalog.toml` when this crate is built; a wrong one does not build.

use std::borrow::Cow;

use serde::Serialize;
mod condition;

pub use condition::{Condition, Except};

use shopwire_core::DialectId;
use shopwire_core::commerce::{CanonicalType, EventType, Subject};

/// Where a topic is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// In the platform's own list that this project began with.
    Seed,
    /// Public since, or elsewhere.
    Later,
}

/// One topic of a platform.
#[derive(Debug, Serialize)]
pub struct Topic {
    /// The platform's own name. A segment in braces (`{channel_id}`) stands for any one segment.
    pub name: &'static str,
    /// The event type it stands for; a topic without one travels under its native name.
    #[serde(serialize_with = "as_name")]
    pub event_type: Option<CanonicalType>,
    /// The kind of thing it is about: an entity kind, or the platform's own word.
    pub subject: &'static str,
    /// JSON pointers into the body, tried in order, to the subject's id.
    pub id: &'static [&'static str],
    /// What that id is: `number`, `string`, `code`, `guid`, `uuid`, `shop`, `fixed` or `list`.
    pub identifier: &'static str,
    /// The access scope an app needs, where the platform has one for each topic.
    pub scope: Option<&'static str>,
    /// The lowest API version that sends it, where the platform has versions.
    pub min_version: Option<&'static str>,
    /// Whether the platform calls it experimental.
    pub beta: bool,
    /// Topics that can't be subscribed together with this one.
    pub conflicts: &'static [&'static str],
    /// Other spellings met on the wire.
    pub aliases: &'static [&'static str],
    /// The REST call that tells more.
    pub rest: Option<&'static str>,
    /// What must hold beside the event type for the platform to send it.
    #[serde(skip_serializing_if = "Condition::is_empty")]
    pub when: Condition,
    /// When it is sent, in our words.
    pub summary: &'static str,
    /// What is unclear or special, in our words.
    pub note: Option<&'static str>,
    /// Where it is listed.
    pub listed: Listed,
    /// The changing part of a sample body (which part is the dialect's matter), as JSON.
    #[serde(skip)]
    pub sample: Option<&'static str>,
}

fn as_name<S: serde::Serializer>(event_type: &Option<CanonicalType>, s: S) -> Result<S::Ok, S::Error> {
    match event_type {
        Some(canonical) => s.serialize_str(canonical.as_str()),
        None => s.serialize_none(),
    }
}

impl Topic {
    /// The event type under which this topic of `dialect` travels, `name` being what was received.
    pub fn event_type(&self, dialect: DialectId, name: &str) -> EventType {
        match self.event_type {
            Some(canonical) => EventType::Canonical(canonical),
            None => EventType::Native { dialect, topic: name.to_owned() },
        }
    }

    /// What a body of this topic is about. A body that lacks the id gives the id `unknown`: it is kept all the same.
    pub fn subject(&self, body: &serde_json::Value) -> Subject {
        let found = self.id.iter().find_map(|pointer| crate::lenient::id(body.pointer(pointer)?));
        Subject::native(self.subject, found.as_deref().unwrap_or("unknown"))
    }

    /// Whether the name holds segments in braces.
    pub fn is_template(&self) -> bool {
        self.name.contains('{')
    }

    /// Whether `name` is this topic, in any of its spellings, with its braces filled in.
    fn covers(&self, name: &str) -> bool {
        fills(self.name, name) || self.aliases.iter().any(|alias| fills(alias, name))
    }
}

/// Whether `name` is `template` with its braces filled in.
fn fills(template: &str, name: &str) -> bool {
    let (mut ours, mut theirs) = (template.split('/'), name.split('/'));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(our), Some(their)) if our == their || (our.starts_with('{') && !their.is_empty()) => {}
            _ => return false,
        }
    }
}

/// A pattern that the platform lets apps subscribe to.
#[derive(Debug, Serialize)]
pub struct Wildcard {
    /// The pattern, as in `store/order/*`.
    pub name: &'static str,
    /// What it covers, in our words.
    pub summary: &'static str,
}

/// All topics of one platform.
#[derive(Debug, Serialize)]
pub struct Catalog {
    /// The platform's name as people write it.
    pub title: &'static str,
    /// The platform's own documentation.
    pub docs: &'static [&'static str],
    /// Patterns that can be subscribed.
    pub wildcards: &'static [Wildcard],
    /// The topics, in the order of the catalogue file.
    pub topics: &'static [Topic],
}

impl Catalog {
    /// The topic of this name, also by another spelling of it or as an instance of a template.
    pub fn find(&self, name: &str) -> Option<&'static Topic> {
        let by_name = self.topics.iter().find(|t| t.name == name || t.aliases.contains(&name));
        by_name.or_else(|| self.topics.iter().find(|t| t.is_template() && t.covers(name)))
    }

    /// The kind of thing that a topic is about, known or not: its own, else that of the first topic of its family (what
    /// stands before `separator`), else the family's name.
    pub fn kind(&self, name: &str, separator: char) -> Cow<'static, str> {
        let family = name.split(separator).next().unwrap_or_default();
        let relative = || self.topics.iter().find(|t| t.name.split(separator).next() == Some(family));
        match self.find(name).or_else(relative) {
            Some(topic) => Cow::Borrowed(topic.subject),
            // A slash would end the kind too early.
            None if family.is_empty() => Cow::Borrowed("unknown"),
            None => Cow::Owned(family.replace('/', "_")),
        }
    }

    /// The topic that stands for an event type.
    pub fn for_event_type(&self, event_type: CanonicalType) -> Option<&'static Topic> {
        self.topics.iter().find(|t| t.event_type == Some(event_type))
    }
}

include!(concat!(env!("OUT_DIR"), "/catalogs.rs"));
