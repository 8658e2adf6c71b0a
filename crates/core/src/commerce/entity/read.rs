//! Reading entities: strictly, with errors that name the place.

use serde_json::{Map, Value};

use super::Entity;
use super::strict::Strict;
use crate::commerce::EntityKind;

/// Why a JSON object is no entity of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}: {what}", if path.is_empty() { String::new() } else { format!(" at `{path}`") })]
pub struct EntityError {
    /// The kind that was expected.
    pub kind: EntityKind,
    /// Where, as in `line_items[0].quantity`; empty for the object as a whole.
    pub path: String,
    /// What is wrong there, and the cure.
    pub what: String,
}

impl Entity {
    /// Reads an entity of a kind. Fields that are not canonical belong into `extra`; anywhere else they are refused.
    pub fn read(kind: EntityKind, object: Map<String, Value>) -> Result<Self, EntityError> {
        Self::read_object(kind, &Value::Object(object))
    }

    fn read_object(kind: EntityKind, object: &Value) -> Result<Self, EntityError> {
        // Keeping track of the place takes longer than the reading itself: only what is wrong is read again with it.
        Self::read_value(kind, Strict(object)).or_else(|_| Self::read_tracked(kind, object))
    }

    /// Reads with an eye on the place, so that an error can name it.
    fn read_tracked(kind: EntityKind, object: &Value) -> Result<Self, EntityError> {
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(Strict(object), &mut track);
        Self::read_value(kind, tracked).map_err(|error| {
            let (path, what) = (track.path().to_string(), error.to_string());
            let unknown = what.starts_with("unknown field");
            // The list of all the fields there are would bury what is said.
            let short = what.split_once(", expected").map_or(what.as_str(), |(short, _)| short);
            Self::error(
                kind,
                path,
                if unknown { format!("{short}: fields of your own go into `extra`") } else { what },
            )
        })
    }

    /// Reads what fits; whatever does not is kept in `extra`. Never fails.
    pub fn read_leniently(kind: EntityKind, id: &str, mut object: Map<String, Value>) -> Self {
        object.insert("id".to_owned(), id.into());
        loop {
            let whole = Value::Object(object);
            let error = match Self::read_object(kind, &whole) {
                Ok(entity) => return entity,
                Err(error) => error,
            };
            let Value::Object(fields) = whole else { return Self::only(kind, id) };
            object = fields;
            let field = error.path.split(['.', '[']).next().unwrap_or_default();
            let Some(value) = object.shift_remove(field).filter(|_| field != "id") else {
                return Self::only(kind, id);
            };
            let extra = object.entry("extra").or_insert_with(|| Map::new().into());
            let Value::Object(extra) = extra else { return Self::only(kind, id) };
            extra.insert(field.to_owned(), value);
        }
    }

    fn error(kind: EntityKind, path: String, what: String) -> EntityError {
        let path = if path == "." { String::new() } else { path };
        EntityError { kind, path, what }
    }

    /// The plain JSON object.
    pub fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: EntityKind, json: &str) -> Result<Entity, String> {
        let Ok(Value::Object(object)) = serde_json::from_str(json) else { panic!("no object: {json}") };
        Entity::read(kind, object).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_reads_back() {
        let json = r#"{"id":"169","financial_status":"paid","line_items":[{"quantity":"1.50","price":{"amount":"19.90","currency":"EUR"}}],"created_at":"2026-01-02T03:04:05+01:00","extra":{"mine":1.50}}"#;
        let order = read(EntityKind::Order, json).expect("an order");
        assert_eq!(serde_json::to_string(&order).expect("json"), json);
        for kind in EntityKind::ALL {
            let only = Entity::only(*kind, "7");
            assert_eq!(read(*kind, r#"{"id":"7"}"#).expect("an id"), only, "{kind}");
            assert_eq!(serde_json::to_string(&only).expect("json"), r#"{"id":"7"}"#);
        }
    }

    #[test]
    fn numbers_are_decimals_too() {
        let order =
            read(EntityKind::Order, r#"{"line_items":[{"quantity":2,"weight":0.10}]}"#).expect("an order");
        let json = serde_json::to_string(&order).expect("json");
        assert!(json.contains(r#""quantity":"2","weight":"0.10""#), "{json}");
    }

    #[test]
    fn lenient_reading_keeps_what_does_not_fit() {
        let Ok(Value::Object(object)) =
            serde_json::from_str(r#"{"status":"paid","mine":1,"created_at":"soon"}"#)
        else {
            panic!("an object");
        };
        let order = Entity::read_leniently(EntityKind::Order, "7", object);
        let json = serde_json::to_string(&order).expect("json");
        assert_eq!(json, r#"{"id":"7","status":"paid","extra":{"mine":1,"created_at":"soon"}}"#);
    }

    #[test]
    fn errors_name_the_place_and_the_cure() {
        for (json, told) in [
            (
                r#"{"colour":"red"}"#,
                "order at `colour`: unknown field `colour`: fields of your own go into `extra`",
            ),
            (
                r#"{"line_items":[{"quantity":1},{"quantity":"many"}]}"#,
                "order at `line_items[1].quantity`: `many` is not a decimal: write it as in `12.50`, with 28 digits at most",
            ),
            (
                r#"{"created_at":"yesterday"}"#,
                "order at `created_at`: `yesterday` is not an ISO 8601 time: write it as in `2026-01-31T12:00:00Z`",
            ),
        ] {
            assert_eq!(read(EntityKind::Order, json).expect_err("wrong"), told);
        }
    }
}
