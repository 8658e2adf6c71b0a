//! Categories, and how entities name each other.

use super::{Image, Seo, entity, part};
use crate::commerce::When;

entity! {
    /// A category or collection of products.
    Category {
        /// The name.
        title: Option<String>,
        /// The description; may be HTML.
        description: Option<String>,
        /// The last part of its address in the shop.
        handle: Option<String>,
        /// The category it is in; absent at the top.
        parent_id: Option<String>,
        /// Its picture.
        image: Option<Image>,
        /// What search engines are told.
        seo: Option<Seo>,
        /// How its products are sorted, in the platform's words.
        sort_order: Option<String>,
        /// The categories in it.
        subcategories: Vec<Reference>,
        /// The products in it.
        products: Vec<Reference>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}

part! {
    /// Another entity, by its id and name.
    Reference {
        /// Its id.
        id: Option<String>,
        /// Its name.
        title: Option<String>,
        /// Its place among the others, as the platform counts.
        position: Option<i64>,
    }
}
