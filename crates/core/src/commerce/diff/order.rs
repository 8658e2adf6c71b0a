//! Orders: status, payment, shipping, refunds, and when nothing more can follow.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::Consequences;
use super::case::{Case, Rule};
use crate::commerce::entity::{LineItem, Order};
use crate::commerce::words::{financial, fulfillment, order};
use crate::commerce::{CanonicalType, Money};

/// Shoplazza docs: `orders/paid`, where a payment on delivery counts once it succeeded; Duda docs: `ECOMM_ORDER_PAID`.
const PAID: Rule<Order> = Rule {
    gives: CanonicalType::OrderPaid,
    fields: &["financial_status"],
    holds: |before, after| moves_into(financial::PAID, &before.financial_status, &after.financial_status),
};

const RULES: &[Rule<Order>] = &[
    // BigCommerce docs: `store/order/archived`.
    Rule {
        gives: CanonicalType::OrderArchived,
        fields: &["archived"],
        holds: |before, after| before.archived != Some(true) && after.archived == Some(true),
    },
    // BigCommerce docs: `store/order/statusUpdated`. A status that is no longer told is none to move into.
    Rule {
        gives: CanonicalType::OrderStatusChanged,
        fields: &["status"],
        holds: |before, after| after.status.is_some() && before.status != after.status,
    },
    PAID,
    // Shoplazza docs: `orders/partially_fulfilled`, for each thing that is sent while some are left.
    Rule {
        gives: CanonicalType::OrderPartiallyFulfilled,
        fields: &["fulfillment_status", "shipments", "line_items"],
        holds: |before, after| {
            is(fulfillment::PARTIALLY_SHIPPED, &after.fulfillment_status)
                && (!is(fulfillment::PARTIALLY_SHIPPED, &before.fulfillment_status)
                    || more_is_shipped(before, after))
        },
    },
    // Shoplazza docs: `orders/fulfilled`.
    Rule {
        gives: CanonicalType::OrderFulfilled,
        fields: &["fulfillment_status"],
        holds: |before, after| {
            moves_into(fulfillment::SHIPPED, &before.fulfillment_status, &after.fulfillment_status)
        },
    },
    // Shoplazza docs: `orders/finished`, and the order states of its API.
    Rule {
        gives: CanonicalType::OrderFinished,
        fields: &["status", "financial_status", "fulfillment_status"],
        holds: |before, after| !is_finished(before) && is_finished(after),
    },
    // Shoplazza docs: `orders/partially_refunded`, for each refund that leaves something of the amount.
    Rule {
        gives: CanonicalType::OrderPartiallyRefunded,
        fields: &["financial_status", "total_refunded", "refunds"],
        holds: |before, after| {
            !is(financial::REFUNDED, &after.financial_status)
                && (more_is_refunded(before, after)
                    || moves_into(
                        financial::PARTIALLY_REFUNDED,
                        &before.financial_status,
                        &after.financial_status,
                    ))
        },
    },
    // Shoplazza docs: `orders/refunded`.
    Rule {
        gives: CanonicalType::OrderRefunded,
        fields: &["financial_status", "total_refunded", "refunds"],
        holds: |before, after| {
            moves_into(financial::REFUNDED, &before.financial_status, &after.financial_status)
        },
    },
    // Shoptet docs: `order:cancel`, when the status becomes cancelled; Shoplazza docs: `orders/cancelled`.
    Rule {
        gives: CanonicalType::OrderCancelled,
        fields: &["status", "cancel_reason", "cancelled_at"],
        holds: |before, after| moves_into(order::CANCELLED, &before.status, &after.status),
    },
];

/// Gives the transitions of an order. Of one that was not there before, only its payment counts.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    match case.typed::<Order>() {
        (Some(before), Some(after)) => case.follow(RULES, before, after, out),
        (None, Some(after)) => case.follow(&[PAID], &Order::default(), after, out),
        _ => {}
    }
}

/// Whether a state is this one.
pub(super) fn is(word: &str, status: &Option<String>) -> bool {
    status.as_deref() == Some(word)
}

/// Whether a state becomes this one.
pub(super) fn moves_into(word: &str, before: &Option<String>, after: &Option<String>) -> bool {
    !is(word, before) && is(word, after)
}

/// Whether nothing more can follow: all was received, it was cancelled after the payment, all was paid back and came
/// back, or it was paid and something is on its way back (Shoplazza docs: the situations of a finished order).
fn is_finished(it: &Order) -> bool {
    const PAID: [&str; 5] = [
        financial::PAID,
        financial::REFUNDING,
        financial::REFUND_FAILED,
        financial::PARTIALLY_REFUNDED,
        financial::REFUNDED,
    ];
    const COMING_BACK: [&str; 3] =
        [fulfillment::RETURNING, fulfillment::PARTIALLY_RETURNED, fulfillment::RETURNED];
    let one_of = |words: &[&str], status: &Option<String>| words.iter().any(|word| is(word, status));
    one_of(&[order::FINISHED, order::COMPLETED], &it.status)
        || is(fulfillment::FINISHED, &it.fulfillment_status)
        || (one_of(&PAID, &it.financial_status)
            && (is(order::CANCELLED, &it.status) || one_of(&COMING_BACK, &it.fulfillment_status)))
}

/// Whether there are more shipments, more in them, or more lines that say they were shipped.
fn more_is_shipped(before: &Order, after: &Order) -> bool {
    after.shipments.len() > before.shipments.len()
        || shipped_quantity(after) > shipped_quantity(before)
        || shipped_lines(after) > shipped_lines(before)
}

fn shipped_quantity(it: &Order) -> Decimal {
    let lines = it.shipments.iter().flat_map(|shipment| &shipment.line_items);
    let quantities = lines.filter_map(|line| line.quantity);
    quantities.fold(Decimal::ZERO, |sum, quantity| sum.saturating_add(quantity.decimal()))
}

fn shipped_lines(it: &Order) -> usize {
    let is_shipped = |line: &&LineItem| is(fulfillment::SHIPPED, &line.fulfillment_status);
    it.line_items.iter().filter(is_shipped).count()
}

/// Whether more was paid back in sum, or there is a refund that was not there.
fn more_is_refunded(before: &Order, after: &Order) -> bool {
    let sum = |it: &Order| it.total_refunded.as_ref().map_or(Decimal::ZERO, amount);
    let known: BTreeSet<&str> = before.refunds.iter().map(|refund| refund.id.as_str()).collect();
    sum(after) > sum(before)
        || after.refunds.len() > before.refunds.len()
        || after.refunds.iter().any(|refund| !known.contains(refund.id.as_str()))
}

fn amount(money: &Money) -> Decimal {
    money.amount.decimal()
}
