//! Categories.

use serde_json::Value;
use shopwire_core::commerce::entity::Category;

use super::product::{reference, seo};
use super::{EMPTY, image};
use crate::shape::{Nothing, Shape};

/// The name of the top, which is no category.
const TOP: Nothing = Nothing::Text("ROOT");

pub(super) fn category(category: &Category) -> Value {
    let mut s = Shape::of(&category.extra);
    s.text("id", Some(&category.id), EMPTY)
        .text("title", category.title.as_deref(), EMPTY)
        .text("description", category.description.as_deref(), EMPTY)
        .text("parent_id", category.parent_id.as_deref(), TOP)
        .object("image", category.image.as_ref(), image, Nothing::Null)
        .set("seo", seo(category.seo.as_ref(), "url", category.handle.as_deref()))
        .list("subcategories", &category.subcategories, |item| reference(item, "title"), Nothing::List)
        .list("products", &category.products, |item| reference(item, "name"), Nothing::List)
        .done()
}

/// All that is told of a category that is gone.
pub(super) fn deleted(category: &Category) -> Value {
    Shape::plain().set("id", category.id.as_str()).done()
}
