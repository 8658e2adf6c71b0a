//! Fills a log with events that were delivered, straight through the ledger: as if a server had run for long.

use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::commerce::{CanonicalType, EntityKind, Subject};
use shopwire_core::delivery::{LaneChanges, Outcome};
use shopwire_core::{
    Clock as _, DialectId, EndpointId, Event, EventId, Headers, Origin, ReceivedWebhook, Seq, ShopId,
    SourceId, Timestamp,
};
use shopwire_engine::{SystemRandom, SystemTimer};
use shopwire_store::{AttemptRecord, LaneUpdate, Ledger, NewEvent};
use tokio::task::JoinSet;

use super::super::load;
use super::super::order::NUMBER_FIRST;
use super::{Store, settings};
use crate::serve;

/// Events that wait for the disk at the same time, so that many share one sync.
const WRITERS: u64 = 2_048;

/// Attempts that are recorded together.
const ATTEMPTS: u64 = 1_024;

const DAY_MS: i64 = 24 * 3_600_000;

/// What a log is filled with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Fill {
    /// Events, all delivered to the store's first endpoint.
    pub(in super::super) events: u64,
    /// How many days ago they came.
    pub(in super::super) days_ago: i64,
}

/// What all events of a log have in common.
#[derive(Clone, Copy)]
struct Common {
    shop: ShopId,
    source: SourceId,
    at: Timestamp,
}

impl Store {
    /// Fills the log. The places of the events are out of the way of any load's.
    pub(in super::super) async fn fill(&self, fill: Fill) -> anyhow::Result<()> {
        let ledger = serve::open(&settings(&self.data)?)?;
        let at = SystemTimer.now().plus_ms(-fill.days_ago * DAY_MS);
        let common = Common { shop: self.shop, source: self.sources[0], at };
        let before = ledger.head().await?;
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS.min(fill.events) {
            let ledger = Arc::clone(&ledger);
            writers.spawn(async move { write(&*ledger, common, writer, fill.events).await });
        }
        while let Some(written) = writers.join_next().await {
            written??;
        }
        if let Some(endpoint) = self.endpoints.first() {
            deliver(&*ledger, endpoint.id, before, at).await?;
        }
        Ok(ledger.close().await?)
    }
}

/// Every so manieth event, beginning with this writer's own.
async fn write(ledger: &dyn Ledger, common: Common, writer: u64, events: u64) -> anyhow::Result<()> {
    for place in (writer..events).step_by(usize::try_from(WRITERS)?) {
        // Far behind the numbers that a load begins with.
        let number = NUMBER_FIRST * 5 + place;
        let identity = Some((common.source, format!("filled-{number}")));
        ledger.append(NewEvent { event: event(common, number), identity }).await?;
    }
    Ok(())
}

fn event(common: Common, number: u64) -> Event {
    let Common { shop, source, at } = common;
    Event {
        id: EventId::new(at, &SystemRandom),
        shop,
        event_type: CanonicalType::OrderUpdated.into(),
        subject: Subject::new(EntityKind::Order, number),
        occurred_at: at,
        received_at: at,
        origin: Origin::Webhook(ReceivedWebhook {
            source,
            dialect: DialectId::BigCommerce,
            topic: "store/order/updated".to_owned(),
            platform_event_id: None,
            query: None,
            headers: Headers::new().with("content-type", "application/json"),
            body: Bytes::from(load::body(number - NUMBER_FIRST, at.as_secs())),
        }),
    }
}

/// Records that everything behind this place was delivered at the first attempt.
async fn deliver(
    ledger: &dyn Ledger,
    endpoint: EndpointId,
    before: Seq,
    at: Timestamp,
) -> anyhow::Result<()> {
    let head = ledger.head().await?;
    let attempt = |seq| AttemptRecord {
        seq: Seq(seq),
        number: 1,
        at,
        latency_us: 900,
        outcome: Outcome::Delivered { status: 200 },
        detail: None,
        response: Bytes::new(),
        next_at: None,
        dead: None,
    };
    let mut done = before.0;
    while done < head.0 {
        let end = head.0.min(done + ATTEMPTS);
        let update = LaneUpdate {
            endpoint,
            cursor: Seq(end),
            done: Vec::new(),
            changes: LaneChanges::default(),
            attempts: (done + 1..=end).map(attempt).collect(),
        };
        ledger.record(vec![update]).await?;
        done = end;
    }
    Ok(())
}
