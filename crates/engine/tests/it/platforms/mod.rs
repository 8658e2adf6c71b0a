//! Events on their way out in platforms' dialects, by platforms' policies.

mod blocking;
mod interruptions;
mod policies;
mod schedules;
mod sending;

use std::collections::BTreeMap;

use serde_json::json;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_core::{App, DialectId, EventId, Secret, Shop, ShopId, Source};
use shopwire_dialects::{Dialect, Incoming, Key, SampleFacts, ShopIdentity};
use shopwire_engine::configure::{AppDraft, EndpointDraft, KeyDraft, ShopDraft, SourceDraft};
use shopwire_testkit::{Received, Reply, ScriptedReceiver, SeededRandom};

use crate::changing::{order, put};
use crate::world::{SECRET, World, sign};

/// The secret of every app, good for all platforms.
const APP_SECRET: &str = "YW5vdGhlciBjbGllbnQgc2VjcmV0";

fn dialect(id: DialectId) -> &'static dyn Dialect {
    shopwire_dialects::get(id).unwrap()
}

/// The platform's own name of an event type.
fn topic(id: DialectId, event_type: CanonicalType) -> &'static str {
    dialect(id).catalog().for_event_type(event_type).unwrap().name
}

/// An identity on each platform.
fn identity(id: DialectId) -> BTreeMap<String, String> {
    let parts: &[(&str, &str)] = match id {
        DialectId::Ecwid => &[("store_id", "1003")],
        DialectId::BigCommerce => &[("store_id", "1025646"), ("store_hash", "abc")],
        DialectId::Shoptet => &[("eshop_id", "222651")],
        DialectId::Shoplazza => &[("shop_domain", "teapots.myshoplaza.com"), ("store_id", "70218")],
        DialectId::Duda => &[("site_name", "6e002f4b")],
        DialectId::CloudEvents => &[],
    };
    parts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A receiver, and what sends to it.
pub(crate) struct Answering {
    pub(crate) receiver: ScriptedReceiver,
    pub(crate) shop: ShopId,
    pub(crate) app: App,
    pub(crate) endpoint: Endpoint,
}

impl World {
    /// A shop that is known on every platform.
    async fn known_shop(&self) -> Shop {
        let identities = DialectId::PLATFORMS.into_iter().map(|id| (id, identity(id))).collect();
        self.engine.create_shop(ShopDraft { name: "Teapots".to_owned(), identities }).await.unwrap()
    }

    /// An app with every scope in a shop.
    async fn app(&self, id: DialectId, shop: ShopId) -> App {
        let draft = AppDraft {
            dialect: id,
            name: "Feeds".to_owned(),
            client_id: Some("client-1".to_owned()),
            client_secret: Secret::new(APP_SECRET),
            webhook_api_version: None,
        };
        let app = self.engine.create_app(draft).await.unwrap();
        let scopes = dialect(id).catalog().scopes().into_iter().map(str::to_owned).collect();
        self.engine.put_grant(app.id, shop, scopes).await.unwrap();
        app
    }

    fn of_app(app: &App, shop: ShopId, url: String, topics: &[&str]) -> EndpointDraft {
        let shop = match dialect(app.dialect).registration().shops {
            shopwire_dialects::registration::Shops::One => Some(shop),
            shopwire_dialects::registration::Shops::All => None,
        };
        let topics = Some(topics.iter().map(|topic| (*topic).to_owned()).collect());
        let name = "test".to_owned();
        EndpointDraft { name, app: Some(app.id), shop, url, topics, ..EndpointDraft::default() }
    }

    async fn platform_endpoint(&self, draft: EndpointDraft) -> Endpoint {
        self.engine.create_endpoint(draft).await.unwrap().0
    }

    /// An order comes to be in a shop; its `order.created`.
    pub(crate) async fn new_order(&self, shop: ShopId, id: &str) -> EventId {
        let json = json!({ "id": id, "number": id, "status": "processing" });
        let written = put(&self.engine, &order(shop, id), json).await.unwrap();
        let created = written.events.iter().find(|given| given.event_type == CanonicalType::OrderCreated);
        created.expect("it is new").id
    }

    /// A source of a platform for a shop that is known there.
    async fn source_of(&self, id: DialectId, shop: ShopId) -> Source {
        let draft = SourceDraft {
            shop,
            dialect: id,
            name: "main".to_owned(),
            app: None,
            keys: vec![KeyDraft::Signing(Secret::new(SECRET))],
        };
        self.engine.create_source(draft).await.unwrap()
    }

    /// The platform's webhook of a topic comes in; the event, and the body as it came.
    async fn forwarded(&self, source: &Source, topic: &str, id: &str, seed: u64) -> (EventId, Vec<u8>) {
        let of = dialect(source.dialect);
        let topic = of.catalog().find(topic).unwrap();
        let (shop, random) = (ShopIdentity(identity(source.dialect)), SeededRandom::new(seed));
        let now = self.engine.timer().now();
        let facts = SampleFacts { shop: &shop, subject_id: Some(id), now, random: &random };
        let request = sign(source.dialect, of.sample(topic, &facts), SECRET, now);
        let body = request.body.to_vec();
        (self.engine.receive(source.id, request).await.unwrap().event, body)
    }

    /// A receiver that answers so, and an endpoint there of an app of this dialect, which asks for new orders.
    pub(crate) async fn answering(
        &self,
        id: DialectId,
        reply: Reply,
        in_flight_max: Option<usize>,
    ) -> Answering {
        let receiver = ScriptedReceiver::start().await;
        receiver.set_replies([reply]);
        let shop = self.known_shop().await.id;
        let app = self.app(id, shop).await;
        let created = topic(id, CanonicalType::OrderCreated);
        let draft = Self::of_app(&app, shop, receiver.url("/"), &[created]);
        let endpoint = self.platform_endpoint(EndpointDraft { in_flight_max, ..draft }).await;
        Answering { receiver, shop, app, endpoint }
    }

    pub(crate) fn endpoint_state(&self, endpoint: &Endpoint) -> EndpointState {
        self.engine.directory().endpoints.get(endpoint.id).unwrap().state.clone()
    }
}

/// Which of the secrets a request's signature is of, by the dialect's own verification.
fn signed_with(world: &World, id: DialectId, request: &Received, secrets: &[&str]) -> Option<usize> {
    let keys: Vec<_> = secrets.iter().map(|secret| Key::Signing(Secret::new(*secret))).collect();
    let query = request.target.split_once('?').map(|(_, query)| query);
    let incoming = Incoming { query, headers: &request.headers, body: &request.body };
    dialect(id).verify(&incoming, &keys, world.engine.timer().now()).ok().map(|verified| verified.key)
}
