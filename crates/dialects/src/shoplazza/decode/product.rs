//! Products and their variants.

use shopwire_core::commerce::entity::{Choice, OptionValue, Product, ProductOption, Seo, Variant};

use super::{image, picture};
use crate::fields::Fields;
use crate::shoplazza::blank;
use crate::shoplazza::render::product::has_only_default_variant;

pub(super) fn product(mut f: Fields) -> Product {
    let id = f.entity_id();
    let of_it = |mut part: Fields| {
        part.pass_over("product_id", &id.as_str().into());
        part
    };
    let only_default = f.flag("has_only_default_variant");
    let options = f.list("options", |f| option(of_it(f)));
    let names: Vec<_> = options.iter().map(|option| option.name.clone()).collect();
    let mut product = Product {
        title: f.text("title"),
        subtitle: f.text("brief"),
        description: f.text("description"),
        published: f.flag("published"),
        handle: f.text("handle"),
        vendor: f.text("vendor"),
        requires_shipping: f.flag("requires_shipping"),
        taxable: f.flag("taxable"),
        inventory_tracked: f.flag("inventory_tracking"),
        inventory_policy: f.text("inventory_policy"),
        inventory_quantity: f.amount("inventory_quantity"),
        image: picture(&mut f),
        images: f.list("images", |f| image(of_it(f))),
        options,
        variants: f.list("variants", |v| variant(v, &names)),
        seo: seo(&mut f),
        note: f.text("note"),
        published_at: f.when("published_at"),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "product"),
        id,
        ..Product::default()
    };
    let presumed = has_only_default_variant(&product);
    if let Some(told) = only_default.filter(|told| *told != presumed) {
        product.extra.insert("has_only_default_variant".to_owned(), told.into());
    }
    product
}

/// What search engines are told stands among the other fields, for products as for collections.
pub(super) fn seo(f: &mut Fields) -> Option<Seo> {
    let seo = Seo {
        title: f.text("meta_title"),
        description: f.text("meta_description"),
        keywords: f.words("meta_keyword", ','),
        ..Seo::default()
    };
    (seo != Seo::default()).then_some(seo)
}

fn option(mut f: Fields) -> ProductOption {
    ProductOption {
        id: f.id("id"),
        name: f.text("name"),
        position: f.integer("position"),
        values: f.texts("values").into_iter().map(value).collect(),
        extra: blank::rest(&mut f, "product.option"),
        ..ProductOption::default()
    }
}

fn value(text: String) -> OptionValue {
    OptionValue { value: Some(text), ..OptionValue::default() }
}

/// A variant says what was chosen for the first, second and third option; their names are the product's.
fn variant(mut f: Fields, option_names: &[Option<String>]) -> Variant {
    let chosen = ["option1", "option2", "option3"].map(|key| f.text(key));
    let choice = |(at, value): (usize, Option<String>)| {
        let name = option_names.get(at).cloned().flatten();
        value.map(|value| Choice { name, value: Some(value), ..Choice::default() })
    };
    Variant {
        id: f.entity_id(),
        product_id: f.id("product_id"),
        title: f.text("title"),
        sku: f.id("sku"),
        barcode: f.id("barcode"),
        price: f.money("price"),
        compare_at_price: f.money("compare_at_price"),
        inventory_quantity: f.amount("inventory_quantity"),
        weight: f.amount("weight"),
        weight_unit: f.text("weight_unit"),
        position: f.integer("position"),
        options: chosen.into_iter().enumerate().filter_map(choice).collect(),
        image: picture(&mut f),
        note: f.text("note"),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "product.variant"),
        ..Variant::default()
    }
}
