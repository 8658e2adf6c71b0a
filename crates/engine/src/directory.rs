//! The configuration in memory: what is looked up for every request and every event.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use shopwire_core::delivery::Endpoint;
use shopwire_core::{
    App, AppId, EndpointId, Replay, ReplayId, Shop, ShopId, Source, SourceId, Token, TokenId,
};
use shopwire_store::{Configuration, Noun, NounId};

/// All nouns of one kind by their ids; in order of id, which is the order they were made in.
#[derive(Debug)]
pub struct Shelf<K, V>(RwLock<BTreeMap<K, Arc<V>>>);

impl<K: Ord + Copy, V> Shelf<K, V> {
    fn of(items: Vec<V>, id: impl Fn(&V) -> K) -> Self {
        Self(RwLock::new(items.into_iter().map(|item| (id(&item), Arc::new(item))).collect()))
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<K, Arc<V>>> {
        // A panic elsewhere leaves the map whole: single inserts and removes.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of them.
    pub fn get(&self, id: K) -> Option<Arc<V>> {
        self.read().get(&id).cloned()
    }

    /// Whether there is such a one.
    pub fn contains(&self, id: K) -> bool {
        self.read().contains_key(&id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<V>> {
        self.read().values().cloned().collect()
    }

    /// Up to `size` of those behind `after` that `wanted` holds for, and whether there are more.
    pub fn page(&self, after: Option<K>, size: usize, wanted: impl Fn(&V) -> bool) -> (Vec<Arc<V>>, bool) {
        use std::ops::Bound::{Excluded, Unbounded};
        let map = self.read();
        let behind = map.range((after.map_or(Unbounded, Excluded), Unbounded));
        let mut rest = behind.map(|(_, item)| item).filter(|item| wanted(item.as_ref()));
        let items = rest.by_ref().take(size).cloned().collect();
        (items, rest.next().is_some())
    }

    fn insert(&self, id: K, item: V) -> Arc<V> {
        let item = Arc::new(item);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&item));
        item
    }

    fn remove(&self, id: K) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// What is configured, as the running engine sees it.
#[derive(Debug)]
pub struct Directory {
    /// The shops.
    pub shops: Shelf<ShopId, Shop>,
    /// The apps.
    pub apps: Shelf<AppId, App>,
    /// The sources.
    pub sources: Shelf<SourceId, Source>,
    /// The endpoints.
    pub endpoints: Shelf<EndpointId, Endpoint>,
    /// The tokens.
    pub tokens: Shelf<TokenId, Token>,
    /// The replays, ended ones too, as far as each has come.
    pub replays: Shelf<ReplayId, Replay>,
}

impl Directory {
    pub(crate) fn new(configuration: Configuration) -> Self {
        Self {
            shops: Shelf::of(configuration.shops, |shop| shop.id),
            apps: Shelf::of(configuration.apps, |app| app.id),
            sources: Shelf::of(configuration.sources, |source| source.id),
            endpoints: Shelf::of(configuration.endpoints, |endpoint| endpoint.id),
            tokens: Shelf::of(configuration.tokens, |token| token.id),
            replays: Shelf::of(configuration.replays, |replay| replay.id),
        }
    }

    /// The token with this hash.
    pub fn token(&self, hash: &[u8; 32]) -> Option<Arc<Token>> {
        self.tokens.read().values().find(|token| token.is(hash)).cloned()
    }

    /// Puts a noun in its place; answers the endpoint, if it is one.
    pub(crate) fn put(&self, noun: Noun) -> Option<Arc<Endpoint>> {
        match noun {
            Noun::Shop(shop) => drop(self.shops.insert(shop.id, shop)),
            Noun::App(app) => drop(self.apps.insert(app.id, app)),
            Noun::Source(source) => drop(self.sources.insert(source.id, source)),
            Noun::Token(token) => drop(self.tokens.insert(token.id, token)),
            Noun::Replay(replay) => drop(self.replays.insert(replay.id, replay)),
            Noun::Endpoint(endpoint) => return Some(self.endpoints.insert(endpoint.id, endpoint)),
        }
        None
    }

    pub(crate) fn take(&self, id: NounId) {
        match id {
            NounId::Shop(id) => self.shops.remove(id),
            NounId::App(id) => self.apps.remove(id),
            NounId::Source(id) => self.sources.remove(id),
            NounId::Endpoint(id) => self.endpoints.remove(id),
            NounId::Token(id) => self.tokens.remove(id),
            NounId::Replay(id) => self.replays.remove(id),
        }
    }
}
