//! The store a server is started on: made, furnished and filled before, by the engine and the ledger themselves.

mod fill;
mod workshop;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use shopwire_core::delivery::Endpoint;
use shopwire_core::{DialectId, Secret, ShopId, SourceId};
use shopwire_dialects::ShopIdentity;
use shopwire_engine::Engine;
use shopwire_engine::configure::{EndpointDraft, KeyDraft, RegistrationConfig, ShopDraft, SourceDraft};
use shopwire_engine::egress::EgressConfig;

use super::load;
use shopwire_store::disk::make_directory;

use crate::config::Config;
use crate::identity;
use crate::serve::{Node, Settings};
pub(super) use fill::Fill;
pub(super) use workshop::Workshop;

/// What is to be in a store.
pub(super) struct Wanted<F> {
    /// Shops. The first is known on every platform.
    pub(super) shops: usize,
    /// The sources of the first shop; every other has one of BigCommerce.
    pub(super) dialects: Vec<DialectId>,
    /// The endpoints, given the shops.
    pub(super) endpoints: F,
}

impl<F: FnOnce(&[ShopId]) -> Vec<EndpointDraft>> Wanted<F> {
    /// One shop with a source of BigCommerce.
    pub(super) fn of_one_shop(endpoints: F) -> Self {
        Self { shops: 1, dialects: vec![DialectId::BigCommerce], endpoints }
    }
}

/// A store in a directory of its own.
pub(super) struct Store {
    data: PathBuf,
    shop: ShopId,
    sources: Vec<SourceId>,
    endpoints: Vec<Endpoint>,
    token: Secret,
}

impl Store {
    /// Makes a store and furnishes it.
    pub(super) async fn make<F>(data: PathBuf, wanted: Wanted<F>) -> anyhow::Result<Self>
    where
        F: FnOnce(&[ShopId]) -> Vec<EndpointDraft>,
    {
        make_directory(&data).with_context(|| format!("`{}` can't be made", data.display()))?;
        let node = Node::start(settings(&data)?).await?;
        let engine = node.engine();
        let token = node.admin_token().context("a fresh store has a first start")?.clone();
        let mut shops = Vec::new();
        for number in 0..wanted.shops {
            let identities = if number == 0 { identities() } else { BTreeMap::new() };
            shops.push(engine.create_shop(ShopDraft { name: "bench".to_owned(), identities }).await?.id);
        }
        let sources = sources(engine, &shops, wanted.dialects).await?;
        let mut endpoints = Vec::new();
        for draft in (wanted.endpoints)(&shops) {
            endpoints.push(engine.create_endpoint(draft).await?.0);
        }
        engine.shutdown().await?;
        Ok(Self { data, shop: shops[0], sources, endpoints, token })
    }

    /// Where it is.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Paths that webhooks are posted to.
    pub(super) fn source_paths(&self) -> impl Iterator<Item = String> {
        self.sources.iter().map(|source| format!("/in/{source}"))
    }

    /// The path that changes of the first shop are posted to.
    pub(super) fn changes_path(&self) -> String {
        format!("/v1/shops/{}/changes", self.shop)
    }

    /// With what.
    pub(super) fn token(&self) -> &Secret {
        &self.token
    }

    /// The endpoints, in the order they were asked for.
    pub(super) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Bytes of all its files.
    pub(super) fn disk_bytes(&self) -> anyhow::Result<u64> {
        disk_bytes(&self.data).with_context(|| format!("`{}` can't be looked through", self.data.display()))
    }
}

/// As a server of the bench is set up, on any port.
fn settings(data: &Path) -> anyhow::Result<Settings> {
    let settings = Settings::of(&Config::default())?;
    let egress = EgressConfig { allowed: vec!["127.0.0.0/8".parse()?], ..settings.egress };
    let registration = RegistrationConfig { plain_http: true, any_port: true };
    let listen = ([127, 0, 0, 1], 0).into();
    Ok(Settings { listen, data: data.to_owned(), egress, registration, ..settings })
}

async fn sources(engine: &Engine, shops: &[ShopId], first: Vec<DialectId>) -> anyhow::Result<Vec<SourceId>> {
    let of_first = first.into_iter().map(|dialect| (shops[0], dialect));
    let of_others = shops.iter().skip(1).map(|shop| (*shop, DialectId::BigCommerce));
    let mut sources = Vec::new();
    for (shop, dialect) in of_first.chain(of_others) {
        let keys = vec![KeyDraft::Signing(load::secret())];
        let draft = SourceDraft { shop, dialect, name: "bench".to_owned(), app: None, keys };
        sources.push(engine.create_source(draft).await?.id);
    }
    Ok(sources)
}

/// Who the first shop is on each platform: whom the load speaks of.
fn identities() -> BTreeMap<DialectId, BTreeMap<String, String>> {
    let of = |dialect| identity::or_example(dialect, &ShopIdentity::default()).0;
    DialectId::PLATFORMS.into_iter().map(|dialect| (dialect, of(dialect))).collect()
}

fn disk_bytes(directory: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        // What a file takes, which is not what it holds if it was made longer ahead.
        bytes += if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}

/// An endpoint in our own words at this URL that gets everything.
pub(super) fn endpoint_to(url: String) -> EndpointDraft {
    EndpointDraft { name: "bench".to_owned(), url, ..EndpointDraft::default() }
}
