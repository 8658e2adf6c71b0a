//! Carts.

use shopwire_core::commerce::entity::Cart;

use super::{discount::discount, line_item::line_item};
use crate::fields::Fields;
use crate::shoplazza::blank;

/// A cart goes by the id of its subject: mostly it has none of its own.
pub(super) fn cart(mut f: Fields, subject_id: &str) -> Cart {
    f.open("discount_applications");
    f.pass_over("user_id", &subject_id.into());
    let currency = f.currency("currency_code");
    f.set_currency(currency.clone());
    Cart {
        id: f.id("id").unwrap_or_else(|| subject_id.to_owned()),
        currency,
        line_items: f.list("line_items", |f| line_item(f, "cart.line_item")),
        discounts: f.list("discount_applications", |f| discount(f, "cart.discount")),
        total_discount: f.money("total_discount"),
        total: f.money("total_price"),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "cart"),
        ..Cart::default()
    }
}
