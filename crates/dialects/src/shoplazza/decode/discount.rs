//! Reductions of orders, their lines and carts.

use shopwire_core::commerce::entity::Discount;

use crate::fields::Fields;
use crate::shoplazza::blank;

/// A reduction in the form of this blank.
pub(super) fn discount(mut f: Fields, blank: &str) -> Discount {
    for (key, same_as) in [("total_discount_amount", "discount_amount"), ("discount_type", "type")] {
        if let Some(known) = f.peek(&[same_as]).cloned() {
            f.pass_over(key, &known);
        }
    }
    Discount {
        id: f.id("discount_id"),
        title: f.text("title"),
        kind: f.text("type"),
        amount: f.money("discount_amount"),
        extra: blank::rest(&mut f, blank),
    }
}
