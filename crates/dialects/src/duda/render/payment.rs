//! How an order is paid.

use serde_json::Value;
use shopwire_core::commerce::Currency;
use shopwire_core::commerce::entity::{Order, Payment, PaymentMethod};

use super::EMPTY;
use crate::duda::words;
use crate::shape::{Nothing, Shape};

/// The payment of an order. Its state and currency are the order's.
pub(super) fn payment(order: &Order) -> Value {
    let unknown = Payment::default();
    let payment = order.payment.as_ref().unwrap_or(&unknown);
    let status = order.financial_status.as_deref().or(payment.status.as_deref());
    let method = payment.confirmed_method.clone().unwrap_or_default();
    let status = status.map(|status| words::PAYMENT.theirs(status));
    let mut s = Shape::of(&payment.extra);
    s.text("transaction_id", payment.transaction_id.as_deref(), EMPTY)
        .text("status", status.as_deref(), EMPTY)
        .text("currency", currency(order).map(Currency::as_str), EMPTY)
        .text("method", payment.method.as_deref(), EMPTY)
        .text("card_brand", payment.card_brand.as_deref(), Nothing::Null)
        .text("card_last_4", payment.card_last4.as_deref(), Nothing::Null)
        .set("confirmed_method", confirmed_method(&method))
        .done()
}

/// The currency of all money in an order: its payment is the only one to name it.
pub(super) fn currency(order: &Order) -> Option<&Currency> {
    let of_total = || order.total.as_ref()?.currency.as_ref();
    let of_payment = || order.payment.as_ref()?.currency.as_ref();
    order.currency.as_ref().or_else(of_total).or_else(of_payment)
}

fn confirmed_method(method: &PaymentMethod) -> Value {
    let mut s = Shape::of(&method.extra);
    s.text("gateway", method.gateway.as_deref(), EMPTY)
        .text("name", method.name.as_deref(), EMPTY)
        .text("display_name", method.display_name.as_deref(), Nothing::Null)
        .text("icon", method.icon_url.as_deref(), Nothing::Null)
        .text("details", method.details.as_deref(), Nothing::Null)
        .text("instructions", method.instructions.as_deref(), Nothing::Null)
        .done()
}
