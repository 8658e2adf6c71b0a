//! One endpoint as it is sent to.

use shopwire_core::delivery::{ContentMode, Endpoint, Outcome};
use shopwire_core::{EndpointId, Headers, Secret, Timestamp};
use shopwire_dialects::cloudevents::{self, Rendered, SigningKey};

use super::Attempted;
use crate::Timer;
use crate::egress::{Egress, OutRequest, Pool, Target};

/// An endpoint with its connections and keys at hand. Owned by one lane.
pub struct Address {
    id: EndpointId,
    /// Where to; or why that is no address (only if the rules changed since the endpoint was saved).
    pool: Result<Pool, String>,
    mode: ContentMode,
    headers: Vec<(String, Secret)>,
    /// Each key with the moment from which it no longer signs.
    keys: Vec<(SigningKey, Option<Timestamp>)>,
}

impl Address {
    pub(super) fn new(egress: &Egress, endpoint: &Endpoint) -> Self {
        let target = Target::parse(&endpoint.url).map_err(|error| error.to_string());
        let keys = endpoint.secrets.iter().filter_map(|version| {
            let key = SigningKey::parse(&version.secret).ok()?;
            Some((key, version.expires_at))
        });
        Self {
            id: endpoint.id,
            pool: target.map(|target| egress.pool(target, endpoint.in_flight_max)),
            mode: endpoint.mode,
            headers: endpoint.headers.iter().map(|h| (h.name.clone(), h.value.clone())).collect(),
            keys: keys.collect(),
        }
    }

    /// Sends an event once. Timestamp and signature are of this attempt, the id is the event's.
    pub(super) async fn send(&self, rendered: &Rendered, timer: &dyn Timer) -> Attempted {
        let at = timer.now();
        let pool = match &self.pool {
            Ok(pool) => pool,
            Err(why) => return Attempted::unmade(Outcome::AddressRefused, why.clone(), at),
        };
        let request = match OutRequest::new(self.signed(rendered, at), rendered.body(self.mode).clone()) {
            Ok(request) => request,
            // An endpoint's own headers are checked when it is saved, but in binary mode the event's attributes travel as
            // headers too. The next attempt would build the same request.
            Err(error) => return Attempted::unmade(Outcome::Unsendable, error.to_string(), at),
        };
        let started_us = timer.monotonic_us();
        let exchange = pool.exchange(&request).await;
        Attempted::judge(exchange, at, timer.monotonic_us().saturating_sub(started_us))
    }

    fn signed(&self, rendered: &Rendered, now: Timestamp) -> Headers {
        let mut headers = rendered.headers(self.mode);
        headers.push("user-agent", concat!("Shopwire/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &self.headers {
            headers.push(name, value.expose());
        }
        let active = self.keys.iter().filter(|(_, expires)| expires.is_none_or(|at| now < at));
        let keys = active.map(|(key, _)| key);
        cloudevents::sign(&mut headers, rendered.id(), rendered.body(self.mode), keys, now);
        headers
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("endpoint", &self.id).finish_non_exhaustive()
    }
}
