//! The JSON Schema of a canonical event type's CloudEvents.

use serde_json::{Map, Value, json};
use shopwire_core::commerce::CanonicalType;
use shopwire_core::commerce::entity::Entity;
use shopwire_dialects::cloudevents::TYPE_PREFIX;

/// The schema of the structured form (draft 2020-12): the envelope, with the kind's entity as `data.object`.
pub(super) fn of(canonical: CanonicalType) -> Value {
    let mut object = Entity::schema_for(canonical.kind()).to_value();
    // References are written from the root, so the definitions move there.
    let definitions = take(&mut object, "$defs").unwrap_or_else(|| Value::Object(Map::new()));
    take(&mut object, "$schema");
    let type_name = format!("{TYPE_PREFIX}{}", canonical.as_str());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": type_name,
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "pattern": "^evt_[0-9a-f]{32}$" },
            "source": { "type": "string", "pattern": "^/shops/shop_[0-9a-f]{32}$" },
            "type": { "const": type_name },
            "subject": { "type": "string", "pattern": format!("^{}/", canonical.kind()) },
            "time": { "type": "string", "format": "date-time" },
            "sequence": { "type": "string", "pattern": "^[0-9]{20}$" },
            "datacontenttype": { "const": "application/json" },
            "data": data(object),
        },
        "$defs": definitions,
    })
}

fn data(object: Value) -> Value {
    json!({
        "type": "object",
        "required": ["object", "origin"],
        "properties": {
            "object": object,
            "previous": { "type": "object", "description": "Former values of what changed." },
            "origin": {
                "type": "object",
                "required": ["dialect", "topic", "source", "received_at"],
                "properties": {
                    "dialect": { "type": "string" },
                    "topic": { "type": "string" },
                    "event_id": { "type": "string", "description": "The platform's own id of the event." },
                    "source": { "type": "string", "pattern": "^src_[0-9a-f]{32}$" },
                    "received_at": { "type": "string", "format": "date-time" },
                },
            },
            "received": { "description": "The platform's own body, if it could not be understood." },
        },
    })
}

fn take(schema: &mut Value, key: &str) -> Option<Value> {
    schema.as_object_mut()?.shift_remove(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` below, wherever it stands.
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_event_type_has_a_schema_whose_references_lead_somewhere() {
        for canonical in CanonicalType::ALL {
            let schema = of(*canonical);
            let mut found = Vec::new();
            references(&schema, &mut found);
            for reference in found {
                let pointer = reference.strip_prefix('#').expect("a reference within the document");
                assert!(schema.pointer(pointer).is_some(), "{canonical}: {reference}");
            }
            assert!(
                schema.pointer("/properties/data/properties/object/properties/id").is_some(),
                "{canonical}"
            );
        }
    }

    #[test]
    fn an_orders_schema_knows_its_money() {
        let schema = of(CanonicalType::OrderPaid);
        assert_eq!(schema.pointer("/properties/type/const"), Some(&json!("shopwire.order.paid")));
        assert!(schema.pointer("/$defs/Money").is_some(), "{}", schema["$defs"]);
    }
}
