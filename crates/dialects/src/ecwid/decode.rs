//! Ecwid's envelope → who, what, when; its `data` → canonical facts (Ecwid docs: event data in webhooks).
//!
//! Lenient: ids and store ids as numbers or strings, `data` absent or null, -1 for "no id", both spellings of the topics
//! of several words. What `data` holds beyond the known is kept under `data` in the entity's `extra`.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use shopwire_core::commerce::entity::{Bare, Entity};
use shopwire_core::commerce::{EventType, Subject};
use shopwire_core::{DialectId, Timestamp};

use super::places::{Form, Tense, place};
use crate::catalog::ECWID;
use crate::fields::says_nothing;
use crate::{Canonical, Incoming, Reading, ShopIdentity, Unreadable, lenient};

/// The body, with its values still as they were written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) event_id: Option<&'a RawValue>,
    pub(super) event_created: Option<&'a RawValue>,
    store_id: Option<&'a RawValue>,
    entity_id: Option<&'a RawValue>,
    event_type: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// Reads a body; the error says what is wrong with it.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, String> {
        lenient::object(body)
    }

    fn data(&self) -> Result<Value, String> {
        self.data.map_or(Ok(Value::Null), |raw| {
            serde_json::from_str(raw.get()).map_err(|error| format!("`data`: {error}"))
        })
    }

    /// The id at one of the pointers the catalogue uses for Ecwid.
    fn id_at(&self, pointer: &str) -> Option<String> {
        let top = |raw: Option<&RawValue>| lenient::raw_id(raw?).map(|id| id.into_owned());
        match pointer {
            // Older stores send -1 for abandoned carts.
            "/entityId" => top(self.entity_id).filter(|id| id != "-1"),
            "/storeId" => top(self.store_id),
            _ => lenient::id(self.data().ok()?.pointer(pointer.strip_prefix("/data")?)?),
        }
    }

    fn created(&self) -> Option<Timestamp> {
        let secs = lenient::raw_id(self.event_created?)?.parse().ok()?;
        Some(Timestamp::from_secs(secs))
    }
}

/// Who, what and when.
pub(super) fn read(incoming: &Incoming<'_>) -> Result<Reading, Unreadable> {
    let envelope = Envelope::parse(incoming.body).map_err(unreadable)?;
    let event_id = envelope.event_id.and_then(lenient::raw_id);
    let event_id = event_id.ok_or_else(|| unreadable("`eventId` is missing"))?.into_owned();
    let in_body = envelope.event_type.and_then(lenient::raw_text);
    let name = in_body.as_deref().or_else(|| topic_of_query(incoming.query?));
    let name = name.ok_or_else(|| unreadable("`eventType` is missing in the body and in the query"))?;

    let known = ECWID.find(name);
    let topic = known.map_or(name, |topic| topic.name);
    let pointers = known.map_or(&["/entityId"][..], |topic| topic.id);
    let id = pointers.iter().find_map(|pointer| envelope.id_at(pointer));
    Ok(Reading {
        shop: envelope.id_at("/storeId").map(|id| ShopIdentity::of("store_id", id)).unwrap_or_default(),
        topic: topic.to_owned(),
        event_type: known.map_or_else(|| native(topic), |known| known.event_type(DialectId::Ecwid, topic)),
        subject: Subject::native(&ECWID.kind(topic, '.'), id.as_deref().unwrap_or("unknown")),
        identity_key: event_id.clone(),
        platform_event_id: Some(event_id),
        occurred_at: envelope.created(),
    })
}

/// The topic that the query repeats. The parameter was once documented as `eventType`.
fn topic_of_query(query: &str) -> Option<&str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, topic) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("eventtype"))?;
    (!topic.is_empty()).then_some(topic)
}

fn native(topic: &str) -> EventType {
    EventType::Native { dialect: DialectId::Ecwid, topic: topic.to_owned() }
}

fn unreadable(what: impl Into<String>) -> Unreadable {
    Unreadable { dialect: DialectId::Ecwid, what: what.into() }
}

/// The entity's id and what `data` tells of it.
pub(super) fn canonical(incoming: &Incoming<'_>, reading: &Reading) -> Result<Canonical, Unreadable> {
    let data = Envelope::parse(incoming.body).and_then(|envelope| envelope.data()).map_err(unreadable)?;
    let family = reading.topic.split('.').next().unwrap_or_default();
    let mut told = Told::default();
    match data {
        Value::Null => {}
        Value::Object(members) => {
            members.into_iter().for_each(|(member, value)| told.take(family, member, value))
        }
        other => told.rest = other,
    }
    Ok(told.about(&reading.subject))
}

/// What `data` tells, sorted.
#[derive(Default)]
struct Told {
    now: Map<String, Value>,
    before: Map<String, Value>,
    /// What has no canonical name.
    rest: Value,
}

impl Told {
    /// Puts one member of `data` where it belongs.
    fn take(&mut self, family: &str, member: String, value: Value) {
        let Some(place) = place(family, &member) else { return self.leave(member, value) };
        let told: Option<Value> = match place.form {
            Form::Text | Form::Id(_) => lenient::id(&value).map(Value::from),
            Form::Word(vocabulary) => lenient::id(&value).map(|word| vocabulary.ours(&word).into()),
            Form::Whole => lenient::integer(&value).map(Value::from),
        };
        let part = match place.tense {
            Tense::Now => &mut self.now,
            Tense::Before => &mut self.before,
        };
        match told {
            Some(told) => drop(part.insert(place.field.to_owned(), told)),
            None if says_nothing(&value) => {}
            None => self.leave(member, value),
        }
    }

    fn leave(&mut self, member: String, value: Value) {
        if !value.is_null() {
            self.rest[member] = value;
        }
    }

    /// A former value that equals the present one is no change and left out.
    fn about(mut self, subject: &Subject) -> Canonical {
        self.before.retain(|name, former| self.now.get(name) != Some(former));
        if !self.rest.is_null() {
            self.now.insert("data".to_owned(), self.rest);
        }
        let object = match subject.kind() {
            Some(kind) => Entity::read_leniently(kind, subject.id(), self.now),
            None => Entity::Bare(Bare { id: subject.id().to_owned(), facts: self.now }),
        };
        Canonical { object, previous: self.before, details: Map::new() }
    }
}
