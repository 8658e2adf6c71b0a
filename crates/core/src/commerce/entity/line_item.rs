//! The lines of orders, carts and shipments.

use super::{Discount, Extra, Image, Tax, part};
use crate::commerce::{Amount, Money};

part! {
    /// One line of an order, cart or shipment: so many of one thing.
    LineItem {
        /// The id of the line.
        id: Option<String>,
        /// The product.
        product_id: Option<String>,
        /// The variant of the product.
        variant_id: Option<String>,
        /// The product's id in a system of the shop's own.
        external_product_id: Option<String>,
        /// The variant's id in a system of the shop's own.
        external_variant_id: Option<String>,
        /// The name of the product.
        title: Option<String>,
        /// The name of the variant.
        variant_title: Option<String>,
        /// The stock keeping unit.
        sku: Option<String>,
        /// How many; need not be whole.
        quantity: Option<Amount>,
        /// The price of one.
        price: Option<Money>,
        /// The price of one before a reduction.
        compare_at_price: Option<Money>,
        /// The price of all.
        total: Option<Money>,
        /// How far it is shipped.
        fulfillment_status: Option<String>,
        /// Whether it is a thing to be sent.
        requires_shipping: Option<bool>,
        /// Whether it is taxed.
        taxable: Option<bool>,
        /// The weight of one.
        weight: Option<Amount>,
        /// The unit of the weight.
        weight_unit: Option<String>,
        /// Who makes or sells it.
        vendor: Option<String>,
        /// The product's page; may be relative to the shop.
        url: Option<String>,
        /// Its picture.
        image: Option<Image>,
        /// What the buyer chose or wrote.
        options: Vec<Choice>,
        /// Reductions of this line.
        discounts: Vec<Discount>,
        /// Taxes of this line.
        taxes: Vec<Tax>,
        /// A note to it.
        note: Option<String>,
        /// Data that apps attached.
        metadata: Option<Extra>,
    }
}

part! {
    /// A choice: `color` is `red`.
    Choice {
        /// What could be chosen.
        name: Option<String>,
        /// What was chosen.
        value: Option<String>,
    }
}
