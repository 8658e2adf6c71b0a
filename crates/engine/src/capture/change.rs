//! What is asked for, and what came of it.

use bytes::Bytes;
use serde_json::{Map, Value};
use shopwire_store::EntityKey;

use super::CaptureError;
use super::record::Given;

/// A write to one entity.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which entity.
    pub key: EntityKey,
    /// What is to become of it.
    pub what: What,
    /// How.
    pub writing: Writing,
}

/// What is to become of an entity.
#[derive(Debug, Clone)]
pub enum What {
    /// This is all of it. Its `id`, if it has one, is the key's.
    Put(Map<String, Value>),
    /// These fields of it change: a JSON Merge Patch (RFC 7396).
    Patch(Map<String, Value>),
    /// It goes.
    Delete,
}

/// How a write is done.
#[derive(Debug, Clone, Default)]
pub struct Writing {
    /// Why, in one word: `order` for what an order did to other entities.
    pub cause: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// What must hold, else nothing is done.
    pub expectation: Expectation,
    /// Whether the state is taken over without events: for a shop's existing state.
    pub silent: bool,
}

/// What must hold of an entity for a write to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expectation {
    /// Nothing.
    #[default]
    Any,
    /// It is there, at this version.
    Version(u64),
    /// It is there.
    Present,
    /// It is not there.
    Absent,
}

impl Expectation {
    /// Whether it holds of an entity at this version; `None` if it is not there.
    pub(super) fn check(self, version: Option<u64>) -> Result<(), CaptureError> {
        let holds = match self {
            Self::Any => true,
            Self::Version(expected) => version == Some(expected),
            Self::Present => version.is_some(),
            Self::Absent => version.is_none(),
        };
        if holds { Ok(()) } else { Err(CaptureError::Unexpected { version }) }
    }
}

/// What came of a write: it is on disk.
#[derive(Debug, Clone)]
pub struct Written {
    /// The entity's version from now on.
    pub version: u64,
    /// Its state from now on as JSON; `None` once it is deleted.
    pub entity: Option<Bytes>,
    /// Whether it was not there before.
    pub created: bool,
    /// The events that followed, in the order of the log.
    pub events: Vec<Given>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_hold_or_tell_what_is() {
        use Expectation::{Absent, Any, Present, Version};
        for (expectation, version, holds) in [
            (Any, None, true),
            (Any, Some(3), true),
            (Version(3), Some(3), true),
            (Version(3), Some(4), false),
            (Version(3), None, false),
            (Present, Some(1), true),
            (Present, None, false),
            (Absent, None, true),
            (Absent, Some(1), false),
        ] {
            assert_eq!(expectation.check(version).is_ok(), holds, "{expectation:?} {version:?}");
        }
    }
}
