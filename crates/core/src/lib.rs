//! The nouns and pure rules of Shopwire.
//!
//! This crate is a leaf: no async, no I/O, no ambient time or randomness. Whoever needs the present takes a
//! [`Clock`], whoever needs chance takes a [`Random`].

pub mod commerce;
mod dialect;
mod headers;
mod id;
mod random;
mod secret;
mod time;

pub use dialect::{DialectId, UnknownDialect};
pub use headers::Headers;
pub use id::{AppId, EndpointId, EventId, IdError, RejectionId, ShopId, SourceId, TokenId};
pub use random::Random;
pub use secret::Secret;
pub use time::{Clock, Timestamp};
