//! Variations of products.

use std::borrow::Cow;

use serde_json::Value;
use shopwire_core::commerce::Money;
use shopwire_core::commerce::entity::Variant;

use super::line_item::choice;
use super::product::{in_stock, pictures};
use super::{EMPTY, image, words};
use crate::shape::{Nothing, Shape};

/// A variation of a product with this price.
pub(super) fn variation(variant: &Variant, base: Option<&Money>) -> Value {
    let difference = difference(variant, base);
    let quantity = in_stock(&variant.stock_levels, variant.inventory_quantity);
    let images = pictures(variant.image.as_ref(), &variant.images);
    let mut s = Shape::of(&variant.extra);
    s.text("id", Some(&variant.id), EMPTY)
        .text("external_id", variant.external_id.as_deref(), Nothing::Null)
        .text("sku", variant.sku.as_deref(), EMPTY)
        .number("quantity", quantity, Nothing::Absent)
        .money("price_difference", difference.as_ref(), EMPTY)
        .text("status", displayed(variant.status.as_deref(), None).as_deref(), EMPTY)
        .list("images", images, image, Nothing::List)
        .list("options", &variant.options, choice, Nothing::List)
        .done()
}

/// How much more than its product it costs: what its own price says, if both are known.
fn difference(variant: &Variant, base: Option<&Money>) -> Option<Money> {
    let of_price = variant.price.as_ref().zip(base).and_then(|(price, base)| {
        let amount = price.amount.decimal().checked_sub(base.amount.decimal())?;
        Some(Money { amount: amount.into(), currency: base.currency.clone() })
    });
    of_price.or_else(|| variant.price_difference.clone())
}

/// Whether something is shown, in Duda's words: as the flag says, unless there is a word that is neither of the two.
pub(super) fn displayed(status: Option<&str>, published: Option<bool>) -> Option<Cow<'_, str>> {
    let by_flag = published.map(|is_shown| if is_shown { "ACTIVE" } else { "HIDDEN" }.into());
    by_flag.or_else(|| status.map(|status| words::DISPLAY.theirs(status)))
}
