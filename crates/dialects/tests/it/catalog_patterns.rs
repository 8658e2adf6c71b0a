//! The catalogues against the rules by which endpoints subscribe.

use shopwire_core::DialectId;
use shopwire_core::delivery::TopicPattern;

#[test]
fn every_topic_can_be_subscribed_by_its_name_alone() {
    for dialect in shopwire_dialects::all() {
        for topic in dialect.catalog().topics {
            let pattern = TopicPattern::parse(dialect.id(), topic.name).expect(topic.name);
            assert_eq!(pattern.wildcard(), None, "{}", topic.name);
            assert!(pattern.matches(topic.name), "{}", topic.name);
        }
    }
}

#[test]
fn every_native_topic_can_be_subscribed_as_a_canonical_one() {
    for dialect in shopwire_dialects::all() {
        let all =
            TopicPattern::parse(DialectId::CloudEvents, &format!("{}:*", dialect.id())).expect("native");
        for topic in dialect.catalog().topics {
            let event_type = topic.event_type(dialect.id(), topic.name);
            let pattern = TopicPattern::parse(DialectId::CloudEvents, &event_type.to_string());
            assert!(pattern.expect(topic.name).matches(&event_type.to_string()), "{event_type}");
            assert_eq!(
                all.matches(&event_type.to_string()),
                event_type.canonical().is_none(),
                "{event_type}"
            );
        }
    }
}

#[test]
fn only_bigcommerce_has_wildcards_and_each_covers_something() {
    for dialect in shopwire_dialects::all() {
        let catalog = dialect.catalog();
        assert_eq!(catalog.wildcards.is_empty(), dialect.id() != DialectId::BigCommerce, "{}", dialect.id());
        for wildcard in catalog.wildcards {
            let pattern = TopicPattern::parse(dialect.id(), wildcard.name).expect(wildcard.name);
            assert!(pattern.wildcard().is_some(), "{}", wildcard.name);
            assert!(catalog.topics.iter().any(|topic| pattern.matches(topic.name)), "{}", wildcard.name);
        }
    }
}
