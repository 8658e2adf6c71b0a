//! Addresses, of customers and inside orders.

use serde_json::Value;
use shopwire_core::commerce::entity::Address;

use crate::shape::Nothing::Absent;
use crate::shape::Shape;
use crate::shoplazza::blank;

/// An address of an order, in one of its two blanks, or the form of one where there is none.
pub(super) fn of_order(blank: &str, address: Option<&Address>, email: Option<&str>) -> Value {
    let Some(address) = address else { return blank::shape(blank, &Address::default().extra).done() };
    let mut s = blank::shape(blank, &address.extra);
    common(&mut s, address);
    s.amount("latitude", address.latitude, Absent)
        .amount("longitude", address.longitude, Absent)
        .text("email", address.email.as_deref().or(email), Absent)
        .text("area", address.district.as_deref(), Absent)
        .done()
}

/// An address in a customer's book, or the form of one where there is none.
pub(super) fn of_customer(address: Option<&Address>, customer_id: &str, is_default: bool) -> Value {
    let Some(address) = address else {
        return blank::shape("customer.address", &Address::default().extra).done();
    };
    let mut s = blank::shape("customer.address", &address.extra);
    common(&mut s, address);
    s.text("id", address.id.as_deref(), Absent)
        .presume("customer_id", customer_id)
        .presume("country_name", address.country.as_deref().unwrap_or_default())
        .flag("default", address.is_default.or(Some(is_default)), Absent)
        .done()
}

fn common(s: &mut Shape<'_>, address: &Address) {
    s.text("first_name", address.first_name.as_deref(), Absent)
        .text("last_name", address.last_name.as_deref(), Absent)
        .text("company", address.company.as_deref(), Absent)
        .text("address1", address.line1.as_deref().or(street(address).as_deref()), Absent)
        .text("address2", address.line2.as_deref(), Absent)
        .text("city", address.city.as_deref(), Absent)
        .text("zip", address.postal_code.as_deref(), Absent)
        .text("province", address.region.as_deref(), Absent)
        .text("province_code", address.region_code.as_deref(), Absent)
        .text("country", address.country.as_deref(), Absent)
        .text("country_code", address.country_code.as_deref(), Absent)
        .text("phone", address.phone.as_deref(), Absent)
        .text("name", address.name.as_deref(), Absent)
        .presume("name", full_name(address.first_name.as_deref(), address.last_name.as_deref()));
}

/// Street and number, where another platform tells them apart.
fn street(address: &Address) -> Option<String> {
    let street = address.street_name.as_ref()?;
    Some(address.street_number.as_ref().map_or_else(|| street.clone(), |number| format!("{street} {number}")))
}

/// First and last name, as far as there are any.
pub(super) fn full_name(first: Option<&str>, last: Option<&str>) -> String {
    [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
