//! One endpoint as it is sent to.

use shopwire_core::delivery::{Endpoint, Outcome, RetryPolicy, SendPolicy};
use shopwire_core::{EndpointId, Random, Secret};
use shopwire_dialects::publish::Undraftable;

use super::Attempted;
use super::blocks::{Blocked, Blocks};
use super::speech::{Message, Speech};
use crate::dispatch::Parcel;
use crate::egress::{Egress, Pool, Target};
use crate::{Directory, Timer};

/// An endpoint with its connections and keys at hand. Owned by one lane.
pub struct Address {
    id: EndpointId,
    /// Where to; or why that is no address (only if the rules changed since the endpoint was saved).
    pool: Result<Pool, String>,
    policy: SendPolicy,
    headers: Vec<(String, Secret)>,
    speech: Speech,
    /// What it is blocked together with, if its dialect blocks.
    blocked: Option<Blocked>,
}

/// How an endpoint's deliveries are judged and retried: its dialect's policy, with its own retries if it has any.
pub(crate) fn policy_of(endpoint: &Endpoint) -> SendPolicy {
    match (shopwire_dialects::get(endpoint.dialect), &endpoint.retry) {
        (Some(dialect), Some(retry)) => dialect.send_policy().clone().with_retry(retry),
        (Some(dialect), None) => dialect.send_policy().clone(),
        (None, Some(retry)) => SendPolicy::ours(retry),
        (None, None) => SendPolicy::ours(&RetryPolicy::default()),
    }
}

impl Address {
    pub(super) fn new(egress: &Egress, endpoint: &Endpoint) -> Self {
        let policy = policy_of(endpoint);
        let target = Target::parse(&endpoint.url).map_err(|error| error.to_string());
        let blocked =
            target.as_ref().ok().and_then(|target| Some(Blocked::of(endpoint, target, policy.block?)));
        let pool = target.map(|target| {
            let pool = egress.pool(target, endpoint.connections());
            pool.within(policy.connect_timeout_ms, policy.answer_timeout_ms)
        });
        Self {
            id: endpoint.id,
            pool,
            policy,
            headers: endpoint.headers.iter().map(|h| (h.name.clone(), h.value.clone())).collect(),
            speech: Speech::of(endpoint),
            blocked,
        }
    }

    /// Sends an event once, unless the endpoint is left alone just now. Timestamp and signature are of this attempt, the
    /// id is the event's.
    ///
    /// # Errors
    /// If the event can't be said in the endpoint's dialect.
    pub(super) async fn send(
        &self,
        parcel: &Parcel,
        directory: &Directory,
        blocks: &Blocks,
        timer: &dyn Timer,
    ) -> Result<Attempted, Undraftable> {
        let message = self.speech.message(parcel, directory)?;
        if let Some(blocked) = &self.blocked
            && let Some(until) = blocks.until(blocked, timer.now())
        {
            let detail = format!("{blocked} failed too often and is left alone until {until}");
            return Ok(Attempted::unmade(Outcome::Blocked, detail, timer.now()));
        }
        let attempted = self.exchange(message, directory, timer).await;
        if let Some(blocked) = &self.blocked {
            blocks.note(blocked, &attempted.outcome, timer.now());
        }
        Ok(attempted)
    }

    /// Sends something to try the endpoint with.
    pub(super) async fn send_trial(
        &self,
        directory: &Directory,
        timer: &dyn Timer,
        random: &dyn Random,
    ) -> Attempted {
        let message = self.speech.trial(directory, timer.now(), random);
        self.exchange(message, directory, timer).await
    }

    /// Closes the connections that have been idle for too long.
    pub(crate) fn close_expired(&self) {
        if let Ok(pool) = &self.pool {
            pool.close_expired();
        }
    }

    async fn exchange(&self, message: Message<'_>, directory: &Directory, timer: &dyn Timer) -> Attempted {
        let at = timer.now();
        let pool = match &self.pool {
            Ok(pool) => pool,
            Err(why) => return Attempted::unmade(Outcome::AddressRefused, why.clone(), at),
        };
        let request = match message.request(&self.headers, directory, at) {
            Ok(request) => request,
            // An endpoint's own headers are checked when it is saved, but what an event says may travel in headers too. The
            // next attempt would build the same request.
            Err(error) => return Attempted::unmade(Outcome::Unsendable, error.to_string(), at),
        };
        let started_us = timer.monotonic_us();
        let exchange = pool.exchange(&request).await;
        Attempted::judge(exchange, &self.policy, at, timer.monotonic_us().saturating_sub(started_us))
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("endpoint", &self.id).finish_non_exhaustive()
    }
}
