//! How an endpoint is spoken to: in our own dialect, or in a platform's.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::delivery::{ContentMode, Endpoint, TopicPattern};
use shopwire_core::{App, AppId, EventId, Headers, Random, Secret, SecretVersion, ShopId, Timestamp};
use shopwire_dialects::catalog::Topic;
use shopwire_dialects::cloudevents::{self, Rendered, SigningKey};
use shopwire_dialects::publish::Undraftable;
use shopwire_dialects::{Dialect, Draft, Key, SampleFacts, ShopIdentity};

use crate::Directory;
use crate::dispatch::Parcel;
use crate::egress::{OutRequest, RequestError};

const USER_AGENT: &str = concat!("Shopwire/", env!("CARGO_PKG_VERSION"));

/// What one endpoint's requests are made with.
pub(super) enum Speech {
    Ours(Ours),
    Platform(Platform),
}

/// CloudEvents, signed by Standard Webhooks with all active secrets.
pub(super) struct Ours {
    mode: ContentMode,
    /// Each key with the moment from which it no longer signs.
    keys: Vec<(SigningKey, Option<Timestamp>)>,
}

/// A platform's webhooks, signed once, as the platform does.
pub(super) struct Platform {
    dialect: &'static dyn Dialect,
    topics: Vec<TopicPattern>,
    shop: Option<ShopId>,
    /// The endpoint's own secrets, newest first; where there is none that is active, its app's sign.
    secrets: Vec<SecretVersion>,
    app: Option<AppId>,
}

/// Something to say, not signed yet.
pub(super) enum Message<'a> {
    Ours(&'a Ours, Cow<'a, Rendered>),
    Platform(&'a Platform, Draft),
}

/// Why no request could be made of a message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsayable {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("neither the endpoint nor its app has a secret to sign with: give one of them one")]
    NoSecret,
}

impl Speech {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        match shopwire_dialects::get(endpoint.dialect) {
            Some(dialect) => Self::Platform(Platform {
                dialect,
                topics: endpoint.topics.clone(),
                shop: endpoint.shop,
                secrets: endpoint.secrets.clone(),
                app: endpoint.app,
            }),
            None => Self::Ours(Ours { mode: endpoint.mode, keys: signing_keys(&endpoint.secrets) }),
        }
    }

    /// The event in this dialect.
    pub(super) fn message<'a>(
        &'a self,
        parcel: &'a Parcel,
        directory: &Directory,
    ) -> Result<Message<'a>, Undraftable> {
        match self {
            Self::Ours(ours) => Ok(Message::Ours(ours, Cow::Borrowed(parcel.rendered()))),
            Self::Platform(platform) => {
                let shop = parcel.logged().event.shop;
                let (app, identity) = (platform.app(directory), || platform.identity(directory, shop));
                let version = app.as_deref().and_then(|app| app.webhook_api_version.as_deref());
                let drafted = parcel.draft(platform.dialect, version, identity);
                drafted.as_ref().clone().map(|draft| Message::Platform(platform, draft))
            }
        }
    }

    /// Something to try the endpoint with: our test event, or a platform's sample of the first topic that is asked for.
    pub(super) fn trial(&self, directory: &Directory, now: Timestamp, random: &dyn Random) -> Message<'_> {
        match self {
            Self::Ours(ours) => {
                let event = cloudevents::test_event(EventId::new(now, random), now);
                Message::Ours(ours, Cow::Owned(event))
            }
            Self::Platform(platform) => Message::Platform(platform, platform.sample(directory, now, random)),
        }
    }
}

fn signing_keys(secrets: &[SecretVersion]) -> Vec<(SigningKey, Option<Timestamp>)> {
    let key = |version: &SecretVersion| Some((SigningKey::parse(&version.secret).ok()?, version.expires_at));
    secrets.iter().filter_map(key).collect()
}

impl Message<'_> {
    /// The request, signed at `now`, with the endpoint's own headers.
    pub(super) fn request(
        self,
        custom: &[(String, Secret)],
        directory: &Directory,
        now: Timestamp,
    ) -> Result<OutRequest, Unsayable> {
        match self {
            Self::Ours(ours, rendered) => ours.request(&rendered, custom, now),
            Self::Platform(platform, draft) => {
                let key = platform.key(directory, now).ok_or(Unsayable::NoSecret)?;
                platform_request(platform.dialect.sign(draft, &key, now), custom)
            }
        }
    }
}

impl Ours {
    fn request(
        &self,
        rendered: &Rendered,
        custom: &[(String, Secret)],
        now: Timestamp,
    ) -> Result<OutRequest, Unsayable> {
        let (mut headers, body) = (rendered.headers(self.mode), rendered.body(self.mode));
        headers.push("user-agent", USER_AGENT);
        add(&mut headers, custom);
        let active = self.keys.iter().filter(|(_, expires)| expires.is_none_or(|at| now < at));
        cloudevents::sign(&mut headers, rendered.id(), body, active.map(|(key, _)| key), now);
        Ok(OutRequest::new(headers, body.clone())?)
    }
}

impl Platform {
    fn app(&self, directory: &Directory) -> Option<Arc<App>> {
        self.app.and_then(|id| directory.apps.get(id))
    }

    /// Looked up for each attempt: an app's secret is changed without its endpoints being.
    fn key(&self, directory: &Directory, now: Timestamp) -> Option<Key> {
        let app = self.app(directory);
        let of_app = app.as_deref().map_or(&[][..], |app| &app.secrets);
        let newest = self.secrets.iter().chain(of_app).find(|version| version.is_active(now))?;
        Some(Key::Signing(newest.secret.clone()))
    }

    /// Who a shop is on the platform.
    fn identity(&self, directory: &Directory, shop: ShopId) -> ShopIdentity {
        let shop = directory.shops.get(shop);
        let known = shop.and_then(|shop| shop.identities.get(&self.dialect.id()).cloned());
        ShopIdentity(known.unwrap_or_default())
    }

    fn sample(&self, directory: &Directory, now: Timestamp, random: &dyn Random) -> Draft {
        let topics = self.dialect.catalog().topics;
        let is_wanted = |topic: &&Topic| self.topics.iter().any(|pattern| pattern.matches(topic.name));
        let topic = topics.iter().find(is_wanted).unwrap_or(&topics[0]);
        let shop = self.shop.map(|shop| self.identity(directory, shop)).unwrap_or_default();
        self.dialect.sample(topic, &SampleFacts { shop: &shop, subject_id: None, now, random })
    }
}

fn platform_request(signed: Draft, custom: &[(String, Secret)]) -> Result<OutRequest, Unsayable> {
    let Draft { query, mut headers, body } = signed;
    // Some platforms' documentation names one; then it is among the platform's headers.
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")) {
        headers.push("User-Agent", USER_AGENT);
    }
    add(&mut headers, custom);
    let request = OutRequest::new(headers, Bytes::from(body))?;
    match query.filter(|query| !query.is_empty()) {
        Some(query) => Ok(request.with_query(query)?),
        None => Ok(request),
    }
}

fn add(headers: &mut Headers, custom: &[(String, Secret)]) {
    custom.iter().for_each(|(name, value)| headers.push(name, value.expose()));
}
