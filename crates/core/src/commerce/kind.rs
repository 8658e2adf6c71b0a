//! The kinds of things a shop consists of.

use std::fmt;
use std::str::FromStr;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal in $collection:literal;)*) => {
        /// A kind of entity. Its name stands before the slash in a subject (`order/169`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EntityKind {
            $($(#[$doc])* $name,)*
        }

        impl EntityKind {
            /// All kinds, in the order of the event map.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The kind's name: singular, snake case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The kind's collection in the HTTP API: plural, snake case.
            pub const fn collection(self) -> &'static str {
                match self { $(Self::$name => $collection,)* }
            }

            /// The kind whose collection this is.
            pub fn of_collection(name: &str) -> Option<Self> {
                match name { $($collection => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// The shop itself: its settings.
    Shop = "shop" in "settings";
    /// An installed application: its installation, subscription, charges and storage.
    App = "app" in "apps";
    /// A product.
    Product = "product" in "products";
    /// A variant of a product (a SKU).
    Variant = "variant" in "variants";
    /// A stock (warehouse).
    Stock = "stock" in "stocks";
    /// A category or collection.
    Category = "category" in "categories";
    /// A brand.
    Brand = "brand" in "brands";
    /// A product type or class.
    ProductType = "product_type" in "product_types";
    /// A customer.
    Customer = "customer" in "customers";
    /// An order.
    Order = "order" in "orders";
    /// A cart.
    Cart = "cart" in "carts";
    /// A cart its customer left behind.
    AbandonedCart = "abandoned_cart" in "abandoned_carts";
    /// A discount coupon.
    Coupon = "coupon" in "coupons";
    /// A promotion (advanced discount).
    Promotion = "promotion" in "promotions";
    /// A product review.
    Review = "review" in "reviews";
    /// An invoice.
    Invoice = "invoice" in "invoices";
    /// A credit note.
    CreditNote = "credit_note" in "credit_notes";
    /// A delivery note.
    DeliveryNote = "delivery_note" in "delivery_notes";
    /// A proforma invoice.
    ProformaInvoice = "proforma_invoice" in "proforma_invoices";
    /// A proof of payment.
    PaymentProof = "payment_proof" in "payment_proofs";
    /// A shipment (fulfilment).
    Shipment = "shipment" in "shipments";
    /// A refund.
    Refund = "refund" in "refunds";
    /// A subscription to recurring orders.
    Subscription = "subscription" in "subscriptions";
    /// A subscriber of a mailing list.
    Subscriber = "subscriber" in "subscribers";
    /// A payment method.
    PaymentMethod = "payment_method" in "payment_methods";
    /// A shipping method.
    ShippingMethod = "shipping_method" in "shipping_methods";
    /// A status orders can have.
    OrderStatus = "order_status" in "order_statuses";
    /// A shipping request of a cart.
    ShippingRequest = "shipping_request" in "shipping_requests";
    /// An asynchronous job.
    Job = "job" in "jobs";
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is not an entity kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an entity kind (for example `order`, `product`, `customer`)")]
pub struct UnknownKind(String);

impl FromStr for EntityKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.iter().find(|kind| kind.as_str() == name);
        found.copied().ok_or_else(|| UnknownKind(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_collections_differ() {
        let mut collections = std::collections::BTreeSet::new();
        for kind in EntityKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert!(collections.insert(kind.collection()), "{kind}");
            assert_eq!(EntityKind::of_collection(kind.collection()), Some(*kind));
        }
        assert!("orders".parse::<EntityKind>().is_err());
    }
}
