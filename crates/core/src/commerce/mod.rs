//! Commerce: the things a shop consists of, and what can happen to them.

mod canonical;
pub mod details;
pub mod diff;
pub mod entity;
mod event_type;
mod kind;
mod money;
mod subject;
mod surrogate;
mod when;
pub mod words;

pub use canonical::Canonical;
pub use event_type::{ArisesFrom, CanonicalType, EventType, OperationalType, UnknownEventType};
pub use kind::{EntityKind, UnknownKind};
pub use money::{Amount, Currency, CurrencyError, Money};
pub use subject::{Subject, SubjectError};
pub use surrogate::{is_surrogate, number_for};
pub use when::When;
