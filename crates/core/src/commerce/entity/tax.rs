//! Taxes.

use super::part;
use crate::commerce::{Amount, Money};

part! {
    /// A tax.
    Tax {
        /// The id.
        id: Option<String>,
        /// What the buyer sees.
        name: Option<String>,
        /// The rate as a fraction: 0.15 is 15 %.
        rate: Option<Amount>,
        /// How much it comes to.
        amount: Option<Money>,
        /// Who computed it.
        provider: Option<String>,
    }
}
