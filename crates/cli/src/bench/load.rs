//! The load: signed webhooks, each of its own order, over a number of connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use shopwire_core::{Clock as _, Headers, Secret};
use shopwire_dialects::cloudevents::{self, SigningKey};
use shopwire_dialects::{Draft, Key};
use shopwire_engine::egress::{Egress, EgressConfig, OutRequest, Pool, SystemResolver, Target};
use shopwire_engine::{SystemTimer, Timer as _};

use super::Plan;
use super::server::{BenchServer, SECRET};
use super::sink::Sink;

/// What every body is filled up to, in bytes.
const BODY_BYTES: usize = 1024;

/// Sends, and counts what was answered 2xx.
pub(super) struct Load;

/// What was sent and accepted.
pub(super) struct Sent {
    /// Requests answered 2xx.
    pub(super) count: usize,
    /// When it began, in microseconds.
    pub(super) started: u64,
    ended: u64,
}

impl Sent {
    pub(super) fn per_s(&self) -> f64 {
        self.count as f64 / (self.ended.saturating_sub(self.started) as f64 / 1e6)
    }
}

impl Load {
    /// The same client against the sink itself: signed, no store.
    pub(super) async fn pump(plan: Plan, sink: &Sink) -> anyhow::Result<f64> {
        let key = SigningKey::parse(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))?;
        let make = move |number: u64| {
            let body = body(number);
            let mut headers = Headers::new().with("content-type", "application/json");
            let keys = std::slice::from_ref(&key);
            cloudevents::sign(&mut headers, &format!("evt_{number:032x}"), &body, keys, SystemTimer.now());
            Ok(OutRequest::new(headers, Bytes::from(body))?)
        };
        let until = SystemTimer.monotonic_us() + plan.seconds * 1_000_000;
        let sent =
            run(&sink.url(), plan.connections, make, move |_| SystemTimer.monotonic_us() < until).await?;
        Ok(sent.per_s())
    }

    /// Webhooks for the planned time.
    pub(super) async fn accept(plan: Plan, server: &BenchServer) -> anyhow::Result<Sent> {
        let until = SystemTimer.monotonic_us() + plan.seconds * 1_000_000;
        let go_on = move |_| SystemTimer.monotonic_us() < until;
        run(&server.source_url(), plan.connections, webhook, go_on).await
    }

    /// So many webhooks.
    pub(super) async fn exactly(
        count: usize,
        connections: usize,
        server: &BenchServer,
    ) -> anyhow::Result<()> {
        let go_on = move |number| number <= count as u64;
        run(&server.source_url(), connections, webhook, go_on).await.map(drop)
    }

    /// Webhooks at a steady rate; answers each one's number and when it was sent.
    pub(super) async fn steady(
        per_s: u64,
        seconds: u64,
        server: &BenchServer,
    ) -> anyhow::Result<Vec<(u64, u64)>> {
        let pool = Arc::new(pool(&server.source_url(), 8)?);
        let (started, gap_us) = (SystemTimer.now(), 1_000_000 / per_s);
        let mut sent = Vec::new();
        for number in 1..=per_s * seconds {
            SystemTimer.sleep_until(started.plus_ms(i64::try_from(number * gap_us / 1000)?)).await;
            let (pool, request) = (Arc::clone(&pool), webhook(number)?);
            sent.push((number, SystemTimer.monotonic_us()));
            tokio::spawn(async move { pool.exchange(&request).await });
        }
        Ok(sent)
    }
}

/// Sends what `make` makes over so many connections, as long as `go_on` says so of the next number.
pub(super) async fn run(
    url: &str,
    connections: usize,
    make: impl Fn(u64) -> anyhow::Result<OutRequest> + Clone + Send + 'static,
    go_on: impl Fn(u64) -> bool + Clone + Send + 'static,
) -> anyhow::Result<Sent> {
    let pool = Arc::new(pool(url, connections)?);
    let next = Arc::new(AtomicU64::new(1));
    let started = SystemTimer.monotonic_us();
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (pool, next, make, go_on) =
                (Arc::clone(&pool), Arc::clone(&next), make.clone(), go_on.clone());
            tokio::spawn(async move {
                let mut count = 0;
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if !go_on(number) {
                        return anyhow::Ok(count);
                    }
                    let answer = pool.exchange(&make(number)?).await.result?;
                    if !(200..300).contains(&answer.status) {
                        let body = String::from_utf8_lossy(&answer.body_start).into_owned();
                        bail!("a request was answered {}: {body}", answer.status);
                    }
                    count += 1;
                }
            })
        })
        .collect();
    let mut count = 0;
    for worker in workers {
        count += worker.await.context("a connection's worker ended badly")??;
    }
    Ok(Sent { count, started, ended: SystemTimer.monotonic_us() })
}

fn pool(url: &str, connections: usize) -> anyhow::Result<Pool> {
    let config = EgressConfig { allowed: vec!["127.0.0.0/8".parse()?], ..EgressConfig::default() };
    let egress = Egress::new(config, Arc::new(SystemTimer), Arc::new(SystemResolver))?;
    Ok(egress.pool(Target::parse(url)?, connections))
}

/// A body of about one KiB about the order of this number.
fn body(number: u64) -> Vec<u8> {
    let mut body = format!(
        r#"{{"producer":"stores/8jbhprizry","hash":"{number:040x}","created_at":{},"store_id":"1003502318","scope":"store/order/updated","data":{{"type":"order","id":{number},"note":""#,
        SystemTimer.now().as_secs()
    );
    let filler = BODY_BYTES.saturating_sub(body.len() + 3);
    body.extend(std::iter::repeat_n('x', filler));
    body.push_str(r#""}}"#);
    body.into_bytes()
}

fn webhook(number: u64) -> anyhow::Result<OutRequest> {
    let dialect =
        shopwire_dialects::get(shopwire_core::DialectId::BigCommerce).context("a platform's dialect")?;
    let headers = Headers::new().with("Content-Type", "application/json");
    let draft = Draft { query: None, headers, body: body(number) };
    let signed = dialect.sign(draft, &Key::Signing(Secret::new(SECRET)), SystemTimer.now());
    Ok(OutRequest::new(signed.headers, Bytes::from(signed.body))?)
}
