//! Brings the stored form to the version this program knows.
//!
//! A migration is a script; its number is its place in the list, and `PRAGMA user_version` says how many have been run. A
//! script that has been released is never changed: what it left behind is changed by a further one.

use rusqlite::Connection;

use crate::StoreError;

const MIGRATIONS: [&str; 2] = [include_str!("schema.sql"), include_str!("schema_2.sql")];

/// The version of the stored form that this program reads and writes.
pub(super) const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// Runs what has not been run. All of it or nothing.
pub(super) fn migrate(db: &Connection) -> Result<(), StoreError> {
    let stored = version(db)?;
    if stored > SCHEMA_VERSION {
        return Err(StoreError::Unreadable(format!(
            "its schema has version {stored}, and this program knows versions up to {SCHEMA_VERSION}: \
             run the version of shopwire that wrote it, or a later one"
        )));
    }
    if stored == SCHEMA_VERSION {
        return Ok(());
    }
    let transaction = db.unchecked_transaction()?;
    for script in &MIGRATIONS[stored as usize..] {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(transaction.commit()?)
}

/// The version of what is stored; 0 for a fresh file.
pub(super) fn version(db: &Connection) -> Result<u32, StoreError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
