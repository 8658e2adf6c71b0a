//! Occurrences: what happened and shows in no state.

use serde_json::{Map, Value};

use super::Arisen;
use crate::commerce::details::{self, Detail, DetailType};
use crate::commerce::entity::Entity;
use crate::commerce::{ArisesFrom, Canonical, CanonicalType, Subject};

/// Something that happened and shows in no state: a message to an order, a request for data, an import.
#[derive(Debug, Clone, Copy)]
pub struct Occurrence<'a> {
    /// What happened: a type that arises from an occurrence.
    pub event_type: CanonicalType,
    /// The id of the entity it happened to, of the type's kind.
    pub id: &'a str,
    /// That entity, as far as it is known.
    pub object: Option<&'a Entity>,
    /// What there is to say beyond the entity: see [`details::of_occurrence`].
    pub details: &'a Map<String, Value>,
}

/// Why an occurrence is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OccurrenceError {
    /// The type arises from the shop's state.
    #[error("`{0}` is no occurrence: it arises by itself from the state of the shop, so tell that instead: {how}", how = told_by(*.0))]
    NotAnOccurrence(CanonicalType),
    /// The entity is of another kind than the type is about.
    #[error("the object of `{0}` is of another kind: give one of kind `{kind}`", kind = .0.kind())]
    WrongObject(CanonicalType),
    /// A detail that must be told is not.
    #[error("`{event_type}` lacks the detail `{name}`: add it, as {}", example(*.json))]
    Missing {
        /// The occurrence's type.
        event_type: CanonicalType,
        /// The detail.
        name: &'static str,
        /// What it must be.
        json: DetailType,
    },
    /// A detail is of the wrong JSON type.
    #[error("the detail `{name}` of `{event_type}` is {value}: write it as {}", example(*.json))]
    WrongType {
        /// The occurrence's type.
        event_type: CanonicalType,
        /// The detail.
        name: &'static str,
        /// What it must be.
        json: DetailType,
        /// What it is, as JSON, cut after 40 characters.
        value: String,
    },
    /// A detail that this type does not have.
    #[error("`{event_type}` has no detail `{name}`: {}", cure(*.event_type))]
    Unknown {
        /// The occurrence's type.
        event_type: CanonicalType,
        /// The name, cut after 40 characters.
        name: String,
    },
}

/// The event an occurrence gives.
pub fn occur(occurrence: &Occurrence<'_>) -> Result<Arisen, OccurrenceError> {
    let Occurrence { event_type, id, object, details } = *occurrence;
    if event_type.arises_from() != ArisesFrom::Occurrence {
        return Err(OccurrenceError::NotAnOccurrence(event_type));
    }
    check(event_type, details)?;
    let bare = Entity::only(event_type.kind(), id);
    let object = match object {
        Some(object) if std::mem::discriminant(object) != std::mem::discriminant(&bare) => {
            return Err(OccurrenceError::WrongObject(event_type));
        }
        Some(object) => object.clone(),
        None => bare,
    };
    let canonical = Canonical { object, previous: Map::new(), details: details.clone() };
    Ok(Arisen { event_type, subject: Subject::new(event_type.kind(), id), canonical })
}

fn check(event_type: CanonicalType, details: &Map<String, Value>) -> Result<(), OccurrenceError> {
    let allowed = details::of_occurrence(event_type);
    if let Some(name) = details.keys().find(|name| allowed.iter().all(|detail| detail.name != *name)) {
        return Err(OccurrenceError::Unknown { event_type, name: short(name) });
    }
    for &Detail { name, json, required } in allowed {
        match details.get(name) {
            None if required => return Err(OccurrenceError::Missing { event_type, name, json }),
            Some(value) if !fits(json, value) => {
                let value = short(&value.to_string());
                return Err(OccurrenceError::WrongType { event_type, name, json, value });
            }
            _ => {}
        }
    }
    Ok(())
}

fn fits(json: DetailType, value: &Value) -> bool {
    match json {
        DetailType::Text => value.is_string(),
        DetailType::Whole => value.is_u64(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

const fn example(json: DetailType) -> &'static str {
    match json {
        DetailType::Text => "text in quotes (`\"3\"`)",
        DetailType::Whole => "a whole number (`3`)",
    }
}

fn told_by(event_type: CanonicalType) -> String {
    match event_type.arises_from() {
        ArisesFrom::Timer => format!("PUT the {}, and time does the rest", event_type.kind()),
        ArisesFrom::Deleted => format!("DELETE the {}", event_type.kind()),
        _ => format!("PUT the {}", event_type.kind()),
    }
}

fn cure(event_type: CanonicalType) -> String {
    let names: Vec<&str> = details::of_occurrence(event_type).iter().map(|detail| detail.name).collect();
    if names.is_empty() { "it has none".to_owned() } else { format!("it may have `{}`", names.join("`, `")) }
}
