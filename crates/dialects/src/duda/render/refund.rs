//! Refunds, alone and inside orders.

use serde_json::{Value, json};
use shopwire_core::commerce::Currency;
use shopwire_core::commerce::entity::{Order, Refund, RefundItem, Tax};

use super::EMPTY;
use super::line_item::tax;
use super::payment::currency;
use crate::shape::{Nothing, Shape};

/// A refund, of `order` if it stands inside one.
pub(super) fn refund(refund: &Refund, order: Option<&Order>) -> Value {
    let order_id = refund.order_id.as_deref().or_else(|| order.map(|order| order.id.as_str()));
    let total = refund.total.as_ref().and_then(|total| total.currency.as_ref());
    let currency = refund.currency.as_ref().or(total).or_else(|| currency(order?));
    let mut s = Shape::of(&refund.extra);
    s.text("id", Some(&refund.id), EMPTY)
        .text("order_id", order_id, EMPTY)
        .text("transaction_id", refund.transaction_id.as_deref(), Nothing::Null)
        .text("reason", refund.reason.as_deref(), EMPTY)
        .list("items", &refund.items, item, Nothing::List)
        .text("currency", currency.map(Currency::as_str), EMPTY)
        .put("tax_provider", left_provider(refund), Value::is_object, Nothing::Null)
        .money("subtotal", refund.subtotal.as_ref(), EMPTY)
        .list("taxes", &refund.taxes, |item| tax(item, EMPTY), Nothing::List)
        .money("total", refund.total.as_ref(), EMPTY)
        .when("created", refund.created_at.as_ref(), EMPTY)
        .done()
}

fn left_provider(refund: &Refund) -> Option<Value> {
    let left = refund.extra.get("tax_provider").filter(|left| left.is_object());
    Some(left.cloned().unwrap_or_else(|| tax_provider(&refund.taxes)))
}

/// Who computed the taxes, as far as the taxes themselves tell.
pub(in crate::duda) fn tax_provider(taxes: &[Tax]) -> Value {
    let provider = taxes.iter().find_map(|tax| tax.provider.as_deref());
    json!({ "provider": provider.unwrap_or("UNKNOWN"), "avalara_reference_id": "" })
}

fn item(item: &RefundItem) -> Value {
    let mut s = Shape::of(&item.extra);
    s.text("id", item.id.as_deref(), EMPTY)
        .number("quantity", item.quantity, Nothing::Whole(1))
        .money("amount", item.amount.as_ref(), EMPTY)
        .list("taxes", &item.taxes, |item| tax(item, EMPTY), Nothing::List)
        .done()
}
