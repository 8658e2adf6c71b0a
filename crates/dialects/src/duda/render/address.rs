//! Postal addresses.

use serde_json::Value;
use shopwire_core::commerce::entity::Address;

use super::EMPTY;
use crate::shape::{Nothing, Shape};

/// An address; of one that nobody knows, the same fields.
pub(super) fn address(address: &Address) -> Value {
    let name = name(address);
    let line1 = address.line1.clone().or_else(|| street(address));
    let region = address.region_code.as_deref().or(address.region.as_deref());
    let country = address.country_code.as_deref().or(address.country.as_deref());
    let mut s = Shape::of(&address.extra);
    let full_name = address.extra.get("full_name").and_then(Value::as_str).or(name.as_deref());
    s.text("name", name.as_deref(), EMPTY)
        .text("first_name", address.first_name.as_deref(), EMPTY)
        .text("last_name", address.last_name.as_deref(), Nothing::Null)
        .text("full_name", full_name, EMPTY)
        .text("address_1", line1.as_deref(), EMPTY)
        .text("address_2", address.line2.as_deref(), Nothing::Null)
        .text("street_number", address.street_number.as_deref(), Nothing::Null)
        .text("street_name", address.street_name.as_deref(), Nothing::Null)
        .text("city", address.city.as_deref(), EMPTY)
        .text("sub_locality", address.district.as_deref(), Nothing::Null)
        .text("region", region, Nothing::Null)
        .text("country", country, EMPTY)
        .text("postal_code", address.postal_code.as_deref(), EMPTY)
        .text("phone", address.phone.as_deref(), Nothing::Null)
        .done()
}

fn name(address: &Address) -> Option<String> {
    address.name.clone().or_else(|| joined(&[&address.first_name, &address.last_name]))
}

fn street(address: &Address) -> Option<String> {
    joined(&[&address.street_number, &address.street_name])
}

fn joined(parts: &[&Option<String>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
