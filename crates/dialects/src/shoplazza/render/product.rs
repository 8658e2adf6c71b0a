//! Products and their variants.

use serde_json::Value;
use shopwire_core::commerce::Amount;
use shopwire_core::commerce::entity::{Choice, OptionValue, Product, ProductOption, Seo, Variant};

use super::picture::{main, picture, position, product_image};
use crate::shape::Nothing::Absent;
use crate::shape::Shape;
use crate::shoplazza::blank;

pub(super) fn product(p: &Product, at: &str) -> Value {
    let mut s = blank::shape("product", &p.extra);
    s.text("id", Some(&p.id), Absent)
        .text("title", p.title.as_deref(), Absent)
        .text("brief", p.subtitle.as_deref(), Absent)
        .text("description", p.description.as_deref(), Absent)
        .text("vendor", p.vendor.as_deref(), Absent)
        .flag("requires_shipping", p.requires_shipping, Absent)
        .flag("taxable", p.taxable, Absent)
        .flag("inventory_tracking", p.inventory_tracked, Absent)
        .text("inventory_policy", p.inventory_policy.as_deref(), Absent)
        .number("inventory_quantity", quantity(p), Absent)
        .text("note", p.note.as_deref(), Absent)
        .text("handle", p.handle.as_deref(), Absent)
        .set("image", picture(main(p.image.as_ref(), &p.images)));
    if !p.extra.contains_key("has_only_default_variant") {
        s.set("has_only_default_variant", has_only_default_variant(p));
    }
    publication(&mut s, p, at);
    seo(&mut s, p.seo.as_ref());
    lists(&mut s, p, at);
    s.done()
}

/// Without options there is nothing to choose.
pub(in crate::shoplazza) fn has_only_default_variant(p: &Product) -> bool {
    p.options.is_empty() && p.variants.len() < 2
}

fn publication(s: &mut Shape<'_>, p: &Product, at: &str) {
    // Shoplazza has no other word for a product's state than this truth; some platforms have only the word.
    let published =
        p.published.or_else(|| p.status.as_ref().map(|status| status.eq_ignore_ascii_case("active")));
    s.flag("published", published, Absent).when("published_at", p.published_at.as_ref(), Absent);
    s.when("created_at", p.created_at.as_ref(), Absent).presume("created_at", at);
    s.when("updated_at", p.updated_at.as_ref(), Absent).presume("updated_at", at);
    if published == Some(true) {
        s.presume("published_at", p.created_at.as_ref().map_or(at, |when| when.as_str()));
    }
}

/// What search engines are told stands among the other fields, for products as for collections.
pub(super) fn seo(s: &mut Shape<'_>, seo: Option<&Seo>) {
    let Some(seo) = seo else { return };
    s.text("meta_title", seo.title.as_deref(), Absent)
        .text("meta_description", seo.description.as_deref(), Absent)
        .words("meta_keyword", &seo.keywords, ",", Absent);
}

fn lists(s: &mut Shape<'_>, p: &Product, at: &str) {
    let images = p.images.iter().enumerate().map(|(place, image)| product_image(image, place, &p.id, at));
    s.set("images", images.collect::<Vec<_>>());
    let options = p.options.iter().enumerate().map(|(place, each)| option(each, place, &p.id));
    s.set("options", options.collect::<Vec<_>>());
    // What Shoplazza can tell of price, weight and code stands in variants alone, and a product always has one.
    let own = p.variants.is_empty().then(|| as_variant(p));
    let variants = p.variants.iter().chain(&own).enumerate();
    s.set("variants", variants.map(|(place, each)| variant(each, place, p, at)).collect::<Vec<_>>());
}

fn option(option: &ProductOption, place: usize, product_id: &str) -> Value {
    let text = |value: &OptionValue| value.value.as_deref().unwrap_or_default().into();
    blank::shape("product.option", &option.extra)
        .text("id", option.id.as_deref(), Absent)
        .presume("product_id", product_id)
        .text("name", option.name.as_deref(), Absent)
        .integer("position", option.position.or_else(|| position(place)), Absent)
        .list("values", &option.values, text, Absent)
        .done()
}

fn variant(v: &Variant, place: usize, p: &Product, at: &str) -> Value {
    let price = v.price.as_ref().or_else(|| p.prices.first()?.price.as_ref());
    let mut s = blank::shape("product.variant", &v.extra);
    s.text("id", Some(&v.id), Absent)
        .text("product_id", v.product_id.as_deref(), Absent)
        .presume("product_id", p.id.as_str())
        .integer("position", v.position.or_else(|| position(place)), Absent)
        .text("title", v.title.as_deref(), Absent)
        .set("image", picture(main(v.image.as_ref(), &v.images)))
        .money_number("price", price, Absent)
        .money_number("compare_at_price", v.compare_at_price.as_ref(), Absent)
        .number("weight", v.weight, Absent)
        .text("weight_unit", v.weight_unit.as_deref(), Absent)
        .number("inventory_quantity", variant_quantity(v), Absent)
        .text("sku", v.sku.as_deref(), Absent)
        .text("barcode", v.barcode.as_deref(), Absent)
        .text("note", v.note.as_deref(), Absent);
    for (key, chosen) in ["option1", "option2", "option3"].into_iter().zip(chosen(&v.options, &p.options)) {
        s.text(key, chosen, Absent);
    }
    s.when("created_at", v.created_at.as_ref(), Absent).presume("created_at", at);
    s.when("updated_at", v.updated_at.as_ref(), Absent).presume("updated_at", at).done()
}

/// What was chosen for the first, second and third option: by the options' names, else in the order it was chosen.
fn chosen<'c>(choices: &'c [Choice], options: &[ProductOption]) -> [Option<&'c str>; 3] {
    let mut chosen = [None; 3];
    let named = |choice: &Choice| {
        options.iter().take(3).position(|option| option.name.is_some() && option.name == choice.name)
    };
    let (by_name, by_order): (Vec<_>, Vec<_>) = choices.iter().partition(|choice| named(choice).is_some());
    for choice in by_name {
        chosen[named(choice).unwrap_or_default()] = choice.value.as_deref();
    }
    for choice in by_order {
        if let Some(free) = chosen.iter_mut().find(|slot| slot.is_none()) {
            *free = choice.value.as_deref();
        }
    }
    chosen
}

/// The one variant of a product that has none.
fn as_variant(p: &Product) -> Variant {
    let price = p.prices.first();
    Variant {
        id: p.id.clone(),
        sku: p.sku.clone(),
        barcode: p.barcode.clone(),
        price: price.and_then(|price| price.price.clone()),
        compare_at_price: price.and_then(|price| price.compare_at_price.clone()),
        inventory_quantity: quantity(p),
        weight: p.weight,
        weight_unit: p.weight_unit.clone(),
        created_at: p.created_at.clone(),
        updated_at: p.updated_at.clone(),
        ..Variant::default()
    }
}

fn quantity(p: &Product) -> Option<Amount> {
    let own = sum(p.stock_levels.iter().map(|level| level.quantity)).or(p.inventory_quantity);
    own.or_else(|| sum(p.variants.iter().map(variant_quantity)))
}

fn variant_quantity(v: &Variant) -> Option<Amount> {
    sum(v.stock_levels.iter().map(|level| level.quantity)).or(v.inventory_quantity)
}

fn sum(parts: impl Iterator<Item = Option<Amount>>) -> Option<Amount> {
    let known = parts.flatten().map(|part| Some(part.decimal()));
    known.reduce(|a, b| a?.checked_add(b?)).flatten().map(Amount::from)
}
