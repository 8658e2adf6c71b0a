//! Trying an endpoint.

use shopwire_core::EndpointId;

use super::{Address, Attempted};
use crate::Engine;

impl Engine {
    /// Sends a signed test event to an endpoint, whatever its state, and tells what came of it: in a platform's dialect its
    /// sample of a topic that the endpoint asks for. Nothing is recorded. `None` if there is no such endpoint.
    pub async fn send_test(&self, id: EndpointId) -> Option<Attempted> {
        let endpoint = self.directory().endpoints.get(id)?;
        let address = Address::new(&self.0.egress, &endpoint);
        Some(address.send_trial(self.directory(), self.timer().as_ref(), self.random()).await)
    }
}
