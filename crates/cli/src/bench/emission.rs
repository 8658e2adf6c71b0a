//! The sending half: a shop's changes, in bulk, and the webhooks that follow on all five platforms.

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::json;
use shopwire_core::Headers;
use shopwire_core::commerce::CanonicalType;
use shopwire_engine::egress::OutRequest;
use shopwire_engine::{SystemTimer, Timer as _};

use super::Plan;
use super::load;
use super::server::BenchServer;
use super::sink::Sink;

/// Bulk requests at the same time: each has hundreds of lines at work by itself.
const REQUESTS_AT_ONCE: usize = 4;
/// Orders of one request; each is put and then patched.
const ORDERS: u64 = 100;
/// What follows from the two changes of an order.
const EVENTS: [CanonicalType; 4] = [
    CanonicalType::OrderCreated,
    CanonicalType::OrderUpdated,
    CanonicalType::OrderStatusChanged,
    CanonicalType::OrderPaid,
];

/// What was measured.
pub(super) struct Emission {
    /// Lines of bulk requests, answered and synced.
    pub(super) changes_per_s: f64,
    /// Events that followed.
    pub(super) events_per_s: f64,
    /// Webhooks that arrived, over all five dialects, up to the last one's arrival.
    pub(super) deliveries_per_s: f64,
}

/// Changes for the planned time, and all their webhooks.
pub(super) async fn measure(plan: Plan, sink: &Sink) -> anyhow::Result<Emission> {
    let server = BenchServer::start_emitting(&sink.url(), &EVENTS).await?;
    sink.forget();
    let until = SystemTimer.monotonic_us() + plan.seconds * 1_000_000;
    let token = server.token().clone();
    let make = move |number| {
        let headers = Headers::new()
            .with("Authorization", format!("Bearer {}", token.expose()))
            .with("Content-Type", "application/x-ndjson");
        Ok(OutRequest::new(headers, Bytes::from(lines(number)))?)
    };
    let go_on = move |_| SystemTimer.monotonic_us() < until;
    let sent = load::run(&server.changes_url(), REQUESTS_AT_ONCE, make, go_on).await?;
    let orders_per_s = sent.per_s() * ORDERS as f64;
    let deliveries = sent.count * ORDERS as usize * deliveries_of_an_order();
    sink.wait_for_requests(deliveries).await.context("not all webhooks were delivered")?;
    let deliveries_per_s = deliveries as f64 / sink.last_arrival_s(sent.started);
    server.stop().await?;
    Ok(Emission {
        changes_per_s: orders_per_s * 2.0,
        events_per_s: orders_per_s * EVENTS.len() as f64,
        deliveries_per_s,
    })
}

/// Webhooks that follow from one order, by the catalogues.
fn deliveries_of_an_order() -> usize {
    let topics = |event_type: &CanonicalType| {
        shopwire_dialects::all()
            .iter()
            .filter(|dialect| dialect.catalog().for_event_type(*event_type).is_some())
            .count()
    };
    EVENTS.iter().map(topics).sum()
}

/// The lines of a request: its orders are put one after the other, and then each is paid.
fn lines(request: u64) -> Vec<u8> {
    let ids = || (request * ORDERS..(request + 1) * ORDERS).map(|number| number.to_string());
    let put = ids().map(|id| {
        let total = json!({ "amount": "83.90", "currency": "EUR" });
        let item = json!({ "id": "1", "product_id": "501", "title": "Copper kettle", "quantity": "2" });
        let entity = json!({
            "number": id, "status": "awaiting_payment", "financial_status": "waiting", "total": total,
            "email": "ada@example.com", "line_items": [item],
        });
        json!({ "op": "put", "collection": "orders", "id": id, "entity": entity })
    });
    let paid = ids().map(|id| {
        let patch = json!({ "status": "awaiting_shipment", "financial_status": "paid" });
        json!({ "op": "patch", "collection": "orders", "id": id, "patch": patch })
    });
    put.chain(paid).flat_map(|line| format!("{line}\n").into_bytes()).collect()
}
