//! Telling how endpoints fare: events in the log like any others, for whoever asks for them by name.
//!
//! **Invariant.** The event comes first, then what was told is stored: a crash or a fault of the store in between tells it twice,
//! never not at all.
//! What has turned back before it could be told is not told. Of one that was disabled or removed nothing is told until it is
//! resumed: then it stands as it was told.

use std::sync::{Arc, Weak};

use serde::Serialize;
use shopwire_core::commerce::OperationalType;
use shopwire_core::delivery::{Endpoint, EndpointState, Standing, Trouble};
use shopwire_core::{EndpointId, Timestamp};
use shopwire_store::{Noun, StoreError};
use tokio_util::sync::CancellationToken;

use super::Closing;
use crate::Engine;
use crate::engine::{Running, STORE_RETRY_MS};

/// What is told of it.
#[derive(Serialize)]
struct Details {
    /// Since when nothing reached it.
    since: Option<Timestamp>,
    /// Why it is failing or disabled, for people.
    reason: Option<String>,
    /// Failures in a row.
    failures: u64,
    next_probe_at: Option<Timestamp>,
    /// When it is disabled at the earliest, if nothing reaches it until then.
    disabled_at: Option<Timestamp>,
}

/// Tells what has turned until `stop`, each as often as it takes.
pub(crate) async fn keep_telling(engine: Weak<Running>, stop: CancellationToken) {
    loop {
        let Some(cares) = engine.upgrade().map(|engine| Arc::clone(&engine.cares)) else { return };
        let id = tokio::select! { id = cares.next_turned() => id, () = stop.cancelled() => return };
        drop(cares);
        loop {
            let Some(engine) = engine.upgrade().map(Engine) else { return };
            let Err(error) = engine.tell_standing(id).await else { break };
            tracing::error!(endpoint.id = %id, %error, "how an endpoint fares can't be told, trying again");
            let pause = engine.0.timer.sleep_ms(STORE_RETRY_MS);
            drop(engine);
            tokio::select! { () = pause => {}, () = stop.cancelled() => return }
        }
    }
}

impl Engine {
    /// Tells how an endpoint fares if that is not what was told last.
    async fn tell_standing(&self, id: EndpointId) -> Result<(), StoreError> {
        let _changing = self.0.changing.lock().await;
        let Some(endpoint) = self.0.directory.endpoints.get(id) else { return Ok(()) };
        if matches!(endpoint.state, EndpointState::Disabled { .. } | EndpointState::Removed { .. }) {
            return Ok(());
        }
        let Some((standing, trouble)) = self.0.cares.standing(id) else { return Ok(()) };
        let told = Standing::of(endpoint.trouble.as_ref());
        let event_type = match (told, standing) {
            (told, standing) if told == standing => return Ok(()),
            (_, Standing::Well) => OperationalType::EndpointRecovered,
            // Only a fresh span takes a warning back, and who gave it knows.
            (Standing::Warned, Standing::Failing) => return Ok(()),
            _ => OperationalType::EndpointFailing,
        };
        let told_of = trouble.as_ref().or(endpoint.trouble.as_ref());
        self.tell(event_type, &endpoint, told_of, None).await?;
        // The lane need not know: it is where this comes from.
        let noun = Noun::Endpoint(Endpoint { trouble, ..endpoint.as_ref().clone() });
        self.0.ledger.save(noun.clone()).await?;
        self.0.directory.put(noun);
        self.0.metrics.count_standing(told, standing);
        Ok(())
    }

    /// Appends the event. Nothing is sent for it here: it goes its way like any other.
    async fn tell(
        &self,
        event_type: OperationalType,
        endpoint: &Endpoint,
        trouble: Option<&Trouble>,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let health = self.endpoint_health(endpoint);
        let is_over = event_type != OperationalType::EndpointFailing;
        let details = Details {
            since: trouble.map(|trouble| trouble.since),
            reason: reason.map(str::to_owned).or(trouble.map(|trouble| trouble.reason.clone())),
            failures: trouble.map_or(0, |trouble| trouble.failures),
            next_probe_at: health.care.next_probe_at.filter(|_| !is_over),
            disabled_at: health.care.disabled_at.filter(|_| !is_over),
        };
        tracing::warn!(endpoint.id = %endpoint.id, told = event_type.as_str(), reason = details.reason, "how an endpoint fares");
        let event = self.operational(event_type, endpoint, &details);
        self.0.ledger.append_all(vec![event]).await.map(drop)
    }

    /// Sends nothing more to an endpoint, and tells so; unless somebody has changed it since it was `sent_to`, and so settled
    /// what was wrong.
    pub(crate) async fn close(&self, sent_to: &Endpoint, closing: &Closing) -> Result<(), StoreError> {
        let _changing = self.0.changing.lock().await;
        let id = sent_to.id;
        let is_as_it_was =
            |endpoint: &Arc<Endpoint>| endpoint.is_active() && endpoint.updated_at == sent_to.updated_at;
        let Some(endpoint) = self.0.directory.endpoints.get(id).filter(is_as_it_was) else { return Ok(()) };
        let now = self.0.timer.now();
        let state = match closing {
            Closing::Disabled(reason) => EndpointState::Disabled { since: now, reason: reason.clone() },
            Closing::Removed(reason) => EndpointState::Removed { since: now, reason: reason.clone() },
        };
        // A lane knows better than what was told last: it may have recovered since then.
        let of_lane = self.0.cares.standing(id).map(|(_, trouble)| trouble);
        let trouble = of_lane.unwrap_or_else(|| endpoint.trouble.clone()).unwrap_or_else(|| Trouble {
            since: now,
            failures: 1,
            reason: closing.reason().to_owned(),
            warned_at: None,
        });
        let disabled = OperationalType::EndpointDisabled;
        self.tell(disabled, &endpoint, Some(&trouble), Some(closing.reason())).await?;
        let (was, is) = (Standing::of(endpoint.trouble.as_ref()), Standing::of(Some(&trouble)));
        // That it fails is told herewith, and forgotten only once something reaches it again.
        let closed = Endpoint { state, trouble: Some(trouble), updated_at: now, ..endpoint.as_ref().clone() };
        self.put(Noun::Endpoint(closed)).await?;
        self.0.metrics.endpoints_disabled.add(1);
        self.0.metrics.count_standing(was, is);
        Ok(())
    }
}
