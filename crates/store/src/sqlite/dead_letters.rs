//! Deliveries that were given up.

use rusqlite::{Connection, OptionalExtension as _, Row};
use shopwire_core::delivery::DeadReason;
use shopwire_core::{EndpointId, EventId, Seq, Timestamp};

use super::column::{Sql, get, get_outcome, retry_after_ms, whole};
use super::fault::unreadable;
use super::paging::Walk;
use crate::{AttemptRecord, DeadLetter, DeadLetterFilter, Page, PageRequest, StoreError};

/// Puts a delivery on the list that was given up with this attempt. One that was redelivered and died again stands there
/// anew.
pub(super) fn insert(
    db: &Connection,
    endpoint: EndpointId,
    event: EventId,
    reason: DeadReason,
    attempt: &AttemptRecord,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO dead_letter
         (endpoint, seq, event, reason, at, attempts, outcome, status, retry_after_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        Sql(&endpoint),
        Sql(attempt.seq),
        Sql(&event),
        reason.code(),
        Sql(attempt.at),
        attempt.number,
        attempt.outcome.code(),
        attempt.outcome.status(),
        retry_after_ms(&attempt.outcome),
    ))?;
    Ok(())
}

/// Takes a delivery off the list; answers how many attempts it made, `None` if it does not stand there.
pub(super) fn take(db: &Connection, endpoint: EndpointId, seq: Seq) -> Result<Option<u32>, StoreError> {
    let attempts = db
        .prepare_cached("DELETE FROM dead_letter WHERE endpoint = ?1 AND seq = ?2 RETURNING attempts")?
        .query_row((Sql(&endpoint), Sql(seq)), |row| row.get(0))
        .optional()?;
    Ok(attempts)
}

/// See [`Ledger::expire_dead_letters`](crate::Ledger::expire_dead_letters).
pub(super) fn expire(db: &Connection, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
    let expired = db
        .prepare_cached(
            "DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter WHERE at < ?1 ORDER BY at, id LIMIT ?2)",
        )?
        .execute((Sql(before), whole(limit as u64)))?;
    Ok(expired)
}

/// See [`Ledger::dismiss`](crate::Ledger::dismiss).
pub(super) fn dismiss(db: &Connection, endpoint: EndpointId, places: &[Seq]) -> Result<usize, StoreError> {
    let taken = places.iter().map(|seq| Ok(usize::from(take(db, endpoint, *seq)?.is_some())));
    taken.sum()
}

/// See [`Ledger::dead_letter_count`](crate::Ledger::dead_letter_count).
pub(super) fn count(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.prepare_cached("SELECT count(*) FROM dead_letter")?.query_row((), |row| row.get(0))?)
}

/// See [`Ledger::dead_letters`](crate::Ledger::dead_letters).
pub(super) fn page(
    db: &Connection,
    filter: &DeadLetterFilter,
    page: PageRequest,
) -> Result<Page<DeadLetter>, StoreError> {
    const SELECT: &str =
        "SELECT id, event, seq, endpoint, reason, at, attempts, outcome, status, retry_after_ms
        FROM dead_letter";
    Walk::new(SELECT, "id", page)
        .and("seq = ?", filter.event.map(|seq| whole(seq.0)))
        .and("endpoint = ?", filter.endpoint.map(|endpoint| endpoint.as_bytes().to_vec()))
        .run(db, page, |row| Ok((row.get(0)?, Some(dead_letter(row)?))))
}

fn dead_letter(row: &Row<'_>) -> Result<DeadLetter, StoreError> {
    let code: String = row.get(4)?;
    Ok(DeadLetter {
        event: get(row, 1)?,
        seq: get(row, 2)?,
        endpoint: get(row, 3)?,
        reason: reason(&code)?,
        at: get(row, 5)?,
        attempts: row.get(6)?,
        last_outcome: Some(get_outcome(row, 7)?),
    })
}

/// Why a delivery was given up, from the word under which it is stored.
pub(super) fn reason(code: &str) -> Result<DeadReason, StoreError> {
    DeadReason::from_code(code).ok_or_else(|| unreadable("a dead letter", format!("`{code}` is no reason")))
}
