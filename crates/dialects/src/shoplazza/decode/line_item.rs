//! The lines of orders, carts and fulfilments.

use serde_json::Value;
use shopwire_core::commerce::Currency;
use shopwire_core::commerce::entity::{Choice, LineItem};

use super::{discount::discount, picture};
use crate::fields::Fields;
use crate::shoplazza::render::line_item::{handle, item_id, main_currency_prices, wholesale_price};
use crate::shoplazza::{blank, words};

/// A line in the form of this blank.
pub(super) fn line_item(mut f: Fields, blank: &str) -> LineItem {
    f.open("discount_applications");
    f.open("properties");
    if let Some(currency) = f.peek(&["total"]).and_then(currency_of) {
        f.set_currency(Some(currency));
    }
    let discounts = match blank {
        "order.line_item" => "order.line_item.discount",
        _ => "cart.discount",
    };
    let mut item = LineItem {
        id: f.id("id"),
        product_id: f.id("product_id"),
        variant_id: f.id("variant_id"),
        title: f.text("product_title"),
        variant_title: f.text("variant_title"),
        sku: f.id("sku"),
        quantity: f.amount("quantity"),
        price: f.money("price"),
        compare_at_price: f.money("compare_at_price"),
        total: f.money("total"),
        fulfillment_status: f
            .text("fulfillment_status")
            .map(|word| words::FULFILLMENT.ours(&word).to_owned()),
        requires_shipping: f.flag("requires_shipping"),
        taxable: f.flag("taxable"),
        weight: f.amount("weight"),
        weight_unit: f.text("weight_unit"),
        vendor: f.text("vendor"),
        url: f.text("product_url"),
        image: picture(&mut f),
        options: f.list("properties", choice),
        discounts: f.list("discount_applications", |f| discount(f, discounts)),
        note: f.text("note"),
        extra: blank::rest(&mut f, blank),
        ..LineItem::default()
    };
    let presumed: [(&str, Value); 4] = [
        ("product_handle", handle(&item).into()),
        ("item_id", item_id(&item).into()),
        ("wholesale_price", wholesale_price(&item)),
        ("main_currency_prices", main_currency_prices(&item)),
    ];
    for (key, presumed) in presumed {
        blank::forget(&mut item.extra, key, presumed);
    }
    item
}

/// In fulfilments, only the total of a line says what currency it is in: `12.34 USD`.
fn currency_of(total: &Value) -> Option<Currency> {
    total.as_str()?.trim().rsplit_once(' ')?.1.parse().ok()
}

fn choice(mut f: Fields) -> Choice {
    Choice { name: f.text("name"), value: f.id("value"), extra: blank::rest(&mut f, "property") }
}
