//! Matching by topic without looking at every endpoint.

use std::collections::HashMap;
use std::hash::Hash;

use shopwire_core::commerce::{CanonicalType, EventType};
use shopwire_core::delivery::{Endpoint, TopicPattern};
use shopwire_core::{EndpointId, LoggedEvent, ShopId};

/// Which endpoints want an event, by its type and shop. Patterns over canonical types are spelt out when an endpoint is
/// put in, so that finding out is one look-up for the endpoints of all shops and one for those of the event's shop.
/// `T` is whatever is wanted of an endpoint.
#[derive(Debug)]
pub struct TopicIndex<T> {
    entries: HashMap<EndpointId, (Endpoint, T)>,
    canonical: HashMap<(Option<ShopId>, CanonicalType), Vec<EndpointId>>,
    /// Endpoints that may want types the map has no name for: few, and asked one by one.
    native: HashMap<Option<ShopId>, Vec<EndpointId>>,
}

impl<T> Default for TopicIndex<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), canonical: HashMap::new(), native: HashMap::new() }
    }
}

impl<T> TopicIndex<T> {
    /// Puts an endpoint in, in place of its former self.
    pub fn put(&mut self, endpoint: &Endpoint, value: T) {
        self.take(endpoint.id);
        for wanted in canonical_types(&endpoint.topics) {
            self.canonical.entry((endpoint.shop, wanted)).or_default().push(endpoint.id);
        }
        if endpoint.topics.iter().any(may_be_native) {
            self.native.entry(endpoint.shop).or_default().push(endpoint.id);
        }
        self.entries.insert(endpoint.id, (endpoint.clone(), value));
    }

    /// Takes an endpoint out.
    pub fn take(&mut self, id: EndpointId) -> Option<T> {
        let (endpoint, value) = self.entries.remove(&id)?;
        for wanted in canonical_types(&endpoint.topics) {
            forget(&mut self.canonical, &(endpoint.shop, wanted), id);
        }
        forget(&mut self.native, &endpoint.shop, id);
        Some(value)
    }

    /// What belongs to an endpoint.
    pub fn get(&self, id: EndpointId) -> Option<&T> {
        self.entries.get(&id).map(|(_, value)| value)
    }

    /// All that is in the index.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.values().map(|(_, value)| value)
    }

    /// What belongs to the endpoints that want this event.
    pub fn matching<'a>(&'a self, logged: &'a LoggedEvent) -> impl Iterator<Item = &'a T> {
        let shop = logged.event.shop;
        let scopes = [None, Some(shop)];
        let (canonical, native) = match &logged.event.event_type {
            EventType::Canonical(event_type) => (Some(*event_type), None),
            EventType::Native { .. } => (None, Some(logged.event.event_type.to_string())),
        };
        let by_type = scopes
            .into_iter()
            .filter_map(move |scope| canonical.and_then(|of| self.canonical.get(&(scope, of))))
            .flatten();
        let wanted = native.is_some();
        let by_name =
            scopes.into_iter().filter(move |_| wanted).filter_map(|scope| self.native.get(&scope)).flatten();
        let by_name = by_name.filter(move |id| {
            let name = native.as_deref().unwrap_or_default();
            self.entries.get(id).is_some_and(|(endpoint, _)| endpoint.topics.iter().any(|p| p.matches(name)))
        });
        by_type.chain(by_name).filter_map(|id| self.get(*id))
    }
}

/// The canonical types that any of the patterns covers, each once.
fn canonical_types(patterns: &[TopicPattern]) -> impl Iterator<Item = CanonicalType> {
    let covered = |event_type: &&CanonicalType| patterns.iter().any(|p| p.matches(event_type.as_str()));
    CanonicalType::ALL.iter().filter(covered).copied()
}

fn may_be_native(pattern: &TopicPattern) -> bool {
    let text = pattern.to_string();
    text == "*" || text.contains(':')
}

fn forget<K: Eq + Hash>(map: &mut HashMap<K, Vec<EndpointId>>, key: &K, id: EndpointId) {
    if let Some(ids) = map.get_mut(key) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            map.remove(key);
        }
    }
}
