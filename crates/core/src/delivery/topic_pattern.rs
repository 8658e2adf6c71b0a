//! What an endpoint wants to hear of.
//!
//! Which wildcards there are is the dialect's own matter ([`WildcardRule`]) and is decided when a pattern is parsed. What
//! a pattern covers is then told by its text alone: a `*` at its end stands for everything that follows, any
//! other text for itself. So patterns are stored and sent as plain text.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::DialectId;
use crate::commerce::{EntityKind, EventType, OperationalType};

/// Which wildcards a dialect has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WildcardRule {
    /// None: every topic is named in full (Ecwid, Shoptet, Shoplazza, Duda).
    Exact,
    /// `/*` at the end covers every deeper name, over several segments (BigCommerce).
    Prefix,
    /// `*` covers everything, `order.*` one kind, `bigcommerce:*` what travels under a platform's own names (CloudEvents).
    Dotted,
}

impl WildcardRule {
    /// The rule of a dialect.
    pub const fn of(dialect: DialectId) -> Self {
        match dialect {
            DialectId::BigCommerce => Self::Prefix,
            DialectId::CloudEvents => Self::Dotted,
            DialectId::Ecwid | DialectId::Shoptet | DialectId::Shoplazza | DialectId::Duda => Self::Exact,
        }
    }

    fn check(self, text: &str) -> Result<(), PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(PatternError::Blank(shown(text)));
        }
        match self {
            Self::Exact if text.contains('*') => Err(PatternError::NoWildcards(shown(text))),
            Self::Exact => Ok(()),
            Self::Prefix => check_prefix(text),
            Self::Dotted => check_dotted(text),
        }
    }
}

/// BigCommerce's inventory events per channel are named with a star that stands for itself.
const NAMED_WITH_A_STAR: &str = "store/channel/*/inventory/";

fn check_prefix(text: &str) -> Result<(), PatternError> {
    let named = text.strip_suffix("/*").unwrap_or(text);
    let rest = text.strip_prefix(NAMED_WITH_A_STAR).map_or(named, |_| &named[NAMED_WITH_A_STAR.len() - 1..]);
    if named.is_empty() || rest.contains('*') {
        return Err(PatternError::Misplaced(shown(text)));
    }
    Ok(())
}

fn check_dotted(text: &str) -> Result<(), PatternError> {
    if text == "*" {
        return Ok(());
    }
    if let Some((name, topic)) = text.split_once(':') {
        let platform = DialectId::PLATFORMS.into_iter().find(|dialect| dialect.as_str() == name);
        return match platform {
            Some(_) if topic == "*" => Ok(()),
            Some(dialect) => WildcardRule::of(dialect).check(topic),
            None => Err(PatternError::UnknownPlatform(shown(text))),
        };
    }
    if let Some(kind) = text.strip_suffix(".*") {
        let known = kind == OperationalType::KIND || kind.parse::<EntityKind>().is_ok();
        return if known { Ok(()) } else { Err(PatternError::UnknownKind(shown(text))) };
    }
    if text.parse::<EventType>().is_err() {
        return Err(PatternError::UnknownType(shown(text)));
    }
    Ok(())
}

/// As much of a wrong pattern as an error repeats.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Why a text is no topic pattern of a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing is there.
    #[error("a topic pattern is empty: name a topic")]
    Empty,
    /// Spaces or control characters.
    #[error("topic pattern `{0}` holds a blank or a control character: no topic has any")]
    Blank(String),
    /// A wildcard where the dialect has none.
    #[error("topic pattern `{0}` has a `*`, but this dialect has no wildcards: name each topic")]
    NoWildcards(String),
    /// A wildcard where BigCommerce does not read one.
    #[error(
        "topic pattern `{0}` has a `*` in the wrong place: it may only be the last segment, as in `store/order/*`, which covers every deeper name"
    )]
    Misplaced(String),
    /// A kind that does not exist.
    #[error("topic pattern `{0}` names no kind of entity: write one as in `order.*`, or `*` for everything")]
    UnknownKind(String),
    /// Neither a canonical nor a native event type.
    #[error(
        "topic pattern `{0}` is no event type: write `order.created`, `order.*`, `bigcommerce:store/channel/updated`, `bigcommerce:*`, or `*` for everything"
    )]
    UnknownType(String),
    /// The part before the colon is no platform.
    #[error(
        "topic pattern `{0}` begins with no platform: before the colon stands ecwid, bigcommerce, shoptet, shoplazza or duda"
    )]
    UnknownPlatform(String),
}

/// Topics an endpoint wants: one by its name, or many by a wildcard of the endpoint's dialect. For `cloudevents` the topics
/// are event types (`order.created`, `bigcommerce:store/channel/updated`).
///
/// Serialised as its text. Reading it back accepts whatever some dialect allows: the dialect's own rule is
/// enforced by [`TopicPattern::parse`], when a pattern enters the system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TopicPattern(String);

impl TopicPattern {
    /// Reads a pattern by the dialect's own rule. Whether a named topic exists is the catalogue's matter.
    pub fn parse(dialect: DialectId, text: &str) -> Result<Self, PatternError> {
        WildcardRule::of(dialect).check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Whether it covers a topic: the dialect's own name, or for `cloudevents` the event type.
    pub fn matches(&self, topic: &str) -> bool {
        match self.wildcard() {
            Some(prefix) => topic.len() > prefix.len() && topic.starts_with(prefix),
            None => topic == self.0,
        }
    }

    /// What every covered topic begins with, if it is a wildcard (`""` for `*`); `None` if it names one topic.
    pub fn wildcard(&self) -> Option<&str> {
        self.0.strip_suffix('*')
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TopicPattern {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let allowed = |rule: &WildcardRule| rule.check(&text).is_ok();
        if ![WildcardRule::Exact, WildcardRule::Prefix, WildcardRule::Dotted].iter().any(allowed) {
            return Err(de::Error::custom(format!("`{}` is a topic pattern of no dialect", shown(&text))));
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(dialect: DialectId, text: &str) -> TopicPattern {
        TopicPattern::parse(dialect, text).expect(text)
    }

    #[test]
    fn a_prefix_covers_every_deeper_name_and_nothing_else() {
        let cart = pattern(DialectId::BigCommerce, "store/cart/*");
        for topic in ["store/cart/created", "store/cart/lineItem/created"] {
            assert!(cart.matches(topic), "{topic}");
        }
        for topic in ["store/cart", "store/cart/", "store/cartoon/created", "store/order/created"] {
            assert!(!cart.matches(topic), "{topic}");
        }
        let channel = pattern(DialectId::BigCommerce, "store/channel/*");
        for topic in [
            "store/channel/updated",
            "store/channel/12/order/created",
            "store/channel/*/inventory/product/stock_changed",
        ] {
            assert!(channel.matches(topic), "{topic}");
        }
    }

    #[test]
    fn the_star_inside_an_inventory_topic_stands_for_itself() {
        let literal = "store/channel/*/inventory/product/stock_changed";
        assert!(pattern(DialectId::BigCommerce, literal).matches(literal));
        assert!(
            !pattern(DialectId::BigCommerce, literal)
                .matches("store/channel/1/inventory/product/stock_changed")
        );
        let family = pattern(DialectId::BigCommerce, "store/channel/*/inventory/*");
        assert!(family.matches(literal) && !family.matches("store/channel/1/inventory/product/low"));
    }

    #[test]
    fn canonical_patterns_cover_all_a_kind_or_a_platform() {
        for (text, topic, covered) in [
            ("*", "order.created", true),
            ("*", "duda:PUBLISH", true),
            ("order.*", "order.paid", true),
            ("order.*", "order_status.changed", false),
            ("order.created", "order.created", true),
            ("order.created", "order.updated", false),
            ("bigcommerce:*", "bigcommerce:store/channel/updated", true),
            ("bigcommerce:*", "shoptet:order:paid", false),
            ("bigcommerce:store/channel/*", "bigcommerce:store/channel/7/page/created", true),
            ("bigcommerce:store/channel/*", "bigcommerce:store/brand/metafield/created", false),
            ("shoptet:order:paid", "shoptet:order:paid", true),
        ] {
            assert_eq!(pattern(DialectId::CloudEvents, text).matches(topic), covered, "{text} {topic}");
        }
    }

    #[test]
    fn refuses_what_the_dialect_does_not_have_and_says_the_cure() {
        for (dialect, text, says) in [
            (DialectId::Ecwid, "", "empty"),
            (DialectId::Ecwid, "order.*", "no wildcards"),
            (DialectId::Shoptet, "order:*", "no wildcards"),
            (DialectId::Shoplazza, "*", "no wildcards"),
            (DialectId::Duda, "ECOMM_ORDER CREATED", "blank"),
            (DialectId::Duda, "PUBLISH\n", "blank"),
            (DialectId::BigCommerce, "*", "wrong place"),
            (DialectId::BigCommerce, "/*", "wrong place"),
            (DialectId::BigCommerce, "store/*/created", "wrong place"),
            (DialectId::BigCommerce, "store/order*", "wrong place"),
            (DialectId::BigCommerce, "store/channel/*/cart/created", "wrong place"),
            (DialectId::BigCommerce, "store/channel/*/inventory/*/low", "wrong place"),
            (DialectId::CloudEvents, "orders.*", "names no kind"),
            (DialectId::CloudEvents, "order.exploded", "no event type"),
            (DialectId::CloudEvents, "order*", "no event type"),
            (DialectId::CloudEvents, "shopify:*", "no platform"),
            (DialectId::CloudEvents, "cloudevents:*", "no platform"),
            (DialectId::CloudEvents, "duda:", "empty"),
            (DialectId::CloudEvents, "duda:ECOMM_*", "no wildcards"),
            (DialectId::CloudEvents, "bigcommerce:store/*/created", "wrong place"),
        ] {
            let error = TopicPattern::parse(dialect, text).expect_err(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn is_plain_text_in_json() {
        for (dialect, text) in [
            (DialectId::Shoptet, "order:create"),
            (DialectId::BigCommerce, "store/order/*"),
            (DialectId::CloudEvents, "bigcommerce:*"),
            (DialectId::CloudEvents, "*"),
        ] {
            let json = serde_json::to_string(&pattern(dialect, text)).expect("json");
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<TopicPattern>(&json).expect("reads back").as_str(), text);
        }
        for wrong in ["\"\"", "\"a b\"", "\"store/*/x\"", "\"ord*\"", "7"] {
            assert!(serde_json::from_str::<TopicPattern>(wrong).is_err(), "{wrong}");
        }
    }

    /// What the documentation says, segment by segment.
    fn naive(pattern: &str, topic: &str) -> bool {
        let pattern: Vec<_> = pattern.split('/').collect();
        let topic: Vec<_> = topic.split('/').collect();
        match pattern.split_last() {
            Some((&"*", head)) => topic.len() > head.len() && topic[..head.len()] == *head,
            _ => pattern == topic,
        }
    }

    proptest! {
        #[test]
        fn prefixes_agree_with_a_matcher_that_walks_segments(
            stem in proptest::collection::vec("[ab]{1,2}", 1..4),
            star in any::<bool>(),
            topic in proptest::collection::vec("[ab]{1,2}", 1..6),
        ) {
            let text = stem.join("/") + if star { "/*" } else { "" };
            let topic = topic.join("/");
            prop_assert_eq!(pattern(DialectId::BigCommerce, &text).matches(&topic), naive(&text, &topic));
        }

        #[test]
        fn canonical_patterns_agree_with_the_types_own_parts(
            index in 0..crate::commerce::CanonicalType::ALL.len(),
            kind in 0..EntityKind::ALL.len(),
        ) {
            let (event_type, kind) = (crate::commerce::CanonicalType::ALL[index], EntityKind::ALL[kind]);
            let of_kind = pattern(DialectId::CloudEvents, &format!("{kind}.*"));
            prop_assert_eq!(of_kind.matches(event_type.as_str()), event_type.kind() == kind);
        }

        #[test]
        fn whatever_is_accepted_covers_itself_or_something_deeper(text in "[a-z*/:.]{0,12}") {
            for dialect in DialectId::PLATFORMS.into_iter().chain([DialectId::CloudEvents]) {
                if let Ok(pattern) = TopicPattern::parse(dialect, &text) {
                    let covered = pattern.wildcard().map_or(text.clone(), |prefix| format!("{prefix}deeper"));
                    prop_assert!(pattern.matches(&covered));
                }
            }
        }
    }
}
