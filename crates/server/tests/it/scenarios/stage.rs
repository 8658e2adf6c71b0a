//! A shop with an app of every platform, each listening to all of its platform's topics.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shopwire_core::{Headers, Timestamp};
use shopwire_dialects::catalog::{Listed, Topic};
use shopwire_testkit::ScriptedReceiver;

use super::independent;
use super::table::Step;
use crate::client::send;
use crate::world::{NOW, SECRET, World, text};

/// The id by which every platform knows the app that listens.
const APP: &str = "test-app";

pub(super) struct Stage {
    world: World,
    shop: String,
    listeners: Vec<Listener>,
}

/// One registration: Shoptet needs two, since some of its events can't be registered together.
struct Listener {
    platform: &'static str,
    receiver: ScriptedReceiver,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let shop = json!({
            "name": "North Harbour",
            "identities": {
                "ecwid": {"store_id": "1003"},
                "bigcommerce": {"store_id": "123456", "store_hash": "abcdefg"},
                "shoptet": {"eshop_id": "222651"},
                "shoplazza": {"shop_domain": "north.myshoplaza.com", "store_id": "77"},
                "duda": {"site_name": "931c0ef0"},
            },
        });
        let shop = text(&world.made("/v1/shops", shop).await["id"]);
        let mut stage = Self { world, shop, listeners: Vec::new() };
        for dialect in shopwire_dialects::all() {
            let seeds = dialect.catalog().topics.iter().filter(|topic| topic.listed == Listed::Seed);
            let (conflicting, others): (Vec<&Topic>, Vec<&Topic>) = seeds.partition(|topic| {
                ["order:cancel", "customer:disableOrders", "customer:enableOrders"].contains(&topic.name)
            });
            for topics in [others, conflicting].into_iter().filter(|topics| !topics.is_empty()) {
                stage.listen(dialect.id().as_str(), &topics).await;
            }
        }
        stage
    }

    async fn listen(&mut self, platform: &'static str, topics: &[&Topic]) {
        let scopes: Vec<_> = topics.iter().filter_map(|topic| topic.scope).collect();
        let app = json!({"dialect": platform, "name": "listener", "client_id": APP, "client_secret": SECRET});
        let app = text(&self.world.made("/v1/apps", app).await["id"]);
        let grant =
            self.put(&format!("/v1/apps/{app}/grants/{}", self.shop), &json!({ "scopes": scopes })).await;
        assert!(grant == 200 || grant == 201, "the grant was answered {grant}");
        let receiver = ScriptedReceiver::start().await;
        let mut endpoint = json!({
            "name": "listener",
            "app": app,
            "url": receiver.url("/hooks"),
            "topics": topics.iter().map(|topic| topic.name).collect::<Vec<_>>(),
        });
        if !matches!(platform, "ecwid" | "duda") {
            endpoint["shop"] = self.shop.clone().into();
        }
        self.world.made("/v1/endpoints", endpoint).await;
        self.listeners.push(Listener { platform, receiver });
    }

    async fn put(&self, target: &str, body: &Value) -> u16 {
        self.request("PUT", target, Some(body)).await.0
    }

    async fn request(&self, method: &str, target: &str, body: Option<&Value>) -> (u16, String) {
        let headers = Headers::new()
            .with("authorization", format!("Bearer {}", self.world.admin))
            .with("content-type", "application/json");
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = send(self.world.address, method, target, &headers, body.as_bytes()).await;
        (answer.status, answer.text())
    }

    /// Imports a part of the state silently.
    pub(super) async fn given(&self, line: &str) {
        let Step::Change { method, target, body } = Step::read(line, soon) else {
            panic!("no state: {line}")
        };
        self.change(method, &target, body.as_ref(), "events=none").await;
    }

    /// Lets something happen.
    pub(super) async fn play(&self, line: &str) {
        match Step::read(line, soon) {
            Step::Change { method, target, body } => self.change(method, &target, body.as_ref(), "").await,
            Step::Occur(occurrence) => {
                let target = format!("/v1/shops/{}/occurrences", self.shop);
                self.world.post(&target, &occurrence).await.expect(201);
            }
            Step::WaitS(secs) => self.wait(secs).await,
        }
    }

    async fn change(&self, method: &str, target: &str, body: Option<&Value>, more: &str) {
        let separator = if target.contains('?') { '&' } else { '?' };
        let more = if more.is_empty() { String::new() } else { format!("{separator}{more}") };
        let target = format!("/v1/shops/{}/{target}{more}", self.shop);
        let (status, answer) = self.request(method, &target, body).await;
        let nothing_to_delete = method == "DELETE" && status == 404;
        assert!(status < 300 || nothing_to_delete, "{method} {target}: {status} {answer}");
    }

    /// Lets time pass, and waits until what was due has happened: timers fire in the order of their times, so that a
    /// timer set for the end tells when all others have.
    async fn wait(&self, secs: i64) {
        let end = now_ms(&self.world) + secs * 1000;
        let fence = format!("fence-{end}");
        let expires_at = Timestamp::from_ms(end + 1).to_string();
        self.change(
            "PUT",
            &format!("apps/{fence}"),
            Some(&json!({ "expires_at": expires_at })),
            "events=none",
        )
        .await;
        self.world.clock.set(Timestamp::from_ms(end + 1));
        let subject = format!("app/{fence}");
        while !self.events().await.iter().any(|event| event["subject"] == subject.as_str()) {
            tokio::task::yield_now().await;
        }
    }

    async fn events(&self) -> Vec<Value> {
        self.world.all(&format!("/v1/events?shop={}", self.shop), 250).await
    }

    /// What each platform's app has heard once everything is delivered: topics, sorted; every request verified.
    pub(super) async fn heard(&self) -> BTreeMap<&'static str, Vec<String>> {
        for event in self.events().await {
            self.delivered(&text(&event["id"])).await;
        }
        let mut heard = BTreeMap::<_, Vec<String>>::new();
        for Listener { platform, receiver } in &self.listeners {
            let topics = receiver.requests();
            let topics = topics.iter().map(|request| independent::topic(platform, SECRET, request));
            heard.entry(*platform).or_default().extend(topics);
        }
        heard.values_mut().for_each(|topics| topics.sort());
        heard
    }

    /// Waits until no endpoint has the event before it; none may have failed.
    async fn delivered(&self, event: &str) {
        loop {
            let story = self.world.get(&format!("/v1/events/{event}")).await.expect(200);
            let states: Vec<_> =
                story["deliveries"].as_array().unwrap().iter().map(|d| d["state"].clone()).collect();
            assert!(!states.iter().any(|state| state == "dead" || state == "held"), "{story:#}");
            if !states.iter().any(|state| state == "queued" || state == "waiting") {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn end(self) {
        self.world.stop().await;
    }
}

/// The time so many seconds after the beginning.
fn soon(secs: i64) -> String {
    NOW.plus_ms(secs * 1000).to_string()
}

fn now_ms(world: &World) -> i64 {
    use shopwire_core::Clock as _;
    world.clock.now().as_ms()
}
