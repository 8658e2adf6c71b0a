//! Two states of an entity: read, written again, compared, and what follows from the change.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use shopwire_core::commerce::diff::{self, Consequences, Known, Marks, Write};
use shopwire_core::commerce::entity::Entity;
use shopwire_core::commerce::{Canonical, EntityKind};
use shopwire_dialects::json;
use shopwire_fuzz::NOW;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.splitn(3, '\n');
    let Some(Ok(kind)) = lines.next().map(str::parse::<EntityKind>) else { return };
    let states: Vec<Entity> = lines.filter_map(object).filter_map(|object| entity(kind, object)).collect();
    let Some(before) = states.first() else { return };
    let marks = Marks::new();
    let known = Known { entity: before, marks: &marks };
    told(kind, write(kind, None, Some(before)), false);
    told(kind, write(kind, Some(known), Some(before)), true);
    told(kind, write(kind, Some(known), None), false);
    if let Some(after) = states.get(1) {
        told(kind, write(kind, Some(known), Some(after)), false);
    }
});

fn object(text: &str) -> Option<Map<String, Value>> {
    json::check(text.as_bytes(), 32).ok()?;
    serde_json::from_str(text).ok()
}

fn entity(kind: EntityKind, object: Map<String, Value>) -> Option<Entity> {
    let lenient = Entity::read_leniently(kind, "169", object.clone());
    assert_eq!(lenient.id(), "169");
    let mut read = Entity::read(kind, object).ok()?;
    read.set_id("169");
    let again = Entity::read(kind, read.to_map());
    assert_eq!(again.as_ref().map(Entity::to_map), Ok(read.to_map()), "what is written can be read");
    Some(read)
}

fn write<'a>(kind: EntityKind, before: Option<Known<'a>>, after: Option<&'a Entity>) -> Write<'a> {
    Write { kind, id: "169", before, after, cause: None, now: NOW, silent: false }
}

fn told(kind: EntityKind, write: Write<'_>, is_same: bool) {
    let Consequences { events, marks, timers, .. } = diff::diff(&write);
    assert!(!is_same || events.is_empty(), "a write that changes nothing gives nothing: {events:?}");
    for event in &events {
        let json = event.canonical.to_json();
        let kind = event.subject.kind().expect("a subject of the diff has a kind");
        assert!(Canonical::from_json(kind, &json).is_ok(), "{}", String::from_utf8_lossy(&json));
    }
    let Some(entity) = write.after else { return };
    for (timer, _) in timers {
        drop(diff::fire(timer, kind, "169", Known { entity, marks: &marks }, NOW));
    }
}
