//! Answers kept under idempotency keys. They may show a secret, so they are encrypted.

use rusqlite::{Connection, OptionalExtension as _};
use shopwire_core::Timestamp;

use super::column::Sql;
use super::fault::unreadable;
use super::vault::Vault;
use crate::{Blob, IdempotencyKey, StoreError};

/// Binds an answer to its key. Lengths keep one key's end apart from the next one's beginning.
pub(super) fn owner(key: &IdempotencyKey) -> Vec<u8> {
    let length = (key.operation.len() as u64).to_le_bytes();
    [&b"idempotency/"[..], key.token.as_bytes(), &length, key.operation.as_bytes(), key.key.as_bytes()]
        .concat()
}

/// Keeps an answer that is encrypted already; the first one stays.
pub(super) fn remember(
    db: &Connection,
    key: &IdempotencyKey,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO idempotency (token, operation, key, at, answer) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?
    .execute((Sql(&key.token), &key.operation, &key.key, Sql(now), sealed))?;
    Ok(())
}

pub(super) fn recall(
    db: &Connection,
    vault: &Vault,
    key: &IdempotencyKey,
) -> Result<Option<Blob>, StoreError> {
    let sealed: Option<Vec<u8>> = db
        .prepare_cached("SELECT answer FROM idempotency WHERE token = ?1 AND operation = ?2 AND key = ?3")?
        .query_row((Sql(&key.token), &key.operation, &key.key), |row| row.get(0))
        .optional()?;
    let Some(sealed) = sealed else { return Ok(None) };
    match vault.open(&owner(key), &sealed) {
        Some(answer) => Ok(Some(answer.to_vec())),
        None => Err(unreadable("an answer kept for an idempotency key", "it can't be decrypted")),
    }
}

/// Forgets at most `rows_max` answers older than `before`; answers how many those were.
pub(super) fn sweep(db: &Connection, before: Timestamp, rows_max: usize) -> Result<usize, StoreError> {
    let swept = db
        .prepare_cached(
            "DELETE FROM idempotency WHERE (token, operation, key) IN
             (SELECT token, operation, key FROM idempotency WHERE at < ?1 ORDER BY at LIMIT ?2)",
        )?
        .execute((Sql(before), rows_max as i64))?;
    Ok(swept)
}
