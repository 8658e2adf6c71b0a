//! Every topic of every platform, over real HTTP: posted as the platform would, and asked back from the API.
//!
//! The event map decides what a seed topic must become: its 169 cells are read here, not taken from the catalogues.

use std::collections::BTreeMap;

use serde_json::Value;
use shopwire_core::DialectId;
use shopwire_core::commerce::EventType;
use shopwire_dialects::catalog::{Listed, Topic};

use crate::world::{World, genuine, text};

const MAP: &str = include_str!("../../../dialects/tests/it/event-map.tsv");

/// The id of what the samples are about.
const ID: &str = "169";

/// The event type of every cell of the map, by dialect and topic.
fn mapped() -> BTreeMap<(DialectId, &'static str), &'static str> {
    let mut rows = MAP.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let dialects: Vec<DialectId> = head[2..].iter().map(|name| name.parse().unwrap()).collect();
    let cells = rows.flat_map(|row| {
        let topics = dialects.clone().into_iter().zip(row[2..].to_vec());
        topics.map(move |(dialect, topic)| ((dialect, topic), row[0]))
    });
    cells.filter(|((_, topic), _)| !topic.is_empty()).collect()
}

/// Posts a sample of the topic and gives the event it became, as the API tells it.
async fn received(world: &World, source: &str, dialect: DialectId, topic: &str, seed: u64) -> Value {
    let answer = world.deliver(source, &genuine(dialect, topic, ID, seed)).await;
    assert_eq!(answer.status, 200, "{dialect} {topic}: {answer:?}");
    let id = answer.headers.get("shopwire-event-id").unwrap();
    let story = world.get(&format!("/v1/events/{id}")).await.expect(200);
    assert_eq!(story["merges"]["count"].as_u64(), Some(0), "{dialect} {topic} was taken for another");
    story["event"].clone()
}

/// The kind of thing that an event type is about.
fn kind(event_type: &str, topic: &Topic) -> String {
    match event_type.parse() {
        Ok(EventType::Canonical(canonical)) => canonical.kind().as_str().to_owned(),
        Ok(EventType::Native { .. }) => topic.subject.to_owned(),
        Ok(EventType::Operational(told)) => panic!("no platform has a word for `{told}`"),
        Err(error) => panic!("{event_type}: {error}"),
    }
}

#[tokio::test]
async fn every_topic_becomes_the_event_of_the_map() {
    let world = World::new().await;
    let mut map = mapped();
    assert_eq!(map.len(), 169);
    let mut natives = 0;
    for dialect in shopwire_dialects::all() {
        let (id, source) = (dialect.id(), world.source(dialect.id()).await);
        for (seed, topic) in (0..).zip(dialect.catalog().topics) {
            let at = format!("{id} {}", topic.name);
            let event = received(&world, &source, id, topic.name, seed).await;
            let (told, event_type) = (text(&event["topic"]), text(&event["type"]));
            if let Some(expected) = map.remove(&(id, topic.name)) {
                assert_eq!((told.as_str(), event_type.as_str()), (topic.name, expected), "{at}");
            } else {
                natives += 1;
                assert_eq!(event_type, format!("{id}:{told}"), "{at}");
                assert!(told == topic.name || topic.is_template(), "{at} became {told}");
            }
            let subject = text(&event["subject"]);
            let (of_kind, of_id) = subject.split_once('/').unwrap();
            assert_eq!(of_kind, kind(&event_type, topic), "{at}: {subject}");
            // Of some later topics no document shows a body, so that their samples name nothing.
            assert!(of_id != "unknown" || topic.listed == Listed::Later, "{at}: {subject}");
            assert!(!of_id.is_empty(), "{at}: {subject}");
            assert_eq!((&event["dialect"], &event["source"]), (&id.as_str().into(), &source.as_str().into()));
        }
    }
    assert!(map.is_empty(), "no catalogue has {map:?}");
    assert!(natives > 200, "{natives}");
    world.stop().await;
}
