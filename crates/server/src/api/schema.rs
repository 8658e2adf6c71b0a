//! The JSON Schemas of canonical event types: their CloudEvents, and what an occurrence must tell.

use serde_json::{Map, Value, json};
use shopwire_core::commerce::details::{self, Detail, DetailType};
use shopwire_core::commerce::entity::Entity;
use shopwire_core::commerce::{ArisesFrom, CanonicalType};
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
            "data": data(canonical, object),
        },
        "$defs": definitions,
    })
}

fn data(canonical: CanonicalType, object: Value) -> Value {
    json!({
        "type": "object",
        "required": ["object", "origin"],
        "properties": {
            "previous": previous(&object),
            "object": object,
            "details": of_details(&details_of(canonical)),
            "origin": { "oneOf": [webhook_origin(), change_origin()] },
            "received": { "description": "The platform's own body, if it could not be understood." },
        },
    })
}

/// Former values of the entity's fields.
fn previous(object: &Value) -> Value {
    let fields = object["properties"].as_object().cloned().unwrap_or_default();
    let former = |(name, schema): (String, Value)| (name, json!({ "anyOf": [schema, { "type": "null" }] }));
    json!({
        "type": "object",
        "description": "Former values of what changed; null for what was not there.",
        "properties": fields.into_iter().map(former).collect::<Map<String, Value>>(),
        "additionalProperties": false,
    })
}

fn webhook_origin() -> Value {
    json!({
        "type": "object",
        "required": ["kind", "dialect", "topic", "source", "received_at"],
        "properties": {
            "kind": { "const": "webhook" },
            "dialect": { "type": "string" },
            "topic": { "type": "string" },
            "event_id": { "type": "string", "description": "The platform's own id of the event." },
            "source": { "type": "string", "pattern": "^src_[0-9a-f]{32}$" },
            "received_at": { "type": "string", "format": "date-time" },
        },
    })
}

fn change_origin() -> Value {
    json!({
        "type": "object",
        "required": ["kind", "version", "received_at"],
        "properties": {
            "kind": { "const": "change" },
            "cause": { "type": "string", "description": "Why, in one word." },
            "actor": { "type": "string", "description": "Who did it." },
            "version": { "type": "integer", "minimum": 0, "description": "The entity's version after it; 0 for an occurrence." },
            "received_at": { "type": "string", "format": "date-time" },
        },
    })
}

/// The schema of what an occurrence of this type tells; `None` if it is no occurrence.
pub(super) fn of_occurrence(canonical: CanonicalType) -> Option<Value> {
    if canonical.arises_from() != ArisesFrom::Occurrence {
        return None;
    }
    let allowed = details::of_occurrence(canonical);
    let mut schema = of_details(&details_of(canonical));
    let required: Vec<_> =
        allowed.iter().filter(|detail| detail.required).map(|detail| detail.name).collect();
    schema["required"] = required.into();
    Some(schema)
}

type DetailSchema = (&'static str, Value);

fn of_details(known: &[DetailSchema]) -> Value {
    let properties: Map<String, Value> =
        known.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({
        "type": "object",
        "description": "What stands in no entity.",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// What events of this type may tell beyond the entity.
fn details_of(canonical: CanonicalType) -> Vec<DetailSchema> {
    use CanonicalType as T;
    let text = || json!({ "type": "string" });
    let whole = || json!({ "type": "integer" });
    let method = |word: &str| (details::INVENTORY_METHOD, json!({ "const": word }));
    match canonical {
        T::CartLineItemCreated | T::CartLineItemUpdated | T::CartLineItemDeleted => {
            vec![(details::LINE_ITEM_ID, text())]
        }
        T::CartCouponApplied => vec![(details::COUPON_ID, text()), (details::COUPON_CODE, text())],
        T::CartConverted => vec![(details::ORDER_ID, text())],
        T::ProductInventoryChanged | T::VariantInventoryChanged => {
            vec![method("absolute"), (details::INVENTORY_VALUE, whole())]
        }
        T::ProductInventoryChangedByOrder | T::VariantInventoryChangedByOrder => {
            vec![method("relative"), (details::INVENTORY_VALUE, whole())]
        }
        T::ProductInStock | T::ProductSoldOut | T::ProductLowStock => vec![(details::VARIANT_ID, text())],
        T::StockMoved => vec![
            (details::PRODUCT_ID, text()),
            (details::VARIANT_ID, text()),
            (details::QUANTITY_DELTA, json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" })),
        ],
        T::AppSubscriptionChanged | T::AppOneTimeChargeChanged | T::AppUsageCapApproaching => {
            vec![(details::CHARGE_ID, text())]
        }
        T::AppStorageChanged => {
            vec![(details::STORAGE_KEYS, json!({ "type": "array", "items": { "type": "string" } }))]
        }
        other => details::of_occurrence(other).iter().map(of_detail).collect(),
    }
}

fn of_detail(detail: &Detail) -> DetailSchema {
    let schema = match detail.json {
        DetailType::Text => json!({ "type": "string" }),
        DetailType::Whole => json!({ "type": "integer", "minimum": 0 }),
    };
    (detail.name, schema)
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
    fn only_occurrences_have_a_schema_of_what_they_must_tell() {
        for canonical in CanonicalType::ALL {
            let is_one = canonical.arises_from() == ArisesFrom::Occurrence;
            assert_eq!(of_occurrence(*canonical).is_some(), is_one, "{canonical}");
        }
        let message = of_occurrence(CanonicalType::OrderMessageCreated).expect("an occurrence");
        assert_eq!(message["required"], json!(["message_id"]));
        assert_eq!(message.pointer("/properties/message_id/type"), Some(&json!("string")));
    }

    #[test]
    fn an_orders_schema_knows_its_money() {
        let schema = of(CanonicalType::OrderPaid);
        assert_eq!(schema.pointer("/properties/type/const"), Some(&json!("shopwire.order.paid")));
        assert!(schema.pointer("/$defs/Money").is_some(), "{}", schema["$defs"]);
    }
}
