//! Product types.

use super::{Extra, entity};
use crate::commerce::When;

entity! {
    /// A type (class) of products, with the attributes its products have.
    ProductType {
        /// The name.
        name: Option<String>,
        /// The attributes, as the shop describes them.
        attributes: Vec<Extra>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
