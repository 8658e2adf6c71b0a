//! Rejected requests: a list that keeps its length.

use bytes::Bytes;
use rusqlite::{Connection, Row};

use super::column::{Sql, get, whole};
use super::fault::unreadable;
use super::paging::Walk;
use crate::{Page, PageRequest, RejectedRequest, StoreError};

/// Adds a request and drops the oldest beyond `kept_max`. Places have no holes: only the oldest are ever dropped.
pub(super) fn insert(db: &Connection, request: &RejectedRequest, kept_max: usize) -> Result<(), StoreError> {
    let headers = serde_json::to_string(&request.headers).expect("header fields are texts");
    db.prepare_cached(
        "INSERT INTO rejected (id, source, at, code, reason, headers, body_start, body_bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        Sql(&request.id),
        Sql(&request.source),
        Sql(request.at),
        &request.code,
        &request.reason,
        headers,
        &request.body_start[..],
        whole(request.body_bytes),
    ))?;
    let last = db.last_insert_rowid();
    db.prepare_cached("DELETE FROM rejected WHERE place <= ?1")?
        .execute([last.saturating_sub(whole(kept_max as u64))])?;
    Ok(())
}

/// See [`Ledger::rejected`](crate::Ledger::rejected).
pub(super) fn page(db: &Connection, page: PageRequest) -> Result<Page<RejectedRequest>, StoreError> {
    const SELECT: &str =
        "SELECT place, id, source, at, code, reason, headers, body_start, body_bytes FROM rejected";
    Walk::new(SELECT, "place", page).run(db, page, |row| Ok((row.get(0)?, Some(request(row)?))))
}

fn request(row: &Row<'_>) -> Result<RejectedRequest, StoreError> {
    let headers = row.get_ref(6)?.as_str().map_err(|error| unreadable("a rejected request", error))?;
    let body_start: Vec<u8> = row.get(7)?;
    Ok(RejectedRequest {
        id: get(row, 1)?,
        source: get(row, 2)?,
        at: get(row, 3)?,
        code: row.get(4)?,
        reason: row.get(5)?,
        headers: serde_json::from_str(headers).map_err(|error| unreadable("a rejected request", error))?,
        body_start: Bytes::from(body_start),
        body_bytes: row.get(8)?,
    })
}
