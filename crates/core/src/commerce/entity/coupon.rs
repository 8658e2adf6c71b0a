//! Discount coupons.

use super::entity;
use crate::commerce::{Amount, When};

entity! {
    /// A discount coupon: a code that lowers the price.
    Coupon {
        /// The code shoppers enter.
        code: Option<String>,
        /// The name.
        name: Option<String>,
        /// How it works, in the shop's words (`percent`, `fixed`, `shipping`, …).
        kind: Option<String>,
        /// Its state, in the shop's words.
        status: Option<String>,
        /// By how much it lowers the price: an amount or a percentage, as `kind` says.
        value: Option<Amount>,
        /// From what order value on it counts.
        order_minimum: Option<Amount>,
        /// How often it may be used.
        uses_max: Option<i64>,
        /// How often it was used.
        uses: Option<i64>,
        /// When it begins to count.
        starts_at: Option<When>,
        /// When it ceases to count.
        ends_at: Option<When>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
