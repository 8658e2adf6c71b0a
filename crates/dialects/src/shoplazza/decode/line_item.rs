//! The lines of orders, carts and fulfilments.

use shopwire_core::commerce::entity::{Choice, LineItem};

use super::{image, order::discount};
use crate::fields::Fields;

pub(super) fn line_item(mut f: Fields) -> LineItem {
    f.open("discount_applications");
    LineItem {
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
        fulfillment_status: f.text("fulfillment_status"),
        requires_shipping: f.flag("requires_shipping"),
        taxable: f.flag("taxable"),
        weight: f.amount("weight"),
        weight_unit: f.text("weight_unit"),
        vendor: f.text("vendor"),
        url: f.text("product_url"),
        image: f.image("image", image),
        options: f.list("properties", choice),
        discounts: f.list("discount_applications", discount),
        note: f.text("note"),
        extra: f.rest(),
        ..LineItem::default()
    }
}

fn choice(mut f: Fields) -> Choice {
    Choice { name: f.text("name"), value: f.id("value"), extra: f.rest() }
}
