//! `[registration]`: which rules of the platforms are relaxed.

use shopwire_engine::configure::RegistrationConfig;

use super::section;

section! {
    /// Which of the platforms' rules for endpoints in their dialects are relaxed, as for receivers on the own machine.
    Registration "registration" {
        /// Whether such an endpoint may be `http://` where the platform wants `https://`. What may be sent in clear at all stands in `[egress]`.
        plain_http: bool = false;
        /// Whether such an endpoint may have a port that the platform does not send to.
        any_port: bool = false;
    }
}

impl Registration {
    /// What the engine is told.
    pub(crate) fn config(&self) -> RegistrationConfig {
        RegistrationConfig { plain_http: self.plain_http, any_port: self.any_port }
    }
}
