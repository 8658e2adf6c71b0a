//! The diff: which events a change gives.
//!
//! Pure functions over before and after, one rule for each row of the event map. **Invariants.** A write that changes
//! nothing gives nothing. What a rule has to remember beyond the entity (that a cart was found abandoned, that a cap was
//! announced) stands in its [`Marks`], which are stored with the snapshot. Time comes in as a parameter; what shall happen
//! later is asked for as a timer and comes back through [`fire`].

use serde_json::{Map, Value};

use super::entity::Entity;
use super::{Canonical, CanonicalType, EntityKind, Subject};
use crate::Timestamp;

/// What the rules remember of an entity beyond its state.
pub type Marks = Map<String, Value>;

/// An entity as it stood before a write.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its state.
    pub entity: &'a Entity,
    /// What the rules remembered.
    pub marks: &'a Marks,
}

/// A write to one entity.
#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// The kind.
    pub kind: EntityKind,
    /// The id.
    pub id: &'a str,
    /// What stood there; `None` if nothing did.
    pub before: Option<Known<'a>>,
    /// What stands there now; `None` for a deletion.
    pub after: Option<&'a Entity>,
    /// Why, in one word: `order` for what an order did to other entities.
    pub cause: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

/// An event that a write, an occurrence or a timer gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Arisen {
    /// What happened.
    pub event_type: CanonicalType,
    /// To what. Not always the entity written: a stock moves when a product's levels change.
    pub subject: Subject,
    /// What there is to say.
    pub canonical: Canonical,
}

/// What shall be looked at later. One of each for an entity at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// A cart that is left alone for an hour is abandoned (BigCommerce docs: `store/cart/abandoned`).
    CartAbandonment,
    /// An app whose paid time ends has expired.
    AppExpiry,
}

impl TimerKind {
    /// The name under which it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CartAbandonment => "cart_abandonment",
            Self::AppExpiry => "app_expiry",
        }
    }

    /// The timer stored under a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::CartAbandonment, Self::AppExpiry].into_iter().find(|timer| timer.as_str() == name)
    }
}

/// What follows from a write or from a timer that fired.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Consequences {
    /// The events, in the order in which they go into the log.
    pub events: Vec<Arisen>,
    /// What is to be remembered from now on.
    pub marks: Marks,
    /// Timers to be set, with their time, or to be called off. Others stay as they are.
    pub timers: Vec<(TimerKind, Option<Timestamp>)>,
}
