//! Matching by topic without looking at every endpoint.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use shopwire_core::commerce::CanonicalType;
use shopwire_core::delivery::{Endpoint, TopicPattern};
use shopwire_core::{DialectId, EndpointId, LoggedEvent, ShopId};
use shopwire_dialects::publish::canonical_topic;

use super::wants;

/// What the names of operational event types begin with ([`OperationalType::KIND`](shopwire_core::commerce::OperationalType)).
const OPERATIONAL_PREFIX: &str = "endpoint.";

/// Which endpoints want an event, by its type and shop. Patterns over canonical types are spelt out when an endpoint is
/// put in, so that finding out is one look-up for the endpoints of all shops and one for those of the event's shop.
/// `T` is whatever is wanted of an endpoint.
#[derive(Debug)]
pub struct TopicIndex<T> {
    entries: HashMap<EndpointId, Arc<Entry<T>>>,
    canonical: Lists<(Option<ShopId>, CanonicalType), T>,
    /// Endpoints that may want types the map has no name for: few, and asked one by one.
    native: Lists<Option<ShopId>, T>,
}

/// The endpoints under each key.
type Lists<K, T> = HashMap<K, Vec<Arc<Entry<T>>>>;

#[derive(Debug)]
struct Entry<T> {
    endpoint: Endpoint,
    value: T,
}

impl<T> Default for TopicIndex<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), canonical: HashMap::new(), native: HashMap::new() }
    }
}

impl<T> TopicIndex<T> {
    /// Puts an endpoint in, in place of its former self.
    pub fn put(&mut self, endpoint: &Endpoint, value: T) {
        self.remove(endpoint.id);
        let entry = Arc::new(Entry { endpoint: endpoint.clone(), value });
        for wanted in canonical_types(endpoint) {
            self.canonical.entry((endpoint.shop, wanted)).or_default().push(Arc::clone(&entry));
        }
        if endpoint.topics.iter().any(|pattern| may_be_native(endpoint.dialect, pattern)) {
            self.native.entry(endpoint.shop).or_default().push(Arc::clone(&entry));
        }
        self.entries.insert(endpoint.id, entry);
    }

    /// Takes an endpoint out.
    pub fn take(&mut self, id: EndpointId) -> Option<T> {
        self.remove(id).and_then(Arc::into_inner).map(|entry| entry.value)
    }

    /// Takes an entry out; nobody else has it any more.
    fn remove(&mut self, id: EndpointId) -> Option<Arc<Entry<T>>> {
        let entry = self.entries.remove(&id)?;
        for wanted in canonical_types(&entry.endpoint) {
            forget(&mut self.canonical, &(entry.endpoint.shop, wanted), &entry);
        }
        forget(&mut self.native, &entry.endpoint.shop, &entry);
        Some(entry)
    }

    /// What belongs to an endpoint.
    pub fn get(&self, id: EndpointId) -> Option<&T> {
        self.entries.get(&id).map(|entry| &entry.value)
    }

    /// All that is in the index.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.values().map(|entry| &entry.value)
    }

    /// What belongs to the endpoints that want this event.
    pub fn matching<'a>(&'a self, logged: &'a LoggedEvent) -> impl Iterator<Item = &'a T> {
        let scopes = [None, Some(logged.event.shop)].into_iter();
        let canonical = logged.event.event_type.canonical();
        let by_type =
            canonical.map(|of| scopes.clone().filter_map(move |scope| self.canonical.get(&(scope, of))));
        let natives = canonical.is_none().then(|| scopes.filter_map(|scope| self.native.get(&scope)));
        let by_name = natives.into_iter().flatten().flatten().filter(|entry| wants(&entry.endpoint, logged));
        by_type.into_iter().flatten().flatten().chain(by_name).map(|entry| &entry.value)
    }
}

/// The canonical types that an endpoint asks for under any of its topics, each once.
fn canonical_types(endpoint: &Endpoint) -> impl Iterator<Item = CanonicalType> {
    let dialect = shopwire_dialects::get(endpoint.dialect);
    let name = move |event_type: CanonicalType| match dialect {
        Some(dialect) => canonical_topic(dialect, event_type).ok().map(|published| published.name),
        None => Some(event_type.as_str().into()),
    };
    let covered = move |event_type: &CanonicalType| {
        name(*event_type).is_some_and(|name| endpoint.topics.iter().any(|pattern| pattern.matches(&name)))
    };
    CanonicalType::ALL.iter().copied().filter(covered)
}

/// Whether a pattern may cover topics that stand for no canonical type: a platform's own, or operational ones.
fn may_be_native(dialect: DialectId, pattern: &TopicPattern) -> bool {
    let text = pattern.as_str();
    match shopwire_dialects::get(dialect) {
        Some(dialect) => {
            let topic = dialect.catalog().topics.iter().find(|topic| topic.name == text);
            topic.is_none_or(|topic| topic.event_type.is_none())
        }
        None => text == "*" || text.contains(':') || text.starts_with(OPERATIONAL_PREFIX),
    }
}

fn forget<K: Eq + Hash, T>(map: &mut Lists<K, T>, key: &K, entry: &Arc<Entry<T>>) {
    let Some(entries) = map.get_mut(key) else { return };
    entries.retain(|other| !Arc::ptr_eq(other, entry));
    if entries.is_empty() {
        map.remove(key);
    }
}
