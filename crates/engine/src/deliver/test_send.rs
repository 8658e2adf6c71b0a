//! Trying an endpoint.

use shopwire_core::{EndpointId, EventId};
use shopwire_dialects::cloudevents;

use super::{Address, Attempted};
use crate::Engine;

impl Engine {
    /// Sends a signed test event to an endpoint, whatever its state, and tells what came of it. Nothing is recorded. `None` if
    /// there is no such endpoint.
    pub async fn send_test(&self, id: EndpointId) -> Option<Attempted> {
        let endpoint = self.directory().endpoints.get(id)?;
        let event =
            cloudevents::test_event(EventId::new(self.timer().now(), self.random()), self.timer().now());
        let address = Address::new(&self.0.egress, &endpoint);
        Some(address.send(&event, self.timer().as_ref()).await)
    }
}
