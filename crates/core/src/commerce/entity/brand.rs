//! Brands.

use super::{Image, Seo, entity};
use crate::commerce::When;

entity! {
    /// A brand.
    Brand {
        /// The unique code by which Shoptet knows it.
        code: Option<String>,
        /// The name.
        name: Option<String>,
        /// The description; may be HTML.
        description: Option<String>,
        /// Its picture.
        image: Option<Image>,
        /// What search engines are told.
        seo: Option<Seo>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
