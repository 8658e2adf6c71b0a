//! Pictures of products, variants and collections.

use serde_json::Value;
use shopwire_core::commerce::entity::Image;

use crate::shape::Nothing::Absent;
use crate::shoplazza::blank;

/// A picture, or the form of one where there is none.
pub(super) fn picture(image: Option<&Image>) -> Value {
    let none = Image::default();
    let image = image.unwrap_or(&none);
    blank::shape("picture", &image.extra)
        .text("src", image.url.as_deref(), Absent)
        .integer("width", image.width, Absent)
        .integer("height", image.height, Absent)
        .text("alt", image.alt.as_deref(), Absent)
        .done()
}

/// One of a product's pictures.
pub(super) fn product_image(image: &Image, place: usize, product_id: &str, at: &str) -> Value {
    blank::shape("product.image", &image.extra)
        .text("id", image.id.as_deref(), Absent)
        .presume("product_id", product_id)
        .integer("position", image.position.or_else(|| position(place)), Absent)
        .text("src", image.url.as_deref(), Absent)
        .integer("width", image.width, Absent)
        .integer("height", image.height, Absent)
        .text("alt", image.alt.as_deref(), Absent)
        .when("created_at", image.created_at.as_ref(), Absent)
        .presume("created_at", at)
        .when("updated_at", image.updated_at.as_ref(), Absent)
        .presume("updated_at", at)
        .done()
}

/// The place in a list, counted from one.
pub(super) fn position(place: usize) -> Option<i64> {
    i64::try_from(place + 1).ok()
}

/// The picture that stands for them all.
pub(super) fn main<'i>(image: Option<&'i Image>, images: &'i [Image]) -> Option<&'i Image> {
    image.or_else(|| images.first())
}
