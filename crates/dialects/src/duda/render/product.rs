//! Products.

use std::borrow::Cow;

use serde_json::Value;
use shopwire_core::commerce::entity::{
    Image, OptionValue, Price, Product, ProductOption, Reference, Seo, StockLevel, Variant,
};
use shopwire_core::commerce::{Amount, Currency};

use super::variation::{displayed, variation};
use super::{EMPTY, image, words};
use crate::shape::{Nothing, Shape};

pub(super) fn product(product: &Product) -> Value {
    let prices = prices(product);
    let base = prices.first().and_then(|price| price.price.clone());
    let quantity = in_stock(&product.stock_levels, product.inventory_quantity);
    let status = displayed(product.status.as_deref(), product.published);
    let kind = product.kind.as_deref().map(|kind| words::PRODUCT_TYPE.theirs(kind));
    let images = pictures(product.image.as_ref(), &product.images);
    let mut s = Shape::of(&product.extra);
    s.text("id", Some(&product.id), EMPTY)
        .text("name", product.title.as_deref(), EMPTY)
        .text("type", kind.as_deref(), EMPTY)
        .text("description", product.description.as_deref(), EMPTY)
        .set("seo", seo(product.seo.as_ref(), "product_url", product.handle.as_deref()))
        .text("status", status.as_deref(), EMPTY)
        .text("sku", sku(product), EMPTY)
        .list("images", images, image, Nothing::List)
        .list("prices", &prices, price, Nothing::List)
        .text("external_id", product.external_id.as_deref(), EMPTY)
        .list("options", &product.options, option, Nothing::Null)
        .list("variations", &product.variants, |item| variation(item, base.as_ref()), Nothing::List)
        .flag("managed_inventory", product.inventory_tracked, Nothing::False)
        .number("quantity", quantity, Nothing::Absent)
        .extra("custom_fields", Value::is_array, Nothing::List)
        .list("categories", &product.categories, |item| reference(item, "title"), Nothing::List)
        .flag("requires_shipping", product.requires_shipping, Nothing::False)
        .text("stock_status", stock_status(product, quantity).as_deref(), EMPTY)
        .done()
}

/// All that is told of a product that is gone.
pub(super) fn deleted(product: &Product) -> Value {
    let mut s = Shape::plain();
    s.set("id", product.id.as_str()).text("external_id", product.external_id.as_deref(), EMPTY).done()
}

/// The pictures; where there is but one that stands for all, that.
pub(super) fn pictures<'i>(image: Option<&'i Image>, images: &'i [Image]) -> &'i [Image] {
    match image {
        Some(image) if images.is_empty() => std::slice::from_ref(image),
        _ => images,
    }
}

/// The product's code; where there is nothing to choose, that of its only variant.
fn sku(product: &Product) -> Option<&str> {
    let of_variant = || match &product.variants[..] {
        [variant] => variant.sku.as_deref(),
        _ => None,
    };
    product.sku.as_deref().or_else(of_variant)
}

/// The prices; where only variants have any, those of the first.
fn prices(product: &Product) -> Vec<Price> {
    let of = |variant: &Variant| Price {
        price: variant.price.clone(),
        compare_at_price: variant.compare_at_price.clone(),
        ..Price::default()
    };
    let first = || product.variants.iter().find(|variant| variant.price.is_some()).map(of);
    if product.prices.is_empty() { first().into_iter().collect() } else { product.prices.clone() }
}

fn price(price: &Price) -> Value {
    let money = price.price.as_ref().or(price.compare_at_price.as_ref());
    let currency = money.and_then(|money| money.currency.as_ref());
    let mut s = Shape::of(&price.extra);
    s.text("currency", currency.map(Currency::as_str), EMPTY)
        .money("price", price.price.as_ref(), EMPTY)
        .money("compare_at_price", price.compare_at_price.as_ref(), EMPTY)
        .done()
}

/// How many there are in all stocks together, or altogether.
pub(super) fn in_stock(levels: &[StockLevel], altogether: Option<Amount>) -> Option<Amount> {
    let mut quantities = levels.iter().filter_map(|level| level.quantity.map(Amount::decimal));
    let Some(first) = quantities.next() else { return altogether };
    quantities.try_fold(first, |sum, quantity| sum.checked_add(quantity)).map(Amount::from)
}

fn stock_status(product: &Product, quantity: Option<Amount>) -> Option<Cow<'_, str>> {
    let told = product.stock_status.as_deref();
    let counted = |quantity: Amount| if quantity > Amount::default() { "in_stock" } else { "out_of_stock" };
    told.or_else(|| quantity.map(counted)).map(|status| words::STOCK.theirs(status))
}

fn option(option: &ProductOption) -> Value {
    let choice = |value: &OptionValue| {
        let mut s = Shape::of(&value.extra);
        s.text("id", value.id.as_deref(), EMPTY).text("value", value.value.as_deref(), EMPTY).done()
    };
    let mut s = Shape::of(&option.extra);
    s.text("id", option.id.as_deref(), EMPTY)
        .text("name", option.name.as_deref(), EMPTY)
        .text("type", option.kind.as_deref(), EMPTY)
        .list("choices", &option.values, choice, Nothing::List)
        .done()
}

/// What search engines are told; the address goes by different names in products and categories.
pub(super) fn seo(seo: Option<&Seo>, url_key: &str, handle: Option<&str>) -> Value {
    let unknown = Seo::default();
    let seo = seo.unwrap_or(&unknown);
    let mut s = Shape::of(&seo.extra);
    s.text(url_key, seo.url.as_deref().or(handle), EMPTY)
        .text("title", seo.title.as_deref(), EMPTY)
        .text("description", seo.description.as_deref(), EMPTY)
        .done()
}

/// A category of a product, a category in a category, or a product of a category.
pub(super) fn reference(reference: &Reference, name_key: &str) -> Value {
    let mut s = Shape::of(&reference.extra);
    s.text("id", reference.id.as_deref(), EMPTY)
        .text(name_key, reference.title.as_deref(), EMPTY)
        .integer("order", reference.position, Nothing::Whole(0))
        .done()
}
