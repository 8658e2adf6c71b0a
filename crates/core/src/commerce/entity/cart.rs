//! Carts.

use super::{Address, Discount, LineItem, entity};
use crate::commerce::{Currency, Money, When};

entity! {
    /// A cart: what somebody may order.
    Cart {
        /// The number of the order it became in waiting, which people see.
        number: Option<String>,
        /// The cart behind an abandoned cart.
        cart_id: Option<String>,
        /// The customer, once they signed in.
        customer_id: Option<String>,
        /// The buyer's mail address, once it was entered.
        email: Option<String>,
        /// The order it was converted into: a cart that is deleted with one was converted.
        order_id: Option<String>,
        /// Whether the shop hides it.
        hidden: Option<bool>,
        /// The secret by which the storefront finds it again.
        token: Option<String>,
        /// Coupons applied.
        coupons: Vec<AppliedCoupon>,
        /// Where the bill goes.
        billing_address: Option<Address>,
        /// Where the goods go.
        shipping_address: Option<Address>,
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

super::part! {
    /// A coupon applied to a cart.
    AppliedCoupon {
        /// The coupon.
        id: Option<String>,
        /// The code that was entered.
        code: Option<String>,
    }
}
