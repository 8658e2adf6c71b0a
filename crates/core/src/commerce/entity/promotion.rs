//! Promotions.

use super::{Extra, entity};
use crate::commerce::When;

entity! {
    /// A promotion: an advanced discount that needs no code.
    Promotion {
        /// The name.
        name: Option<String>,
        /// Counts its changes.
        version: Option<i64>,
        /// Whether it counts now.
        enabled: Option<bool>,
        /// When and how much it lowers prices, as the shop describes it.
        rules: Vec<Extra>,
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
