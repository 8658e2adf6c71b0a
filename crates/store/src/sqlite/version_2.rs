//! The log as versions 1 and 2 kept it, in tables: read once, when it is copied into segments.

use bytes::Bytes;
use rusqlite::{Connection, Row};
use shopwire_core::{DialectId, EndpointId, Event, EventId, Seq, ShopId, SourceId};

use super::column::{get, get_option, get_outcome};
use super::dead_letters::reason;
use crate::log::origin::{self, Known};
use crate::log::{EncodedEvent, Head};
use crate::{AttemptRecord, StoreError};

/// Makes it quick to find the key of an event.
pub(super) const PREPARE: &str = "CREATE INDEX IF NOT EXISTS dedup_by_seq ON dedup (seq)";

/// All events, in order, with their identity keys.
pub(super) const EVENTS: &str =
    "SELECT e.seq, e.id, e.shop, e.type, e.subject, e.occurred_at, e.received_at, e.source,
        e.dialect, e.topic, r.record, r.body, (SELECT key FROM dedup d WHERE d.seq = e.seq)
    FROM event e LEFT JOIN event_record r ON r.seq = e.seq ORDER BY e.seq";

/// All attempts, in the order they were recorded.
pub(super) const ATTEMPTS: &str =
    "SELECT endpoint, seq, number, at, latency_us, outcome, status, retry_after_ms, detail,
        response, next_at, dead FROM attempt ORDER BY id";

/// The place of the last event.
pub(super) fn head(db: &Connection) -> Result<Seq, StoreError> {
    let head = db.query_row("SELECT max(seq) FROM event", (), |row| get_option(row, 0))?;
    Ok(head.unwrap_or(Seq::START))
}

/// The place in a row of [`EVENTS`].
pub(super) fn place(row: &Row<'_>) -> Result<Seq, StoreError> {
    Ok(get(row, 0)?)
}

/// The event in a row of [`EVENTS`]. Of one that can't be read all is kept that is left of it.
pub(super) fn event(row: &Row<'_>) -> Result<EncodedEvent, StoreError> {
    match read(row) {
        Ok((event, key)) => Ok(EncodedEvent::new(&event, key)),
        Err(StoreError::Unreadable(why)) => {
            let seq = place(row)?;
            tracing::error!(%seq, why, "an event can't be read: it keeps its place in the log, and is told to be damaged");
            Ok(left_of(row))
        }
        Err(error) => Err(error),
    }
}

fn left_of(row: &Row<'_>) -> EncodedEvent {
    let bytes = |column| row.get_ref(column).ok().and_then(|value| value.as_bytes().ok()).unwrap_or_default();
    let text = |column| std::str::from_utf8(bytes(column)).unwrap_or_default();
    let (id, shop) = (get::<EventId>(row, 1), get::<ShopId>(row, 2));
    let is_named = id.is_ok() && shop.is_ok();
    let source: Option<SourceId> = get_option(row, 7).ok().flatten();
    let head = Head {
        id: id.unwrap_or(EventId::from_bytes([0; 16])),
        shop: shop.unwrap_or(ShopId::from_bytes([0; 16])),
        occurred_at: get(row, 5).unwrap_or_default(),
        received_at: get(row, 6).unwrap_or_default(),
        key: row.get(12).ok().flatten(),
        // So that nobody takes it for an event of that shop.
        event_type: if is_named { text(3) } else { "" },
        subject: text(4),
        from: source.map(|source| (source, text(8), text(9))),
    };
    EncodedEvent::damaged(&head, bytes(10), bytes(11))
}

fn read(row: &Row<'_>) -> Result<(Event, Option<[u8; 16]>), StoreError> {
    let id: EventId = get(row, 1)?;
    let wrong = |why: &str| StoreError::Unreadable(format!("{why} ({id})"));
    let text =
        |column| row.get_ref(column)?.as_str().map_err(|error| StoreError::Unreadable(error.to_string()));
    let body: Option<Vec<u8>> = row.get(11)?;
    let body = body.ok_or_else(|| wrong("what was received is missing"))?;
    let record = row.get_ref(10)?.as_blob().map_err(|_| wrong("its record is not a blob"))?;
    let dialect: Option<String> = row.get(8)?;
    let dialect: Option<DialectId> =
        dialect.map(|name| name.parse().map_err(|_| wrong("its dialect is unknown"))).transpose()?;
    let source: Option<SourceId> = get_option(row, 7)?;
    let event = Event {
        id,
        shop: get(row, 2)?,
        event_type: text(3)?.parse().map_err(|_| wrong("its type is none"))?,
        subject: text(4)?.parse().map_err(|_| wrong("its subject is none"))?,
        occurred_at: get(row, 5)?,
        received_at: get(row, 6)?,
        origin: origin::decode(Known { source, dialect, topic: row.get(9)? }, record, body.into())
            .map_err(wrong)?,
    };
    Ok((event, row.get(12)?))
}

/// The attempt in a row of [`ATTEMPTS`], and the endpoint.
pub(super) fn attempt(row: &Row<'_>) -> Result<(EndpointId, AttemptRecord), StoreError> {
    let response: Option<Vec<u8>> = row.get(9)?;
    let dead: Option<String> = row.get(11)?;
    let attempt = AttemptRecord {
        seq: get(row, 1)?,
        number: row.get(2)?,
        at: get(row, 3)?,
        latency_us: row.get(4)?,
        outcome: get_outcome(row, 5)?,
        detail: row.get(8)?,
        response: response.map(Bytes::from).unwrap_or_default(),
        next_at: get_option(row, 10)?,
        dead: dead.map(|code| reason(&code)).transpose()?,
    };
    Ok((get(row, 0)?, attempt))
}
