//! The patterns that stand for several topics: to subscribe with, never to send.

use serde::Serialize;
use shopwire_core::DialectId;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::delivery::TopicPattern;
use shopwire_dialects::Dialect;
use shopwire_dialects::catalog::Wildcard;

/// A wildcard with whose it is and what it stands for.
#[derive(Serialize)]
pub(crate) struct Covering {
    pub(crate) dialect: DialectId,
    pub(crate) wildcard: &'static str,
    pub(crate) summary: &'static str,
    /// The topics of the catalogue that it stands for.
    pub(crate) covers: Vec<&'static str>,
}

/// All wildcards of a platform, in the order of its catalogue.
pub(crate) fn of(platform: &dyn Dialect) -> impl Iterator<Item = Covering> {
    let dialect = platform.id();
    platform.catalog().wildcards.iter().map(move |wildcard| covering(dialect, wildcard))
}

fn covering(dialect: DialectId, wildcard: &'static Wildcard) -> Covering {
    let covers = covered(dialect, wildcard.name);
    Covering { dialect, wildcard: wildcard.name, summary: wildcard.summary, covers }
}

/// The known topics, for cloudevents the canonical event types, that a name stands for; none if it is no wildcard.
fn covered(dialect: DialectId, name: &str) -> Vec<&'static str> {
    let pattern = TopicPattern::parse(dialect, name).ok().filter(|pattern| pattern.wildcard().is_some());
    let Some(pattern) = pattern else { return Vec::new() };
    let topics = shopwire_dialects::get(dialect).map_or(&[][..], |platform| platform.catalog().topics);
    let canonical = CanonicalType::ALL.iter().map(|canonical| canonical.as_str());
    let canonical = canonical.filter(|_| dialect == DialectId::CloudEvents);
    let known = topics.iter().map(|topic| topic.name).chain(canonical);
    known.filter(|topic| pattern.matches(topic)).collect()
}

/// That a name is a wildcard, with a topic that could be sent instead; `None` if it is none.
pub(crate) fn to_subscribe_only(dialect: DialectId, name: &str) -> Option<String> {
    let first = *covered(dialect, name).first()?;
    Some(format!("`{name}` is a wildcard for subscribing: name one topic that it covers, as in `{first}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_told_with_a_topic_it_covers() {
        let says = |dialect, name| to_subscribe_only(dialect, name).unwrap_or_default();
        assert!(says(DialectId::BigCommerce, "store/order/*").ends_with("as in `store/order/created`"));
        assert!(says(DialectId::CloudEvents, "order.*").ends_with("as in `order.created`"));
        for (dialect, name) in [
            (DialectId::BigCommerce, "store/order/created"),
            (DialectId::BigCommerce, "store/nothing/*"),
            (DialectId::BigCommerce, "store/*/created"),
            (DialectId::Ecwid, "order.*"),
            (DialectId::CloudEvents, "orders.*"),
        ] {
            assert_eq!(to_subscribe_only(dialect, name), None, "{dialect} {name}");
        }
    }
}
