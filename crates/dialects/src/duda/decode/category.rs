//! Categories.

use shopwire_core::commerce::entity::Category;

use super::product::{handle, reference, seo};
use super::{image, said};
use crate::fields::Fields;

pub(super) fn category(mut f: Fields) -> Category {
    let seo = f.object("seo", seo).and_then(said);
    Category {
        id: f.entity_id(),
        title: f.text("title"),
        description: f.text("description"),
        handle: handle(seo.as_ref()),
        // The top is named, though it is no category.
        parent_id: f.id("parent_id").filter(|parent| parent != "ROOT"),
        image: f.image("image", image),
        seo,
        sort_order: None,
        subcategories: f.list("subcategories", reference),
        products: f.list("products", reference),
        created_at: None,
        updated_at: None,
        extra: f.rest(),
    }
}
