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
    let (event_type, variant) = match (pair.before, pair.after) {
        (Some(before), Some(after)) => return changed(case, (before, after), product, out),
        (None, Some(after)) => (CanonicalType::VariantCreated, after),
        (Some(before), None) => (CanonicalType::VariantDeleted, before),
        (None, None) => return,
    };
    out.give(event_type, &pair.key, || Canonical::of(of_product(variant, case.write.id)));
}

fn changed(
    case: &Case<'_>,
    (before, after): (&Variant, &Variant),
    product: Option<&Product>,
    out: &mut Consequences,
) {
    let entity = |variant: &Variant| Entity::from(of_product(variant, case.write.id));
    let (former, object) = (entity(before), entity(after));
    let Difference { previous, only_touched } = Difference::between(&former, &object);
    if only_touched {
        return;
    }
    out.give(CanonicalType::VariantUpdated, &after.id, || Canonical {
        object: object.clone(),
        previous: previous.clone(),
        details: Map::new(),
    });
    let counted = product.filter(|product| is_counted(product) && counts_by_variant(product));
    let (Some(product), Some(whole)) = (counted, case.after) else { return };
    let counted = Counted {
        before: Holding::of_variant(before, Some(product)),
        after: Holding::of_variant(after, Some(product)),
        events: STOCK_EVENTS,
        id: &after.id,
        object: &object,
        previous: inventory::only_stock(previous),
    };
    counted.tell_change(case.write.cause, out);
    let of = || Canonical { previous: case.previous_of(&["variants"]), ..Canonical::of(whole.clone()) };
    tell_news(&counted, case.write.id, of, out);
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
    counted.tell_change(case.write.cause, out);
    if let Some(product_id) = &after.product_id {
        let product = || {
            let variants = vec![after.clone()];
            Canonical::of(Product { id: product_id.clone(), variants, ..Product::default() })
        };
        tell_news(&counted, product_id, product, out);
    }
    let of = Goods { product_id: after.product_id.as_deref(), variant_id: Some(case.write.id) };
    tell_movements(counted.before, counted.after, of, out);
}

/// Tells of the product what buyers are told about one of its variants.
fn tell_news(
    counted: &Counted<'_>,
    product_id: &str,
    product: impl FnOnce() -> Canonical,
    out: &mut Consequences,
) {
    if let Some(news) = counted.news() {
        out.give(news, product_id, || product().with(details::VARIANT_ID, counted.id));
    }
}

fn of_product(variant: &Variant, product_id: &str) -> Variant {
    Variant { product_id: Some(product_id.to_owned()), ..variant.clone() }
}
