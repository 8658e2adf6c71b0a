//! How tests change a shop, and what they look at afterwards.

use serde_json::{Map, Value};
use shopwire_core::commerce::EntityKind;
use shopwire_core::{Event, Origin, RecordedChange, ShopId};
use shopwire_engine::Engine;
use shopwire_engine::capture::{CaptureError, Writing, Written};
use shopwire_store::EntityKey;

use crate::world::World;

pub(crate) fn order(shop: ShopId, id: &str) -> EntityKey {
    EntityKey { shop, kind: EntityKind::Order, id: id.to_owned() }
}

pub(crate) fn cart(shop: ShopId, id: &str) -> EntityKey {
    EntityKey { shop, kind: EntityKind::Cart, id: id.to_owned() }
}

/// A JSON object.
#[track_caller]
pub(crate) fn object(json: Value) -> Map<String, Value> {
    let Value::Object(object) = json else { panic!("no object: {json}") };
    object
}

pub(crate) async fn put(engine: &Engine, key: &EntityKey, json: Value) -> Result<Written, CaptureError> {
    engine.put_entity(key.clone(), object(json), Writing::default()).await
}

/// The types of the events that followed, as text.
pub(crate) fn types(written: &Written) -> Vec<&'static str> {
    written.events.iter().map(|given| given.event_type.as_str()).collect()
}

impl World {
    /// The events of the log, oldest first, whole.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for head in self.log().await {
            let logged = self.engine.ledger().event(head.id).await.unwrap().expect("an event of the log");
            events.push(logged.event.clone());
        }
        events
    }

    /// The types of the events of the log, oldest first.
    pub(crate) async fn logged_types(&self) -> Vec<String> {
        self.log().await.iter().map(|head| head.event_type.to_string()).collect()
    }
}

/// The change behind an event.
#[track_caller]
pub(crate) fn recorded(event: &Event) -> &RecordedChange {
    match &event.origin {
        Origin::Change(change) => change,
        Origin::Webhook(webhook) => panic!("a webhook: {}", webhook.topic),
    }
}

/// What an event says.
#[track_caller]
pub(crate) fn said(event: &Event) -> Value {
    serde_json::from_slice(&recorded(event).data).expect("canonical JSON")
}
