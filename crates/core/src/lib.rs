//! The nouns and pure rules of Shopwire.
//!
//! This crate is a leaf: no async, no I/O, no ambient time or randomness. Whoever needs the present takes a
//! [`Clock`], whoever needs chance takes a [`Random`].

pub mod commerce;
pub mod delivery;
mod dialect;
mod event;
mod headers;
mod id;
mod limits;
mod nearest;
mod random;
mod replay;
mod secret;
mod shop;
mod time;
mod token;

pub use dialect::{DialectId, UnknownDialect};
pub use event::{Event, LoggedEvent, Origin, ReceivedWebhook, RecordedChange, Seq};
pub use headers::Headers;
pub use id::{AppId, EndpointId, EventId, IdError, RejectionId, ReplayId, ShopId, SourceId, TokenId};
pub use limits::{LimitError, Limits};
pub use nearest::{did_you_mean, nearest};
pub use random::Random;
pub use replay::{PastOutcome, PastState, Replay, ReplayProgress, ReplayState, Selection, Skipped};
pub use secret::{HoldsSecrets, Secret};
pub use shop::{App, Grant, KeyKind, SecretVersion, Shop, Source, SourceKey};
pub use time::{Clock, Timestamp};
pub use token::{Role, Token};
