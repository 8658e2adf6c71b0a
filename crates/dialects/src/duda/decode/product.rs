//! Products and their variations.

use shopwire_core::commerce::Money;
use shopwire_core::commerce::entity::{OptionValue, Price, Product, ProductOption, Reference, Seo, Variant};

use super::{image, order::choice, said, word};
use crate::duda::words;
use crate::fields::Fields;

pub(super) fn product(mut f: Fields) -> Product {
    let prices = f.list("prices", price);
    let base = prices.first().and_then(|price| price.price.clone());
    f.set_currency(base.as_ref().and_then(|base| base.currency.clone()));
    let status = word(&mut f, "status", words::DISPLAY);
    let seo = f.object("seo", seo).and_then(said);
    f.pass_over_empty(&["custom_fields", "options"]);
    Product {
        id: f.entity_id(),
        external_id: f.id("external_id"),
        title: f.text("name"),
        description: f.text("description"),
        kind: word(&mut f, "type", words::PRODUCT_TYPE),
        published: published(status.as_deref()),
        status,
        handle: handle(seo.as_ref()),
        sku: f.id("sku"),
        prices,
        requires_shipping: f.flag("requires_shipping"),
        inventory_tracked: f.flag("managed_inventory"),
        inventory_quantity: f.amount("quantity"),
        stock_status: word(&mut f, "stock_status", words::STOCK),
        images: f.list("images", image),
        options: f.list("options", option),
        variants: f.list("variations", |f| variant(f, base.as_ref())),
        categories: f.list("categories", reference),
        seo,
        extra: f.rest(),
        ..Product::default()
    }
}

fn price(mut f: Fields) -> Price {
    let currency = f.currency("currency");
    f.set_currency(currency);
    Price { price: f.money("price"), compare_at_price: f.money("compare_at_price"), extra: f.rest() }
}

fn option(mut f: Fields) -> ProductOption {
    ProductOption {
        id: f.id("id"),
        name: f.text("name"),
        kind: f.text("type"),
        values: f.list("choices", |mut choice| OptionValue {
            id: choice.id("id"),
            value: choice.id("value"),
            extra: choice.rest(),
        }),
        extra: f.rest(),
        ..ProductOption::default()
    }
}

fn variant(mut f: Fields, base: Option<&Money>) -> Variant {
    let price_difference = f.money("price_difference");
    Variant {
        id: f.entity_id(),
        external_id: f.id("external_id"),
        status: word(&mut f, "status", words::DISPLAY),
        sku: f.id("sku"),
        price: base.zip(price_difference.as_ref()).and_then(|(base, difference)| sum(base, difference)),
        price_difference,
        inventory_quantity: f.amount("quantity"),
        options: f.list("options", choice),
        images: f.list("images", image),
        extra: f.rest(),
        ..Variant::default()
    }
}

fn sum(base: &Money, difference: &Money) -> Option<Money> {
    let amount = base.amount.decimal().checked_add(difference.amount.decimal())?;
    Some(Money { amount: amount.into(), currency: base.currency.clone() })
}

fn published(status: Option<&str>) -> Option<bool> {
    match status? {
        "active" => Some(true),
        "hidden" => Some(false),
        _ => None,
    }
}

/// The last part of the page's address, if that is what is told of it.
pub(super) fn handle(seo: Option<&Seo>) -> Option<String> {
    seo?.url.clone().filter(|url| !url.contains('/'))
}

pub(super) fn seo(mut f: Fields) -> Seo {
    Seo {
        title: f.text("title"),
        description: f.text("description"),
        // Products and categories spell it differently.
        url: f.text("product_url").or_else(|| f.text("url")),
        extra: f.rest(),
        ..Seo::default()
    }
}

/// A category of a product, a category in a category, or a product of a category.
pub(super) fn reference(mut f: Fields) -> Reference {
    Reference {
        id: f.id("id"),
        title: f.text("title").or_else(|| f.text("name")),
        position: f.integer("order"),
        extra: f.rest(),
    }
}
