//! Categories.

use shopwire_core::commerce::entity::Category;

use super::image;
use super::product::{reference, seo};
use crate::fields::Fields;

pub(super) fn category(mut f: Fields) -> Category {
    Category {
        id: f.entity_id(),
        title: f.text("title"),
        description: f.text("description"),
        handle: None,
        // The top is named, though it is no category.
        parent_id: f.id("parent_id").filter(|parent| parent != "ROOT"),
        image: f.image("image", image),
        seo: f.object("seo", seo),
        sort_order: None,
        subcategories: f.list("subcategories", reference),
        products: f.list("products", reference),
        created_at: None,
        updated_at: None,
        extra: f.rest(),
    }
}
