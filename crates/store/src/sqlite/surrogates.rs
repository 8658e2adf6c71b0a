//! From a number that stands for an id back to the id.
//!
//! What was ever committed has its number beside its snapshot. Of what was only received there is nothing but the events,
//! and numbers can't be turned back: the ids that stand in the log are tried, one after another.

use rusqlite::{Connection, OptionalExtension as _};
use shopwire_core::ShopId;
use shopwire_core::commerce::{Subject, is_surrogate, number_for};

use super::column::{Sql, whole};
use crate::StoreError;
use crate::log::LogReader;

/// Events that are looked at, the newest first, before the answer is that there is none: about a second of one reader's
/// time.
const LOOKED_AT_MAX: usize = 200_000;

/// See [`Ledger::id_behind`](crate::Ledger::id_behind).
pub(super) fn id_behind(
    db: &Connection,
    log: &LogReader,
    shop: ShopId,
    kind: &str,
    number: u64,
) -> Result<Option<String>, StoreError> {
    // No kind holds a slash: a subject's kind ends at the first.
    if kind.contains('/') {
        return Ok(None);
    }
    let plain = number.to_string();
    if number_for(shop, kind, &plain) == number {
        let is_known =
            is_snapshot(db, shop, kind, &plain)? || log.is_subject(shop, &Subject::native(kind, &plain))?;
        return Ok(is_known.then_some(plain));
    }
    if !is_surrogate(number) {
        return Ok(None);
    }
    match of_snapshot(db, shop, kind, number)? {
        Some(id) => Ok(Some(id)),
        None => log.subject_id(shop, kind, LOOKED_AT_MAX, |id| number_for(shop, kind, id) == number),
    }
}

fn is_snapshot(db: &Connection, shop: ShopId, kind: &str, id: &str) -> Result<bool, StoreError> {
    const SNAPSHOT: &str = "SELECT 1 FROM snapshot WHERE shop = ?1 AND kind = ?2 AND id = ?3";
    Ok(db.prepare_cached(SNAPSHOT)?.exists((Sql(&shop), kind, id))?)
}

fn of_snapshot(db: &Connection, shop: ShopId, kind: &str, number: u64) -> Result<Option<String>, StoreError> {
    let id = db
        .prepare_cached(
            "SELECT id FROM snapshot WHERE shop = ?1 AND kind = ?2 AND surrogate = ?3 ORDER BY place",
        )?
        .query_row((Sql(&shop), kind, whole(number)), |row| row.get(0))
        .optional()?;
    Ok(id)
}
