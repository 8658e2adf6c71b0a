//! Changing the configuration: shops, apps, sources, endpoints, tokens.
//!
//! The rules of what may be configured live here and nowhere else; surfaces only translate. **Invariants.** One change
//! at a time. A change is stored before it takes effect. Whatever refers to something else refers to something that
//! exists. Secrets come in and go out as [`Secret`](shopwire_core::Secret), at creation and rotation only.

mod apps;
mod endpoints;
mod grants;
mod rules;
mod secrets;
mod shops;
mod sources;
mod tokens;
mod topics;

pub use apps::{AppChange, AppDraft};
pub use endpoints::{EndpointChange, EndpointDraft, RegistrationConfig};
pub use secrets::OVERLAP_DEFAULT_MS;
pub use shops::{ShopChange, ShopDraft, check_identity};
pub use sources::{KeyDraft, SourceChange, SourceDraft};
pub use tokens::TokenDraft;

use std::fmt;

use shopwire_core::DialectId;
use shopwire_dialects::registration::Refusal;
use shopwire_store::StoreError;

/// Why a change of the configuration was not made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
    /// Something given can't be.
    #[error("{message}")]
    Invalid {
        /// The field it was given in.
        field: &'static str,
        /// What is wrong and what would be right.
        message: String,
    },
    /// It does not exist.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// The noun.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// It can't be done to something in this state.
    #[error("{message}")]
    Conflict {
        /// What stands in the way and what to do first.
        message: String,
    },
    /// The platform would refuse it.
    #[error("{}", .refusal.message)]
    Refused {
        /// The platform.
        dialect: DialectId,
        /// Why.
        refusal: Refusal,
    },
    /// There are as many as there may be.
    #[error(
        "there are as many as limit `{name}` allows ({max}): remove some, or raise it in the configuration"
    )]
    Limit {
        /// The limit.
        name: &'static str,
        /// How many it allows.
        max: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConfigureError {
    fn invalid(field: &'static str, message: impl fmt::Display) -> Self {
        Self::Invalid { field, message: message.to_string() }
    }

    fn not_found(what: &'static str, id: impl fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }
}
