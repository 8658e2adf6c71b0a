//! Looking after what is stored.

use std::path::Path;

use rusqlite::Connection;

use super::fault::unreadable;
use super::migrate;
use crate::{HealthReport, StoreError};

/// What must not be found: what it means, and a query that finds it.
const FAULTS: [(&str, &str); 7] = [
    (
        "lanes that stand behind the end of the log",
        "SELECT count(*) FROM lane WHERE cursor > (SELECT coalesce(max(seq), 0) FROM event)",
    ),
    (
        "events without what was received",
        "SELECT count(*) FROM event e LEFT JOIN event_record r ON r.seq = e.seq WHERE r.seq IS NULL",
    ),
    (
        "records of events that are not in the log",
        "SELECT count(*) FROM event_record r LEFT JOIN event e ON e.seq = r.seq WHERE e.seq IS NULL",
    ),
    (
        "deliveries that wait with an event that is not in the log",
        "SELECT count(*) FROM waiting w LEFT JOIN event e ON e.seq = w.seq WHERE e.seq IS NULL",
    ),
    (
        "deliveries that wait in no lane",
        "SELECT count(*) FROM waiting w LEFT JOIN lane l ON l.endpoint = w.endpoint WHERE l.endpoint IS NULL",
    ),
    (
        "dead letters of an event that is not in the log",
        "SELECT count(*) FROM dead_letter d LEFT JOIN event e ON e.seq = d.seq WHERE e.seq IS NULL",
    ),
    (
        "timers of an entity that was never heard of",
        "SELECT count(*) FROM timer t LEFT JOIN snapshot s USING (shop, kind, id) WHERE s.place IS NULL",
    ),
];

/// See [`Ledger::health`](crate::Ledger::health).
pub(super) fn look(db: &Connection, directory: &Path, thorough: bool) -> Result<HealthReport, StoreError> {
    // Places have no holes: only the oldest events are ever cleaned away.
    let events = "SELECT coalesce((SELECT max(seq) FROM event) - (SELECT min(seq) FROM event) + 1, 0)";
    Ok(HealthReport {
        schema_version: migrate::version(db)?,
        events: db.query_row(events, (), |row| row.get(0))?,
        disk_bytes: disk_bytes(directory)?,
        problems: if thorough { problems(db)? } else { Vec::new() },
    })
}

fn disk_bytes(directory: &Path) -> Result<u64, StoreError> {
    let failed = |error| StoreError::Unavailable(format!("`{}`: {error}", directory.display()));
    let mut bytes = 0;
    for file in std::fs::read_dir(directory).map_err(failed)? {
        // A file that is gone by now has no size.
        bytes += file.map_err(failed)?.metadata().map_or(0, |metadata| metadata.len());
    }
    Ok(bytes)
}

fn problems(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare("PRAGMA integrity_check(20)")?;
    let said = statement.query_map((), |row| row.get::<_, String>(0))?;
    let said = said.collect::<Result<Vec<_>, _>>().map_err(|error| unreadable("the file", error))?;
    let mut problems: Vec<String> = said.into_iter().filter(|said| said != "ok").collect();
    for (fault, sql) in FAULTS {
        let count: u64 = db.query_row(sql, (), |row| row.get(0))?;
        if count > 0 {
            problems.push(format!("{count} {fault}"));
        }
    }
    Ok(problems)
}
