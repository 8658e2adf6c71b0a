//! Canonical events and the shapes of bodies, for the dialects whose bodies name an entity and tell little of it.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use shopwire_core::commerce::entity::Entity;
use shopwire_core::commerce::{Canonical, CanonicalType, EventType, Subject, details};
use shopwire_core::{EventId, Headers, ShopId, Timestamp};

use super::{received, request};
use crate::catalog::{Listed, Topic};
use crate::{Dialect, Draft, Happening, Reading, ShopIdentity, Unrenderable};

/// Something that happened, with all that a [`Happening`] borrows.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) id: EventId,
    pub(crate) event_type: EventType,
    pub(crate) subject: Subject,
    pub(crate) occurred_at: Timestamp,
    pub(crate) identity: ShopIdentity,
    pub(crate) canonical: Canonical,
}

impl Scene {
    /// An event of our own in a shop that is on every platform.
    pub(crate) fn of(event_type: CanonicalType, canonical: Canonical) -> Self {
        Self {
            id: EventId::from_bytes([7; 16]),
            event_type: EventType::Canonical(event_type),
            subject: Subject::new(event_type.kind(), canonical.object.id()),
            occurred_at: Timestamp::from_secs(1_790_000_000),
            identity: ShopIdentity::of("store_id", "1077")
                .and("store_hash", "k3w9qpzt1a")
                .and("eshop_id", "418203"),
            canonical,
        }
    }

    /// What a received body became.
    pub(crate) fn received(reading: Reading, canonical: Canonical) -> Self {
        Self {
            id: EventId::from_bytes([7; 16]),
            event_type: reading.event_type,
            subject: reading.subject,
            occurred_at: reading.occurred_at.expect("a time that can be read"),
            identity: reading.shop,
            canonical,
        }
    }

    /// The same with another event id.
    pub(crate) fn again(&self, id: u8) -> Self {
        Self { id: EventId::from_bytes([id; 16]), ..self.clone() }
    }

    pub(crate) fn happening(&self) -> Happening<'_> {
        Happening {
            id: self.id,
            event_type: &self.event_type,
            subject: &self.subject,
            occurred_at: self.occurred_at,
            shop: ShopId::from_bytes([1; 16]),
            identity: &self.identity,
            canonical: &self.canonical,
            api_version: None,
        }
    }

    pub(crate) fn render(&self, dialect: &dyn Dialect) -> Result<Draft, Unrenderable> {
        let event_type = self.event_type.canonical().expect("an event type of our own");
        let topic = dialect.catalog().for_event_type(event_type).expect("a topic for it");
        dialect.render(topic, &self.happening())
    }

    /// The rendered body.
    pub(crate) fn body(&self, dialect: &dyn Dialect) -> String {
        let draft = self.render(dialect).unwrap_or_else(|refused| panic!("{}: {refused}", self.event_type));
        String::from_utf8(draft.body).expect("text")
    }

    /// What the rendered request becomes when it is received.
    pub(crate) fn and_back(&self, dialect: &dyn Dialect) -> (Reading, Canonical) {
        decoded(dialect, &self.render(dialect).expect("it can be rendered"))
    }
}

pub(crate) fn decoded(dialect: &dyn Dialect, draft: &Draft) -> (Reading, Canonical) {
    let incoming = received(draft);
    let reading = dialect.read(&incoming).expect("it can be read");
    let canonical = dialect.canonical(&incoming, &reading).expect("it has canonical data");
    (reading, canonical)
}

/// The topics that stand for event types of our own.
pub(crate) fn seed_topics(dialect: &dyn Dialect) -> impl Iterator<Item = (&'static Topic, CanonicalType)> {
    let seeds = dialect.catalog().topics.iter().filter(|topic| topic.listed == Listed::Seed);
    seeds.map(|topic| (topic, topic.event_type.expect("seeds have event types")))
}

/// An entity with no more than an id and what an event of its kind can't do without.
pub(crate) fn sparse(event_type: CanonicalType) -> Canonical {
    with_details(event_type, &json!({ "product_id": "no number", "order_id": "ž/1", "status": "shipped" }))
}

/// An entity with every field these dialects look at.
pub(crate) fn rich(event_type: CanonicalType) -> Canonical {
    with_details(
        event_type,
        &json!({
            "number": "2026/ž1", "order_number": "2026/ž1", "cart_id": "5D0E9C41", "code": "JARO/ž", "sku": "88/XL",
            "list": "novinky ž", "email": "jana@example.com", "status": "shipped", "financial_status": "paid",
            "fulfillment_status": "partially_shipped", "version": 5, "product_id": "771", "order_id": "2041",
            "sku_id": "902", "plan": "ECWID_BUSINESS", "subscription_status": "TRIAL", "title": "Kolo",
            "token": "c4a7b0de", "variants": [{ "id": "915", "sku": "88/XXL" }],
        }),
    )
}

/// The fields that the kind knows, and the details that the diff always gives.
fn with_details(event_type: CanonicalType, fields: &Value) -> Canonical {
    let kind = event_type.kind();
    let fields = fields.as_object().expect("an object").clone();
    let mut known = Entity::read_leniently(kind, "id ž/1", fields).to_map();
    known.shift_remove("extra");
    let mut canonical = Canonical::of(Entity::read(kind, known).expect("only known fields"));
    let texts = [details::LINE_ITEM_ID, details::COUPON_ID, details::ORDER_ID, details::MESSAGE_ID];
    for name in texts {
        canonical = canonical.with(name, format!("{name} ž"));
    }
    canonical.with(details::INVENTORY_VALUE, -3)
}

/// Every path of a body with its JSON type, in the body's order.
pub(crate) fn shape(body: &[u8]) -> Vec<String> {
    let mut paths = Vec::new();
    walk("", &serde_json::from_slice(body).expect("JSON"), &mut paths);
    paths
}

fn walk(path: &str, value: &Value, paths: &mut Vec<String>) {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    paths.push(format!("{path}: {name}"));
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(&format!("{path}/0"), item, paths)),
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| walk(&format!("{path}/{key}"), member, paths));
        }
        _ => {}
    }
}

/// The fixtures of a dialect that are as it sends today: their names and bodies.
pub(crate) fn fixtures_of_today(dialect: &dyn Dialect, skipped: &[&str]) -> Vec<(String, String)> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(dialect.id().as_str()).join("fixtures");
    let mut fixtures = Vec::new();
    for entry in fs::read_dir(folder).expect("the dialect has fixtures") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let body = fs::read_to_string(&path).expect("a fixture").trim_end().to_owned();
        let draft = request(Headers::new(), body.as_str());
        let is_ours =
            dialect.read(&received(&draft)).is_ok_and(|reading| reading.event_type.canonical().is_some());
        if is_ours && !name.starts_with("lenient_") && !skipped.contains(&name.as_str()) {
            fixtures.push((name, body));
        }
    }
    fixtures.sort();
    fixtures
}

/// A body with one member replaced.
pub(crate) fn with_member(body: &str, name: &str, value: Value) -> Map<String, Value> {
    let mut members: Map<String, Value> = serde_json::from_str(body).expect("an object");
    assert!(members.insert(name.to_owned(), value).is_some(), "{name} is in {body}");
    members
}
