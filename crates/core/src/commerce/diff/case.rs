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
}

impl<'a> Case<'a> {
    pub(super) fn new(write: &'a Write<'a>) -> Self {
        let before = write.before.map(|known| known.entity);
        let previous = match (before, write.after) {
            (Some(before), Some(after)) => previous(before, after),
            _ => Map::new(),
        };
        Self { write, before, after: write.after, previous }
    }

    /// Whether nothing changes: nothing was there and nothing is, or only `updated_at` differs.
    pub(super) fn is_idle(&self) -> bool {
        self.before.is_some() == self.after.is_some() && only_touched(&self.previous)
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
            let canonical =
                Canonical { object: after.clone(), previous: self.previous_of(fields), details: Map::new() };
            out.give(event_type, self.write.id, canonical);
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

/// The former values of the top-level fields that differ, `null` for those that were not there.
pub(super) fn previous(before: &Entity, after: &Entity) -> Map<String, Value> {
    let (former, present) = (before.to_map(), after.to_map());
    let added = present.keys().filter(|name| !former.contains_key(*name));
    let mut previous: Map<String, Value> = added.map(|name| (name.clone(), Value::Null)).collect();
    previous.extend(former.into_iter().filter(|(name, value)| present.get(name) != Some(value)));
    previous
}

/// Whether at most `updated_at` differs.
pub(super) fn only_touched(previous: &Map<String, Value>) -> bool {
    previous.keys().all(|name| name == "updated_at")
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
