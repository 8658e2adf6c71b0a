//! Events and updates to try the log with.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use shopwire_core::commerce::{CanonicalType, EntityKind, EventType, Subject};
use shopwire_core::delivery::{DeadReason, LaneChanges, Outcome};
use shopwire_core::{
    DialectId, EndpointId, Event, EventId, Headers, Origin, ReceivedWebhook, RecordedChange, Seq, ShopId,
    SourceId, Timestamp,
};

use crate::log::{DedupKey, EncodedEvent, EncodedUpdate, Log, LogConfig, Opened};
use crate::{AttemptRecord, LaneUpdate, PageRequest};

/// A small segment, so that there are many.
pub(super) const SEGMENT_BYTES: u64 = 3_000;

pub(super) fn config() -> LogConfig {
    LogConfig { segment_bytes: SEGMENT_BYTES, ..LogConfig::default() }
}

pub(super) fn open(directory: &Path) -> Opened {
    Log::open(directory, config(), u64::MAX).unwrap()
}

pub(super) fn place() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The file of a log's only segment.
pub(super) fn only_segment(directory: &Path) -> PathBuf {
    let mut logs = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    logs.find(|path| path.extension().is_some_and(|extension| extension == "log")).unwrap()
}

/// A number spread over sixteen bytes.
pub(super) fn bytes(n: u64) -> [u8; 16] {
    let spread = crate::log::filter::spread(n);
    std::array::from_fn(|place| (spread.rotate_left(place as u32 * 8) ^ n) as u8)
}

pub(super) fn shop(n: u64) -> ShopId {
    ShopId::from_bytes(bytes(n % 2))
}

pub(super) fn key(n: u64) -> DedupKey {
    bytes(n + 1_000_000)
}

pub(super) fn moment(n: u64) -> Timestamp {
    Timestamp::from_ms(1_000 * n as i64)
}

/// Every third event is a change, the others are webhooks of two dialects.
pub(super) fn event(n: u64) -> Event {
    let body = Bytes::from(vec![n as u8; (n % 7 * 30) as usize]);
    let origin = if n.is_multiple_of(3) {
        Origin::Change(RecordedChange {
            cause: Some("order".to_owned()),
            actor: None,
            version: n,
            data: body,
        })
    } else {
        Origin::Webhook(ReceivedWebhook {
            source: SourceId::from_bytes(bytes(n % 2)),
            dialect: if n.is_multiple_of(2) { DialectId::Duda } else { DialectId::Shoptet },
            topic: "topic".to_owned(),
            platform_event_id: (n.is_multiple_of(5)).then(|| "žluť".to_owned()),
            query: None,
            headers: Headers::new().with("X-Name", "value"),
            body,
        })
    };
    let event_type: EventType = if n.is_multiple_of(4) {
        CanonicalType::OrderCreated.into()
    } else {
        CanonicalType::CartUpdated.into()
    };
    Event {
        id: EventId::from_bytes(bytes(n)),
        shop: shop(n),
        event_type,
        subject: Subject::new(EntityKind::Order, n % 6),
        // The clock jumps back now and then.
        occurred_at: moment(n),
        received_at: moment(n ^ 4),
        origin,
    }
}

pub(super) fn encoded(n: u64) -> EncodedEvent {
    EncodedEvent::new(&event(n), Some(key(n)))
}

pub(super) fn endpoint(n: u64) -> EndpointId {
    EndpointId::from_bytes(bytes(n + 77))
}

pub(super) fn attempt(seq: u64, number: u32) -> AttemptRecord {
    let outcomes = [
        Outcome::Delivered { status: 204 },
        Outcome::Throttled { status: 429, retry_after_ms: Some(0) },
        Outcome::Refused { status: 500 },
        Outcome::TimedOut,
    ];
    let kind = seq + u64::from(number);
    AttemptRecord {
        seq: Seq(seq),
        number,
        at: moment(kind),
        latency_us: kind,
        outcome: outcomes[kind as usize % outcomes.len()].clone(),
        detail: (kind.is_multiple_of(2)).then(|| "a detail".to_owned()),
        response: Bytes::from(vec![0xff; kind as usize % 5]),
        next_at: (kind.is_multiple_of(3)).then(|| moment(99)),
        dead: (kind.is_multiple_of(5)).then_some(DeadReason::TooOld),
    }
}

pub(super) fn update(endpoint: EndpointId, cursor: u64, attempts: Vec<AttemptRecord>) -> LaneUpdate {
    let done = vec![Seq(cursor + 2), Seq(cursor + 5)];
    LaneUpdate { endpoint, cursor: Seq(cursor), done, changes: LaneChanges::default(), attempts }
}

/// Puts and commits the events of these numbers, each by itself.
pub(super) fn append(log: &mut Log, numbers: impl IntoIterator<Item = u64>) {
    for n in numbers {
        log.put(&encoded(n));
        log.commit(None).unwrap();
    }
}

pub(super) fn record(log: &mut Log, update: &LaneUpdate) {
    log.put_update(&EncodedUpdate::new(update));
    log.commit(None).unwrap();
}

/// The numbers of all events that can be read.
pub(super) fn all(log: &Log) -> Vec<Event> {
    let read = log.reader().read_after(Seq::START, usize::MAX, usize::MAX).unwrap();
    read.iter().map(|logged| logged.event.clone()).collect()
}

pub(super) fn events(numbers: impl IntoIterator<Item = u64>) -> Vec<Event> {
    numbers.into_iter().map(event).collect()
}

pub(super) fn page(size: usize, before: Option<u64>) -> PageRequest {
    PageRequest { size, before, scan_rows_max: usize::MAX }
}
