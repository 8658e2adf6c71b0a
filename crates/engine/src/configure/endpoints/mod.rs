//! Endpoints.

mod checks;
mod draft;
mod state;

use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_core::{EndpointId, Secret, SecretVersion, ShopId};
use shopwire_store::{Noun, NounId};

use self::checks::{check_dialect, check_headers, check_in_flight, check_retry};
pub use self::draft::{EndpointChange, EndpointDraft};
use super::{ConfigureError, rules, secrets, topics};
use crate::Engine;

/// Deliveries in flight to an endpoint unless one says otherwise.
const IN_FLIGHT_DEFAULT: usize = 16;

impl Engine {
    /// Makes an endpoint; answers its secret beside it. It gets what happens from now on.
    ///
    /// # Errors
    /// If something given can't be or does not exist, or there are too many endpoints.
    pub async fn create_endpoint(&self, draft: EndpointDraft) -> Result<(Endpoint, Secret), ConfigureError> {
        check_dialect(draft.dialect)?;
        self.check_url(&draft.url).await?;
        let _changing = self.0.changing.lock().await;
        let limits = &self.0.limits;
        rules::room("endpoints_max", self.0.directory.endpoints.len(), limits.endpoints_max)?;
        self.check_shop(draft.shop)?;
        check_headers(&draft.headers, limits.headers_per_endpoint_max)?;
        check_retry(&draft.retry, limits)?;
        draft.secret.as_ref().map_or(Ok(()), secrets::check_whsec)?;
        let secret = draft.secret.unwrap_or_else(|| Secret::new_whsec(self.random()));
        let in_flight_max = limits.in_flight_per_endpoint_max;
        let topics = draft.topics.unwrap_or_else(|| vec!["*".to_owned()]);
        let now = self.0.timer.now();
        let endpoint = Endpoint {
            id: EndpointId::new(now, self.random()),
            name: rules::name(&draft.name)?,
            dialect: draft.dialect,
            app: None,
            shop: draft.shop,
            url: draft.url,
            topics: topics::patterns(&topics, limits.topics_per_endpoint_max)?,
            mode: draft.mode,
            headers: draft.headers,
            secrets: vec![SecretVersion::new(secret.clone(), now)],
            ordering: draft.ordering,
            retry: Some(draft.retry),
            in_flight_max: match draft.in_flight_max {
                Some(given) => check_in_flight(given, in_flight_max)?,
                None => IN_FLIGHT_DEFAULT.min(in_flight_max),
            },
            state: EndpointState::Active,
            created_at: now,
            updated_at: now,
        };
        // The lane comes first: an endpoint without one would miss what is appended in between.
        self.open_lane(endpoint.id).await?;
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        tracing::info!(endpoint.id = %endpoint.id, "endpoint created");
        Ok((endpoint, secret))
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// If there is no such endpoint, or something given can't be or does not exist.
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
        self.apply(&mut endpoint, change)?;
        endpoint.updated_at = self.0.timer.now();
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        Ok(endpoint)
    }

    /// Writes a change into an endpoint; its URL has been checked.
    fn apply(&self, endpoint: &mut Endpoint, change: EndpointChange) -> Result<(), ConfigureError> {
        let limits = &self.0.limits;
        if let Some(name) = change.name {
            endpoint.name = rules::name(&name)?;
        }
        if let Some(shop) = change.shop {
            self.check_shop(shop)?;
            endpoint.shop = shop;
        }
        if let Some(topics) = change.topics {
            endpoint.topics = topics::patterns(&topics, limits.topics_per_endpoint_max)?;
        }
        if let Some(headers) = change.headers {
            check_headers(&headers, limits.headers_per_endpoint_max)?;
            endpoint.headers = headers;
        }
        if let Some(retry) = change.retry {
            check_retry(&retry, limits)?;
            endpoint.retry = Some(retry);
        }
        if let Some(given) = change.in_flight_max {
            endpoint.in_flight_max = check_in_flight(given, limits.in_flight_per_endpoint_max)?;
        }
        endpoint.url = change.url.unwrap_or_else(|| std::mem::take(&mut endpoint.url));
        endpoint.mode = change.mode.unwrap_or(endpoint.mode);
        endpoint.ordering = change.ordering.unwrap_or(endpoint.ordering);
        Ok(())
    }

    /// Gives an endpoint a new secret (`given`, or one that is made) and answers it; the former one signs as well for
    /// `overlap_ms`, at most a week.
    ///
    /// # Errors
    /// If there is no such endpoint, the secret or the overlap can't be, or too many secrets would be active.
    pub async fn rotate_endpoint_secret(
        &self,
        id: EndpointId,
        given: Option<Secret>,
        overlap_ms: u64,
    ) -> Result<(Endpoint, Secret), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut endpoint = self.endpoint(id)?;
        given.as_ref().map_or(Ok(()), secrets::check_whsec)?;
        let now = self.0.timer.now();
        let end = secrets::overlap_end(overlap_ms, now)?;
        let secret = given.unwrap_or_else(|| Secret::new_whsec(self.random()));
        secrets::rotate(&mut endpoint.secrets, secret.clone(), now, end);
        secrets::check_active(endpoint.secrets.len(), self.0.limits.secrets_active_max)?;
        endpoint.updated_at = now;
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        tracing::info!(endpoint.id = %id, "endpoint secret rotated");
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
