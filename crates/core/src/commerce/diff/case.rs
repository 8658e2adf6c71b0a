//! A write, with what differs.

use serde_json::{Map, Value};

use super::{Consequences, Marks, Write};
use crate::commerce::entity::{
    App, Cart, Customer, Entity, Job, Order, Product, ShippingRequest, Subscription, Variant,
};
use crate::commerce::{Canonical, CanonicalType};

/// A write, with the former values of what differs.
pub(super) struct Case<'a> {
    pub write: &'a Write<'a>,
    pub before: Option<&'a Entity>,
    pub after: Option<&'a Entity>,
    /// The former values of the top-level fields that differ; empty unless the entity is there before and after.
    pub previous: Map<String, Value>,
    is_idle: bool,
}

impl<'a> Case<'a> {
    pub(super) fn new(write: &'a Write<'a>) -> Self {
        let before = write.before.map(|known| known.entity);
        let Difference { previous, only_touched } = match (before, write.after) {
            (Some(before), Some(after)) => Difference::between(before, after),
            (before, after) => {
                Difference { previous: Map::new(), only_touched: before.is_none() && after.is_none() }
            }
        };
        Self { write, before, after: write.after, previous, is_idle: only_touched }
    }

    /// Whether nothing changes: nothing was there and nothing is, or it was only touched.
    pub(super) const fn is_idle(&self) -> bool {
        self.is_idle
    }

    /// What the rules remembered of the entity.
    pub(super) fn marks(&self) -> Option<&'a Marks> {
        self.write.before.map(|known| known.marks)
    }

    /// Before and after as a struct; `None` as well for entities of another kind.
    pub(super) fn typed<T: Typed>(&self) -> (Option<&'a T>, Option<&'a T>) {
        (self.before.and_then(T::of), self.after.and_then(T::of))
    }

    /// The former values of those of the fields that differ.
    pub(super) fn previous_of(&self, fields: &[&str]) -> Map<String, Value> {
        let differ = self.previous.iter().filter(|(name, _)| fields.contains(&name.as_str()));
        differ.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Gives an event about the entity as it is after the write, with the former values of some fields.
    pub(super) fn give(&self, out: &mut Consequences, event_type: CanonicalType, fields: &[&str]) {
        if let Some(after) = self.after {
            out.give(event_type, self.write.id, || Canonical {
                object: after.clone(),
                previous: self.previous_of(fields),
                details: Map::new(),
            });
        }
    }

    /// Gives the events of all the rules that hold.
    pub(super) fn follow<T>(&self, rules: &[Rule<T>], before: &T, after: &T, out: &mut Consequences) {
        for rule in rules.iter().filter(|rule| (rule.holds)(before, after)) {
            self.give(out, rule.gives, rule.fields);
        }
    }
}

/// Says for one row of the event map when a change gives it.
pub(super) struct Rule<T> {
    pub gives: CanonicalType,
    /// The fields the rule looks at: the event tells their former values.
    pub fields: &'static [&'static str],
    pub holds: fn(before: &T, after: &T) -> bool,
}

/// What differs between two states of an entity.
pub(super) struct Difference {
    /// The former values of the top-level fields that differ, `null` for those that were not there.
    pub previous: Map<String, Value>,
    /// Whether nothing differs but times of the last change, its own or of its parts.
    pub only_touched: bool,
}

impl Difference {
    pub(super) fn between(before: &Entity, after: &Entity) -> Self {
        let (former, present) = (before.to_map(), after.to_map());
        let added = present.keys().filter(|name| !former.contains_key(*name));
        let mut previous: Map<String, Value> = added.map(|name| (name.clone(), Value::Null)).collect();
        previous.extend(former.into_iter().filter(|(name, value)| present.get(name) != Some(value)));
        let is_touch = |(name, former): (&String, &Value)| {
            name == TOUCHED_AT || present.get(name).is_some_and(|present| is_touch(former, present))
        };
        let only_touched = previous.iter().all(is_touch);
        Self { previous, only_touched }
    }
}

/// The time of the last change. Platforms move it with writes that change nothing.
const TOUCHED_AT: &str = "updated_at";

fn is_touch(former: &Value, present: &Value) -> bool {
    match (former, present) {
        (Value::Object(former), Value::Object(present)) => {
            let names = former.keys().chain(present.keys()).filter(|name| *name != TOUCHED_AT);
            names.map(|name| (former.get(name), present.get(name))).all(|both| match both {
                (Some(former), Some(present)) => is_touch(former, present),
                _ => false,
            })
        }
        (Value::Array(former), Value::Array(present)) => {
            former.len() == present.len() && former.iter().zip(present).all(|(f, p)| is_touch(f, p))
        }
        _ => former == present,
    }
}

/// The structs that rules look into.
pub(super) trait Typed {
    fn of(entity: &Entity) -> Option<&Self>;
}

macro_rules! typed {
    ($($name:ident)*) => {
        $(impl Typed for $name {
            fn of(entity: &Entity) -> Option<&Self> {
                match entity {
                    Entity::$name(entity) => Some(entity),
                    _ => None,
                }
            }
        })*
    };
}

typed! { App Cart Customer Job Order Product ShippingRequest Subscription Variant }
