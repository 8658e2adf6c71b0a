//! Variants: as part of their product, or as entities of a collection of their own.

use serde_json::Map;

use super::Consequences;
use super::case::{Case, Difference};
use super::inventory::{self, Counted, Goods, Holding, tell_movements};
use super::pair::Pair;
use super::product::{counts_by_variant, is_counted};
use crate::commerce::entity::{Entity, Product, Variant};
use crate::commerce::{Canonical, CanonicalType, details};

const STOCK_EVENTS: [CanonicalType; 2] =
    [CanonicalType::VariantInventoryChanged, CanonicalType::VariantInventoryChangedByOrder];

/// Gives what became of a variant inside its product (BigCommerce docs: `store/sku/*`). Its product's own event tells of
/// the change as well; that platforms tell of one only is a matter of their catalogues.
pub(super) fn apply_nested(
    case: &Case<'_>,
    pair: &Pair<'_, Variant>,
    product: Option<&Product>,
    out: &mut Consequences,
) {
    let entity = |variant: &Variant| Entity::from(of_product(variant, case.write.id));
    match (pair.before, pair.after) {
        (Some(before), Some(after)) => {
            let (former, object) = (entity(before), entity(after));
            let Difference { previous, only_touched } = Difference::between(&former, &object);
            if only_touched {
                return;
            }
            let canonical =
                Canonical { object: object.clone(), previous: previous.clone(), details: Map::new() };
            out.give(CanonicalType::VariantUpdated, &pair.key, canonical);
            let counted = product.filter(|product| is_counted(product) && counts_by_variant(product));
            let (Some(product), Some(whole)) = (counted, case.after) else { return };
            let counted = Counted {
                before: Holding::of_variant(before, Some(product)),
                after: Holding::of_variant(after, Some(product)),
                events: STOCK_EVENTS,
                id: &pair.key,
                object: &object,
                previous: inventory::only_stock(previous),
            };
            let told =
                Canonical { previous: case.previous_of(&["variants"]), ..Canonical::of(whole.clone()) };
            tell(case, &counted, Some((case.write.id, told)), out);
        }
        (None, Some(after)) => {
            out.give(CanonicalType::VariantCreated, &pair.key, Canonical::of(entity(after)))
        }
        (Some(before), None) => {
            out.give(CanonicalType::VariantDeleted, &pair.key, Canonical::of(entity(before)))
        }
        (None, None) => {}
    }
}

/// Gives what a change of a variant by itself means for its stock. What buyers are told is told of the product, so it
/// must name one.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    let ((Some(before), Some(after)), Some(object)) = (case.typed::<Variant>(), case.after) else { return };
    let counted = Counted {
        before: Holding::of_variant(before, None),
        after: Holding::of_variant(after, None),
        events: STOCK_EVENTS,
        id: case.write.id,
        object,
        previous: case.previous_of(inventory::FIELDS),
    };
    let product = after.product_id.as_deref().map(|id| {
        let variants = vec![after.clone()];
        (id, Canonical::of(Product { id: id.to_owned(), variants, ..Product::default() }))
    });
    tell(case, &counted, product, out);
    let of = Goods { product_id: after.product_id.as_deref(), variant_id: Some(case.write.id) };
    tell_movements(counted.before, counted.after, of, out);
}

fn tell(case: &Case<'_>, counted: &Counted<'_>, product: Option<(&str, Canonical)>, out: &mut Consequences) {
    counted.tell_change(case.write.cause, out);
    if let (Some(news), Some((product_id, canonical))) = (counted.news(), product) {
        out.give(news, product_id, canonical.with(details::VARIANT_ID, counted.id));
    }
}

fn of_product(variant: &Variant, product_id: &str) -> Variant {
    Variant { product_id: Some(product_id.to_owned()), ..variant.clone() }
}
