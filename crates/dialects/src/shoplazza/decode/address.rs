//! Addresses, of customers and inside orders.

use shopwire_core::commerce::entity::Address;

use crate::fields::Fields;
use crate::shoplazza::blank;

/// An address in the form of this blank; none if nothing stands in it.
pub(super) fn address(mut f: Fields, blank: &str) -> Option<Address> {
    f.open("extra_info");
    if let Some(country) = f.peek(&["country"]).cloned() {
        f.pass_over("country_name", &country);
    }
    let address = Address {
        id: f.id("id"),
        name: f.text("name"),
        first_name: f.text("first_name"),
        last_name: f.text("last_name"),
        company: f.text("company"),
        line1: f.text("address1"),
        line2: f.text("address2"),
        district: f.text("area"),
        city: f.text("city"),
        region: f.text("province"),
        region_code: f.text("province_code"),
        country: f.text("country"),
        country_code: f.text("country_code"),
        postal_code: f.id("zip"),
        phone: f.id("phone"),
        email: f.text("email"),
        latitude: f.amount("latitude"),
        longitude: f.amount("longitude"),
        is_default: f.flag("default"),
        extra: blank::rest(&mut f, blank),
        ..Address::default()
    };
    let nothing = Address { is_default: address.is_default, ..Address::default() };
    (address != nothing).then_some(address)
}
