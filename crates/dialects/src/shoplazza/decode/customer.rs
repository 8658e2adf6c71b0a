//! Customers, on their own and inside orders.

use shopwire_core::commerce::entity::{Address, Customer};

use super::address;
use crate::fields::{Fields, says_nothing};
use crate::shoplazza::blank;

pub(super) fn customer(f: Fields) -> Customer {
    of_blank(f, "customer")
}

/// The customer of an order; none if nothing says who it is.
pub(super) fn of_order(f: Fields) -> Option<Customer> {
    let who = ["id", "name", "first_name", "last_name", "email", "phone"];
    let is_somebody = who.iter().any(|key| f.peek(&[key]).is_some_and(|value| !says_nothing(value)));
    is_somebody.then(|| of_blank(f, "order.customer"))
}

fn of_blank(mut f: Fields, blank: &str) -> Customer {
    // What they spent need not be in the currency of the order they stand in, and no other is named.
    f.set_currency(None);
    let id = f.entity_id();
    let address = |f| address(f, &id);
    Customer {
        name: f.text("name"),
        first_name: f.text("first_name"),
        last_name: f.text("last_name"),
        email: f.text("email"),
        phone: f.id("phone"),
        accepts_marketing: f.flag("accepts_marketing"),
        // Inside orders it is spelled in the singular.
        orders_count: f.integer("orders_count").or_else(|| f.integer("order_count")),
        total_spent: f.money("total_spent"),
        tags: f.words("tags", ','),
        default_address: f.object("default_address", address).flatten(),
        addresses: f.list("addresses", address).into_iter().flatten().collect(),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, blank),
        id,
        ..Customer::default()
    }
}

fn address(mut f: Fields, customer_id: &str) -> Option<Address> {
    f.pass_over("customer_id", &customer_id.into());
    address::address(f, "customer.address")
}
