//! A platform's own rules for what is registered with it, held against an endpoint and those beside it.
//!
//! **Invariants.** The rules are the dialect's data; here is only how they are read. An endpoint without an app stands for an app
//! of its own, so that nothing stands beside it. What its platform has removed does not count.

mod rights;
mod shops;
mod topics;
mod url;

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_dialects::registration::Refusal;

use crate::Engine;
use crate::configure::ConfigureError;

/// Which of the platforms' rules the operator relaxes, as for receivers on the own machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegistrationConfig {
    /// Endpoints in a platform's dialect may be `http://` where the platform wants `https://`.
    pub plain_http: bool,
    /// Endpoints in a platform's dialect may have any port.
    pub any_port: bool,
}

impl Engine {
    /// Whether the endpoint's platform would register it.
    ///
    /// # Errors
    /// [`ConfigureError::Refused`] with the first rule that stands against it, or [`ConfigureError::Invalid`] if its shop
    /// can't be.
    pub(super) fn check_registration(&self, endpoint: &Endpoint) -> Result<(), ConfigureError> {
        let Some(dialect) = shopwire_dialects::get(endpoint.dialect) else { return Ok(()) };
        let (rules, catalog) = (dialect.registration(), dialect.catalog());
        let directory = &self.0.directory;
        shops::check(rules, catalog.title, endpoint, &directory.shops)?;
        let app = endpoint.app.and_then(|id| directory.apps.get(id));
        let beside = self.beside(endpoint);
        let refusal = url::refusal(rules, catalog.title, &endpoint.url, self.0.registration)
            .or_else(|| topics::too_many(rules, catalog.title, endpoint))
            .or_else(|| rights::refusal(catalog, endpoint, app.as_deref()?))
            .or_else(|| topics::conflict(catalog, endpoint, &beside))
            .or_else(|| topics::not_once(rules, catalog.title, endpoint, &beside));
        refusal.map_or(Ok(()), |refusal| Err(ConfigureError::Refused { dialect: endpoint.dialect, refusal }))
    }

    /// The endpoints that the same app has beside this one.
    fn beside(&self, endpoint: &Endpoint) -> Vec<Arc<Endpoint>> {
        let counts = |other: &Endpoint| {
            other.app.is_some()
                && other.app == endpoint.app
                && other.id != endpoint.id
                && !matches!(other.state, EndpointState::Removed { .. })
        };
        self.0.directory.endpoints.page(None, usize::MAX, counts).0
    }
}

/// Whether two registrations stand for the same shops.
fn share_shop(one: &Endpoint, other: &Endpoint) -> bool {
    one.shop == other.shop
}

/// The names of topics or endpoints for an error.
fn quoted(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn refused(
    rule: shopwire_dialects::registration::Rule,
    about: Vec<String>,
    message: String,
) -> Option<Refusal> {
    Some(Refusal { rule, message, about })
}
