//! Webhook requests on their way in and out.

use std::collections::BTreeMap;

use shopwire_core::{Headers, Random, Secret, Timestamp};

/// A request as it was received: everything a dialect may look at.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The query string without its question mark.
    pub query: Option<&'a str>,
    /// The header fields.
    pub headers: &'a Headers,
    /// The raw body.
    pub body: &'a [u8],
}

/// A request ready to be signed: what the platform would send, but for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Query parameters to add to the destination, as `name=value` pairs joined by `&`.
    pub query: Option<String>,
    /// The header fields in the platform's order and letter case, without `Host` and `Content-Length`.
    pub headers: Headers,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// A signed request: a draft with the signature among its headers.
pub type Outgoing = Draft;

/// What a request is verified against or signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The secret of the platform's signature scheme.
    Signing(Secret),
    /// A header that must come with exactly this value (BigCommerce's older way).
    Header {
        /// The header's name, compared without case.
        name: String,
        /// The value it must have.
        value: Secret,
    },
}

/// The identity of a shop on one platform, by the platform's own names (`store_id`, `eshop_id`, `site_name`, …).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct ShopIdentity(pub BTreeMap<String, String>);

impl ShopIdentity {
    /// An identity with one part.
    pub fn of(name: &str, value: impl Into<String>) -> Self {
        Self::default().and(name, value)
    }

    /// The same identity with one part more.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// One part of the identity.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The name of a part that `known` has too, with another value.
    pub fn contradiction<'k>(&self, known: &'k BTreeMap<String, String>) -> Option<&'k str> {
        let differs =
            |(name, value): &(&String, &String)| self.0.get(*name).is_some_and(|ours| ours != *value);
        known.iter().find(differs).map(|(name, _)| name.as_str())
    }
}

/// What a sample is made from.
#[derive(Clone, Copy)]
pub struct SampleFacts<'a> {
    /// The shop it pretends to come from; parts that are missing get the documentation's example values.
    pub shop: &'a ShopIdentity,
    /// The subject's id; without one, an example id of the platform's form.
    pub subject_id: Option<&'a str>,
    /// When it happened.
    pub now: Timestamp,
    /// Chance for event ids.
    pub random: &'a dyn Random,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_contradict_only_where_both_speak() {
        let known = ShopIdentity::of("store_id", "1003").and("store_hash", "abc");
        assert_eq!(ShopIdentity::of("store_id", "1003").contradiction(&known.0), None);
        assert_eq!(ShopIdentity::of("other", "x").contradiction(&known.0), None);
        assert_eq!(ShopIdentity::of("store_hash", "xyz").contradiction(&known.0), Some("store_hash"));
    }
}
