//! Variants of products.

use super::{Choice, Image, StockLevel, entity};
use crate::commerce::{Amount, Money, When};

entity! {
    /// A variant of a product: one combination of its options.
    Variant {
        /// Its id in a system of the shop's own.
        external_id: Option<String>,
        /// The product.
        product_id: Option<String>,
        /// The name.
        title: Option<String>,
        /// Whether it is shown, in the platform's words.
        status: Option<String>,
        /// The id of its SKU, where the platform (BigCommerce) numbers SKUs apart from variants.
        sku_id: Option<String>,
        /// The stock keeping unit.
        sku: Option<String>,
        /// The number below the bars.
        barcode: Option<String>,
        /// The price.
        price: Option<Money>,
        /// The price before a reduction.
        compare_at_price: Option<Money>,
        /// How much more than its product it costs.
        price_difference: Option<Money>,
        /// How many there are.
        inventory_quantity: Option<Amount>,
        /// Below how many it is scarce.
        inventory_minimum: Option<Amount>,
        /// How many lie in which stock; if given, their sum is what counts.
        stock_levels: Vec<StockLevel>,
        /// The weight.
        weight: Option<Amount>,
        /// The unit of the weight.
        weight_unit: Option<String>,
        /// Its place among the others, as the platform counts.
        position: Option<i64>,
        /// What was chosen.
        options: Vec<Choice>,
        /// Its picture.
        image: Option<Image>,
        /// Its pictures.
        images: Vec<Image>,
        /// The merchant's note.
        note: Option<String>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
