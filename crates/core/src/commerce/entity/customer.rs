//! Customers.

use super::{Address, entity};
use crate::commerce::{Money, When};

entity! {
    /// A customer.
    Customer {
        /// The full name.
        name: Option<String>,
        /// The first name.
        first_name: Option<String>,
        /// The last name.
        last_name: Option<String>,
        /// The mail address.
        email: Option<String>,
        /// The telephone number.
        phone: Option<String>,
        /// Whether they want advertisements.
        accepts_marketing: Option<bool>,
        /// Whether orders they place are cancelled at once.
        orders_disabled: Option<bool>,
        /// The group they are in, by its id.
        group_id: Option<String>,
        /// What language they read.
        language: Option<String>,
        /// The merchant's note.
        note: Option<String>,
        /// How many orders they made.
        orders_count: Option<i64>,
        /// How much they spent.
        total_spent: Option<Money>,
        /// Labels.
        tags: Vec<String>,
        /// The usual address.
        default_address: Option<Address>,
        /// All addresses.
        addresses: Vec<Address>,
        /// When they became a customer.
        created_at: Option<When>,
        /// When something about them last changed.
        updated_at: Option<When>,
    }
}
