//! Entities: the things a shop consists of, as far as they are known.
//!
//! One struct for each noun, in canonical names. **Invariants.** Only an entity's `id` is certain; whatever else is
//! not known is absent from the JSON, never `null`. Statuses are the platform's own words, money and quantities are
//! exact, times keep the zone they came with. What has no canonical name, or came in a form that can't be trusted, is
//! kept in `extra` under the platform's own name, so that decoding loses nothing.

mod address;
mod app;
mod cart;
mod category;
mod charge;
mod customer;
mod discount;
mod image;
mod line_item;
mod macros;
mod order;
mod payment;
mod product;
mod refund;
mod schema;
mod shipment;
mod subscription;
mod tax;
mod variant;

pub use address::Address;
pub use app::App;
pub use cart::Cart;
pub use category::{Category, Reference};
pub use charge::Charge;
pub use customer::Customer;
pub use discount::Discount;
pub use image::Image;
pub use line_item::{Choice, LineItem};
pub use order::{Order, ShippingMethod};
pub use payment::{Payment, PaymentMethod};
pub use product::{OptionValue, Price, Product, ProductOption, Seo};
pub use refund::{Refund, RefundItem};
pub use shipment::Shipment;
pub use subscription::Subscription;
pub use tax::Tax;
pub use variant::Variant;

use macros::{Absent, entity, part};
use serde::Serialize;
use serde_json::{Map, Value};

/// What a platform says beyond the canonical fields, under the platform's own names.
pub type Extra = Map<String, Value>;

/// An entity as far as an event tells it. Serialised as the plain JSON object of what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Entity {
    /// An order.
    Order(Box<Order>),
    /// A product.
    Product(Box<Product>),
    /// A variant of a product.
    Variant(Box<Variant>),
    /// A customer.
    Customer(Box<Customer>),
    /// A cart.
    Cart(Box<Cart>),
    /// A category or collection.
    Category(Box<Category>),
    /// A shipment.
    Shipment(Box<Shipment>),
    /// A refund.
    Refund(Box<Refund>),
    /// A subscription to recurring orders.
    Subscription(Box<Subscription>),
    /// An installed application, with the charge an event is about.
    App(Box<App>),
    /// Known only by its id and what little the webhook says.
    Bare(Bare),
}

impl Entity {
    /// The id, as in the event's subject.
    pub fn id(&self) -> &str {
        match self {
            Self::Order(order) => &order.id,
            Self::Product(product) => &product.id,
            Self::Variant(variant) => &variant.id,
            Self::Customer(customer) => &customer.id,
            Self::Cart(cart) => &cart.id,
            Self::Category(category) => &category.id,
            Self::Shipment(shipment) => &shipment.id,
            Self::Refund(refund) => &refund.id,
            Self::Subscription(subscription) => &subscription.id,
            Self::App(app) => &app.id,
            Self::Bare(bare) => &bare.id,
        }
    }
}

/// An entity of which little is known: many webhooks carry only an id.
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
        let json = serde_json::to_string(&Entity::Order(Box::new(order))).expect("json");
        assert_eq!(json, r#"{"id":"169","line_items":[{"quantity":"1.25"}],"extra":{"order_type":0}}"#);
        let bare = Entity::Bare(Bare::new("7").with("status", "ACTIVE"));
        assert_eq!(serde_json::to_string(&bare).expect("json"), r#"{"id":"7","status":"ACTIVE"}"#);
        assert_eq!(bare.id(), "7");
    }
}
