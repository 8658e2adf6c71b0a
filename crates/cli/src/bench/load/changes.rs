//! A shop's changes in bulk: orders are put, and then paid.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::json;
use shopwire_core::Headers;
use shopwire_engine::egress::{OutRequest, Pool};

use super::super::clock::{now_us, seconds_between};
use super::super::order::{Latency, NUMBER_FIRST, Sent};
use super::sender::{exchange, pool};
use super::template::patch;

/// Bulk requests at the same time: each has hundreds of lines at work by itself.
const REQUESTS_AT_ONCE: usize = 4;

/// Orders of one request.
const ORDERS: u64 = 100;

/// The lines of a request, and where in them the number of which of its orders stands.
struct Lines {
    text: Vec<u8>,
    numbers: Vec<(usize, u64)>,
}

impl Lines {
    fn new() -> Self {
        let mut lines = Self { text: Vec::new(), numbers: Vec::new() };
        for order in 0..ORDERS {
            let total = json!({ "amount": "83.90", "currency": "EUR" });
            let item = json!({ "id": "1", "product_id": "501", "title": "Copper kettle", "quantity": "2" });
            let entity = json!({
                "number": "{number}", "status": "awaiting_payment", "financial_status": "waiting",
                "total": total, "email": "ada@example.com", "line_items": [item],
            });
            let put = json!({ "op": "put", "collection": "orders", "id": "{number}", "entity": entity });
            lines.push(order, &put.to_string());
        }
        for order in 0..ORDERS {
            let paid = json!({ "status": "awaiting_shipment", "financial_status": "paid" });
            let patch = json!({ "op": "patch", "collection": "orders", "id": "{number}", "patch": paid });
            lines.push(order, &patch.to_string());
        }
        lines
    }

    fn push(&mut self, order: u64, line: &str) {
        let mut parts = line.split("{number}").peekable();
        while let Some(part) = parts.next() {
            self.text.extend_from_slice(part.as_bytes());
            if parts.peek().is_some() {
                self.numbers.push((self.text.len(), order));
                self.text.extend_from_slice(b"0000000000");
            }
        }
        self.text.push(b'\n');
    }

    fn of_request(&self, request: u64) -> Bytes {
        let mut text = self.text.clone();
        for (at, order) in &self.numbers {
            patch(&mut text, *at, NUMBER_FIRST + request * ORDERS + order);
        }
        text.into()
    }
}

/// Sends changes for so many seconds; what is counted are orders.
pub(super) async fn run(url: &str, token: &str, seconds: f64) -> anyhow::Result<Sent> {
    let (pool, lines) = (Rc::new(pool(url, REQUESTS_AT_ONCE)?), Rc::new(Lines::new()));
    let headers = Headers::new()
        .with("Authorization", format!("Bearer {token}"))
        .with("Content-Type", "application/x-ndjson");
    let (started_us, next) = (now_us(), Rc::new(Cell::new(0)));
    let worker = || {
        let (pool, lines, next, headers) =
            (Rc::clone(&pool), Rc::clone(&lines), Rc::clone(&next), headers.clone());
        tokio::task::spawn_local(async move {
            let mut latencies_us = Vec::new();
            // The first of each worker in any case, so that there is something to measure.
            while latencies_us.is_empty() || seconds_between(started_us, now_us()) < seconds {
                let request = next.replace(next.get() + 1);
                latencies_us.push(send(&pool, headers.clone(), lines.of_request(request)).await?);
            }
            anyhow::Ok(latencies_us)
        })
    };
    let workers: Vec<_> = (0..REQUESTS_AT_ONCE).map(|_| worker()).collect();
    let mut latencies_us = Vec::new();
    for worker in workers {
        latencies_us.extend(worker.await.context("a connection's worker ended badly")??);
    }
    let count = next.get() * ORDERS;
    Ok(Sent { count, started_us, ended_us: now_us(), latency: Latency::of(latencies_us) })
}

async fn send(pool: &Pool, headers: Headers, lines: Bytes) -> anyhow::Result<u64> {
    let sent_us = now_us();
    exchange(pool, &OutRequest::new(headers, lines)?).await?;
    Ok(now_us() - sent_us)
}
