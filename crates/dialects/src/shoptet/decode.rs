//! Shoptet's envelope → who, what, when; the little it says of the entity → canonical facts (Shoptet OpenAPI:
//! `notificationData`).
//!
//! Lenient: ids as numbers or strings, lists as themselves or inside a string, times that are missing or null.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use shopwire_core::commerce::entity::{Bare, Entity};
use shopwire_core::commerce::{EventType, Subject};
use shopwire_core::{DialectId, Timestamp};

use super::codes;
use crate::catalog::SHOPTET;
use crate::{Canonical, Incoming, Reading, ShopIdentity, Unreadable, lenient, mac};

/// The subject's id where the event is about many entities at once. They share one subject, so that with ordering by
/// subject a later mass event never overtakes an earlier one.
const MASS: &str = "mass";

/// Identity keys longer than this are kept as their hash: a mass event names hundreds of entities.
const IDENTITY_BYTES_MAX: usize = 200;

/// The body, with its values still as they were written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    eshop_id: Option<&'a RawValue>,
    event: Option<&'a RawValue>,
    event_created: Option<&'a RawValue>,
    event_instance: Option<&'a RawValue>,
    payload: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Unreadable> {
        lenient::object(body).map_err(unreadable)
    }

    /// The identifier as text: what a string holds, else what was written.
    fn instance(&self) -> Option<Cow<'a, str>> {
        let raw = self.event_instance?;
        if raw.get().starts_with('[') { Some(Cow::Borrowed(raw.get())) } else { lenient::raw_id(raw) }
    }

    /// Different for any two webhooks that can be told apart, equal for copies of one. Shoptet sends no delivery id.
    fn identity(&self, topic: &str, instance: Option<&str>, body: &[u8]) -> String {
        let created = self.event_created.and_then(lenient::raw_text);
        // Without a time, only an equal body makes two webhooks one.
        let moment = created.unwrap_or_else(|| mac::hex(&Sha256::digest(body)).into());
        let key = Value::from(vec![Value::from(topic), instance.into(), moment.into()]).to_string();
        if key.len() <= IDENTITY_BYTES_MAX {
            return key;
        }
        format!("sha256:{}", mac::hex(&Sha256::digest(key)))
    }
}

/// Who, what and when.
pub(super) fn read(incoming: &Incoming<'_>) -> Result<Reading, Unreadable> {
    let envelope = Envelope::parse(incoming.body)?;
    let topic = envelope.event.and_then(lenient::raw_text).ok_or_else(|| unreadable("`event` is missing"))?;
    let eshop_id = envelope.eshop_id.and_then(lenient::raw_id);
    let instance = envelope.instance();
    let known = SHOPTET.find(&topic);
    let native = || EventType::Native { dialect: DialectId::Shoptet, topic: topic.clone().into_owned() };
    let identifies_shop = known.is_some_and(|topic| topic.identifier == "shop");
    let id = if is_mass(&topic) {
        MASS
    } else {
        let or_shop = eshop_id.as_deref().filter(|_| identifies_shop);
        instance.as_deref().or(or_shop).unwrap_or("unknown")
    };
    Ok(Reading {
        subject: Subject::native(&SHOPTET.kind(&topic, ':'), id),
        identity_key: envelope.identity(&topic, instance.as_deref(), incoming.body),
        event_type: known.map_or_else(native, |known| known.event_type(DialectId::Shoptet, &topic)),
        topic: topic.into_owned(),
        shop: eshop_id.map(|id| ShopIdentity::of("eshop_id", id)).unwrap_or_default(),
        platform_event_id: None,
        occurred_at: envelope
            .event_created
            .and_then(lenient::raw_text)
            .and_then(|text| Timestamp::parse(&text)),
    })
}

/// Whether a topic, known or not, names a list of entities.
fn is_mass(topic: &str) -> bool {
    match SHOPTET.find(topic) {
        Some(known) => known.identifier == "list",
        None => topic.split_once(':').is_some_and(|(_, action)| action.starts_with("mass")),
    }
}

fn unreadable(what: impl Into<String>) -> Unreadable {
    Unreadable { dialect: DialectId::Shoptet, what: what.into() }
}

/// The entity's id, its code if it goes by one, and the payload if one came.
pub(super) fn canonical(incoming: &Incoming<'_>, reading: &Reading) -> Result<Canonical, Unreadable> {
    let envelope = Envelope::parse(incoming.body)?;
    let mut facts = Map::new();
    if let Some((name, value)) = envelope.instance().and_then(|instance| named(reading, &instance)) {
        facts.insert(name.to_owned(), value);
    }
    if let Some(raw) = envelope.payload {
        let payload = serde_json::from_str(raw.get()).map_err(|error| unreadable(error.to_string()))?;
        facts.insert("payload".to_owned(), opened(payload));
    }
    let id = reading.subject.id();
    Ok(Canonical::of(match reading.subject.kind() {
        Some(kind) => Entity::read_leniently(kind, id, facts),
        None => Entity::Bare(Bare { id: id.to_owned(), facts }),
    }))
}

/// What an identifier says beyond the subject's id: by which name Shoptet knows the entity, or which ones a mass event
/// names.
fn named(reading: &Reading, instance: &str) -> Option<(&'static str, Value)> {
    if is_mass(&reading.topic) {
        return Some(("ids", ids(instance)));
    }
    let identifier = SHOPTET.find(&reading.topic)?.identifier;
    match (identifier, reading.subject.kind()) {
        ("code", Some(kind)) => Some((codes::field(kind)?, instance.into())),
        ("code", None) => Some(("code", instance.into())),
        ("guid", None) => Some(("guid", instance.into())),
        _ => None,
    }
}

/// The ids a mass event names. An identifier that is no list is the only one.
fn ids(instance: &str) -> Value {
    match lenient::unwrapped(&instance.into()) {
        Value::Array(items) => items.iter().filter_map(lenient::id).collect(),
        _ => Value::from(vec![instance]),
    }
}

/// The entity inside a payload: Shoptet documents it both as `data.product` and, in its details, directly under `data`.
fn opened(payload: Value) -> Value {
    let data = match payload {
        Value::Object(mut members) if members.contains_key("data") => {
            members.remove("data").unwrap_or_default()
        }
        other => other,
    };
    match data {
        Value::Object(members) if members.len() == 1 && members.values().all(Value::is_object) => {
            members.into_iter().next().map(|(_, entity)| entity).unwrap_or_default()
        }
        other => other,
    }
}
