//! Carts.

use serde_json::Value;
use shopwire_core::commerce::entity::Cart;

use super::{discount, line_item};
use crate::shape::Nothing::Absent;
use crate::shoplazza::blank;

/// A cart, which is not wrapped and goes by its buyer's id: receivers tell one cart from another by it, so it is the cart's
/// own here.
pub(super) fn cart(cart: &Cart, at: &str) -> Value {
    let currency = cart.currency.as_ref().or_else(|| cart.total.as_ref()?.currency.as_ref());
    blank::shape("cart", &cart.extra)
        .set("user_id", cart.id.as_str())
        .text("currency_code", currency.map(|currency| currency.as_str()), Absent)
        .list("discount_applications", &cart.discounts, discount::of_cart, Absent)
        .list("line_items", &cart.line_items, line_item::of_cart, Absent)
        .money("total_price", cart.total.as_ref(), Absent)
        .money("total_discount", cart.total_discount.as_ref(), Absent)
        .when("created_at", cart.created_at.as_ref(), Absent)
        .presume("created_at", at)
        .when("updated_at", cart.updated_at.as_ref(), Absent)
        .presume("updated_at", at)
        .done()
}
