//! What shall be looked at later. A timer is set, changed and called off only together with a change of its entity.

use rusqlite::{Connection, Row};
use shopwire_core::Timestamp;
use shopwire_core::commerce::diff::TimerKind;

use super::column::{Sql, get, get_option, whole};
use crate::{DueTimer, EntityKey, StoreError};

/// Sets a timer of an entity to a time, or calls it off.
pub(super) fn set(
    db: &Connection,
    key: &EntityKey,
    timer: TimerKind,
    due: Option<Timestamp>,
) -> Result<(), StoreError> {
    let EntityKey { shop, kind, id } = key;
    let (shop, kind, timer) = (Sql(shop), Sql(*kind), Sql(timer));
    match due {
        Some(due) => db
            .prepare_cached(
                "INSERT INTO timer (shop, kind, id, name, due) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET due = excluded.due",
            )?
            .execute((shop, kind, id, timer, Sql(due)))?,
        None => db
            .prepare_cached("DELETE FROM timer WHERE shop = ?1 AND kind = ?2 AND id = ?3 AND name = ?4")?
            .execute((shop, kind, id, timer))?,
    };
    Ok(())
}

/// Whether a timer of an entity is set for just this time.
pub(super) fn is_set(
    db: &Connection,
    key: &EntityKey,
    timer: TimerKind,
    due: Timestamp,
) -> Result<bool, StoreError> {
    const SET: &str =
        "SELECT 1 FROM timer WHERE shop = ?1 AND kind = ?2 AND id = ?3 AND name = ?4 AND due = ?5";
    Ok(db.prepare_cached(SET)?.exists((Sql(&key.shop), Sql(key.kind), &key.id, Sql(timer), Sql(due)))?)
}

/// See [`Ledger::timers_due`](crate::Ledger::timers_due).
pub(super) fn due(db: &Connection, now: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT shop, kind, id, name, due FROM timer WHERE due <= ?1 ORDER BY due, shop, kind, id, name LIMIT ?2",
    )?;
    let due = statement.query_map((Sql(now), whole(limit as u64)), timer)?;
    Ok(due.collect::<Result<_, _>>()?)
}

fn timer(row: &Row<'_>) -> rusqlite::Result<DueTimer> {
    let key = EntityKey { shop: get(row, 0)?, kind: get(row, 1)?, id: row.get(2)? };
    Ok(DueTimer { key, timer: get(row, 3)?, due: get(row, 4)? })
}

/// See [`Ledger::next_timer`](crate::Ledger::next_timer).
pub(super) fn next(db: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = db.prepare_cached("SELECT min(due) FROM timer")?;
    Ok(statement.query_row((), |row| get_option(row, 0))?)
}
