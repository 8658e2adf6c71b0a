//! What the dialects' tests share: chance that is none, and fixtures with what becomes of them.

pub(crate) mod thin;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::Serialize;
use serde_json::{Map, Value};
use shopwire_core::{Headers, Random, Secret, Timestamp};

use crate::catalog::{Listed, Topic};
use crate::{Dialect, Draft, Incoming, Key, Rejection, SampleFacts, ShopIdentity, Verified};

/// Always the same bytes.
pub(crate) struct Same;

impl Random for Same {
    fn fill(&self, bytes: &mut [u8]) {
        (0x11u8..).zip(bytes).for_each(|(value, byte)| *byte = value);
    }
}

/// A draft, as its receiver sees it.
pub(crate) fn received(draft: &Draft) -> Incoming<'_> {
    Incoming { query: draft.query.as_deref(), headers: &draft.headers, body: &draft.body }
}

/// A request of nothing but a body and headers.
pub(crate) fn request(headers: Headers, body: impl Into<Vec<u8>>) -> Draft {
    Draft { query: None, headers, body: body.into() }
}

/// A signing key.
pub(crate) fn key(secret: &str) -> Key {
    Key::Signing(Secret::new(secret))
}

/// A sample of a topic, from a shop with the documentation's identity.
pub(crate) fn sample(dialect: &dyn Dialect, topic: &'static Topic, now: Timestamp) -> Draft {
    let shop = ShopIdentity::default();
    dialect.sample(topic, &SampleFacts { shop: &shop, subject_id: None, now, random: &Same })
}

/// What a request becomes: its reading and its canonical data, as text.
pub(crate) fn described(dialect: &dyn Dialect, incoming: &Incoming<'_>) -> String {
    let reading = dialect.read(incoming).expect("a fixture can be read");
    let canonical = dialect.canonical(incoming, &reading).expect("what was read has canonical data");
    let (object, previous) = (pretty(&canonical.object), pretty(&canonical.previous));
    let told = format!("{reading:#?}\nobject: {object}\nprevious: {previous}");
    if canonical.details.is_empty() {
        told
    } else {
        format!("{told}\ndetails: {}", pretty(&canonical.details))
    }
}

fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("it is JSON")
}

/// Compares every fixture of a dialect with the snapshot of what it becomes.
pub(crate) fn check_fixtures(dialect: &dyn Dialect) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(dialect.id().as_str());
    let mut fixtures: Vec<PathBuf> = fs::read_dir(folder.join("fixtures"))
        .expect("the dialect has fixtures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    fixtures.sort();
    assert!(!fixtures.is_empty(), "{}", folder.display());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder.join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for fixture in fixtures {
        let name = fixture.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let body = fs::read(&fixture).expect("a fixture");
        let draft = request(Headers::new(), body.trim_ascii_end());
        settings.bind(|| insta::assert_snapshot!(name, described(dialect, &received(&draft))));
    }
}

/// Every topic's sample, signed, passes verification and reads as that topic and its event type.
pub(crate) fn check_round_trips(dialect: &dyn Dialect, now: Timestamp) {
    for topic in dialect.catalog().topics {
        let signed = dialect.sign(sample(dialect, topic, now), &key("round trip"), now);
        let incoming = received(&signed);
        let verified = dialect.verify(&incoming, &[key("another"), key("round trip")], now);
        assert_eq!(verified, Ok(Verified { key: 1 }), "{}", topic.name);
        let reading = dialect.read(&incoming).expect(topic.name);
        assert_eq!(reading.topic, topic.name);
        assert_eq!(reading.event_type, topic.event_type(dialect.id(), topic.name));
        assert_eq!(reading.subject.kind_name(), topic.subject, "{}", topic.name);
        assert_ne!(reading.subject.id(), "unknown", "{}", topic.name);
        assert_eq!(reading.occurred_at, Some(now), "{}", topic.name);
        assert!(dialect.canonical(&incoming, &reading).is_ok(), "{}", topic.name);
    }
}

/// The catalogue has exactly the topics that the event map has in the dialect's column, under the map's event types.
pub(crate) fn check_event_map(dialect: &dyn Dialect, seed_count: usize) {
    let map = include_str!("../tests/it/event-map.tsv");
    let mut lines = map.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let column = header.iter().position(|name| *name == dialect.id().as_str()).expect("a column");
    let mapped: BTreeMap<&str, &str> =
        lines.filter(|row| !row[column].is_empty()).map(|row| (row[column], row[0])).collect();
    let seeds = dialect.catalog().topics.iter().filter(|topic| topic.listed == Listed::Seed);
    let catalogued: BTreeMap<&str, &str> =
        seeds.map(|topic| (topic.name, topic.event_type.map_or("", |mapped| mapped.as_str()))).collect();
    assert_eq!(catalogued, mapped);
    assert_eq!(catalogued.len(), seed_count);
}

/// Bodies with one member missing or of a type nobody promised: whatever they give, they give an answer.
pub(crate) fn check_mistyped(dialect: &dyn Dialect, now: Timestamp) {
    let odd = [
        r#"null"#,
        "true",
        "-1",
        "1.5e400",
        r#""""#,
        r#""a/b\u0000""#,
        "[]",
        "[[1,{}]]",
        "{}",
        r#"{"data":[]}"#,
    ];
    for topic in dialect.catalog().topics {
        let draft = dialect.sign(sample(dialect, topic, now), &key("k"), now);
        let whole: Map<String, Value> = serde_json::from_slice(&draft.body).expect("a sample is an object");
        for member in whole.keys() {
            let mut without = whole.clone();
            without.shift_remove(member);
            check_answers(dialect, &draft, Value::from(without).to_string().as_bytes(), now);
            for value in odd {
                let mut with = whole.clone();
                with.insert(member.clone(), serde_json::from_str(value).expect("json"));
                check_answers(dialect, &draft, Value::from(with).to_string().as_bytes(), now);
            }
        }
    }
}

/// Puts a body through everything a receiver does with it.
pub(crate) fn check_answers(dialect: &dyn Dialect, signed: &Draft, body: &[u8], now: Timestamp) {
    let incoming = Incoming { body, ..received(signed) };
    let verdict = dialect.verify(&incoming, &[], now);
    assert!(verdict.is_err(), "nothing is genuine without a key");
    assert_ne!(dialect.verify(&incoming, &[key("k")], now), Err(Rejection::NoKey));
    if let Ok(reading) = dialect.read(&incoming) {
        assert!(!reading.identity_key.is_empty() && !reading.topic.is_empty());
        if let Err(unreadable) = dialect.canonical(&incoming, &reading) {
            assert_eq!(unreadable.dialect, dialect.id());
        }
    }
}

/// Samples with some bytes replaced and the end cut off.
pub(crate) fn mangled(dialect: &'static dyn Dialect, now: Timestamp) -> impl Strategy<Value = Vec<u8>> {
    let bodies: Vec<_> = dialect.catalog().topics.iter().map(|t| sample(dialect, t, now).body).collect();
    let replaced = proptest::collection::vec((any::<Index>(), any::<u8>()), 0..4);
    (select(bodies), replaced, proptest::option::of(any::<Index>())).prop_map(|(mut body, replaced, cut)| {
        for (at, byte) in replaced {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body.truncate(cut.map_or(body.len(), |at| at.index(body.len())));
        body
    })
}

/// Samples with one value anywhere in them replaced by one of a type nobody promised.
pub(crate) fn mistyped(dialect: &'static dyn Dialect, now: Timestamp) -> impl Strategy<Value = Draft> {
    let odd =
        ["null", "true", "-1", "1.5e400", "\"\"", "\"a/b\\u0000\"", "[]", "[[1,{}]]", "{}", "{\"id\":[]}"];
    let topics: Vec<_> = dialect.catalog().topics.iter().collect();
    (select(topics), any::<Index>(), select(odd.to_vec())).prop_map(move |(topic, at, odd)| {
        let draft = sample(dialect, topic, now);
        let mut body: Value = serde_json::from_slice(&draft.body).expect("a sample is JSON");
        let places = places_in(&body, "");
        let place = body.pointer_mut(&places[at.index(places.len())]).expect("it was just found");
        *place = serde_json::from_str(odd).expect("json");
        Draft { body: body.to_string().into_bytes(), ..draft }
    })
}

/// The JSON pointers of all values inside a value, with none in the keys that would need escapes.
pub(crate) fn places_in(value: &Value, here: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Object(members) => members.iter().map(|(key, member)| (key.clone(), member)).collect(),
        _ => Vec::new(),
    };
    let below = |(key, value): (String, &Value)| {
        let place = format!("{here}/{key}");
        let mut places = places_in(value, &place);
        places.push(place);
        places
    };
    inner.into_iter().flat_map(below).collect()
}
