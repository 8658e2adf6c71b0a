//! What a platform lets an app register, as data. The engine holds endpoints to it.
//!
//! **Invariants.** Only what the platform documents is a rule. An app stands for one installation per shop where the
//! platform registers per shop, and for all shops that installed it where it does not.

use serde::Serialize;

use crate::catalog::{Catalog, Topic};

mod refusal;

pub use refusal::{Refusal, Rule, Wording};

/// A platform's rules for endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// Whether the URL must begin with `https://`.
    pub https_only: bool,
    /// The ports a URL may have, as ranges with both ends; `None` where the platform names none.
    pub ports: Option<&'static [(u16, u16)]>,
    /// Characters a URL may have, where the platform says.
    pub url_chars_max: Option<usize>,
    /// For which shops one registration stands.
    pub shops: Shops,
    /// What an app may have only once.
    pub once: Once,
    /// Endpoints of one app and shop for one topic.
    pub endpoints_per_topic_max: Option<usize>,
    /// Topics registered by one call.
    pub topics_per_call_max: Option<usize>,
    /// Scopes under other names, as (other name, the documented one).
    pub scope_aliases: &'static [(&'static str, &'static str)],
    /// Scopes that every app has wherever it is installed.
    pub scopes_of_every_app: &'static [&'static str],
    /// The parts of a shop's identity without which its webhooks can't be written.
    pub identity: &'static [&'static str],
    /// How the platform words a refusal.
    pub wording: Wording,
}

/// For which shops a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shops {
    /// For the one in which it was made.
    One,
    /// For all that installed the app.
    All,
}

/// What an app may have only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Once {
    /// Nothing that is documented.
    Nothing,
    /// An endpoint.
    Endpoint,
    /// In one shop: an endpoint for a topic.
    Topic,
    /// In one shop: a topic at a URL.
    TopicAtUrl,
}

impl Registration {
    /// Whether a port is one of those it allows.
    pub fn allows_port(&self, port: u16) -> bool {
        self.ports.is_none_or(|ranges| ranges.iter().any(|(from, to)| (*from..=*to).contains(&port)))
    }

    /// The documented name of a scope, also for another name of it.
    pub fn scope<'a>(&self, given: &'a str) -> &'a str {
        self.scope_aliases
            .iter()
            .find(|(other, _)| *other == given)
            .map_or(given, |(_, documented)| documented)
    }
}

impl Catalog {
    /// Every scope that some topic needs, in order.
    pub fn scopes(&self) -> Vec<&'static str> {
        distinct(self.topics.iter().filter_map(|topic| topic.scope))
    }

    /// Every version with which a topic began, the oldest first.
    pub fn versions(&self) -> Vec<&'static str> {
        distinct(self.topics.iter().filter_map(|topic| topic.min_version))
    }

    /// The topics for which a pattern stands: one for a name (also another spelling of it, or an instance of a template),
    /// all deeper ones for what ends in `/*`.
    pub fn covered(&self, pattern: &str) -> Vec<&'static Topic> {
        match pattern.strip_suffix("/*") {
            Some(prefix) => self.topics.iter().filter(|topic| is_below(prefix, topic.name)).collect(),
            None => self.find(pattern).into_iter().collect(),
        }
    }
}

fn distinct(words: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    words.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Whether `name` is deeper than `prefix`, segment by segment; one in braces is any.
fn is_below(prefix: &str, name: &str) -> bool {
    let mut segments = name.split('/');
    let fits = |given: &str| segments.next().is_some_and(|ours| ours == given || ours.starts_with('{'));
    prefix.split('/').all(fits) && segments.next().is_some()
}

impl Topic {
    /// The documented name of this topic for one of its spellings, what was filled into braces kept.
    pub fn documented(&self, given: &str) -> String {
        let filled = self.aliases.iter().find_map(|alias| filling(alias, given));
        match filled {
            None if self.is_template() => given.to_owned(),
            None => self.name.to_owned(),
            Some(values) => fill(self.name, values),
        }
    }
}

/// What stands in the place of each pair of braces; `None` if it is not this template.
fn filling<'a>(template: &str, given: &'a str) -> Option<Vec<&'a str>> {
    if template.split('/').count() != given.split('/').count() {
        return None;
    }
    let mut values = Vec::new();
    for (ours, theirs) in template.split('/').zip(given.split('/')) {
        match ours {
            _ if ours.starts_with('{') => values.push(theirs),
            _ if ours == theirs => {}
            _ => return None,
        }
    }
    Some(values)
}

fn fill(template: &str, values: Vec<&str>) -> String {
    let mut values = values.into_iter();
    let segment = |ours| if str::starts_with(ours, '{') { values.next().unwrap_or(ours) } else { ours };
    template.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use shopwire_core::DialectId;

    use super::*;

    fn catalog(dialect: DialectId) -> &'static Catalog {
        crate::get(dialect).expect("a platform").catalog()
    }

    #[test]
    fn every_rule_speaks_of_what_the_catalogue_knows() {
        for dialect in crate::all() {
            let (rules, scopes) = (dialect.registration(), dialect.catalog().scopes());
            for (other, documented) in rules.scope_aliases {
                assert!(scopes.contains(documented) && !scopes.contains(other), "{other}");
                assert_eq!(rules.scope(other), *documented);
            }
            assert!(rules.scopes_of_every_app.iter().all(|scope| scopes.contains(scope)));
            assert!(!rules.identity.is_empty(), "{}", dialect.id());
            for (from, to) in rules.ports.unwrap_or_default() {
                assert!(from <= to && rules.allows_port(*from) && rules.allows_port(*to));
            }
        }
        assert_eq!(catalog(DialectId::Shoplazza).versions(), ["202007", "202201", "202207"]);
        assert_eq!(catalog(DialectId::Shoptet).scopes(), Vec::<&str>::new());
    }

    #[test]
    fn a_pattern_covers_what_is_deeper_templates_included() {
        let names = |pattern: &str| {
            let covered = catalog(DialectId::BigCommerce).covered(pattern);
            covered.into_iter().map(|topic| topic.name).collect::<Vec<_>>()
        };
        assert_eq!(names("store/cart/lineItem/*").len(), 3);
        assert!(names("store/cart/*").contains(&"store/cart/lineItem/created"));
        assert!(
            names("store/channel/12/order/*").contains(&"store/channel/{channel_id}/order/message/created")
        );
        assert!(!names("store/channel/12/order/*").contains(&"store/channel/{channel_id}/cart/created"));
        assert_eq!(names("store/order/created"), ["store/order/created"]);
        for nothing in ["store/order/created/*", "store/orders/*", "store/orders/created", "shop/*"] {
            assert_eq!(names(nothing), Vec::<&str>::new(), "{nothing}");
        }
    }

    #[test]
    fn other_spellings_become_the_documented_one() {
        for (dialect, given, documented) in [
            (DialectId::Duda, "PRODUCT_CREATED", "ECOMM_PRODUCT_CREATED"),
            (DialectId::Duda, "PUBLISH", "PUBLISH"),
            (DialectId::BigCommerce, "store/priceList/created/", "store/priceList/created"),
            (DialectId::BigCommerce, "store/channel/7/order/created", "store/channel/7/order/created"),
            (
                DialectId::BigCommerce,
                "store/channel/7/cart/lineItems/created",
                "store/channel/7/cart/lineItem/created",
            ),
        ] {
            let topic = catalog(dialect).find(given).expect(given);
            assert_eq!(topic.documented(given), documented);
        }
    }
}
