//! A shop whose orders come to be and change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use serde_json::{Value, json};
use shopwire_core::Headers;
use shopwire_engine::egress::{Method, OutRequest};
use shopwire_engine::{SystemTimer, Timer as _};
use shopwire_testkit::SeededRandom;

use super::house::House;
use super::load::{DOWN_MS, PAUSE_MS};
use super::plan::below;
use super::record::Record;

/// Writes to one order, the first included, at most.
const WRITES_MAX: u64 = 6;

/// One writer, with orders of its own.
pub(super) struct Changes {
    record: Arc<Record>,
    /// Where the orders are, without an id.
    orders: String,
    egress: shopwire_engine::egress::Egress,
    headers: Headers,
    random: SeededRandom,
    next: u64,
}

impl Changes {
    pub(super) fn new(house: &House, record: Arc<Record>, number: u64, random: SeededRandom) -> Self {
        let headers = Headers::new()
            .with("Authorization", format!("Bearer {}", house.token.expose()))
            .with("Content-Type", "application/json");
        let orders = format!("http://{}/v1/shops/{}/orders", house.listen, house.shop);
        Self { record, orders, egress: super::house::egress(), headers, random, next: number * 1_000_000 }
    }

    pub(super) async fn write_until(mut self, stopping: Arc<AtomicBool>) {
        while !stopping.load(Relaxed) {
            self.next += 1;
            let writes = 1 + below(&self.random, WRITES_MAX);
            for version in 1..=writes {
                // What became of a write that was not answered nobody knows: the order is left as it is.
                if !self.write(version).await {
                    SystemTimer.sleep_ms(DOWN_MS).await;
                    break;
                }
                SystemTimer.sleep_ms(below(&self.random, PAUSE_MS)).await;
            }
        }
    }

    /// One write to the present order; whether it was answered.
    async fn write(&self, version: u64) -> bool {
        let id = self.next.to_string();
        let key = (id.clone(), version);
        self.record.asked().writes.insert(key.clone(), None);
        let body = json!({ "status": "pending", "email": format!("{id}-{version}@example.com") });
        let method = if version == 1 { Method::Put } else { Method::Patch };
        let url = format!("{}/{id}", self.orders);
        let request = OutRequest::new(self.headers.clone(), Bytes::from(body.to_string())).unwrap();
        // A connection of its own: one that is used again is tried twice, and this must happen once.
        let pool = self.egress.pool(shopwire_engine::egress::Target::parse(&url).unwrap(), 0);
        let Ok(answer) = pool.exchange(&request.with_method(method)).await.result else { return false };
        let told: Value = serde_json::from_slice(&answer.body_start).unwrap();
        let mut asked = self.record.asked();
        if answer.status == 503 {
            return false;
        }
        if !matches!(answer.status, 200 | 201) || told["version"] != version {
            asked.wrong.push(format!("version {version} of {id} was answered {}: {told}", answer.status));
            return false;
        }
        let events = told["events"].as_array().unwrap().iter();
        let events = events.map(|event| event["id"].as_str().unwrap().to_owned()).collect();
        asked.writes.insert(key, Some(events));
        true
    }
}
