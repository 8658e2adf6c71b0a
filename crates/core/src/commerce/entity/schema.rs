//! The JSON Schemas of entities, as they are served with the catalogue.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{
    App, Bare, Cart, Category, Customer, Entity, Order, Product, Refund, Shipment, Subscription, Variant,
};
use crate::commerce::EntityKind;

impl Entity {
    /// The JSON Schema (draft 2020-12) of what events about this kind carry: the typed one where the kind has a
    /// struct, otherwise that of a [`Bare`] entity. A typed kind may still come with no more than its id.
    pub fn schema_for(kind: EntityKind) -> Schema {
        match kind {
            EntityKind::App => root::<App>(),
            EntityKind::Product => root::<Product>(),
            EntityKind::Variant => root::<Variant>(),
            EntityKind::Category => root::<Category>(),
            EntityKind::Customer => root::<Customer>(),
            EntityKind::Order => root::<Order>(),
            EntityKind::Cart => root::<Cart>(),
            EntityKind::Shipment => root::<Shipment>(),
            EntityKind::Refund => root::<Refund>(),
            EntityKind::Subscription => root::<Subscription>(),
            _ => root::<Bare>(),
        }
    }
}

fn root<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_is_required_and_every_kind_has_a_schema() {
        for kind in EntityKind::ALL {
            let schema = Entity::schema_for(*kind);
            let required = schema.get("required").expect("required");
            assert!(required.as_array().expect("a list").contains(&"id".into()), "{kind}: {required}");
            if schema.get("title").and_then(|title| title.as_str()) != Some("Bare") {
                assert_eq!(required, &serde_json::json!(["id"]), "{kind}");
            }
        }
    }

    #[test]
    fn the_schema_of_an_order_is_typed() {
        let schema = Entity::schema_for(EntityKind::Order);
        let text = serde_json::to_string_pretty(&schema).expect("json");
        insta::assert_snapshot!("order", text);
        assert_eq!(schema.get("title").and_then(|t| t.as_str()), Some("Order"));
        assert_eq!(Entity::schema_for(EntityKind::Brand).get("title").and_then(|t| t.as_str()), Some("Bare"));
    }
}
