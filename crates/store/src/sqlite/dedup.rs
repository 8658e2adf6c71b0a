//! Which webhooks have been seen, and how many copies came.

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use shopwire_core::{Seq, SourceId, Timestamp};

use super::column::{Sql, get};
use crate::{Appended, Merges, StoreError};

/// A hash of a source and an identity key. Half of a SHA-256 is plenty: who finds two that collide has merged
/// two webhooks of their own.
pub(super) type DedupKey = [u8; 16];

pub(super) fn key(source: SourceId, identity: &str) -> DedupKey {
    let digest = Sha256::new().chain_update(source.as_bytes()).chain_update(identity).finalize();
    std::array::from_fn(|place| digest[place])
}

/// Claims a key for the event at `seq`. If it was taken, the merge is recorded and told.
pub(super) fn claim(
    db: &Connection,
    key: &DedupKey,
    seq: Seq,
    now: Timestamp,
) -> Result<Option<Appended>, StoreError> {
    let claimed = db
        .prepare_cached("INSERT INTO dedup (key, seq, last_seen) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute((key, Sql(seq), Sql(now)))?;
    if claimed == 1 {
        return Ok(None);
    }
    let into = db
        .prepare_cached("SELECT e.seq, e.id FROM dedup d JOIN event e ON e.seq = d.seq WHERE d.key = ?1")?
        .query_row([key], |row| Ok(Appended::Merged { seq: get(row, 0)?, into: get(row, 1)? }))
        .optional()?;
    match into {
        Some(Appended::Merged { seq, .. }) => merge(db, key, seq, now)?,
        // The event has been cleaned away before its key: this copy is a new event.
        _ => {
            db.execute(
                "UPDATE dedup SET seq = ?2, last_seen = ?3 WHERE key = ?1",
                (key, Sql(seq), Sql(now)),
            )?;
        }
    }
    Ok(into)
}

fn merge(db: &Connection, key: &DedupKey, seq: Seq, now: Timestamp) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE dedup SET last_seen = max(last_seen, ?2) WHERE key = ?1")?
        .execute((key, Sql(now)))?;
    db.prepare_cached(
        "INSERT INTO merge (seq, count, last_at) VALUES (?1, 1, ?2)
         ON CONFLICT DO UPDATE SET count = count + 1, last_at = max(last_at, excluded.last_at)",
    )?
    .execute((Sql(seq), Sql(now)))?;
    Ok(())
}

/// See [`Ledger::merges`](crate::Ledger::merges).
pub(super) fn merges(db: &Connection, seq: Seq) -> Result<Merges, StoreError> {
    let merges = db
        .prepare_cached("SELECT count, last_at FROM merge WHERE seq = ?1")?
        .query_row([Sql(seq)], |row| Ok(Merges { count: row.get(0)?, last_at: Some(get(row, 1)?) }))
        .optional()?;
    Ok(merges.unwrap_or_default())
}

/// Forgets at most `rows_max` keys last seen before `before`; answers how many those were.
pub(super) fn sweep(db: &Connection, before: Timestamp, rows_max: usize) -> Result<usize, StoreError> {
    let swept = db
        .prepare_cached(
            "DELETE FROM dedup WHERE key IN
             (SELECT key FROM dedup WHERE last_seen < ?1 ORDER BY last_seen LIMIT ?2)",
        )?
        .execute((Sql(before), rows_max as i64))?;
    Ok(swept)
}
