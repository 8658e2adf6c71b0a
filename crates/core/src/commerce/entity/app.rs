//! Installed applications.

use super::{Charge, Extra, entity};
use crate::commerce::When;

entity! {
    /// An application installed in a shop.
    App {
        /// The name.
        name: Option<String>,
        /// What it may do.
        scopes: Vec<String>,
        /// The version of webhooks it gets.
        webhook_api_version: Option<String>,
        /// Where the platform sends merchants back to.
        redirect_url: Option<String>,
        /// Its symbol; may be relative to the platform.
        icon_url: Option<String>,
        /// The state of the merchant's subscription to it, in the platform's words.
        subscription_status: Option<String>,
        /// What the merchant is charged for it.
        charges: Vec<Charge>,
        /// What it keeps in the shop, by key.
        storage: Option<Extra>,
        /// When what the merchant paid for ends, or ended.
        expires_at: Option<When>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
