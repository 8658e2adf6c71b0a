//! Reductions of what is to be paid.

use super::part;
use crate::commerce::Money;

part! {
    /// A reduction of what is to be paid.
    Discount {
        /// The id.
        id: Option<String>,
        /// What the buyer sees.
        title: Option<String>,
        /// The platform's word for how it works.
        kind: Option<String>,
        /// How much it takes off.
        amount: Option<Money>,
    }
}
