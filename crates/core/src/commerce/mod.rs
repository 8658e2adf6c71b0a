//! Commerce: the things a shop consists of, and what can happen to them.

pub mod entity;
mod event_type;
mod kind;
mod money;
mod subject;
mod when;

pub use event_type::{ArisesFrom, CanonicalType, EventType, UnknownEventType};
pub use kind::{EntityKind, UnknownKind};
pub use money::{Amount, Currency, CurrencyError, Money};
pub use subject::{Subject, SubjectError};
pub use when::When;
