//! Collections.

use serde_json::Value;
use shopwire_core::commerce::entity::Category;

use super::picture::picture;
use super::product::seo;
use crate::shape::Nothing::Absent;
use crate::shoplazza::blank;

pub(super) fn collection(category: &Category, at: &str) -> Value {
    let mut s = blank::shape("collection", &category.extra);
    s.text("id", Some(&category.id), Absent)
        .text("title", category.title.as_deref(), Absent)
        .text("handle", category.handle.as_deref(), Absent)
        .text("description", category.description.as_deref(), Absent)
        .set("image", picture(category.image.as_ref()))
        .text("sort_order", category.sort_order.as_deref(), Absent)
        .when("created_at", category.created_at.as_ref(), Absent)
        .presume("created_at", at)
        .when("updated_at", category.updated_at.as_ref(), Absent)
        .presume("updated_at", at);
    seo(&mut s, category.seo.as_ref());
    s.done()
}
