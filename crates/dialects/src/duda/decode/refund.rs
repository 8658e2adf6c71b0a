//! Refunds, on their own and inside orders.

use shopwire_core::commerce::entity::{Refund, RefundItem};

use super::order::tax;
use crate::duda::render::tax_provider;
use crate::fields::Fields;

pub(super) fn refund(mut f: Fields) -> Refund {
    let currency = f.currency("currency");
    if currency.is_some() {
        f.set_currency(currency.clone());
    }
    f.pass_over_empty(&["tax_provider"]);
    let mut refund = Refund {
        id: f.entity_id(),
        order_id: f.id("order_id"),
        transaction_id: f.id("transaction_id"),
        reason: f.text("reason"),
        items: f.list("items", refund_item),
        currency,
        subtotal: f.money("subtotal"),
        taxes: f.list("taxes", tax),
        total: f.money("total"),
        created_at: f.when("created"),
        extra: f.rest(),
    };
    // What the taxes say already is not kept a second time.
    if refund.extra.get("tax_provider") == Some(&tax_provider(&refund.taxes)) {
        refund.extra.shift_remove("tax_provider");
    }
    refund
}

fn refund_item(mut f: Fields) -> RefundItem {
    RefundItem {
        id: f.id("id"),
        quantity: f.amount("quantity"),
        amount: f.money("amount"),
        taxes: f.list("taxes", tax),
        extra: f.rest(),
    }
}
