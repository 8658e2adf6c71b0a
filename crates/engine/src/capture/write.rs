//! One write: read, compare, commit; and again, if somebody else was first.

use bytes::Bytes;
use serde_json::{Map, Value};
use shopwire_core::commerce::diff::{Consequences, Known, Write, diff};
use shopwire_core::commerce::entity::Entity;
use shopwire_core::commerce::{is_surrogate, number_for};
use shopwire_core::{Event, Timestamp};
use shopwire_store::{Committed, EntityChange, EntityKey};

use super::record::{Recorder, given, too_many};
use super::weight::events_bytes;
use super::{CaptureError, Change, Stored, What, Writing, Written, merge};
use crate::Engine;

/// How often a write begins anew before it gives up. In one process writers wait for each other, so even one is rare.
const TRIES_MAX: usize = 16;

/// Bytes of events from which on a change counts as heavy.
const HEAVY_BYTES: usize = 1 << 20;

/// What a write comes to, before it is committed.
struct Outcome {
    /// The state as JSON; `None` for a deletion.
    entity: Option<Bytes>,
    consequences: Consequences,
    now: Timestamp,
}

impl Engine {
    /// Does a change. What is wrong with it is found before anything is written.
    pub(super) async fn write(&self, change: Change) -> Result<Written, CaptureError> {
        let started_us = self.timer().monotonic_us();
        let _shop_stays = self.0.capture.shops.read().await;
        self.check_key(&change.key)?;
        self.check_words(change.writing.cause.as_deref(), change.writing.actor.as_deref())?;
        let Change { key, what, writing } = change;
        let intent = Intent::of(&key, what)?;
        for _ in 0..TRIES_MAX {
            if let Some(written) = self.attempt(&key, &intent, &writing).await? {
                self.metrics().change.observe_us(self.timer().monotonic_us().saturating_sub(started_us));
                return Ok(written);
            }
            self.metrics().change_conflicts.add(1);
        }
        Err(CaptureError::Contended)
    }

    /// Does a change to what stands there now; `None` if something else did when it was to be committed.
    async fn attempt(
        &self,
        key: &EntityKey,
        intent: &Intent,
        writing: &Writing,
    ) -> Result<Option<Written>, CaptureError> {
        let stored = Stored::read(self, key).await?;
        writing.expectation.check(stored.present())?;
        let after = intent.applied_to(key, &stored)?;
        let bytes = after.as_ref().map(serialized);
        self.check_size(bytes.as_ref())?;
        after.as_ref().map_or(Ok(()), |entity| self.check_inner(key.kind, entity))?;
        // The same bytes are the same state; what is the same otherwise, the comparison of entities finds.
        if bytes.is_some() && bytes == stored.bytes {
            return Ok(Some(self.unchanged(stored)));
        }
        let before = stored.entity(key);
        if before == after {
            return Ok(Some(self.unchanged(stored)));
        }
        let bytes_of = |state: &Option<Bytes>| state.as_ref().map_or(0, Bytes::len);
        let weight = if writing.silent {
            0
        } else {
            events_bytes(before.as_ref(), after.as_ref(), bytes_of(&stored.bytes) + bytes_of(&bytes))
        };
        let _alone = self.alone_if_heavy(weight).await?;
        let write = Write {
            kind: key.kind,
            id: &key.id,
            before: before.as_ref().map(|entity| Known { entity, marks: &stored.marks }),
            after: after.as_ref(),
            cause: writing.cause.as_deref(),
            now: self.timer().now(),
            silent: writing.silent,
        };
        let consequences = diff(&write);
        let outcome = Outcome { entity: bytes, consequences, now: write.now };
        self.commit(key, &stored, writing, outcome).await
    }

    fn unchanged(&self, stored: Stored) -> Written {
        self.metrics().changes_idle.add(1);
        Written { version: stored.version, entity: stored.bytes, created: false, events: Vec::new() }
    }

    /// A change whose events weigh much is done alone, so that many of them at once cost no more than one.
    async fn alone_if_heavy(
        &self,
        weight: usize,
    ) -> Result<Option<tokio::sync::MutexGuard<'_, ()>>, CaptureError> {
        let max = self.limits().change_events_bytes_max;
        if weight > max {
            return Err(too_many(weight, max));
        }
        Ok(if weight > HEAVY_BYTES { Some(self.0.capture.heavy.lock().await) } else { None })
    }

    /// Commits a write that was computed from `stored`; `None` if something else stands there by now.
    async fn commit(
        &self,
        key: &EntityKey,
        stored: &Stored,
        writing: &Writing,
        outcome: Outcome,
    ) -> Result<Option<Written>, CaptureError> {
        let Outcome { entity, consequences, now } = outcome;
        let recorder = Recorder {
            shop: key.shop,
            cause: writing.cause.as_deref(),
            actor: writing.actor.as_deref(),
            version: stored.version + 1,
            now,
            random: self.random(),
            bytes_max: self.limits().change_events_bytes_max,
        };
        let events = recorder.events(consequences.events)?;
        let told = given(&events);
        let timers = consequences.timers;
        let earliest = timers.iter().filter_map(|(_, at)| *at).min();
        let change =
            EntityChange { timers, ..state(key, stored, entity.clone(), &consequences.marks, now, events) };
        match self.metrics().seen(self.0.ledger.commit(change).await)? {
            Committed::Conflict { .. } => Ok(None),
            Committed::Done { version, .. } => {
                self.0.alarm.set(earliest);
                self.metrics().count_change(told.len());
                let created = stored.bytes.is_none() && entity.is_some();
                Ok(Some(Written { version, entity, created, events: told }))
            }
        }
    }
}

/// The change that leaves an entity in this state, with nothing to be looked at later.
pub(crate) fn state(
    key: &EntityKey,
    stored: &Stored,
    entity: Option<Bytes>,
    marks: &Map<String, Value>,
    at: Timestamp,
    events: Vec<Event>,
) -> EntityChange {
    let number = number_for(key.shop, key.kind.as_str(), &key.id);
    EntityChange {
        key: key.clone(),
        base_version: stored.version,
        entity,
        marks: Bytes::from(serde_json::to_vec(marks).expect("values with text keys always serialise")),
        at,
        timers: Vec::new(),
        fired: None,
        surrogate: is_surrogate(number).then_some(number),
        events,
    }
}

fn serialized(entity: &Entity) -> Bytes {
    Bytes::from(serde_json::to_vec(entity).expect("values with text keys always serialise"))
}

/// What is asked for, as far as it is known without what is there.
enum Intent {
    Be(Option<Entity>),
    Merge(Map<String, Value>),
}

impl Intent {
    fn of(key: &EntityKey, what: What) -> Result<Self, CaptureError> {
        Ok(match what {
            What::Put(object) => Self::Be(Some(read(key, object)?)),
            What::Patch(patch) => Self::Merge(patch),
            What::Delete => Self::Be(None),
        })
    }

    fn applied_to(&self, key: &EntityKey, stored: &Stored) -> Result<Option<Entity>, CaptureError> {
        let not_there = || CaptureError::NotThere { kind: key.kind, id: key.id.clone() };
        match self {
            Self::Be(None) if stored.bytes.is_none() => Err(not_there()),
            Self::Be(entity) => Ok(entity.clone()),
            Self::Merge(patch) => {
                let mut object = stored.object().ok_or_else(not_there)?;
                merge::merge(&mut object, patch.clone());
                read(key, object).map(Some)
            }
        }
    }
}

/// Reads an entity strictly. Its `id` is the key's, or not given.
fn read(key: &EntityKey, mut object: Map<String, Value>) -> Result<Entity, CaptureError> {
    match object.get("id") {
        Some(Value::String(id)) if *id == key.id => {}
        Some(given) => {
            let given = given.to_string().chars().take(80).collect();
            return Err(CaptureError::WrongId { given, expected: key.id.clone() });
        }
        None => drop(object.insert("id".to_owned(), key.id.as_str().into())),
    }
    Ok(Entity::read(key.kind, object)?)
}
