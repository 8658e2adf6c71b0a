//! Product reviews.

use super::entity;
use crate::commerce::When;

entity! {
    /// A review of a product.
    Review {
        /// The product.
        product_id: Option<String>,
        /// The order it was bought with.
        order_id: Option<String>,
        /// The customer.
        customer_id: Option<String>,
        /// Its state: `moderated` while it is not shown, `published`.
        status: Option<String>,
        /// How many stars.
        rating: Option<i64>,
        /// Its heading.
        title: Option<String>,
        /// What it says.
        text: Option<String>,
        /// Who wrote it.
        author: Option<String>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
