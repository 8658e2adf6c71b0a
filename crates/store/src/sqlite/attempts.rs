//! Attempts: rows that are only ever added.

use bytes::Bytes;
use rusqlite::{Connection, Row};
use shopwire_core::EndpointId;
use shopwire_core::delivery::DeadReason;

use super::column::{Sql, get, get_option, get_outcome, retry_after_ms, whole};
use super::fault::unreadable;
use super::paging::Walk;
use crate::{AttemptFilter, AttemptRecord, Page, PageRequest, StoreError, StoredAttempt};

pub(super) fn insert(
    db: &Connection,
    endpoint: EndpointId,
    attempt: &AttemptRecord,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO attempt (seq, endpoint, number, at, latency_us, outcome, status, retry_after_ms,
                              detail, response, next_at, dead)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute((
        Sql(attempt.seq),
        Sql(&endpoint),
        attempt.number,
        Sql(attempt.at),
        whole(attempt.latency_us),
        attempt.outcome.code(),
        attempt.outcome.status(),
        retry_after_ms(&attempt.outcome),
        &attempt.detail,
        (!attempt.response.is_empty()).then_some(&attempt.response[..]),
        attempt.next_at.map(Sql),
        attempt.dead.map(DeadReason::code),
    ))?;
    Ok(())
}

const IS_SUPERSEDED: &str =
    "EXISTS (SELECT 1 FROM attempt b WHERE b.seq = a.seq AND b.endpoint = a.endpoint AND b.id > a.id)";

/// See [`Ledger::attempts`](crate::Ledger::attempts). Walks over narrow columns first and reads only the attempts that
/// are wanted in full.
pub(super) fn page(
    db: &Connection,
    filter: &AttemptFilter,
    page: PageRequest,
) -> Result<Page<StoredAttempt>, StoreError> {
    let select = if filter.latest {
        format!("SELECT a.id, a.outcome, {IS_SUPERSEDED} FROM attempt a")
    } else {
        "SELECT a.id, a.outcome, 0 FROM attempt a".to_owned()
    };
    let places: Page<u64> = Walk::new(&select, "a.id", page)
        .and("a.seq = ?", filter.event.map(|seq| whole(seq.0)))
        .and("a.endpoint = ?", filter.endpoint.map(|endpoint| endpoint.as_bytes().to_vec()))
        .run(db, page, |row| {
            let place = row.get(0)?;
            let outcome = row.get_ref(1)?.as_str_or_null().ok().flatten();
            let is_superseded: bool = row.get(2)?;
            let is_wanted = filter.outcome.as_deref().is_none_or(|wanted| outcome == Some(wanted));
            Ok((place, (is_wanted && !is_superseded).then_some(place)))
        })?;
    let items = places.items.into_iter().map(|place| read(db, place)).collect::<Result<_, _>>()?;
    Ok(Page { items, next: places.next })
}

fn read(db: &Connection, place: u64) -> Result<StoredAttempt, StoreError> {
    let sql = format!(
        "SELECT e.id, a.endpoint, a.seq, a.number, a.at, a.latency_us, a.outcome, a.status, a.retry_after_ms,
                a.detail, a.response, a.next_at, a.dead, {IS_SUPERSEDED}
         FROM attempt a JOIN event e ON e.seq = a.seq WHERE a.id = ?1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([whole(place)])?;
    let row =
        rows.next()?.ok_or_else(|| unreadable(format_args!("attempt {place}"), "its event is missing"))?;
    stored(row)
}

fn stored(row: &Row<'_>) -> Result<StoredAttempt, StoreError> {
    let response: Option<Vec<u8>> = row.get(10)?;
    let dead: Option<String> = row.get(12)?;
    let dead = dead.map(|code| reason(&code)).transpose()?;
    let attempt = AttemptRecord {
        seq: get(row, 2)?,
        number: row.get(3)?,
        at: get(row, 4)?,
        latency_us: row.get(5)?,
        outcome: get_outcome(row, 6)?,
        detail: row.get(9)?,
        response: response.map(Bytes::from).unwrap_or_default(),
        next_at: get_option(row, 11)?,
        dead,
    };
    Ok(StoredAttempt { event: get(row, 0)?, endpoint: get(row, 1)?, attempt, superseded: row.get(13)? })
}

/// Why a delivery was given up, from the word under which it is stored.
pub(super) fn reason(code: &str) -> Result<DeadReason, StoreError> {
    DeadReason::from_code(code).ok_or_else(|| unreadable("a dead letter", format!("`{code}` is no reason")))
}
