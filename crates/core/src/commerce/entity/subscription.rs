//! Subscriptions to recurring orders.

use super::{Order, entity};
use crate::commerce::When;

entity! {
    /// A subscription to recurring orders.
    Subscription {
        /// Its state.
        status: Option<String>,
        /// The customer.
        customer_id: Option<String>,
        /// How the last attempt to take the money went: `paid` or `failed`.
        payment_status: Option<String>,
        /// When it is or was billed first.
        first_billing_at: Option<When>,
        /// When it is billed next; absent if never again.
        next_billing_at: Option<When>,
        /// When it is billed last, where an end is known.
        final_billing_at: Option<When>,
        /// When a cancelled one ends.
        expires_at: Option<When>,
        /// The order it began with.
        initial_order: Option<Box<Order>>,
        /// The order its renewal gave.
        renewal_order: Option<Box<Order>>,
        /// Where the buyer can change how it is paid. Whoever has the link can: treat it like a secret.
        billing_portal_url: Option<String>,
    }
}
