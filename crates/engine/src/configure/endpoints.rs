//! Endpoints.

use shopwire_core::delivery::{ContentMode, CustomHeader, Endpoint, EndpointState, Ordering, RetryPolicy};
use shopwire_core::{DialectId, EndpointId, Limits, Secret, SecretVersion, ShopId};
use shopwire_store::{Noun, NounId};

use super::{ConfigureError, rules, secrets, topics};
use crate::Engine;
use crate::egress::check_header;

/// Deliveries in flight to an endpoint unless one says otherwise.
const IN_FLIGHT_DEFAULT: usize = 16;

/// An endpoint to be made. What is `None` gets its default.
#[derive(Debug, Clone)]
pub struct EndpointDraft {
    /// A name for people, 1 to 200 characters.
    pub name: String,
    /// The dialect it is spoken to in.
    pub dialect: DialectId,
    /// The one shop whose events it gets; `None` for all shops.
    pub shop: Option<ShopId>,
    /// Where to.
    pub url: String,
    /// What it wants to hear of; everything by default.
    pub topics: Option<Vec<String>>,
    /// How events are put into a request.
    pub mode: ContentMode,
    /// Headers that come with every request.
    pub headers: Vec<CustomHeader>,
    /// Its secret (`whsec_…`); a new one is made by default.
    pub secret: Option<Secret>,
    /// What order is kept.
    pub ordering: Ordering,
    /// When failed deliveries are tried again.
    pub retry: RetryPolicy,
    /// Deliveries in flight at the same time; 16 by default.
    pub in_flight_max: Option<usize>,
}

/// What is to be changed of an endpoint; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointChange {
    /// The name.
    pub name: Option<String>,
    /// The one shop, or none for all.
    pub shop: Option<Option<ShopId>>,
    /// Where to.
    pub url: Option<String>,
    /// What it wants to hear of.
    pub topics: Option<Vec<String>>,
    /// How events are put into a request.
    pub mode: Option<ContentMode>,
    /// All headers that come with every request.
    pub headers: Option<Vec<CustomHeader>>,
    /// What order is kept.
    pub ordering: Option<Ordering>,
    /// When failed deliveries are tried again.
    pub retry: Option<RetryPolicy>,
    /// Deliveries in flight at the same time.
    pub in_flight_max: Option<usize>,
}

fn check_dialect(dialect: DialectId) -> Result<(), ConfigureError> {
    if dialect == DialectId::CloudEvents {
        return Ok(());
    }
    let message = format!(
        "endpoints speak `cloudevents` in this version; sending in `{dialect}` comes with the sending half of the dialects"
    );
    Err(ConfigureError::invalid("dialect", message))
}

/// Whether a header belongs to the delivery itself, beyond what the exchange reserves.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "content-type" || name.starts_with("webhook-") || name.starts_with("ce-")
}

fn check_headers(headers: &[CustomHeader], max: usize) -> Result<(), ConfigureError> {
    if headers.len() > max {
        return Err(ConfigureError::Limit { name: "headers_per_endpoint_max", max });
    }
    for (index, CustomHeader { name, value }) in headers.iter().enumerate() {
        check_header(name, value.expose()).map_err(|error| ConfigureError::invalid("headers", error))?;
        if is_ours(name) {
            let message = format!("header `{name}` is set by the delivery itself: remove it");
            return Err(ConfigureError::invalid("headers", message));
        }
        if headers[..index].iter().any(|earlier| earlier.name.eq_ignore_ascii_case(name)) {
            let message = format!("header `{name}` is given twice: give it once");
            return Err(ConfigureError::invalid("headers", message));
        }
    }
    Ok(())
}

fn check_retry(retry: &RetryPolicy, limits: &Limits) -> Result<(), ConfigureError> {
    let checked = retry.validate(limits.attempts_max, limits.delivery_age_max_ms);
    checked.map_err(|error| ConfigureError::invalid("retry", error))
}

fn check_in_flight(given: usize, max: usize) -> Result<usize, ConfigureError> {
    if (1..=max).contains(&given) {
        return Ok(given);
    }
    let message =
        format!("`in_flight_max` is {given}, expected 1 to {max} (limit `in_flight_per_endpoint_max`)");
    Err(ConfigureError::invalid("in_flight_max", message))
}

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
            shop: draft.shop,
            url: draft.url,
            topics: topics::patterns(&topics, limits.topics_per_endpoint_max)?,
            mode: draft.mode,
            headers: draft.headers,
            secrets: vec![SecretVersion::new(secret.clone(), now)],
            ordering: draft.ordering,
            retry: draft.retry,
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
            endpoint.retry = retry;
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

    /// Stops sending to an endpoint; its events are kept. Pausing a paused one changes nothing.
    ///
    /// # Errors
    /// If there is no such endpoint, or it is disabled.
    pub async fn pause_endpoint(&self, id: EndpointId) -> Result<Endpoint, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let endpoint = self.endpoint(id)?;
        match &endpoint.state {
            EndpointState::Paused { .. } => Ok(endpoint),
            EndpointState::Active => {
                let since = self.0.timer.now();
                self.set_state(endpoint, EndpointState::Paused { since }).await
            }
            EndpointState::Disabled { reason, .. } => {
                let message = format!(
                    "endpoint `{id}` is disabled ({reason}) and sent nothing: resume it before pausing it"
                );
                Err(ConfigureError::Conflict { message })
            }
        }
    }

    /// Sends to a paused or disabled endpoint again; it catches up. Resuming an active one changes nothing.
    ///
    /// # Errors
    /// If there is no such endpoint.
    pub async fn resume_endpoint(&self, id: EndpointId) -> Result<Endpoint, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let endpoint = self.endpoint(id)?;
        if endpoint.is_active() {
            return Ok(endpoint);
        }
        self.set_state(endpoint, EndpointState::Active).await
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

    async fn set_state(&self, endpoint: Endpoint, state: EndpointState) -> Result<Endpoint, ConfigureError> {
        let endpoint = Endpoint { state, updated_at: self.0.timer.now(), ..endpoint };
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        tracing::info!(endpoint.id = %endpoint.id, active = endpoint.is_active(), "endpoint state changed");
        Ok(endpoint)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> CustomHeader {
        CustomHeader { name: name.to_owned(), value: Secret::new(value) }
    }

    #[test]
    fn headers_of_the_delivery_itself_can_not_be_set() {
        for name in [
            "Host",
            "content-length",
            "Content-Type",
            "Transfer-Encoding",
            "Connection",
            "Webhook-Id",
            "webhook-signature",
            "CE-Type",
            "X Y",
            "",
        ] {
            assert!(check_headers(&[header(name, "v")], 5).is_err(), "{name}");
        }
        assert!(check_headers(&[header("Authorization", "Bearer x"), header("X-Env", "")], 5).is_ok());
        assert!(check_headers(&[header("X-Env", "1"), header("x-env", "2")], 5).is_err());
        assert!(matches!(
            check_headers(&[header("a", ""), header("b", "")], 1),
            Err(ConfigureError::Limit { name: "headers_per_endpoint_max", max: 1 })
        ));
        let error =
            check_headers(&[header("X-Key", "sword\r\nfish")], 5).expect_err("a line end").to_string();
        assert!(error.contains("X-Key") && !error.contains("sword"), "{error}");
    }

    #[test]
    fn windows_and_dialects_have_bounds() {
        assert!(check_in_flight(1, 64).is_ok() && check_in_flight(64, 64).is_ok());
        assert!(check_in_flight(0, 64).is_err() && check_in_flight(65, 64).is_err());
        assert!(check_dialect(DialectId::CloudEvents).is_ok());
        for platform in DialectId::PLATFORMS {
            let error = check_dialect(platform).expect_err("not yet").to_string();
            assert!(error.contains("cloudevents") && error.contains(platform.as_str()), "{error}");
        }
    }
}
