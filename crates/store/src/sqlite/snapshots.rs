//! The state of shops: the last known state of every entity, with its version.

use rusqlite::{Connection, OptionalExtension as _, Row};
use shopwire_core::ShopId;
use shopwire_core::commerce::EntityKind;

use super::column::{Json, Sql, get, get_option, whole};
use super::entry::Entry;
use super::group::Group;
use super::timers;
use crate::{Committed, EntityChange, EntityKey, Snapshot, StoreError};

/// See [`Ledger::commit`](crate::Ledger::commit). What a conflict forbids is known before anything is written.
pub(super) fn commit(
    group: &mut Group<'_>,
    change: &EntityChange,
    events: &mut [Entry],
) -> Result<Committed, StoreError> {
    let db = group.sql()?;
    let version = version(db, &change.key)?;
    let is_still_due = match change.fired {
        Some((timer, due)) => timers::is_set(db, &change.key, timer, due)?,
        None => true,
    };
    if version != change.base_version || !is_still_due {
        return Ok(Committed::Conflict { version });
    }
    let version = version + 1;
    put(db, version, change)?;
    if let Some((timer, _)) = change.fired {
        timers::set(db, &change.key, timer, None)?;
    }
    for (timer, due) in &change.timers {
        timers::set(db, &change.key, *timer, *due)?;
    }
    group.put_all(events);
    Ok(Committed::Done { version, head: group.head() })
}

/// The version an entity is at; 0 if it was never heard of.
fn version(db: &Connection, key: &EntityKey) -> Result<u64, StoreError> {
    let version = db
        .prepare_cached("SELECT version FROM snapshot WHERE shop = ?1 AND kind = ?2 AND id = ?3")?
        .query_row((Sql(&key.shop), Sql(key.kind), &key.id), |row| row.get(0))
        .optional()?;
    Ok(version.unwrap_or(0))
}

/// A surrogate that was once given is kept: whoever was told it may ask for the id behind it.
fn put(db: &Connection, version: u64, change: &EntityChange) -> Result<(), StoreError> {
    let EntityKey { shop, kind, id } = &change.key;
    db.prepare_cached(
        "INSERT INTO snapshot (shop, kind, id, version, updated_at, surrogate, marks, entity)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (shop, kind, id) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at,
         surrogate = coalesce(excluded.surrogate, surrogate), marks = excluded.marks, entity = excluded.entity",
    )?
    .execute((
        Sql(shop),
        Sql(*kind),
        id,
        whole(version),
        Sql(change.at),
        change.surrogate.map(whole),
        Json(&change.marks),
        change.entity.as_deref().map(Json),
    ))?;
    Ok(())
}

/// The columns of a snapshot, in the order in which [`snapshot`] reads them.
const SNAPSHOT: &str = "SELECT shop, kind, id, version, entity, marks, updated_at FROM snapshot";

fn snapshot(row: &Row<'_>) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        key: EntityKey { shop: get(row, 0)?, kind: get(row, 1)?, id: row.get(2)? },
        version: row.get(3)?,
        entity: get_option(row, 4)?,
        marks: get(row, 5)?,
        updated_at: get(row, 6)?,
    })
}

/// See [`Ledger::snapshot`](crate::Ledger::snapshot).
pub(super) fn read(db: &Connection, key: &EntityKey) -> Result<Option<Snapshot>, StoreError> {
    let read = db
        .prepare_cached(&format!("{SNAPSHOT} WHERE shop = ?1 AND kind = ?2 AND id = ?3"))?
        .query_row((Sql(&key.shop), Sql(key.kind), &key.id), snapshot)
        .optional()?;
    Ok(read)
}

/// See [`Ledger::snapshots`](crate::Ledger::snapshots).
pub(super) fn list(
    db: &Connection,
    shop: ShopId,
    kind: EntityKind,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Snapshot>, StoreError> {
    // The empty text comes before every other: from it on are all.
    let from = if after.is_some() { "id > ?3" } else { "id >= ?3" };
    let sql = format!(
        "{SNAPSHOT} WHERE shop = ?1 AND kind = ?2 AND {from} AND entity IS NOT NULL ORDER BY id LIMIT ?4"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let after = after.unwrap_or_default();
    let listed = statement.query_map((Sql(&shop), Sql(kind), after, whole(limit as u64)), snapshot)?;
    Ok(listed.collect::<Result<_, _>>()?)
}

/// Forgets the state of a shop, with all that was to be looked at later.
pub(super) fn remove(db: &Connection, shop: ShopId) -> Result<(), StoreError> {
    db.execute("DELETE FROM snapshot WHERE shop = ?1", [Sql(&shop)])?;
    db.execute("DELETE FROM timer WHERE shop = ?1", [Sql(&shop)])?;
    Ok(())
}
