//! Products, with their options and prices.

use super::{Extra, Image, Reference, StockLevel, Variant, entity, part};
use crate::commerce::{Amount, Money, When};

entity! {
    /// A product.
    Product {
        /// Its id in a system of the shop's own.
        external_id: Option<String>,
        /// The name.
        title: Option<String>,
        /// A line below the name.
        subtitle: Option<String>,
        /// The description; may be HTML.
        description: Option<String>,
        /// What it is, in the platform's words (a thing, a service, a download …).
        kind: Option<String>,
        /// Whether it is shown, in the platform's words.
        status: Option<String>,
        /// Whether it is shown.
        published: Option<bool>,
        /// The last part of its address in the shop.
        handle: Option<String>,
        /// Who makes or sells it.
        vendor: Option<String>,
        /// The brand, by its id.
        brand_id: Option<String>,
        /// The product type, by its id.
        product_type_id: Option<String>,
        /// The stock keeping unit.
        sku: Option<String>,
        /// The number below the bars.
        barcode: Option<String>,
        /// Whether it is new, used or refurbished, in the platform's words.
        condition: Option<String>,
        /// Whether and when it can be had, in the platform's words.
        availability: Option<String>,
        /// Whether it is shown first.
        featured: Option<bool>,
        /// Its place among the others, as the platform counts.
        position: Option<i64>,
        /// How many were sold.
        sold_quantity: Option<Amount>,
        /// Its prices, one for each currency.
        prices: Vec<Price>,
        /// Whether it is a thing to be sent.
        requires_shipping: Option<bool>,
        /// Whether it is taxed.
        taxable: Option<bool>,
        /// Whether its stock is counted.
        inventory_tracked: Option<bool>,
        /// What the stock is counted for: `product` as a whole, or each `variant`. Absent, it is counted for variants if
        /// any of them has a quantity.
        inventory_tracking: Option<String>,
        /// What happens when none is left.
        inventory_policy: Option<String>,
        /// How many there are.
        inventory_quantity: Option<Amount>,
        /// Below how many it is scarce.
        inventory_minimum: Option<Amount>,
        /// How many lie in which stock; if given, their sum is what counts.
        stock_levels: Vec<StockLevel>,
        /// Whether there are any, in the platform's words.
        stock_status: Option<String>,
        /// The weight.
        weight: Option<Amount>,
        /// The unit of the weight.
        weight_unit: Option<String>,
        /// Height, width, length and the like, by the platform's names.
        dimensions: Option<Extra>,
        /// How it is taxed: the class.
        tax_class: Option<String>,
        /// Its main picture.
        image: Option<Image>,
        /// Its pictures.
        images: Vec<Image>,
        /// What can be chosen.
        options: Vec<ProductOption>,
        /// Its variants.
        variants: Vec<Variant>,
        /// The categories it is in.
        categories: Vec<Reference>,
        /// What search engines are told.
        seo: Option<Seo>,
        /// The merchant's note.
        note: Option<String>,
        /// When it was published.
        published_at: Option<When>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}

part! {
    /// A price in one currency.
    Price {
        /// The price.
        price: Option<Money>,
        /// The price before a reduction.
        compare_at_price: Option<Money>,
    }
}

part! {
    /// Something that can be chosen about a product, such as its size.
    ProductOption {
        /// The id.
        id: Option<String>,
        /// What is chosen.
        name: Option<String>,
        /// How it is shown, in the platform's words.
        kind: Option<String>,
        /// Its place among the others, as the platform counts.
        position: Option<i64>,
        /// What there is to choose from.
        values: Vec<OptionValue>,
    }
}

part! {
    /// One value of an option.
    OptionValue {
        /// The id.
        id: Option<String>,
        /// The value.
        value: Option<String>,
    }
}

part! {
    /// What search engines are told.
    Seo {
        /// The title.
        title: Option<String>,
        /// The description.
        description: Option<String>,
        /// Keywords.
        keywords: Vec<String>,
        /// The address of the page, whole or its last part.
        url: Option<String>,
    }
}
