//! The sending half of the demo: a shop of one's own changes, and apps on all five platforms hear of it.
//!
//! One shop that is known on every platform, five apps with their grants, an endpoint and a verifying receiver for each. An
//! order is taken over silently, then changed over HTTP; each receiver says what came, and whether it is genuine.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use shopwire_core::commerce::CanonicalType;
use shopwire_core::{DialectId, Secret, Shop};
use shopwire_dialects::catalog::Topic;
use shopwire_dialects::registration::Shops;
use shopwire_dialects::{Dialect, Key};
use shopwire_engine::configure::{AppDraft, EndpointDraft, ShopDraft};
use shopwire_engine::egress::Method;
use shopwire_engine::{Engine, SystemTimer, Timer as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::shops::{program, secret_of_its_form};
use super::{SEEN_MAX, STEP_MS};
use crate::api::Api;
use crate::output::Output;
use crate::receiver::{self, Judge, Received};
use crate::samples::canonical::{Own, telling};
use crate::speaker::Speaker;

/// What the shop calls itself on each platform.
const IDENTITIES: [(DialectId, &[(&str, &str)]); 5] = [
    (DialectId::Ecwid, &[("store_id", "2024001")]),
    (DialectId::BigCommerce, &[("store_id", "2024002"), ("store_hash", "p0tt1ngsh3d")]),
    (DialectId::Shoptet, &[("eshop_id", "202403")]),
    (DialectId::Shoplazza, &[("shop_domain", "potting-shed.myshoplaza.com"), ("store_id", "202404")]),
    (DialectId::Duda, &[("site_name", "p0tt1ng5")]),
];

/// What the apps want to hear of, as far as their platforms have a word for it.
const WANTED: [CanonicalType; 3] =
    [CanonicalType::OrderUpdated, CanonicalType::OrderStatusChanged, CanonicalType::OrderPaid];

/// What of a body is shown, in characters.
const SHOWN_CHARS: usize = 72;

/// An app on a platform, and what its receiver got.
struct Listener {
    dialect: &'static dyn Dialect,
    topics: Vec<&'static Topic>,
    seen: mpsc::Receiver<Received>,
}

/// Sets everything up, changes an order, and tells what each app received. Answers the command that changes it again.
pub(super) async fn show(
    engine: &Engine,
    url: &str,
    token: &Secret,
    output: Output,
) -> anyhow::Result<String> {
    let shop = open(engine).await?;
    let mut listeners = Vec::new();
    for dialect in shopwire_dialects::all() {
        listeners.push(listen(engine, *dialect, &shop).await?);
    }
    let api = Api::at(url.to_owned(), token.clone())?;
    let order = import(&api, &shop).await?;
    change(&api, &shop, &order, output).await?;
    for mut listener in listeners {
        listener.tell(output).await?;
        // The app goes on verifying: whoever changes more must not find it gone.
        tokio::spawn(async move { while listener.seen.recv().await.is_some() {} });
    }
    let (program, id) = (program(), shop.id);
    Ok(format!(
        "echo '{{\"status\":\"shipped\"}}' | {program} entities patch {id} orders {order} - --server {url}"
    ))
}

async fn open(engine: &Engine) -> anyhow::Result<Shop> {
    let parts = |parts: &[(&str, &str)]| {
        parts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let identities = IDENTITIES.iter().map(|(dialect, of)| (*dialect, parts(of))).collect();
    Ok(engine.create_shop(ShopDraft { name: "The Potting Shed".to_owned(), identities }).await?)
}

/// An app that may read what it wants to hear of, and its receiver.
async fn listen(engine: &Engine, dialect: &'static dyn Dialect, shop: &Shop) -> anyhow::Result<Listener> {
    let topics: Vec<_> =
        WANTED.iter().filter_map(|wanted| dialect.catalog().for_event_type(*wanted)).collect();
    let (id, secret) = (dialect.id(), secret_of_its_form(dialect.id()));
    let app = engine
        .create_app(AppDraft {
            dialect: id,
            name: format!("demo app on {id}"),
            client_id: Some(format!("demo-{id}")),
            client_secret: secret.clone(),
            webhook_api_version: None,
        })
        .await?;
    let scopes = topics.iter().filter_map(|topic| topic.scope).map(str::to_owned).collect();
    engine.put_grant(app.id, shop.id, scopes).await?;
    let (url, seen) = receive(engine, dialect, secret).await?;
    let of_one_shop = dialect.registration().shops != Shops::All;
    let draft = EndpointDraft {
        name: format!("demo app on {id}"),
        app: Some(app.id),
        shop: of_one_shop.then_some(shop.id),
        url,
        topics: Some(topics.iter().map(|topic| topic.name.to_owned()).collect()),
        ..EndpointDraft::default()
    };
    engine.create_endpoint(draft).await?;
    Ok(Listener { dialect, topics, seen })
}

/// A receiver that verifies as this platform's apps do.
async fn receive(
    engine: &Engine,
    dialect: &'static dyn Dialect,
    secret: Secret,
) -> anyhow::Result<(String, mpsc::Receiver<Received>)> {
    let (verdicts, seen) = mpsc::channel(SEEN_MAX);
    let listener = TcpListener::bind("127.0.0.1:0").await.context("a demo app's receiver can't listen")?;
    let url = format!("http://{}/webhooks", listener.local_addr()?);
    let success = StatusCode::from_u16(dialect.receive_policy().success).unwrap_or(StatusCode::OK);
    let judge = Judge {
        speaker: Speaker::Platform(dialect),
        keys: vec![Key::Signing(secret)],
        limits: engine.limits().clone(),
        timer: Arc::new(SystemTimer),
        success,
        with_body: true,
        verdicts,
    };
    let (limits, never) = (engine.limits().clone(), std::future::pending());
    let router = receiver::router(judge);
    let serving = shopwire_server::serve(listener, router, limits, Arc::new(SystemTimer), never);
    tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "a demo app's receiver ended");
        }
    });
    Ok((url, seen))
}

/// Takes an order over as it stands, without a word to anybody; answers its id.
async fn import(api: &Api, shop: &Shop) -> anyhow::Result<String> {
    let order = telling(CanonicalType::OrderCreated, &Own::default(), None)?.object;
    let line = json!({
        "op": "put", "collection": "orders", "id": order.id(), "entity": order.to_map(), "events": "none",
    });
    let content = Some(("application/x-ndjson", Bytes::from(serde_json::to_vec(&line)?)));
    let answer = api.ask(Method::Post, &format!("/v1/shops/{}/changes", shop.id), content).await?;
    let told = answer.json()?;
    if told["status"] != 201 {
        bail!("the order was not imported: {told}");
    }
    Ok(order.id().to_owned())
}

/// Changes the order's status, and tells which events followed.
async fn change(api: &Api, shop: &Shop, order: &str, output: Output) -> anyhow::Result<()> {
    let patch = json!({ "status": "awaiting_shipment", "financial_status": "paid" });
    let path = format!("/v1/shops/{}/orders/{order}", shop.id);
    let started_us = SystemTimer.monotonic_us();
    let answer = api.ask_json(Method::Patch, &path, &patch).await?;
    let took_ms = SystemTimer.monotonic_us().saturating_sub(started_us) as f64 / 1000.0;
    let told = answer.json()?;
    if !answer.is_good() {
        bail!("the order was not changed: {told}");
    }
    let events: Vec<&str> =
        told["events"].as_array().into_iter().flatten().filter_map(|event| event["type"].as_str()).collect();
    let facts = json!({ "changed": path, "patch": patch, "answered_ms": took_ms, "events": events });
    Ok(output.emit(&facts, || {
        format!(
            "\nThe other way: your own shop \"{}\" changes, and apps on all five platforms hear of it\n  \
             imported    order/{order}, silently\n  \
             changed     PATCH …/orders/{order} {patch}\n  \
             answered    {} in {took_ms:.1} ms: {}",
            shop.name,
            answer.status,
            events.join(", ")
        )
    })?)
}

impl Listener {
    /// Tells what the app received, each topic once, in the order of [`WANTED`].
    async fn tell(&mut self, output: Output) -> anyhow::Result<()> {
        output_title(output, self.dialect.catalog().title)?;
        let mut received = Vec::new();
        for _ in 0..self.topics.len() {
            received.push(self.next().await?);
        }
        received.sort_by_key(|(place, _)| *place);
        for (place, seen) in received {
            let topic = self.topics[place].name;
            let body = seen.body.as_ref().map(|body| body.get()).unwrap_or_default();
            let facts = json!({
                "dialect": self.dialect.id(), "received": topic, "verified": true,
                "body": serde_json::from_str::<Value>(body).ok(),
            });
            output.emit(&facts, || format!("  {topic:<26}  verified  {}", start_of(body)))?;
        }
        Ok(())
    }

    /// The next webhook, with the place of its topic among those that are wanted.
    async fn next(&mut self) -> anyhow::Result<(usize, Received)> {
        let title = self.dialect.catalog().title;
        let seen = tokio::select! {
            seen = self.seen.recv() => seen.context("a demo app's receiver ended")?,
            () = SystemTimer.sleep_ms(STEP_MS) => bail!("{title}'s webhook did not come within {STEP_MS} ms"),
        };
        let topic = seen.told.as_ref().map(|told| told.topic.as_str()).unwrap_or_default();
        match self.topics.iter().position(|known| known.name == topic) {
            Some(place) if seen.genuine => Ok((place, seen)),
            _ => bail!("{title}'s app did not accept `{topic}`: {}", seen.reason.unwrap_or_default()),
        }
    }
}

/// People see whose webhooks follow; programs read it in each.
fn output_title(output: Output, title: &str) -> std::io::Result<()> {
    if output.is_json() { Ok(()) } else { output.line(&format!("\n{title}'s app received")) }
}

fn start_of(body: &str) -> String {
    let mut start: String = body.chars().take(SHOWN_CHARS).collect();
    if start.len() < body.len() {
        start.push('…');
    }
    start
}
