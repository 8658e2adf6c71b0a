//! Customers, on their own and inside orders.

use serde_json::Value;
use shopwire_core::commerce::entity::{Address, Customer, Order};

use super::address::{full_name, of_customer};
use crate::shape::Nothing::Absent;
use crate::shoplazza::blank;

pub(super) fn customer(c: &Customer, at: &str) -> Value {
    let usual =
        c.default_address.as_ref().or_else(|| c.addresses.iter().find(|a| a.is_default == Some(true)));
    let book = if c.addresses.is_empty() { c.default_address.as_slice() } else { &c.addresses };
    // Without an id, an address is told from the others by what stands in it.
    let is_usual = |address: &Address| {
        usual.is_some_and(|usual| usual == address || usual.id.is_some() && usual.id == address.id)
    };
    blank::shape("customer", &c.extra)
        .text("id", Some(&c.id), Absent)
        .text("first_name", c.first_name.as_deref(), Absent)
        .text("last_name", c.last_name.as_deref(), Absent)
        .text("name", c.name.as_deref(), Absent)
        .presume("name", full_name(c.first_name.as_deref(), c.last_name.as_deref()))
        .text("email", c.email.as_deref(), Absent)
        .text("phone", c.phone.as_deref(), Absent)
        .flag("accepts_marketing", c.accepts_marketing, Absent)
        .integer("orders_count", c.orders_count, Absent)
        .money("total_spent", c.total_spent.as_ref(), Absent)
        .words("tags", &c.tags, ",", Absent)
        .when("created_at", c.created_at.as_ref(), Absent)
        .presume("created_at", at)
        .when("updated_at", c.updated_at.as_ref(), Absent)
        .presume("updated_at", at)
        .set("default_address", of_customer(usual, &c.id, true))
        .list("addresses", book, |address| of_customer(Some(address), &c.id, is_usual(address)), Absent)
        .done()
}

/// The customer of an order. Of a guest there is what the order's addresses say.
pub(super) fn of_order(order: &Order) -> Value {
    let address = order.billing_address.as_ref().or(order.shipping_address.as_ref());
    let guest = || Customer {
        first_name: address.and_then(|address| address.first_name.clone()),
        last_name: address.and_then(|address| address.last_name.clone()),
        phone: address.and_then(|address| address.phone.clone()),
        ..Customer::default()
    };
    let c = order.customer.clone().unwrap_or_else(guest);
    let email =
        [c.email.as_deref(), order.email.as_deref(), address.and_then(|address| address.email.as_deref())];
    blank::shape("order.customer", &c.extra)
        .text("id", Some(&c.id), Absent)
        .text("first_name", c.first_name.as_deref(), Absent)
        .text("last_name", c.last_name.as_deref(), Absent)
        .text("email", email.into_iter().flatten().next(), Absent)
        .text("phone", c.phone.as_deref(), Absent)
        .when("created_at", c.created_at.as_ref(), Absent)
        .when("updated_at", c.updated_at.as_ref(), Absent)
        .integer("order_count", c.orders_count, Absent)
        .money("total_spent", c.total_spent.as_ref(), Absent)
        .done()
}
