//! The log as versions 1 and 2 kept it, in tables: read once, when it is copied into segments.

use bytes::Bytes;
use rusqlite::{Connection, Row};
use shopwire_core::{DialectId, EndpointId, Event, EventId, Seq, SourceId};

use super::codec::{self, Known};
use super::column::{get, get_option, get_outcome};
use super::dead_letters::reason;
use super::fault::damaged;
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

/// The event in a row of [`EVENTS`], with its identity key.
pub(super) fn event(row: &Row<'_>) -> Result<(Event, Option<[u8; 16]>), StoreError> {
    let seq = place(row)?;
    read(row).map_err(|error| damaged(seq, error))
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
        origin: codec::decode(Known { source, dialect, topic: row.get(9)? }, record, body).map_err(wrong)?,
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
