//! Ids inside an entity that become subjects of events: they are held to what the id of an entity is held to.

use shopwire_core::commerce::EntityKind;
use shopwire_core::commerce::entity::{Entity, EntityError, StockLevel};

use super::CaptureError;
use super::look::text_fault;
use crate::Engine;

/// An id of another entity, where it stands, and its kind.
type Inner<'a> = (String, EntityKind, &'a str);

impl Engine {
    /// Whether all ids inside that may become subjects can be some.
    pub(super) fn check_inner(&self, kind: EntityKind, entity: &Entity) -> Result<(), CaptureError> {
        for (path, of, id) in inner(entity) {
            let max = self.limits().subject_chars_max.saturating_sub(of.as_str().len() + 1);
            let fault = text_fault(id, "subject_chars_max", max);
            let fault = fault.or_else(|| id.is_empty().then(|| "is empty: leave it out".to_owned()));
            if let Some(what) = fault {
                let what = format!("the id {what}");
                return Err(EntityError { kind, path, what }.into());
            }
        }
        Ok(())
    }
}

fn inner(entity: &Entity) -> Vec<Inner<'_>> {
    match entity {
        Entity::Product(product) => {
            let mut ids = levels("", &product.stock_levels);
            for (place, variant) in product.variants.iter().enumerate() {
                // A variant without an id is one of which nothing is told.
                if !variant.id.is_empty() {
                    ids.push((format!("variants[{place}].id"), EntityKind::Variant, &variant.id));
                }
                ids.extend(levels(&format!("variants[{place}]."), &variant.stock_levels));
            }
            ids
        }
        Entity::Variant(variant) => {
            let product_id = variant.product_id.as_deref();
            let product = product_id.map(|id| ("product_id".to_owned(), EntityKind::Product, id));
            levels("", &variant.stock_levels).into_iter().chain(product).collect()
        }
        _ => Vec::new(),
    }
}

fn levels<'a>(within: &str, levels: &'a [StockLevel]) -> Vec<Inner<'a>> {
    let named =
        levels.iter().enumerate().filter_map(|(place, level)| Some((place, level.stock_id.as_deref()?)));
    named
        .map(|(place, id)| (format!("{within}stock_levels[{place}].stock_id"), EntityKind::Stock, id))
        .collect()
}
