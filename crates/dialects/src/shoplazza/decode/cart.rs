//! Carts.

use shopwire_core::commerce::entity::Cart;

use super::{line_item::line_item, order::discount};
use crate::fields::Fields;

/// A cart goes by the id of its subject: mostly it has none of its own.
pub(super) fn cart(mut f: Fields, subject_id: &str) -> Cart {
    f.open("discount_applications");
    let currency = f.currency("currency_code");
    f.set_currency(currency.clone());
    Cart {
        id: f.id("id").unwrap_or_else(|| subject_id.to_owned()),
        currency,
        line_items: f.list("line_items", line_item),
        discounts: f.list("discount_applications", discount),
        total_discount: f.money("total_discount"),
        total: f.money("total_price"),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: f.rest(),
        ..Cart::default()
    }
}
