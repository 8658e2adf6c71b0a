//! The statuses orders can have.

use super::entity;
use crate::commerce::When;

entity! {
    /// A status orders can have.
    OrderStatus {
        /// The name.
        name: Option<String>,
        /// Its place among the others, as the shop counts.
        position: Option<i64>,
        /// Whether it is the shop's own rather than the platform's.
        custom: Option<bool>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
