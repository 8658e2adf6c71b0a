//! The records of what was erased: begun before anything is, finished when nothing is left.

use rusqlite::{Connection, OptionalExtension as _, Row};
use shopwire_core::commerce::Subject;
use shopwire_core::{ShopId, Timestamp};

use super::column::{Sql, get, get_option, whole};
use super::fault::unreadable;
use crate::log::Emptied;
use crate::{Erasure, StoreError};

/// The columns of a record, in the order in which [`erasure`] reads them.
const ERASURE: &str = "SELECT shop, subject, at, finished_at, events, attempts, snapshots FROM erasure";

/// Notes that a subject is to be erased, unless that is under way already.
pub(super) fn begin(
    db: &Connection,
    shop: ShopId,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO erasure (shop, subject, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        (Sql(&shop), subject.as_str(), Sql(now)),
    )?;
    Ok(())
}

/// Deletes the state of the subject, with its timers, and finishes its erasure. One that was interrupted counts what was left.
pub(super) fn finish(
    db: &Connection,
    shop: ShopId,
    subject: &Subject,
    emptied: Emptied,
    now: Timestamp,
) -> Result<Erasure, StoreError> {
    let (kind, id) = (subject.kind_name(), subject.id());
    let snapshots =
        db.execute("DELETE FROM snapshot WHERE shop = ?1 AND kind = ?2 AND id = ?3", (Sql(&shop), kind, id))?;
    db.execute("DELETE FROM timer WHERE shop = ?1 AND kind = ?2 AND id = ?3", (Sql(&shop), kind, id))?;
    let finished = db
        .query_row(
            "UPDATE erasure SET finished_at = ?3, events = ?4, attempts = ?5, snapshots = ?6
             WHERE shop = ?1 AND subject = ?2 AND finished_at IS NULL
             RETURNING shop, subject, at, finished_at, events, attempts, snapshots",
            (
                Sql(&shop),
                subject.as_str(),
                Sql(now),
                whole(emptied.events),
                whole(emptied.attempts),
                whole(snapshots as u64),
            ),
            |row| Ok(erasure(row)),
        )
        .optional()?;
    match finished {
        Some(erasure) => erasure,
        // Somebody who asked for the same was first.
        None => db.query_row(
            &format!("{ERASURE} WHERE shop = ?1 AND subject = ?2 ORDER BY id DESC LIMIT 1"),
            (Sql(&shop), subject.as_str()),
            |row| Ok(erasure(row)),
        )?,
    }
}

/// See [`Ledger::erasures`](crate::Ledger::erasures).
pub(super) fn list(db: &Connection, limit: usize) -> Result<Vec<Erasure>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{ERASURE} ORDER BY id DESC LIMIT ?1"))?;
    let mut rows = statement.query([whole(limit as u64)])?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        listed.push(erasure(row)?);
    }
    Ok(listed)
}

fn erasure(row: &Row<'_>) -> Result<Erasure, StoreError> {
    let subject: String = row.get(1)?;
    let subject = subject.parse().map_err(|error| unreadable("the record of an erasure", error))?;
    Ok(Erasure {
        shop: get(row, 0)?,
        subject,
        at: get(row, 2)?,
        finished_at: get_option(row, 3)?,
        events: row.get(4)?,
        attempts: row.get(5)?,
        snapshots: row.get(6)?,
    })
}
