//! Customers: whether their orders are still taken.

use super::Consequences;
use super::case::{Case, Rule};
use crate::commerce::CanonicalType;
use crate::commerce::entity::Customer;

const RULES: &[Rule<Customer>] = &[
    // Shoptet docs: `customer:disableOrders`.
    Rule {
        gives: CanonicalType::CustomerOrdersDisabled,
        fields: &["orders_disabled"],
        holds: |before, after| before.orders_disabled != Some(true) && after.orders_disabled == Some(true),
    },
    // Shoptet docs: `customer:enableOrders`. Orders of whom nothing is told are taken.
    Rule {
        gives: CanonicalType::CustomerOrdersEnabled,
        fields: &["orders_disabled"],
        holds: |before, after| before.orders_disabled == Some(true) && after.orders_disabled != Some(true),
    },
];

/// Gives the transitions of a customer.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    if let (Some(before), Some(after)) = case.typed::<Customer>() {
        case.follow(RULES, before, after, out);
    }
}
