//! Reductions: Shoplazza writes them in one form for orders, in another for their lines, and in a third for carts.

use serde_json::Value;
use shopwire_core::commerce::entity::Discount;

use crate::shape::Nothing::Absent;
use crate::shape::{Shape, two_decimals};
use crate::shoplazza::blank;

pub(super) fn of_order(discount: &Discount) -> Value {
    let mut s = common("order.discount", discount);
    s.money_number("discount_amount", discount.amount.as_ref(), Absent).done()
}

pub(super) fn of_order_line(discount: &Discount) -> Value {
    let mut s = common("order.line_item.discount", discount);
    s.money("discount_amount", discount.amount.as_ref(), Absent)
        .presume(
            "total_discount_amount",
            discount.amount.as_ref().map_or("0.00".to_owned(), |m| two_decimals(m.amount)),
        )
        .done()
}

pub(super) fn of_cart(discount: &Discount) -> Value {
    let mut s = common("cart.discount", discount);
    s.money_number("discount_amount", discount.amount.as_ref(), Absent)
        .presume("discount_type", discount.kind.as_deref().unwrap_or_default())
        .done()
}

fn common<'d>(blank: &str, discount: &'d Discount) -> Shape<'d> {
    let mut s = blank::shape(blank, &discount.extra);
    s.text("type", discount.kind.as_deref(), Absent).text("title", discount.title.as_deref(), Absent).text(
        "discount_id",
        discount.id.as_deref(),
        Absent,
    );
    s
}
