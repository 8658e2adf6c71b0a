//! Stocks: where things lie.

use super::{Address, entity, part};
use crate::commerce::{Amount, When};

entity! {
    /// A stock: a warehouse or shop where things lie. How many lie there stands in the
    /// [`stock_levels`](super::Product::stock_levels) of products and variants.
    Stock {
        /// The name.
        name: Option<String>,
        /// Where it is.
        address: Option<Address>,
        /// Whether it is in use.
        enabled: Option<bool>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}

part! {
    /// How much of a product or variant lies in one stock.
    StockLevel {
        /// The stock.
        stock_id: Option<String>,
        /// How many.
        quantity: Option<Amount>,
    }
}
