//! The rules of the diff, each in our words with the page it is from, and random histories against a simple model.

mod apps;
mod carts;
mod histories;
mod inventory;
mod occurrences;
mod orders;
mod others;
mod rows;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Arisen, Consequences, Known, Marks, TimerKind, Write, diff, fire};
use crate::Timestamp;
use crate::commerce::EntityKind;
use crate::commerce::entity::Entity;

const HOUR_MS: i64 = 3_600_000;

/// One entity over time, with what is stored of it.
struct Story {
    kind: EntityKind,
    entity: Option<Entity>,
    marks: Marks,
    timers: BTreeMap<TimerKind, Timestamp>,
    now: Timestamp,
}

impl Story {
    fn of(kind: EntityKind) -> Self {
        let now = Timestamp::parse("2026-01-01T00:00:00Z").expect("a time");
        Self { kind, entity: None, marks: Marks::new(), timers: BTreeMap::new(), now }
    }

    /// Tells the state without looking at what follows.
    fn stands(mut self, state: Value) -> Self {
        self.put(state);
        self
    }

    /// Tells the state; `null` is a deletion.
    fn put(&mut self, state: Value) -> Vec<Arisen> {
        self.change(state, None)
    }

    fn change(&mut self, state: Value, cause: Option<&str>) -> Vec<Arisen> {
        let after = entity(self.kind, state);
        let known = self.entity.as_ref().map(|entity| Known { entity, marks: &self.marks });
        let (kind, now) = (self.kind, self.now);
        let write = Write { kind, id: "1", before: known, after: after.as_ref(), cause, now, silent: false };
        let consequences = diff(&write);
        let silently = diff(&Write { silent: true, ..write });
        assert!(silently.events.is_empty(), "nobody is told");
        assert_eq!((&silently.marks, &silently.timers), (&consequences.marks, &consequences.timers));
        self.entity = after;
        self.keep(consequences)
    }

    /// Lets time pass, and fires what is due.
    fn wait(&mut self, ms: i64) -> Vec<Arisen> {
        self.now = self.now.plus_ms(ms);
        let due: Vec<TimerKind> =
            self.timers.iter().filter(|(_, due)| **due <= self.now).map(|(timer, _)| *timer).collect();
        due.into_iter().flat_map(|timer| self.fire(timer)).collect()
    }

    /// Fires a timer whether it is due or not, or even set.
    fn fire(&mut self, timer: TimerKind) -> Vec<Arisen> {
        self.timers.remove(&timer);
        let Some(entity) = &self.entity else { return Vec::new() };
        let known = Known { entity, marks: &self.marks };
        let consequences = fire(timer, self.kind, "1", known, self.now);
        self.keep(consequences)
    }

    fn keep(&mut self, consequences: Consequences) -> Vec<Arisen> {
        self.marks = consequences.marks;
        for (timer, due) in consequences.timers {
            match due {
                Some(due) => drop(self.timers.insert(timer, due)),
                None => drop(self.timers.remove(&timer)),
            }
        }
        consequences.events
    }
}

fn object(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}

fn entity(kind: EntityKind, state: Value) -> Option<Entity> {
    if state.is_null() {
        return None;
    }
    let mut state = object(state);
    state.entry("id").or_insert_with(|| "1".into());
    Some(Entity::read(kind, state).unwrap_or_else(|error| panic!("{error}")))
}

/// The names of the events.
fn names(events: &[Arisen]) -> Vec<&'static str> {
    events.iter().map(|event| event.event_type.as_str()).collect()
}

/// What an event says beyond the entity.
fn told(event: &Arisen) -> Value {
    json!({
        "type": event.event_type.as_str(),
        "subject": event.subject.as_str(),
        "previous": event.canonical.previous,
        "details": event.canonical.details,
    })
}

/// Checks what one change gives: the rule in our words, what stood there, what stands there, the events.
#[track_caller]
fn check(kind: EntityKind, rule: &str, before: Value, after: Value, expected: &[&str]) {
    let found = Story::of(kind).stands(before.clone()).put(after.clone());
    assert_eq!(names(&found), expected, "{rule}\nbefore {before}\nafter {after}");
}
