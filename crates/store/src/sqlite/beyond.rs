//! What the database knows of events behind the end of the log.
//!
//! That is nothing, unless the log has lost its end: its files come from an older copy, or the disk has forgotten what it
//! said was synced. Then these places are given again, to other events. A lane that stands behind them would take the new
//! ones for delivered; what waits, is dead or was counted there would be told of the wrong event. So all of that ends where the
//! log does, and whoever runs the store is told.

use rusqlite::Connection;
use shopwire_core::Seq;

use super::column::Sql;
use super::stands::{self, Stands};
use crate::StoreError;

/// What is told of single events: the table, and what a row of it is.
const TOLD: [(&str, &str); 3] =
    [("waiting", "deliveries that wait"), ("dead_letter", "dead letters"), ("merge", "counts of copies")];

/// Lets lanes stand at `head` at most, and forgets what is told of events behind.
pub(super) fn forget(db: &Connection, stands: &Stands, head: Seq) -> Result<(), StoreError> {
    let lanes = stands.end_at(head);
    let told = TOLD.map(|(table, rows)| Ok((table, rows, count(db, table, head)?)));
    let told = told.into_iter().collect::<Result<Vec<_>, StoreError>>()?;
    if lanes.is_empty() && told.iter().all(|(_, _, count)| *count == 0) {
        return Ok(());
    }
    // At once: as soon as the log has grown again nobody could tell any more.
    let transaction = db.unchecked_transaction()?;
    for (endpoint, _, stand) in &lanes {
        stands::store(&transaction, *endpoint, stand)?;
    }
    for (table, _, _) in &told {
        transaction.execute(&format!("DELETE FROM {table} WHERE seq > ?1"), [Sql(head)])?;
    }
    transaction.commit()?;
    tracing::error!(%head, "the log has lost its end: the database knows events that are not in it any more");
    for (endpoint, cursor, _) in lanes {
        tracing::error!(%endpoint, was_at = %cursor, now_at = %head, "an endpoint stood behind the end of the log");
    }
    for (_, rows, count) in told.into_iter().filter(|(_, _, count)| *count > 0) {
        tracing::error!(count, "forgot {rows} of events that are not in the log any more");
    }
    Ok(())
}

fn count(db: &Connection, table: &str, head: Seq) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM {table} WHERE seq > ?1");
    Ok(db.query_row(&sql, [Sql(head)], |row| row.get(0))?)
}
