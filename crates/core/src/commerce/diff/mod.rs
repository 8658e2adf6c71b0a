//! The diff: which events a change gives.
//!
//! Pure functions over before and after, one rule for each row of the event map; what shows in no state is told as an
//! [`Occurrence`].
//!
//! **Invariants.**
//! - A write that changes nothing gives nothing, and a difference in `updated_at` alone, of the entity or of its parts, is
//!   no change. Fields are compared as they are written (`19.9` and `19.90` differ); rules about quantities and money
//!   compare numbers.
//! - An entity's own event (`created`, `updated`, `deleted`) comes before its transitions. A transition needs a state
//!   before: of what is new only its being there is told, except where a rule says otherwise.
//! - An event's subject is its object, and `previous` laid over the object of an `updated` leads back to what was there.
//! - What a rule has to remember beyond the entity (that a cart was found abandoned, that a cap was announced) stands in
//!   its [`Marks`], which are stored with the snapshot.
//! - Time is a parameter; what shall happen later is asked for as a timer and comes back through [`fire`].

mod app;
mod cart;
mod case;
mod charge;
mod customer;
mod inventory;
mod lifecycle;
mod occurrence;
mod order;
mod pair;
mod product;
mod progress;
mod shop;
mod subscription;
mod variant;

#[cfg(test)]
mod tests;

pub use occurrence::{Occurrence, OccurrenceError, occur};

use serde_json::{Map, Value};

use self::case::Case;
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
    /// Whether nobody is to be told: what has to be remembered and looked at later follows as usual, and no event.
    pub silent: bool,
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
    /// Whether events are left out.
    silent: bool,
}

impl Consequences {
    /// Nothing happens, and what was remembered still is.
    pub fn remembering(marks: &Marks) -> Self {
        Self { marks: marks.clone(), ..Self::default() }
    }

    /// Gives an event. What it says is put together only if somebody is told.
    fn give(&mut self, event_type: CanonicalType, id: &str, canonical: impl FnOnce() -> Canonical) {
        if !self.silent {
            let subject = Subject::new(event_type.kind(), id);
            self.events.push(Arisen { event_type, subject, canonical: canonical() });
        }
    }
}

/// The events a write gives, what is to be remembered of the entity from now on, and what shall be looked at later.
pub fn diff(write: &Write<'_>) -> Consequences {
    let case = Case::new(write);
    let mut consequences = match (write.before, write.after) {
        (Some(before), Some(_)) => Consequences::remembering(before.marks),
        _ => Consequences::default(),
    };
    consequences.silent = write.silent;
    if case.is_idle() {
        return consequences;
    }
    if write.kind == EntityKind::Cart {
        cart::apply(&case, &mut consequences);
        return consequences;
    }
    lifecycle::apply(&case, &mut consequences);
    let transitions: fn(&Case<'_>, &mut Consequences) = match write.kind {
        EntityKind::Shop => shop::apply,
        EntityKind::App => app::apply,
        EntityKind::Product => product::apply,
        EntityKind::Variant => variant::apply,
        EntityKind::Customer => customer::apply,
        EntityKind::Order => order::apply,
        EntityKind::Subscription => subscription::apply,
        EntityKind::ShippingRequest => progress::apply_shipping_request,
        EntityKind::Job => progress::apply_job,
        _ => return consequences,
    };
    transitions(&case, &mut consequences);
    consequences
}

/// What follows when a timer fires: the entity stays as it is. A timer that no longer holds gives nothing; one that fires
/// too early is set again.
pub fn fire(timer: TimerKind, kind: EntityKind, id: &str, known: Known<'_>, now: Timestamp) -> Consequences {
    let mut consequences = Consequences::remembering(known.marks);
    match (timer, kind, known.entity) {
        (TimerKind::CartAbandonment, EntityKind::Cart, Entity::Cart(cart)) => {
            cart::left_alone(cart, id, &mut consequences);
        }
        (TimerKind::AppExpiry, EntityKind::App, Entity::App(app)) => {
            app::expire(app, id, now, &mut consequences);
        }
        _ => {}
    }
    consequences
}
