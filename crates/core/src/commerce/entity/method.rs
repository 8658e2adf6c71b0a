//! The ways to pay and to ship that a shop offers.

use super::entity;
use crate::commerce::{Money, When};

entity! {
    /// A way to pay, or a way to ship, that a shop offers.
    Method {
        /// The name.
        name: Option<String>,
        /// More about it.
        description: Option<String>,
        /// How it works, in the shop's words.
        kind: Option<String>,
        /// Whether shoppers may choose it.
        enabled: Option<bool>,
        /// What it costs.
        price: Option<Money>,
        /// Its place among the others, as the shop counts.
        position: Option<i64>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
