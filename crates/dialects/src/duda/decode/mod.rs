//! Duda's envelope → who, what, when, and the canonical entity.
//!
//! Lenient where the documentation and the wire are known to differ: old names of event types, `data` that is a list or
//! absent, money as text or number, times without a zone, `metadata` that is empty text.

mod category;
mod order;
mod product;
mod refund;
mod subscription;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use shopwire_core::commerce::entity::{Entity, Image};
use shopwire_core::commerce::{EntityKind, EventType, Subject};
use shopwire_core::{DialectId, Timestamp};

use crate::catalog::DUDA;
use crate::fields::Fields;
use crate::words::Vocabulary;
use crate::{Canonical, Reading, ShopIdentity, Unreadable, mac, peek};

/// The parts of the envelope that matter, not taken apart.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    resource_data: Option<&'a RawValue>,
    #[serde(borrow)]
    event_timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Envelope<'_> {
    /// The id at the first of these JSON pointers that leads to one.
    fn first_id(&self, pointers: &[&str]) -> Option<String> {
        pointers.iter().find_map(|pointer| {
            let pointer = pointer.strip_prefix('/')?;
            let (part, path) = pointer.split_at(pointer.find('/').unwrap_or(pointer.len()));
            let part = match part {
                "data" => self.data,
                "resource_data" => self.resource_data,
                "id" => self.id,
                _ => None,
            };
            peek::id(peek::at(part?, path)?)
        })
    }
}

pub(super) fn read(body: &[u8]) -> Result<Reading, Unreadable> {
    // The reader would not look at the text of members it passes over, and structs also read lists.
    let text = std::str::from_utf8(body).map_err(unreadable)?;
    if !text.trim_start().starts_with('{') {
        return Err(unreadable("it is no object"));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(unreadable)?;
    let received = envelope.event_type.and_then(peek::id);
    let received = received.ok_or_else(|| unreadable("`event_type` is missing"))?;
    let known = DUDA.find(&received);
    let (kind, pointers) = match known {
        Some(topic) => (topic.subject.to_owned(), topic.id),
        None => (stranger(&received), &["/data/id", "/id"][..]),
    };
    let id = envelope.first_id(pointers);
    let site_name = envelope.first_id(&["/resource_data/site_name"]);
    let event_id = envelope.first_id(&["/data/eventId"]);
    let named = event_id.as_deref().or(id.as_deref().filter(|_| pointers[0].starts_with("/data/")));
    Ok(Reading {
        topic: known.map_or(received.as_str(), |topic| topic.name).to_owned(),
        event_type: match known {
            Some(topic) => topic.event_type(DialectId::Duda, topic.name),
            None => EventType::Native { dialect: DialectId::Duda, topic: received.clone() },
        },
        subject: Subject::native(&kind, id.as_deref().unwrap_or("unknown")),
        identity_key: identity_key(&envelope, &received, site_name.as_deref(), named),
        platform_event_id: event_id,
        occurred_at: occurred_at(&envelope),
        shop: site_name.map_or_else(ShopIdentity::default, |name| ShopIdentity::of("site_name", name)),
    })
}

/// The canonical entity. `previous` stays empty: Duda sends no former values.
pub(super) fn canonical(body: &[u8], reading: &Reading) -> Result<Canonical, Unreadable> {
    let body: Value = serde_json::from_slice(body).map_err(unreadable)?;
    let Value::Object(mut envelope) = body else { return Err(unreadable("it is no object")) };
    let data = match envelope.shift_remove("data") {
        Some(Value::Object(data)) => data,
        None | Some(Value::Null) => Map::new(),
        // Older contact forms come as a list.
        Some(other) => Map::from_iter([("data".to_owned(), other)]),
    };
    Ok(Canonical::of(entity(Fields::of(data), reading)))
}

fn entity(fields: Fields, reading: &Reading) -> Entity {
    // Other families have orders and products too, in the shape of another store engine.
    let of_native_store = reading.topic.starts_with("ECOMM_");
    match reading.subject.kind().filter(|_| of_native_store) {
        Some(EntityKind::Order) => Entity::Order(Box::new(order::order(fields))),
        Some(EntityKind::Product) => Entity::Product(Box::new(product::product(fields))),
        Some(EntityKind::Category) => Entity::Category(Box::new(category::category(fields))),
        Some(EntityKind::Subscription) => Entity::Subscription(Box::new(subscription::subscription(fields))),
        Some(EntityKind::Refund) => Entity::Refund(Box::new(refund::refund(fields))),
        _ => native(fields, reading),
    }
}

/// What the native store knows nothing of: all of it is the platform's own.
fn native(mut fields: Fields, reading: &Reading) -> Entity {
    let id = reading.subject.id();
    match reading.subject.kind() {
        None => Entity::Bare(fields.into_bare(id)),
        Some(kind) => {
            let extra = Value::Object(fields.rest());
            Entity::read_leniently(kind, id, Map::from_iter([("extra".to_owned(), extra)]))
        }
    }
}

fn unreadable(what: impl ToString) -> Unreadable {
    Unreadable { dialect: DialectId::Duda, what: what.to_string() }
}

/// The kind of subject of an event type that nobody knows: its first word.
fn stranger(event_type: &str) -> String {
    let words = event_type.strip_prefix("ECOMM_").unwrap_or(event_type);
    let kind = words.split(['_', '/']).next().filter(|word| !word.is_empty()).unwrap_or("unknown");
    kind.to_ascii_lowercase()
}

fn occurred_at(envelope: &Envelope<'_>) -> Option<Timestamp> {
    let ms = peek::id(envelope.event_timestamp?)?.parse().ok()?;
    Some(Timestamp::from_ms(ms))
}

/// Duda names no event of its own, so copies are known by site, event type, time and the id in `data`; where there is
/// none, by `data` itself, lest two forms sent in one millisecond be taken for one.
fn identity_key(
    envelope: &Envelope<'_>,
    event_type: &str,
    site_name: Option<&str>,
    named: Option<&str>,
) -> String {
    let timestamp = envelope.event_timestamp.and_then(peek::id);
    let what = named.or_else(|| Some(envelope.data?.get()));
    let mut hash = Sha256::new();
    for part in [site_name, Some(event_type), timestamp.as_deref(), what] {
        hash.update(part.unwrap_or(""));
        hash.update([0]);
    }
    mac::hex(&hash.finalize())
}

/// A state in canonical words.
fn word(f: &mut Fields, key: &str, words: Vocabulary) -> Option<String> {
    f.text(key).map(|theirs| words.ours(&theirs).to_owned())
}

/// A part that says anything at all: some are promised whole even where there is nothing to say.
fn said<T: Default + PartialEq>(part: T) -> Option<T> {
    (part != T::default()).then_some(part)
}

/// A picture, as products and categories have it.
fn image(mut f: Fields) -> Image {
    Image { id: f.id("id"), url: f.text("url"), alt: f.text("alt"), extra: f.rest(), ..Image::default() }
}
