//! The catalogues against the event map.

use std::collections::BTreeSet;

use shopwire_core::DialectId;
use shopwire_core::commerce::CanonicalType;
use shopwire_dialects::catalog::Listed;

const MAP: &str = include_str!("event-map.tsv");

/// Event type, dialect, topic: one for every cell that is filled.
fn cells() -> BTreeSet<(String, DialectId, String)> {
    let mut lines = MAP.lines();
    let head: Vec<_> = lines.next().expect("a head").split('\t').collect();
    let dialects: Vec<DialectId> = head[2..].iter().map(|name| name.parse().expect(name)).collect();
    lines
        .flat_map(|line| {
            let mut row = line.split('\t');
            let event_type = row.next().expect("an event type").to_owned();
            let topics = row.skip(1).zip(&dialects).filter(|(topic, _)| !topic.is_empty());
            let of_row = topics.map(|(topic, dialect)| (event_type.clone(), *dialect, topic.to_owned()));
            of_row.collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_five_platforms_are_there_in_the_order_of_the_map() {
    let present: Vec<_> = shopwire_dialects::all().iter().map(|dialect| dialect.id()).collect();
    assert_eq!(present, DialectId::PLATFORMS);
    for dialect in DialectId::PLATFORMS {
        assert_eq!(shopwire_dialects::get(dialect).map(|found| found.id()), Some(dialect));
    }
    assert!(shopwire_dialects::get(DialectId::CloudEvents).is_none());
}

#[test]
fn the_map_has_169_topics_under_115_event_types() {
    let count = |dialect| cells().iter().filter(|(_, of, _)| *of == dialect).count();
    assert_eq!(DialectId::PLATFORMS.map(count), [39, 38, 48, 27, 17]);
    assert_eq!(cells().len(), 169);
    let rows: Vec<_> = MAP.lines().skip(1).map(|line| line.split('\t').next().expect("a name")).collect();
    let types: Vec<_> = CanonicalType::ALL.iter().map(|event_type| event_type.as_str()).collect();
    assert_eq!(rows, types);
}

#[test]
fn every_cell_of_the_map_is_a_seed_topic_and_every_seed_topic_a_cell() {
    for dialect in shopwire_dialects::all() {
        let mapped: BTreeSet<_> = cells().into_iter().filter(|(_, of, _)| *of == dialect.id()).collect();
        let seeds = dialect.catalog().topics.iter().filter(|topic| topic.listed == Listed::Seed);
        let catalogued: BTreeSet<_> = seeds
            .map(|topic| {
                let event_type = topic.event_type.expect("checked when the crate is built");
                (event_type.as_str().to_owned(), dialect.id(), topic.name.to_owned())
            })
            .collect();
        assert_eq!(catalogued, mapped, "{}", dialect.id());
    }
}

#[test]
fn an_event_type_finds_its_topic_and_an_unknown_name_none() {
    for (event_type, dialect, name) in cells() {
        let Some(dialect) = shopwire_dialects::get(dialect) else { continue };
        let event_type: CanonicalType = event_type.parse().expect(&event_type);
        let topic = dialect.catalog().for_event_type(event_type).expect(&name);
        assert_eq!(topic.name, name);
        assert!(std::ptr::eq(dialect.catalog().find(&name).expect(&name), topic), "{name}");
        assert!(dialect.catalog().find(&format!("{name}/x")).is_none(), "{name}");
    }
}
