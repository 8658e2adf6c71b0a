//! Stock: how many there are of a product or of one of its variants.
//!
//! **Invariants.** What counts is the sum over all stocks, if levels are told, else the quantity. At most one of in stock,
//! sold out and scarce for each product or variant that a write changes (Shoptet docs: the beta events about stock). Where
//! no quantity was known before, none has changed by a known number: there is no relative event, and nothing rose or fell.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::Consequences;
use crate::commerce::entity::{Entity, Product, Stock, StockLevel, Variant};
use crate::commerce::{Amount, Canonical, CanonicalType, details};

/// The cause of changes that an order made.
const BY_ORDER: &str = "order";
/// The fields of products and variants that say how many there are.
pub(super) const FIELDS: &[&str] = &["inventory_quantity", "stock_levels"];

/// Of the former values only those that say how many there were.
pub(super) fn only_stock(mut previous: Map<String, Value>) -> Map<String, Value> {
    previous.retain(|name, _| FIELDS.contains(&name.as_str()));
    previous
}

/// How many there are.
#[derive(Clone, Copy)]
pub(super) struct Holding<'a> {
    quantity: Option<Amount>,
    minimum: Option<Amount>,
    levels: &'a [StockLevel],
}

impl<'a> Holding<'a> {
    pub(super) fn of_product(product: &'a Product) -> Self {
        let (quantity, minimum) = (product.inventory_quantity, product.inventory_minimum);
        Self { quantity, minimum, levels: &product.stock_levels }
    }

    /// A variant without a minimum of its own has its product's.
    pub(super) fn of_variant(variant: &'a Variant, product: Option<&Product>) -> Self {
        let minimum = variant.inventory_minimum.or_else(|| product.and_then(|p| p.inventory_minimum));
        Self { quantity: variant.inventory_quantity, minimum, levels: &variant.stock_levels }
    }

    /// The sum over all stocks whose level is known, else the quantity by itself.
    pub(super) fn count(&self) -> Option<Decimal> {
        let levels = self.levels.iter().filter_map(|level| level.quantity);
        let sum = levels.map(Amount::decimal).reduce(Decimal::saturating_add);
        sum.or(self.quantity.map(Amount::decimal))
    }
}

/// A product or a variant of which there are now more or fewer.
pub(super) struct Counted<'a> {
    pub before: Holding<'a>,
    pub after: Holding<'a>,
    /// The event for a change by hand, and for one that an order made.
    pub events: [CanonicalType; 2],
    pub id: &'a str,
    /// Itself, as events say it.
    pub object: &'a Entity,
    /// Its former values.
    pub previous: Map<String, Value>,
}

impl Counted<'_> {
    /// Gives that the quantity changed: by how many if an order did it, else how many there are now (BigCommerce docs:
    /// `store/product/inventory/updated`, `…/inventory/order/updated`, and the same of SKUs). Both are whole numbers:
    /// levels are cut off towards zero, and a difference is that of two levels cut off, so that differences add up.
    pub(super) fn tell_change(&self, cause: Option<&str>, out: &mut Consequences) {
        let (before, Some(after)) = (self.before.count(), self.after.count()) else { return };
        if before == Some(after) {
            return;
        }
        let by_order = cause == Some(BY_ORDER);
        let value = match before {
            Some(before) if by_order => whole(after).saturating_sub(whole(before)),
            None if by_order => return,
            _ => whole(after),
        };
        let method = if by_order { "relative" } else { "absolute" };
        out.give(self.events[usize::from(by_order)], self.id, || {
            Canonical { object: self.object.clone(), previous: self.previous.clone(), details: Map::new() }
                .with(details::INVENTORY_METHOD, method)
                .with(details::INVENTORY_VALUE, value)
        });
    }

    /// What a change of the quantity means for buyers.
    pub(super) fn news(&self) -> Option<CanonicalType> {
        let (before, after) = (self.before.count()?, self.after.count()?);
        let is_below_minimum = |minimum: Amount| before >= minimum.decimal() && after < minimum.decimal();
        if before > Decimal::ZERO && after <= Decimal::ZERO {
            Some(CanonicalType::ProductSoldOut)
        } else if before <= Decimal::ZERO && after > Decimal::ZERO {
            Some(CanonicalType::ProductInStock)
        } else if after > Decimal::ZERO && self.after.minimum.is_some_and(is_below_minimum) {
            Some(CanonicalType::ProductLowStock)
        } else {
            None
        }
    }
}

/// Of which product, and which variant, something moved.
#[derive(Clone, Copy)]
pub(super) struct Goods<'a> {
    pub product_id: Option<&'a str>,
    pub variant_id: Option<&'a str>,
}

/// Gives one movement for each stock whose level differs (Shoptet docs: `stock:movement`). In a stock that is not named
/// lies nothing.
pub(super) fn tell_movements(before: Holding<'_>, after: Holding<'_>, of: Goods<'_>, out: &mut Consequences) {
    let mut deltas: BTreeMap<&str, Decimal> = BTreeMap::new();
    let signed = after.levels.iter().map(|level| (level, Decimal::ONE));
    for (level, sign) in signed.chain(before.levels.iter().map(|level| (level, Decimal::NEGATIVE_ONE))) {
        let (Some(stock), Some(quantity)) = (&level.stock_id, level.quantity) else { continue };
        let delta = deltas.entry(stock).or_default();
        *delta = delta.saturating_add(quantity.decimal() * sign);
    }
    for (stock, delta) in deltas.into_iter().filter(|(_, delta)| !delta.is_zero()) {
        out.give(CanonicalType::StockMoved, stock, || {
            let canonical = Canonical::of(Stock { id: stock.to_owned(), ..Stock::default() });
            let ids = [(details::PRODUCT_ID, of.product_id), (details::VARIANT_ID, of.variant_id)];
            let known = ids.into_iter().filter_map(|(name, id)| Some((name, id?)));
            known
                .fold(canonical, |canonical, (name, id)| canonical.with(name, id))
                .with(details::QUANTITY_DELTA, delta.normalize().to_string())
        });
    }
}

/// Cut off towards zero; what no platform's integer holds becomes the nearest one that does.
fn whole(quantity: Decimal) -> i64 {
    i64::try_from(quantity.trunc()).unwrap_or(if quantity.is_sign_negative() { i64::MIN } else { i64::MAX })
}
