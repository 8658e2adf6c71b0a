//! From a number that stands for an id back to the id.
//!
//! What was ever committed has its number beside its snapshot. Of what was only received there is nothing but the events,
//! and numbers can't be turned back: the ids that stand in the log are tried, one after another.

use rusqlite::{Connection, OptionalExtension as _};
use shopwire_core::ShopId;
use shopwire_core::commerce::{Subject, is_surrogate, number_for};

use super::column::{Sql, whole};
use crate::StoreError;

/// Subjects that are tried, and events about one subject that are looked at, before the answer is that there is none:
/// about a second of one reader's time.
const LOOKED_AT_MAX: i64 = 200_000;

/// See [`Ledger::id_behind`](crate::Ledger::id_behind).
pub(super) fn id_behind(
    db: &Connection,
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
        let is_known = is_snapshot(db, shop, kind, &plain)? || is_subject(db, shop, kind, &plain)?;
        return Ok(is_known.then_some(plain));
    }
    if !is_surrogate(number) {
        return Ok(None);
    }
    match of_snapshot(db, shop, kind, number)? {
        Some(id) => Ok(Some(id)),
        None => of_subject(db, shop, kind, number),
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

/// Whether an event of the shop is about this.
fn is_subject(db: &Connection, shop: ShopId, kind: &str, id: &str) -> Result<bool, StoreError> {
    // Other shops have their own `order/1`: the newest events about it are looked at.
    const ABOUT: &str = "SELECT 1 FROM (SELECT shop FROM event WHERE subject = ?2 ORDER BY seq DESC LIMIT ?3)
        WHERE shop = ?1";
    let subject = Subject::native(kind, id);
    Ok(db.prepare_cached(ABOUT)?.exists((Sql(&shop), subject.as_str(), LOOKED_AT_MAX))?)
}

/// Goes from one subject of the kind to the next through their index, whatever the number of events about each.
fn of_subject(db: &Connection, shop: ShopId, kind: &str, number: u64) -> Result<Option<String>, StoreError> {
    const SUBJECTS: &str = "WITH RECURSIVE subjects (subject) AS (
            SELECT min(subject) FROM event WHERE subject >= ?1 AND subject < ?2
            UNION ALL
            SELECT (SELECT min(subject) FROM event WHERE subject > subjects.subject AND subject < ?2)
            FROM subjects WHERE subjects.subject IS NOT NULL
        )
        SELECT substr(subject, ?3) FROM subjects WHERE subject IS NOT NULL LIMIT ?4";
    let mut statement = db.prepare_cached(SUBJECTS)?;
    // Behind all that begin with `order/` comes `order0`. Texts are counted from 1, and the slash is not the id's.
    let id_begins = kind.chars().count() + 2;
    let range = (format!("{kind}/"), format!("{kind}0"), whole(id_begins as u64), LOOKED_AT_MAX);
    let mut ids = statement.query(range)?;
    while let Some(row) = ids.next()? {
        let id: String = row.get(0)?;
        if number_for(shop, kind, &id) == number && is_subject(db, shop, kind, &id)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
