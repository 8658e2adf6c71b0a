//! What an event says, in canonical names.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::EntityKind;
use super::entity::{Entity, EntityError};

/// What an event says: the entity as far as it is known, former values of what changed, and what stands in no entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Canonical {
    /// The entity after the change; of a deletion, the entity as it was.
    pub object: Entity,
    /// The former values of the entity's fields that changed, `null` for those that were not there.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub previous: Map<String, Value>,
    /// What this event says beyond the entity, by the names of its [`Details`](super::details).
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

#[derive(Deserialize)]
struct Stored {
    object: Map<String, Value>,
    #[serde(default)]
    previous: Map<String, Value>,
    #[serde(default)]
    details: Map<String, Value>,
}

impl Canonical {
    /// Nothing but the entity.
    pub fn of(object: impl Into<Entity>) -> Self {
        Self { object: object.into(), previous: Map::new(), details: Map::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// A detail that is text.
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.details.get(name)?.as_str()
    }

    /// The compact JSON under which a change is kept in the log.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("values with text keys always serialise")
    }

    /// Reads back what [`Canonical::to_json`] wrote about an entity of this kind.
    pub fn from_json(kind: EntityKind, json: &[u8]) -> Result<Self, EntityError> {
        let stored: Stored = serde_json::from_slice(json).map_err(|error| EntityError {
            kind,
            path: String::new(),
            what: error.to_string(),
        })?;
        let object = Entity::read(kind, stored.object)?;
        Ok(Self { object, previous: stored.previous, details: stored.details })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commerce::entity::Order;

    #[test]
    fn reads_back_what_was_written() {
        let order = Order { id: "169".to_owned(), status: Some("shipped".to_owned()), ..Order::default() };
        let mut canonical = Canonical::of(order).with("message_id", "3");
        canonical.previous.insert("status".to_owned(), "pending".into());
        let json = canonical.to_json();
        assert_eq!(Canonical::from_json(EntityKind::Order, &json), Ok(canonical));
        let text = String::from_utf8(json).expect("text");
        let expected = r#"{"object":{"id":"169","status":"shipped"},"previous":{"status":"pending"},"details":{"message_id":"3"}}"#;
        assert_eq!(text, expected);
    }
}
