//! Subscriptions: renewals, failed payments, and how they end.

use super::Consequences;
use super::case::{Case, Rule};
use super::order::{is, moves_into};
use crate::commerce::entity::Subscription;
use crate::commerce::words::subscription;
use crate::commerce::{Canonical, CanonicalType};

/// The word for a payment that did not go through.
const FAILED: &str = "failed";

const RULES: &[Rule<Subscription>] = &[
    // Duda docs: `ECOMM_SUBSCRIPTION_RENEWED`, which carries the order that the renewal gave.
    Rule {
        gives: CanonicalType::SubscriptionRenewed,
        fields: &["renewal_order", "next_billing_at", "payment_status"],
        holds: |before, after| {
            let order_id = |it: &Subscription| it.renewal_order.as_ref().map(|order| order.id.clone());
            after.renewal_order.is_some() && order_id(before) != order_id(after)
        },
    },
    // Duda docs: `ECOMM_SUBSCRIPTION_PAYMENT_FAILED`.
    Rule {
        gives: CanonicalType::SubscriptionPaymentFailed,
        fields: &["payment_status"],
        holds: |before, after| moves_into(FAILED, &before.payment_status, &after.payment_status),
    },
    // Duda docs: `ECOMM_SUBSCRIPTION_CANCELLATION_REQUESTED`.
    Rule {
        gives: CanonicalType::SubscriptionCancellationRequested,
        fields: &["status", "final_billing_at", "expires_at"],
        holds: |before, after| {
            moves_into(subscription::CANCELLATION_REQUESTED, &before.status, &after.status)
        },
    },
    // Duda docs: `ECOMM_SUBSCRIPTION_CANCELLED`.
    Rule {
        gives: CanonicalType::SubscriptionCancelled,
        fields: &["status", "next_billing_at", "expires_at"],
        holds: |before, after| moves_into(subscription::STOPPED, &before.status, &after.status),
    },
];

/// Whether it has ended already.
fn has_ended(it: &Subscription) -> bool {
    [subscription::STOPPED, subscription::FINISHED].iter().any(|end| is(end, &it.status))
}

/// Gives the transitions of a subscription. One that is deleted before it has ended is cancelled by that.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    match case.typed::<Subscription>() {
        (Some(before), Some(after)) => case.follow(RULES, before, after, out),
        (Some(before), None) if !has_ended(before) => {
            out.give(CanonicalType::SubscriptionCancelled, case.write.id, || Canonical::of(before.clone()));
        }
        _ => {}
    }
}
