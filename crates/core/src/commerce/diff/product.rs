//! Products: their stock, and their variants, each of which has events of its own.

use super::Consequences;
use super::case::Case;
use super::inventory::{self, Counted, Goods, Holding, tell_movements};
use super::pair::pairs;
use super::variant;
use crate::commerce::CanonicalType;
use crate::commerce::entity::{Product, Variant};

/// Gives what a change of a product means for its stock and its variants.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    let (before, after) = case.typed::<Product>();
    if let (Some(before), Some(after)) = (before, after)
        && is_counted(after)
        && counts_by_product(after)
    {
        stock(case, before, after, out);
    }
    let pairs = pairs(variants(before), variants(after), |variant| variant.id.clone());
    // A variant without an id can't be told from others, so nothing is told of it.
    let pairs: Vec<_> = pairs.into_iter().filter(|pair| !pair.key.is_empty()).collect();
    for pair in &pairs {
        variant::apply_nested(case, pair, after, out);
    }
    if let (Some(before), Some(after)) = (before, after)
        && is_counted(after)
    {
        let of = Goods { product_id: Some(case.write.id), variant_id: None };
        tell_movements(Holding::of_product(before), Holding::of_product(after), of, out);
        for pair in &pairs {
            if let (Some(before), Some(after)) = (pair.before, pair.after) {
                let of = Goods { variant_id: Some(&pair.key), ..of };
                tell_movements(Holding::of_variant(before, None), Holding::of_variant(after, None), of, out);
            }
        }
    }
}

fn stock(case: &Case<'_>, before: &Product, after: &Product, out: &mut Consequences) {
    let Some(object) = case.after else { return };
    let counted = Counted {
        before: Holding::of_product(before),
        after: Holding::of_product(after),
        events: [CanonicalType::ProductInventoryChanged, CanonicalType::ProductInventoryChangedByOrder],
        id: case.write.id,
        object,
        previous: case.previous_of(inventory::FIELDS),
    };
    counted.tell_change(case.write.cause, out);
    if let Some(news) = counted.news() {
        case.give(out, news, inventory::FIELDS);
    }
}

fn variants(product: Option<&Product>) -> &[Variant] {
    product.map_or(&[], |product| &product.variants)
}

/// Whether its stock is counted at all.
pub(super) fn is_counted(product: &Product) -> bool {
    product.inventory_tracked != Some(false) && product.inventory_tracking.as_deref() != Some("none")
}

/// Whether its stock is counted for it as a whole.
fn counts_by_product(product: &Product) -> bool {
    let of_variant = |variant: &Variant| Holding::of_variant(variant, None).count().is_some();
    match product.inventory_tracking.as_deref() {
        Some(what) => what == "product",
        None => !product.variants.iter().any(of_variant),
    }
}

/// Whether its stock is counted for those of its variants that have a quantity.
pub(super) fn counts_by_variant(product: &Product) -> bool {
    product.inventory_tracking.as_deref().is_none_or(|what| what == "variant")
}
