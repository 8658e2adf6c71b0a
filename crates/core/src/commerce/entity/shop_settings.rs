//! A shop's own settings.

use super::{Address, Extra, entity};
use crate::commerce::{Currency, When};

entity! {
    /// The settings of a shop. One shop has one of these; its `id` is free, `main` will do.
    ShopSettings {
        /// The name people see.
        name: Option<String>,
        /// The domain it is reached at.
        domain: Option<String>,
        /// The plan it is on at its platform.
        plan: Option<String>,
        /// The level of that plan, where plans have levels.
        plan_level: Option<String>,
        /// Where it is.
        address: Option<Address>,
        /// The address on its bills.
        billing_address: Option<Address>,
        /// The merchant's tax and company numbers, by the names the shop uses.
        billing_details: Option<Extra>,
        /// The telephone number.
        phone: Option<String>,
        /// The mail address of whoever runs it.
        admin_email: Option<String>,
        /// The mail address orders are sent from.
        order_email: Option<String>,
        /// The language, as in `en` or `cs`.
        language: Option<String>,
        /// The time zone, as in `Europe/Prague`.
        timezone: Option<String>,
        /// Whether its clock is set by daylight saving time.
        daylight_saving: Option<bool>,
        /// The currency prices are in.
        currency: Option<Currency>,
        /// Every currency it sells in, the usual one first.
        currencies: Vec<CurrencySetting>,
        /// How dates are shown.
        date_format: Option<String>,
        /// How dates are exported.
        export_date_format: Option<String>,
        /// The unit of weights.
        weight_unit: Option<String>,
        /// The unit of lengths.
        length_unit: Option<String>,
        /// How numbers and money are written (tokens, places), by the names the shop uses.
        number_format: Option<Extra>,
        /// Whether prices are entered with taxes.
        prices_include_taxes: Option<bool>,
        /// Where its logo is.
        logo_url: Option<String>,
        /// Where the logo of its mobile pages is.
        mobile_logo_url: Option<String>,
        /// Whether shoppers may keep wish lists.
        wishlist_enabled: Option<bool>,
        /// How it looks: template, colours, fonts, layout.
        design: Option<Extra>,
        /// What customers must fill in.
        mandatory_fields: Vec<String>,
        /// Which mails it sends.
        notifications: Option<Extra>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}

super::part! {
    /// A currency a shop sells in.
    CurrencySetting {
        /// The code.
        code: Option<Currency>,
        /// How many of it one of the usual currency is worth.
        rate: Option<crate::commerce::Amount>,
        /// Whether shoppers may choose it.
        enabled: Option<bool>,
    }
}
