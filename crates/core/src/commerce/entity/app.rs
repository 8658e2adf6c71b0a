//! Installed applications.

use super::{Charge, entity};
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
        /// The charge the event is about.
        charge: Option<Charge>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
