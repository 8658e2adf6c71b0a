//! Products and their variations.

use shopwire_core::commerce::entity::{OptionValue, Price, Product, ProductOption, Reference, Seo, Variant};

use super::{image, order::choice};
use crate::fields::Fields;

pub(super) fn product(mut f: Fields) -> Product {
    Product {
        id: f.entity_id(),
        external_id: f.id("external_id"),
        title: f.text("name"),
        description: f.text("description"),
        kind: f.text("type"),
        status: f.text("status"),
        sku: f.id("sku"),
        prices: f.list("prices", price),
        requires_shipping: f.flag("requires_shipping"),
        inventory_tracked: f.flag("managed_inventory"),
        inventory_quantity: f.amount("quantity"),
        stock_status: f.text("stock_status"),
        images: f.list("images", image),
        options: f.list("options", option),
        variants: f.list("variations", variant),
        categories: f.list("categories", reference),
        seo: f.object("seo", seo),
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

fn variant(mut f: Fields) -> Variant {
    Variant {
        id: f.entity_id(),
        external_id: f.id("external_id"),
        status: f.text("status"),
        sku: f.id("sku"),
        price_difference: f.money("price_difference"),
        inventory_quantity: f.amount("quantity"),
        options: f.list("options", choice),
        images: f.list("images", image),
        extra: f.rest(),
        ..Variant::default()
    }
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
        ..Reference::default()
    }
}
