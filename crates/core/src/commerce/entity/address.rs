//! Postal addresses.

use super::part;
use crate::commerce::Amount;

part! {
    /// A postal address with the person who lives there.
    Address {
        /// The id of a stored address.
        id: Option<String>,
        /// The full name.
        name: Option<String>,
        /// The first name.
        first_name: Option<String>,
        /// The last name.
        last_name: Option<String>,
        /// The company.
        company: Option<String>,
        /// The first line: usually street and number.
        line1: Option<String>,
        /// The second line.
        line2: Option<String>,
        /// The street, where the platform tells it apart.
        street_name: Option<String>,
        /// The house number, where the platform tells it apart.
        street_number: Option<String>,
        /// A part of the city.
        district: Option<String>,
        /// The city.
        city: Option<String>,
        /// The state or province by name.
        region: Option<String>,
        /// The state or province by code.
        region_code: Option<String>,
        /// The country by name.
        country: Option<String>,
        /// The country by its two-letter code.
        country_code: Option<String>,
        /// The postal code.
        postal_code: Option<String>,
        /// The telephone number.
        phone: Option<String>,
        /// The mail address.
        email: Option<String>,
        /// Degrees north.
        latitude: Option<Amount>,
        /// Degrees east.
        longitude: Option<Amount>,
        /// Whether it is its customer's usual address.
        is_default: Option<bool>,
    }
}
