//! Endpoints.

mod checks;
mod draft;
mod registration;
mod speech;
mod state;

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_core::{App, AppId, DialectId, EndpointId, Secret, SecretVersion, ShopId};
use shopwire_store::{Noun, NounId};

use self::checks::{check_connections, check_headers, check_in_flight, check_rate};
pub use self::draft::{EndpointChange, EndpointDraft};
pub use self::registration::RegistrationConfig;
use super::{ConfigureError, rules, secrets, topics};
use crate::Engine;

/// Deliveries in flight to an endpoint unless one says otherwise.
const IN_FLIGHT_DEFAULT: usize = 16;

/// The newest secret where it was made for the receiver. A platform's is known to whoever gave it.
fn shown(endpoint: &Endpoint) -> Option<Secret> {
    let newest = endpoint.secrets.first().filter(|_| endpoint.dialect == DialectId::CloudEvents);
    newest.map(|version| version.secret.clone())
}

impl Engine {
    /// Makes an endpoint; answers its secret beside it where we made it. It gets what happens from now on.
    ///
    /// # Errors
    /// If something given can't be or does not exist, its platform would refuse it, or there are too many endpoints.
    pub async fn create_endpoint(
        &self,
        draft: EndpointDraft,
    ) -> Result<(Endpoint, Option<Secret>), ConfigureError> {
        self.check_url(&draft.url).await?;
        let _changing = self.0.changing.lock().await;
        let limits = &self.0.limits;
        rules::room("endpoints_max", self.0.directory.endpoints.len(), limits.endpoints_max)?;
        let endpoint = self.assemble(draft)?;
        self.check_registration(&endpoint)?;
        // The lane comes first: an endpoint without one would miss what is appended in between.
        self.open_lane(endpoint.id).await?;
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        tracing::info!(endpoint.id = %endpoint.id, "endpoint created");
        let secret = shown(&endpoint);
        Ok((endpoint, secret))
    }

    /// The endpoint that a draft describes; its URL has been checked.
    fn assemble(&self, draft: EndpointDraft) -> Result<Endpoint, ConfigureError> {
        let limits = &self.0.limits;
        let app = draft.app.map(|id| self.app_of_endpoint(id)).transpose()?;
        let dialect = speech::dialect(draft.dialect, app.as_deref())?;
        self.check_shop(draft.shop)?;
        check_headers(dialect, &draft.headers, limits)?;
        let now = self.0.timer.now();
        let secret = self.own_secret(dialect, app.is_some(), draft.secret, now)?;
        Ok(Endpoint {
            id: EndpointId::new(now, self.random()),
            name: rules::name(&draft.name)?,
            dialect,
            app: draft.app,
            shop: draft.shop,
            url: draft.url,
            topics: topics::patterns(dialect, draft.topics.as_deref(), limits.topics_per_endpoint_max)?,
            mode: speech::mode(dialect, draft.mode)?,
            headers: draft.headers,
            secrets: secret.map(|secret| SecretVersion::new(secret, now)).into_iter().collect(),
            ordering: speech::ordering(dialect, draft.ordering),
            retry: speech::retry(dialect, draft.retry, limits)?,
            in_flight_max: match draft.in_flight_max {
                Some(given) => check_in_flight(given, limits.in_flight_per_endpoint_max)?,
                None => IN_FLIGHT_DEFAULT.min(limits.in_flight_per_endpoint_max),
            },
            connections_max: check_connections(draft.connections_max, limits.in_flight_per_endpoint_max)?,
            rate: check_rate(draft.rate)?,
            failing_max_ms: speech::failing_max(dialect, draft.failing_max_ms, limits)?,
            trouble: None,
            state: EndpointState::Active,
            created_at: now,
            updated_at: now,
        })
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// If there is no such endpoint, something given can't be or does not exist, or its platform would refuse it.
    pub async fn update_endpoint(
        &self,
        id: EndpointId,
        change: EndpointChange,
    ) -> Result<Endpoint, ConfigureError> {
        if let Some(url) = &change.url {
            self.check_url(url).await?;
        }
        let _changing = self.0.changing.lock().await;
        let mut endpoint = self.endpoint(id)?;
        let is_elsewhere = change.url.is_some();
        self.apply(&mut endpoint, change)?;
        if is_elsewhere {
            endpoint = self.given_fresh_chance(endpoint);
        }
        endpoint.updated_at = self.0.timer.now();
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        Ok(endpoint)
    }

    /// Writes a change into an endpoint; its URL has been checked.
    fn apply(&self, endpoint: &mut Endpoint, change: EndpointChange) -> Result<(), ConfigureError> {
        let (limits, dialect) = (&self.0.limits, endpoint.dialect);
        let is_registered_anew = change.url.is_some() || change.shop.is_some() || change.topics.is_some();
        if let Some(name) = change.name {
            endpoint.name = rules::name(&name)?;
        }
        if let Some(shop) = change.shop {
            self.check_shop(shop)?;
            endpoint.shop = shop;
        }
        if let Some(topics) = change.topics {
            endpoint.topics = topics::patterns(dialect, Some(&topics), limits.topics_per_endpoint_max)?;
        }
        if let Some(headers) = change.headers {
            check_headers(dialect, &headers, limits)?;
            endpoint.headers = headers;
        }
        if let Some(retry) = change.retry {
            endpoint.retry = speech::retry(dialect, Some(retry), limits)?;
        }
        if let Some(given) = change.in_flight_max {
            endpoint.in_flight_max = check_in_flight(given, limits.in_flight_per_endpoint_max)?;
        }
        if let Some(given) = change.connections_max {
            endpoint.connections_max = check_connections(given, limits.in_flight_per_endpoint_max)?;
        }
        if let Some(given) = change.rate {
            endpoint.rate = check_rate(given)?;
        }
        if let Some(given) = change.failing_max_ms {
            endpoint.failing_max_ms = speech::failing_max(dialect, given, limits)?;
        }
        endpoint.url = change.url.unwrap_or_else(|| std::mem::take(&mut endpoint.url));
        endpoint.mode = speech::mode(dialect, change.mode.unwrap_or(endpoint.mode))?;
        endpoint.ordering = change.ordering.unwrap_or(endpoint.ordering);
        if is_registered_anew { self.check_registration(endpoint) } else { Ok(()) }
    }

    /// Gives an endpoint a new secret of its own (`given`, or for `cloudevents` one that is made, which is answered); the former
    /// one signs as well for `overlap_ms`, at most a week.
    ///
    /// # Errors
    /// If there is no such endpoint, the secret or the overlap can't be, or too many secrets would be active.
    pub async fn rotate_endpoint_secret(
        &self,
        id: EndpointId,
        given: Option<Secret>,
        overlap_ms: u64,
    ) -> Result<(Endpoint, Option<Secret>), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut endpoint = self.endpoint(id)?;
        let now = self.0.timer.now();
        let end = secrets::overlap_end(overlap_ms, now)?;
        // Without an own one given there is nothing to change to, whether or not there is an app.
        let new = self.own_secret(endpoint.dialect, false, given, now)?;
        new.into_iter().for_each(|secret| secrets::rotate(&mut endpoint.secrets, secret, now, end));
        secrets::check_active(endpoint.secrets.len(), self.0.limits.secrets_active_max)?;
        endpoint.updated_at = now;
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        tracing::info!(endpoint.id = %id, "endpoint secret rotated");
        let secret = shown(&endpoint);
        Ok((endpoint, secret))
    }

    /// Removes an endpoint with its lane and all that waits in it.
    ///
    /// # Errors
    /// If there is no such endpoint.
    pub async fn delete_endpoint(&self, id: EndpointId) -> Result<(), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        self.endpoint(id)?;
        self.take(NounId::Endpoint(id)).await?;
        tracing::info!(endpoint.id = %id, "endpoint deleted");
        Ok(())
    }

    fn endpoint(&self, id: EndpointId) -> Result<Endpoint, ConfigureError> {
        let found = self.0.directory.endpoints.get(id);
        found
            .map(|endpoint| endpoint.as_ref().clone())
            .ok_or_else(|| ConfigureError::not_found("endpoint", id))
    }

    /// Looked up before the configuration is locked: a slow resolver must not hold up other changes.
    async fn check_url(&self, url: &str) -> Result<(), ConfigureError> {
        let checked = self.0.egress.check(url).await;
        checked.map(drop).map_err(|error| ConfigureError::invalid("url", error))
    }

    fn app_of_endpoint(&self, id: AppId) -> Result<Arc<App>, ConfigureError> {
        let app = self.0.directory.apps.get(id);
        app.ok_or_else(|| ConfigureError::invalid("app", format!("there is no app `{id}`: create it first")))
    }

    fn check_shop(&self, shop: Option<ShopId>) -> Result<(), ConfigureError> {
        match shop {
            Some(id) if self.0.directory.shops.get(id).is_none() => {
                let message =
                    format!("there is no shop `{id}`: create it first, or leave it out for all shops");
                Err(ConfigureError::invalid("shop", message))
            }
            _ => Ok(()),
        }
    }
}
