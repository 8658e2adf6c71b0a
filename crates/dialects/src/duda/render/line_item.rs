//! The lines of orders, with what is chosen, taken off and taxed.

use serde_json::Value;
use shopwire_core::commerce::Money;
use shopwire_core::commerce::entity::{Choice, Discount, LineItem, Tax};

use super::{EMPTY, image};
use crate::shape::{Nothing, Shape};

pub(super) fn line_item(item: &LineItem) -> Value {
    let total = item.total.clone().or_else(|| total(item));
    let mut s = Shape::of(&item.extra);
    s.text("id", item.id.as_deref(), EMPTY)
        .text("product_id", item.product_id.as_deref(), Nothing::Null)
        .text("variation_id", item.variant_id.as_deref(), Nothing::Null)
        .text("external_product_id", item.external_product_id.as_deref(), Nothing::Null)
        .text("external_variation_id", item.external_variant_id.as_deref(), Nothing::Null)
        .text("name", item.title.as_deref(), EMPTY)
        .object("image", item.image.as_ref(), image, Nothing::Null)
        .text("sku", item.sku.as_deref(), Nothing::Null)
        .list("options", &item.options, choice, Nothing::List)
        .number("quantity", item.quantity, Nothing::Whole(1))
        .flag("shippable", item.requires_shipping, Nothing::False)
        .money("unit_price", item.price.as_ref(), EMPTY)
        .number("unit_weight", item.weight, Nothing::Null)
        .extra("unit_dimensions", Value::is_object, Nothing::Null)
        .money("total", total.as_ref(), EMPTY)
        .extra("combined_weight", Value::is_number, Nothing::Null)
        .map("metadata", item.metadata.as_ref(), Nothing::Object)
        .done()
}

/// The price of all, where only that of one is told.
fn total(item: &LineItem) -> Option<Money> {
    let price = item.price.clone()?;
    let Some(quantity) = item.quantity else { return Some(price) };
    let amount = price.amount.decimal().checked_mul(quantity.decimal())?;
    Some(Money { amount: amount.into(), ..price })
}

pub(super) fn choice(choice: &Choice) -> Value {
    let mut s = Shape::of(&choice.extra);
    s.extra("option_id", Value::is_string, EMPTY)
        .text("option_name", choice.name.as_deref(), EMPTY)
        .extra("choice_id", Value::is_string, EMPTY)
        .text("choice_value", choice.value.as_deref(), EMPTY)
        .done()
}

pub(super) fn discount(discount: &Discount) -> Value {
    let mut s = Shape::of(&discount.extra);
    s.text("id", discount.id.as_deref(), EMPTY)
        .text("name", discount.title.as_deref(), EMPTY)
        .money("savings", discount.amount.as_ref(), EMPTY)
        .text("type", discount.kind.as_deref(), EMPTY)
        .done()
}

/// A tax of an order (which promises neither id nor provider: `unsaid` is their place) or of a refund.
pub(super) fn tax(tax: &Tax, unsaid: Nothing) -> Value {
    let mut s = Shape::of(&tax.extra);
    s.text("id", tax.id.as_deref(), unsaid)
        .text("name", tax.name.as_deref(), EMPTY)
        .number("rate", tax.rate, Nothing::Whole(0))
        .money("amount", tax.amount.as_ref(), EMPTY)
        .text("provider", tax.provider.as_deref(), unsaid)
        .done()
}
