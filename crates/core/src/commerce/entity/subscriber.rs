//! Subscribers of mailing lists.

use super::entity;
use crate::commerce::When;

entity! {
    /// A subscriber of a mailing list.
    Subscriber {
        /// The mail address.
        email: Option<String>,
        /// The first name.
        first_name: Option<String>,
        /// The last name.
        last_name: Option<String>,
        /// The list's code.
        list: Option<String>,
        /// The customer, if they are one.
        customer_id: Option<String>,
        /// When they subscribed.
        created_at: Option<When>,
        /// When something about them last changed.
        updated_at: Option<When>,
    }
}
