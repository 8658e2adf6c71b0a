//! Entities: the things a shop consists of, as far as they are known.

use serde::Serialize;
use serde_json::{Map, Value};

/// An entity as far as an event tells it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Entity {
    /// Known only by its id and what little the webhook says.
    Bare(Bare),
}

/// An entity of which little is known: many webhooks carry only an id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Bare {
    /// The id, as in the event's subject.
    pub id: String,
    /// What else the webhook says of it, by canonical names.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

impl Bare {
    /// An entity of which only the id is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), facts: Map::new() }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}
