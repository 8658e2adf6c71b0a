//! The lines of orders, carts and fulfilments: each of the three has its own form.

use serde_json::{Value, json};
use shopwire_core::commerce::entity::{Choice, LineItem};
use shopwire_core::commerce::{Amount, Money};

use super::discount;
use crate::shape::Nothing::Absent;
use crate::shape::{Shape, two_decimals};
use crate::shoplazza::{blank, words};
use crate::style::js;

pub(super) fn of_order(item: &LineItem) -> Value {
    let mut s = blank::shape("order.line_item", &item.extra);
    described(&mut s, item);
    s.money("price", item.price.as_ref(), Absent)
        .money("compare_at_price", item.compare_at_price.as_ref().or(item.price.as_ref()), Absent)
        .money("total", total(item).as_ref(), Absent)
        .text("weight", item.weight.map(two_decimals).as_deref(), Absent)
        .presume("main_currency_prices", main_currency_prices(item))
        .list("discount_applications", &item.discounts, discount::of_order_line, Absent)
        .enclose("discount_applications", js::to_string)
        .done()
}

pub(super) fn of_cart(item: &LineItem) -> Value {
    let mut s = blank::shape("cart.line_item", &item.extra);
    named(&mut s, item);
    s.presume("item_id", item_id(item))
        .list("properties", &item.options, property, Absent)
        .enclose("properties", js::to_string)
        .money("price", item.price.as_ref(), Absent)
        .list("discount_applications", &item.discounts, discount::of_cart, Absent)
        .flag("taxable", item.taxable, Absent)
        .flag("requires_shipping", item.requires_shipping, Absent)
        .presume("wholesale_price", wholesale_price(item))
        .done()
}

pub(super) fn of_fulfillment(item: &LineItem) -> Value {
    let mut s = blank::shape("fulfillment.line_item", &item.extra);
    described(&mut s, item);
    s.money_number("price", item.price.as_ref(), Absent)
        .money_number("compare_at_price", item.compare_at_price.as_ref().or(item.price.as_ref()), Absent)
        .text("total", total(item).map(with_currency).as_deref(), Absent)
        .number("weight", item.weight, Absent)
        .done()
}

fn named(s: &mut Shape<'_>, item: &LineItem) {
    s.text("id", item.id.as_deref(), Absent)
        .text("product_id", item.product_id.as_deref(), Absent)
        .text("variant_id", item.variant_id.as_deref(), Absent)
        .text("variant_title", item.variant_title.as_deref(), Absent)
        .text("product_title", item.title.as_deref(), Absent)
        .presume("product_handle", handle(item))
        .number("quantity", item.quantity, Absent);
}

fn described(s: &mut Shape<'_>, item: &LineItem) {
    named(s, item);
    s.text("note", item.note.as_deref(), Absent)
        .text(
            "fulfillment_status",
            item.fulfillment_status.as_deref().map(|word| words::FULFILLMENT.theirs(word)),
            Absent,
        )
        .presume("fulfillment_status", "waiting")
        .text("sku", item.sku.as_deref(), Absent)
        .text("weight_unit", item.weight_unit.as_deref(), Absent)
        .text("vendor", item.vendor.as_deref(), Absent)
        .text("product_url", item.url.as_deref(), Absent)
        .text("image", item.image.as_ref().and_then(|image| image.url.as_deref()), Absent)
        .list("properties", &item.options, property, Absent);
}

fn property(choice: &Choice) -> Value {
    blank::shape("property", &choice.extra)
        .text("name", choice.name.as_deref(), Absent)
        .text("value", choice.value.as_deref(), Absent)
        .done()
}

/// The last part of the product's address in the shop.
pub(in crate::shoplazza) fn handle(item: &LineItem) -> &str {
    let path = item.url.as_deref().unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').rsplit_once('/').map_or("", |(_, handle)| handle)
}

/// A line of a cart is named by its item, and behind `_` by a hash of what the buyer wrote.
pub(in crate::shoplazza) fn item_id(item: &LineItem) -> &str {
    item.id.as_deref().and_then(|id| id.split('_').next()).unwrap_or_default()
}

/// The price by how many are bought; here, the same for any number.
pub(in crate::shoplazza) fn wholesale_price(item: &LineItem) -> Value {
    let price = item.price.as_ref();
    price.map_or_else(
        || json!([]),
        |price| json!([{ "min_quantity": 1, "price": two_decimals(price.amount) }]),
    )
}

/// The prices in the currency the shop counts in, which is taken to be that of the order.
pub(in crate::shoplazza) fn main_currency_prices(item: &LineItem) -> Value {
    let plain = |money: Option<&Money>| money.map_or_else(|| "0".to_owned(), plain);
    json!({
        "compare_at_price": plain(item.compare_at_price.as_ref().or(item.price.as_ref())),
        "price": plain(item.price.as_ref()),
        "total": plain(total(item).as_ref()),
        "actual_rate": "1",
    })
}

/// Money as text without trailing zeros.
pub(super) fn plain(money: &Money) -> String {
    money.amount.decimal().normalize().to_string()
}

/// What the line comes to, as it is told or else as price and quantity give it.
fn total(item: &LineItem) -> Option<Money> {
    item.total.clone().or_else(|| {
        let price = item.price.as_ref()?;
        let total = price.amount.decimal().checked_mul(item.quantity?.decimal())?;
        Some(Money { amount: Amount::from(total), currency: price.currency.clone() })
    })
}

fn with_currency(money: Money) -> String {
    let amount = two_decimals(money.amount);
    money.currency.map_or_else(|| amount.clone(), |currency| format!("{amount} {}", currency.as_str()))
}
