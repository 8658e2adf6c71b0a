//! Carts.

use super::{Discount, LineItem, entity};
use crate::commerce::{Currency, Money, When};

entity! {
    /// A cart: what somebody may order.
    Cart {
        /// The currency of all money here that names no other.
        currency: Option<Currency>,
        /// What is in it.
        line_items: Vec<LineItem>,
        /// Reductions.
        discounts: Vec<Discount>,
        /// All reductions together.
        total_discount: Option<Money>,
        /// What would have to be paid.
        total: Option<Money>,
        /// When it was begun.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
