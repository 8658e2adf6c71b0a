//! The JSON Schemas of entities, as they are served with the catalogue.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::Entity;
use crate::commerce::EntityKind;

impl Entity {
    /// The JSON Schema (draft 2020-12) of the entities of a kind. An event may carry no more of one than its id.
    pub fn schema_for(kind: EntityKind) -> Schema {
        Self::root_schema(kind)
    }
}

pub(super) fn root<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with_transform(RecursiveTransform(without_null));
    settings.into_generator().into_root_schema_for::<T>()
}

/// What is not known is absent, never `null`, though the types behind the schema would allow for it.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    // Optional fields alone give `anyOf`: what they may be, and `null`.
    if let Some(Value::Array(choices)) = schema.remove("anyOf") {
        let known = choices.into_iter().filter(|choice| choice.get("type").is_none_or(|name| name != "null"));
        for (key, value) in known.filter_map(|choice| choice.as_object().cloned()).flatten() {
            schema.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_is_required_and_every_kind_has_a_schema() {
        for kind in EntityKind::ALL {
            let schema = Entity::schema_for(*kind);
            let required = schema.get("required").expect("required");
            assert_eq!(required, &serde_json::json!(["id"]), "{kind}");
        }
    }

    #[test]
    fn the_schema_of_an_order_is_typed() {
        let schema = Entity::schema_for(EntityKind::Order);
        let text = serde_json::to_string_pretty(&schema).expect("json");
        assert!(!text.contains("null"), "nothing is ever null");
        insta::assert_snapshot!("order", text);
        assert_eq!(schema.get("title").and_then(|t| t.as_str()), Some("Order"));
    }
}
