//! For which shops a registration stands.

use shopwire_core::delivery::Endpoint;
use shopwire_core::{Shop, ShopId};
use shopwire_dialects::registration::{Registration, Shops};

use crate::Shelf;
use crate::configure::{ConfigureError, rules};

/// Whether the endpoint is bound to a shop where its platform binds registrations to one, and to none where it does not. One
/// without an app belongs to no installation, so that it can be bound in either case.
pub(super) fn check(
    registration: &Registration,
    title: &str,
    endpoint: &Endpoint,
    shops: &Shelf<ShopId, Shop>,
) -> Result<(), ConfigureError> {
    let wrong = match (registration.shops, endpoint.shop, endpoint.app) {
        (Shops::One, None, _) => format!("{title} registers webhooks in one shop: give the `shop`"),
        (Shops::All, Some(_), Some(app)) => format!(
            "{title} sends the webhooks of all shops that installed an app to one URL: leave out the `shop`, and grant app `{app}` its scopes in the shops"
        ),
        (_, Some(id), _) => {
            // That the shop exists has been checked.
            return shops.get(id).map_or(Ok(()), |shop| rules::identified(&shop, endpoint.dialect));
        }
        (Shops::All, None, _) => return Ok(()),
    };
    Err(ConfigureError::invalid("shop", wrong))
}
