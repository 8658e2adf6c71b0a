//! Customers, on their own and inside orders.

use shopwire_core::commerce::entity::Customer;

use super::order::address;
use crate::fields::Fields;

pub(super) fn customer(mut f: Fields) -> Customer {
    // What they spent need not be in the currency of the order they stand in, and no other is named.
    f.set_currency(None);
    Customer {
        id: f.entity_id(),
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
        default_address: f.object("default_address", address),
        addresses: f.list("addresses", address),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: f.rest(),
        ..Customer::default()
    }
}
