//! Refunds.

use super::{Tax, entity, part};
use crate::commerce::{Amount, Currency, Money, When};

entity! {
    /// Money paid back.
    Refund {
        /// The order.
        order_id: Option<String>,
        /// The payment provider's id of the transaction.
        transaction_id: Option<String>,
        /// Why.
        reason: Option<String>,
        /// The lines it is for.
        items: Vec<RefundItem>,
        /// The currency of all money here that names no other.
        currency: Option<Currency>,
        /// The sum before taxes.
        subtotal: Option<Money>,
        /// The taxes of all lines, grouped by rate.
        taxes: Vec<Tax>,
        /// The sum with taxes.
        total: Option<Money>,
        /// When it was made.
        created_at: Option<When>,
    }
}

part! {
    /// A line of an order, as far as it is paid back.
    RefundItem {
        /// The id of the line.
        id: Option<String>,
        /// How many of it; need not be whole.
        quantity: Option<Amount>,
        /// How much for them, before taxes.
        amount: Option<Money>,
        /// The taxes of it.
        taxes: Vec<Tax>,
    }
}
