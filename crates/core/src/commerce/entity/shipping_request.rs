//! Shipping requests: offers of a carrier for a cart.

use super::entity;
use crate::commerce::{Money, When};

entity! {
    /// A request to a carrier what shipping a cart would cost; shoppers choose it or not.
    ShippingRequest {
        /// The code that goes with the cart.
        code: Option<String>,
        /// The cart.
        cart_id: Option<String>,
        /// The order, once it was chosen for one.
        order_id: Option<String>,
        /// Its state: `requested`, then `confirmed` or `cancelled`.
        status: Option<String>,
        /// What it costs.
        price: Option<Money>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
