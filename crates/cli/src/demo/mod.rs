//! `shopwire serve --demo`: the main job, shown.
//!
//! A server on loopback with a fresh store, a shop on each platform, one source for each, one canonical endpoint that points
//! at a receiver which verifies. One genuine webhook of each platform goes the real way: over HTTP into the source, to
//! the disk, through the lane, over HTTP to the receiver. Then the other way: a shop of one's own changes an order, and an
//! app on each platform receives its webhooks. Each step is told as it is found, not as it is hoped.

mod sending;
mod shops;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use shopwire_core::{Clock as _, DialectId, EventId, Random as _, Secret};
use shopwire_dialects::{Key, mac};
use shopwire_engine::configure::{EndpointDraft, RegistrationConfig};
use shopwire_engine::egress::{Egress, EgressConfig, OutRequest, SystemResolver, Target};
use shopwire_engine::{DeliveryState, Engine, Story, SystemRandom, SystemTimer, Timer as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::config::Secrets;
use crate::output::Output;
use crate::receiver::{self, Judge, Received};
use crate::serve::{self, Node, Settings, Signals};
use crate::speaker::Speaker;
use shops::DemoShop;

/// Milliseconds that one step may take before the demo says that it did not happen.
const STEP_MS: u64 = 10_000;

/// Requests that may wait to be told.
const SEEN_MAX: usize = 64;

/// Serves on a fresh store, shows one webhook of each platform on its way, and serves on until asked to stop.
pub(crate) async fn serve_demo(settings: Settings, output: Output) -> anyhow::Result<()> {
    let signals = Signals::listen();
    let mut demo = Demo::prepare(settings, output).await?;
    let served = demo.run(|node| serve::finish(node, signals, output)).await;
    demo.clean_up();
    served
}

/// A demo in its own directory.
struct Demo {
    settings: Option<Settings>,
    data: PathBuf,
    output: Output,
}

impl Demo {
    /// A fresh store, loopback only; another port if the usual one is taken.
    async fn prepare(settings: Settings, output: Output) -> anyhow::Result<Self> {
        let mut unique = [0; 6];
        SystemRandom.fill(&mut unique);
        let data = std::env::temp_dir().join(format!("shopwire-demo-{}", mac::hex(&unique)));
        let mut listen = settings.listen;
        if !listen.ip().is_loopback() {
            bail!("the demo serves on loopback only, not on {listen}: leave the address out");
        }
        if TcpListener::bind(listen).await.is_err() {
            output.note(&format!("{listen} is taken, so the demo takes a free port"))?;
            listen.set_port(0);
        }
        let egress = EgressConfig { allowed: loopback()?, ..settings.egress };
        let (secrets, public_url) = (Secrets::default(), None);
        // What the demo sends to listens on this machine, without TLS.
        let registration = RegistrationConfig { plain_http: true, any_port: true };
        let settings =
            Settings { listen, data: data.clone(), secrets, public_url, egress, registration, ..settings };
        Ok(Self { settings: Some(settings), data, output })
    }

    /// Starts the server, hands it over to be served, and tells the story of the webhooks both ways meanwhile.
    async fn run<F>(&mut self, serve: impl FnOnce(Node) -> F) -> anyhow::Result<()>
    where
        F: Future<Output = anyhow::Result<()>>,
    {
        let settings = self.settings.take().context("a demo runs once")?;
        let node = Node::start(settings).await?;
        let token = node.admin_token().context("a fresh store has a first start")?.clone();
        let story = Telling { engine: node.engine().clone(), url: node.url(), output: self.output };
        let data = self.data.display().to_string();
        let told = async move {
            story.begin(&data)?;
            let mut receiver = story.connect().await?;
            let shops = shops::open(&story.engine).await?;
            for shop in &shops {
                story.follow(shop, &mut receiver.seen).await?;
            }
            let change = sending::show(&story.engine, &story.url, &token, story.output).await?;
            story.go_on(token.expose(), &shops, &receiver.endpoint, &change)?;
            // The receiver goes on verifying; whoever triggers more webhooks finds them in the API.
            while receiver.seen.recv().await.is_some() {}
            Ok(())
        };
        tokio::select! {
            served = serve(node) => served,
            failed = told => failed,
        }
    }

    /// Removes the demo's store.
    fn clean_up(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.data) {
            tracing::warn!(%error, path = %self.data.display(), "the demo's store could not be removed");
        }
    }
}

fn loopback() -> anyhow::Result<Vec<ipnet::IpNet>> {
    Ok(["127.0.0.0/8", "::1/128"].into_iter().map(str::parse).collect::<Result<_, _>>()?)
}

/// The demo's receiver: what it says of each request, and the endpoint that points at it.
struct Connected {
    seen: mpsc::Receiver<Received>,
    endpoint: String,
}

/// Who tells the story.
struct Telling {
    engine: Engine,
    url: String,
    output: Output,
}

impl Telling {
    fn begin(&self, data: &str) -> anyhow::Result<()> {
        let (version, url) = (env!("CARGO_PKG_VERSION"), &self.url);
        let facts = json!({ "listening": url, "data": data });
        Ok(self.output.emit(&facts, || format!("shopwire {version} demo on {url}, store in {data}"))?)
    }

    /// Starts a receiver that verifies, and makes it the one endpoint of all shops.
    async fn connect(&self) -> anyhow::Result<Connected> {
        let secret = Secret::new_whsec(&SystemRandom);
        let (verdicts, seen) = mpsc::channel(SEEN_MAX);
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the demo's receiver can't listen")?;
        let url = format!("http://{}/events", listener.local_addr()?);
        let judge = Judge {
            speaker: Speaker::of(DialectId::CloudEvents),
            keys: vec![Key::Signing(secret.clone())],
            limits: self.engine.limits().clone(),
            timer: Arc::new(SystemTimer),
            success: StatusCode::NO_CONTENT,
            with_body: false,
            verdicts,
        };
        let serving = shopwire_server::serve(
            listener,
            receiver::router(judge),
            self.engine.limits().clone(),
            Arc::new(SystemTimer),
            std::future::pending(),
        );
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the demo's receiver ended");
            }
        });
        let (endpoint, _) = self.engine.create_endpoint(draft(url, secret)).await?;
        Ok(Connected { seen, endpoint: endpoint.id.to_string() })
    }

    /// Sends a shop's webhook and tells what becomes of it.
    async fn follow(&self, shop: &DemoShop, seen: &mut mpsc::Receiver<Received>) -> anyhow::Result<()> {
        let (sent, took_ms) = self.send(shop).await?;
        let seen = tokio::select! {
            seen = seen.recv() => seen.context("the demo's receiver ended")?,
            () = SystemTimer.sleep_ms(STEP_MS) => bail!("the event {sent} was not delivered within {STEP_MS} ms"),
        };
        let arrived = seen.told.as_ref().and_then(|told| told.event_id.as_deref());
        if !seen.genuine || arrived != Some(sent.to_string().as_str()) {
            bail!("the receiver did not accept {sent}: {}", seen.reason.unwrap_or_default());
        }
        let story = self.settled(sent).await?;
        let event = &story.logged.event;
        let delivery = story.deliveries.first().context("the demo has one endpoint")?;
        let attempt = delivery.attempts.first().context("a delivery that is done has an attempt")?;
        let delivered_ms = attempt.attempt.latency_us as f64 / 1000.0;
        let (title, topic, name) = (shop.dialect.catalog().title, shop.topic, &shop.shop.name);
        let (event_type, subject) = (event.event_type.to_string(), event.subject.to_string());
        let outcome = attempt.attempt.outcome.to_string();
        let facts = json!({
            "dialect": shop.dialect.id(), "topic": topic, "accepted": sent, "accepted_ms": took_ms,
            "event_type": event_type, "subject": subject, "delivered": outcome, "delivered_ms": delivered_ms,
            "verified": true,
        });
        Ok(self.output.emit(&facts, || {
            format!(
                "\n{title}: {topic} in the shop \"{name}\"\n  \
                 accepted    200 in {took_ms:.1} ms, on disk as {sent}\n  \
                 understood  {event_type}  {subject}\n  \
                 delivered   {outcome} in {delivered_ms:.1} ms, as a CloudEvent\n  \
                 verified    the receiver finds the signature genuine"
            )
        })?)
    }

    /// Posts a webhook the way its platform does; the answer names the event, and tells how long it took.
    async fn send(&self, shop: &DemoShop) -> anyhow::Result<(EventId, f64)> {
        let webhook = shop.webhook()?;
        let config = EgressConfig { allowed: loopback()?, ..EgressConfig::default() };
        let egress = Egress::new(config, Arc::new(SystemTimer), Arc::new(SystemResolver))?;
        let target = Target::parse(&format!("{}/in/{}", self.url, shop.source.id))?;
        let mut request = OutRequest::new(webhook.headers, Bytes::from(webhook.body))?;
        if let Some(query) = webhook.query {
            request = request.with_query(query)?;
        }
        let started_us = SystemTimer.monotonic_us();
        let answer = egress.pool(target, 1).exchange(&request).await.result?;
        let took_ms = SystemTimer.monotonic_us().saturating_sub(started_us) as f64 / 1000.0;
        let id = answer.headers.get("shopwire-event-id").filter(|_| answer.status == 200);
        let id = id.with_context(|| {
            format!(
                "the webhook was answered {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body_start)
            )
        })?;
        Ok((id.parse()?, took_ms))
    }

    /// The event's story once its delivery is recorded.
    async fn settled(&self, id: EventId) -> anyhow::Result<Story> {
        let deadline = SystemTimer.now().plus_ms(i64::try_from(STEP_MS)?);
        loop {
            let story = self.engine.story(id).await?.with_context(|| format!("{id} is not in the log"))?;
            if story.deliveries.iter().all(|d| matches!(d.state, DeliveryState::Delivered { .. })) {
                return Ok(story);
            }
            if SystemTimer.now() > deadline {
                bail!("the delivery of {id} was not recorded within {STEP_MS} ms");
            }
            SystemTimer.sleep_ms(2).await;
        }
    }

    /// What one can do next.
    fn go_on(&self, token: &str, shops: &[DemoShop], endpoint: &str, change: &str) -> anyhow::Result<()> {
        let url = &self.url;
        let triggers: Vec<String> = shops.iter().map(|shop| shop.trigger(url)).collect();
        let facts =
            json!({ "admin_token": token, "endpoint": endpoint, "trigger": triggers, "change": change });
        Ok(self.output.emit(&facts, || {
            format!(
                "\nAll arrived, signed. The server keeps serving. To go on, in another terminal:\n\n  \
                 export SHOPWIRE_TOKEN={token}\n  \
                 curl -H \"Authorization: Bearer $SHOPWIRE_TOKEN\" {url}/v1/events\n  \
                 curl -H \"Authorization: Bearer $SHOPWIRE_TOKEN\" '{url}/v1/attempts?endpoint={endpoint}'\n\n\
                 Send more, as each platform would:\n\n  {}\n\n\
                 Change more, as your own shop would:\n\n  {change}\n\n\
                 The API is described at {url}/openapi.json. Stop with Ctrl-C; the demo's store goes with it.",
                triggers.join("\n  ")
            )
        })?)
    }
}

fn draft(url: String, secret: Secret) -> EndpointDraft {
    EndpointDraft { name: "demo receiver".to_owned(), url, secret: Some(secret), ..EndpointDraft::default() }
}
