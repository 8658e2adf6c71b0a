//! Collections.

use shopwire_core::commerce::entity::Category;

use super::{picture, product::seo};
use crate::fields::Fields;
use crate::shoplazza::blank;

pub(super) fn category(mut f: Fields) -> Category {
    Category {
        id: f.entity_id(),
        title: f.text("title"),
        description: f.text("description"),
        handle: f.text("handle"),
        parent_id: None,
        image: picture(&mut f),
        seo: seo(&mut f),
        sort_order: f.text("sort_order"),
        subcategories: Vec::new(),
        products: Vec::new(),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "collection"),
    }
}
