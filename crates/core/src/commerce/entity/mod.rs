//! Entities: the things a shop consists of, as far as they are known.
//!
//! One struct for each noun, in canonical names; kinds that look alike share one. **Invariants.** Only an entity's `id` is
//! certain; whatever else is not known is absent from the JSON, never `null`. Statuses are canonical words where there is
//! one (`paid`, `partially_shipped`), else the platform's own; money and quantities are exact, times keep the zone they
//! came with. What has no canonical name, or came in a form that can't be trusted, is kept in `extra` under the platform's
//! own name, so that decoding loses nothing. Reading is strict: a field nobody knows is an error that names it.

mod address;
mod app;
mod brand;
mod cart;
mod category;
mod charge;
mod coupon;
mod customer;
mod discount;
mod document;
mod image;
mod job;
mod line_item;
mod macros;
mod method;
mod order;
mod order_status;
mod payment;
mod product;
mod product_type;
mod promotion;
mod read;
mod refund;
mod review;
mod schema;
mod shipment;
mod shipping_request;
mod shop_settings;
mod stock;
mod strict;
mod subscriber;
mod subscription;
mod tax;
mod variant;

pub use address::Address;
pub use app::App;
pub use brand::Brand;
pub use cart::{AppliedCoupon, Cart};
pub use category::{Category, Reference};
pub use charge::Charge;
pub use coupon::Coupon;
pub use customer::Customer;
pub use discount::Discount;
pub use document::Document;
pub use image::Image;
pub use job::Job;
pub use line_item::{Choice, LineItem};
pub use method::Method;
pub use order::{Order, ShippingMethod};
pub use order_status::OrderStatus;
pub use payment::{Payment, PaymentMethod};
pub use product::{OptionValue, Price, Product, ProductOption, Seo};
pub use product_type::ProductType;
pub use promotion::Promotion;
pub use read::EntityError;
pub use refund::{Refund, RefundItem};
pub use review::Review;
pub use shipment::Shipment;
pub use shipping_request::ShippingRequest;
pub use shop_settings::{CurrencySetting, ShopSettings};
pub use stock::{Stock, StockLevel};
pub use subscriber::Subscriber;
pub use subscription::Subscription;
pub use tax::Tax;
pub use variant::Variant;

use macros::{Absent, entity, part};
use serde::Serialize;
use serde_json::{Map, Value};

use super::EntityKind;

/// What has no canonical name, under a platform's or a shop's own names.
pub type Extra = Map<String, Value>;

macro_rules! entities {
    ($($(#[$doc:meta])* $name:ident for $($kind:ident)|+;)*) => {
        /// An entity as far as it is known. Serialised as the plain JSON object of what it holds.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
        #[serde(untagged)]
        pub enum Entity {
            $($(#[$doc])* $name(Box<$name>),)*
            /// Of a kind that only its platform knows.
            Bare(Bare),
        }

        impl Entity {
            /// The id, as in the event's subject.
            pub fn id(&self) -> &str {
                match self {
                    $(Self::$name(entity) => &entity.id,)*
                    Self::Bare(bare) => &bare.id,
                }
            }

            /// Gives it an id.
            pub fn set_id(&mut self, id: impl Into<String>) {
                match self {
                    $(Self::$name(entity) => entity.id = id.into(),)*
                    Self::Bare(bare) => bare.id = id.into(),
                }
            }

            /// An entity of which only the id is known.
            pub fn only(kind: EntityKind, id: impl Into<String>) -> Self {
                match kind {
                    $($(EntityKind::$kind)|+ => Self::$name(Box::new($name { id: id.into(), ..$name::default() })),)*
                }
            }

            fn read_value<'de, D: serde::Deserializer<'de>>(kind: EntityKind, from: D) -> Result<Self, D::Error> {
                use serde::Deserialize as _;
                match kind {
                    $($(EntityKind::$kind)|+ => $name::deserialize(from).map(|entity| Self::$name(Box::new(entity))),)*
                }
            }

            fn root_schema(kind: EntityKind) -> schemars::Schema {
                match kind {
                    $($(EntityKind::$kind)|+ => schema::root::<$name>(),)*
                }
            }
        }

        $(
            impl From<$name> for Entity {
                fn from(entity: $name) -> Self {
                    Self::$name(Box::new(entity))
                }
            }
        )*
    };
}

entities! {
    /// The settings of a shop.
    ShopSettings for Shop;
    /// An installed application.
    App for App;
    /// A product.
    Product for Product;
    /// A variant of a product.
    Variant for Variant;
    /// A stock.
    Stock for Stock;
    /// A category or collection.
    Category for Category;
    /// A brand.
    Brand for Brand;
    /// A product type.
    ProductType for ProductType;
    /// A customer.
    Customer for Customer;
    /// An order.
    Order for Order;
    /// A cart, abandoned or not.
    Cart for Cart | AbandonedCart;
    /// A discount coupon.
    Coupon for Coupon;
    /// A promotion.
    Promotion for Promotion;
    /// A product review.
    Review for Review;
    /// A paper of an order.
    Document for Invoice | CreditNote | DeliveryNote | ProformaInvoice | PaymentProof;
    /// A shipment.
    Shipment for Shipment;
    /// A refund.
    Refund for Refund;
    /// A subscription to recurring orders.
    Subscription for Subscription;
    /// A subscriber of a mailing list.
    Subscriber for Subscriber;
    /// A way to pay or to ship.
    Method for PaymentMethod | ShippingMethod;
    /// A status orders can have.
    OrderStatus for OrderStatus;
    /// A shipping request.
    ShippingRequest for ShippingRequest;
    /// A job.
    Job for Job;
}

/// Something of a kind that only its platform knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Bare {
    /// The id, as in the event's subject.
    pub id: String,
    /// What else the webhook says of it, by canonical names.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

impl Bare {
    /// An entity of which only the id is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), facts: Map::new() }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commerce::Amount;

    #[test]
    fn serialises_as_the_plain_object_without_what_is_unknown() {
        let order = Order {
            id: "169".to_owned(),
            line_items: vec![LineItem { quantity: Amount::parse("1.25"), ..LineItem::default() }],
            extra: Extra::from_iter([("order_type".to_owned(), Value::from(0))]),
            ..Order::default()
        };
        let json = serde_json::to_string(&Entity::from(order)).expect("json");
        assert_eq!(json, r#"{"id":"169","line_items":[{"quantity":"1.25"}],"extra":{"order_type":0}}"#);
        let bare = Entity::Bare(Bare::new("7").with("status", "ACTIVE"));
        assert_eq!(serde_json::to_string(&bare).expect("json"), r#"{"id":"7","status":"ACTIVE"}"#);
        assert_eq!(bare.id(), "7");
    }
}
