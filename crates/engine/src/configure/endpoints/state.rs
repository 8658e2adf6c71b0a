//! Pausing and resuming endpoints.

use shopwire_core::EndpointId;
use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_store::Noun;

use crate::Engine;
use crate::configure::ConfigureError;

impl Engine {
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
            EndpointState::Removed { .. } => Err(removed(&endpoint)),
        }
    }

    /// Sends to a paused or disabled endpoint again, with a fresh chance; it catches up. Resuming an active one changes nothing.
    ///
    /// # Errors
    /// If there is no such endpoint, or its platform has removed it.
    pub async fn resume_endpoint(&self, id: EndpointId) -> Result<Endpoint, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let endpoint = self.endpoint(id)?;
        match endpoint.state {
            EndpointState::Active => Ok(endpoint),
            EndpointState::Removed { .. } => Err(removed(&endpoint)),
            _ => {
                let endpoint = self.given_fresh_chance(endpoint);
                self.set_state(endpoint, EndpointState::Active).await
            }
        }
    }

    /// Before it runs again: it is not to be held back by what was.
    pub(super) fn given_fresh_chance(&self, mut endpoint: Endpoint) -> Endpoint {
        if let Some(trouble) = &mut endpoint.trouble {
            trouble.give_fresh_span(self.0.timer.now());
        }
        self.0.cares.restart(&endpoint);
        endpoint
    }

    async fn set_state(&self, endpoint: Endpoint, state: EndpointState) -> Result<Endpoint, ConfigureError> {
        let endpoint = Endpoint { state, updated_at: self.0.timer.now(), ..endpoint };
        self.put(Noun::Endpoint(endpoint.clone())).await?;
        tracing::info!(endpoint.id = %endpoint.id, active = endpoint.is_active(), "endpoint state changed");
        Ok(endpoint)
    }
}

/// What is removed stays so: its platform would want it to be registered anew.
fn removed(endpoint: &Endpoint) -> ConfigureError {
    let (id, dialect) = (endpoint.id, endpoint.dialect);
    let message = format!("endpoint `{id}` is removed, as {dialect} does: delete it and make a new one");
    ConfigureError::Conflict { message }
}
