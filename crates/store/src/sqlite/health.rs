//! Looking after what is stored.

use std::path::Path;

use rusqlite::Connection;

use super::column::Sql;
use super::fault::unreadable;
use super::migrate;
use super::stands::Stands;
use crate::disk::failed_at;
use crate::log::LogReader;
use crate::{HealthReport, StoreError};

/// What must not be found: what it means, and a query that counts it.
const FAULTS: [(&str, &str); 2] = [
    (
        "deliveries that wait in no lane",
        "SELECT count(*) FROM waiting w LEFT JOIN lane l ON l.endpoint = w.endpoint WHERE l.endpoint IS NULL",
    ),
    (
        "timers of an entity that was never heard of",
        "SELECT count(*) FROM timer t LEFT JOIN snapshot s USING (shop, kind, id) WHERE s.place IS NULL",
    ),
];

/// What must not be found of events behind the last one. Those that the log has let go of are no fault.
const FAULTS_BEHIND: [(&str, &str); 2] = [
    (
        "deliveries that wait with an event that is not in the log",
        "SELECT count(*) FROM waiting WHERE seq > ?1",
    ),
    ("dead letters of an event that is not in the log", "SELECT count(*) FROM dead_letter WHERE seq > ?1"),
];

/// See [`Ledger::health`](crate::Ledger::health).
pub(super) fn look(
    db: &Connection,
    log: &LogReader,
    stands: &Stands,
    directory: &Path,
    thorough: bool,
) -> Result<HealthReport, StoreError> {
    let span = log.span();
    Ok(HealthReport {
        schema_version: migrate::version(db)?,
        // Places have no holes: only the oldest events are ever let go of.
        events: (span.head.0 + 1).saturating_sub(span.first.0.max(1)),
        disk_bytes: disk_bytes(directory)?,
        problems: if thorough { problems(db, log, stands)? } else { Vec::new() },
    })
}

/// With all directories in it.
fn disk_bytes(directory: &Path) -> Result<u64, StoreError> {
    let failed = |error| failed_at(directory, &error);
    let mut bytes = 0;
    for file in std::fs::read_dir(directory).map_err(failed)? {
        let file = file.map_err(failed)?;
        // A file that is gone by now has no size.
        let Ok(metadata) = file.metadata() else { continue };
        bytes += if metadata.is_dir() { disk_bytes(&file.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

fn problems(db: &Connection, log: &LogReader, stands: &Stands) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare("PRAGMA integrity_check(20)")?;
    let said = statement.query_map((), |row| row.get::<_, String>(0))?;
    let said = said.collect::<Result<Vec<_>, _>>().map_err(|error| unreadable("the file", error))?;
    let mut problems: Vec<String> = said.into_iter().filter(|said| said != "ok").collect();
    problems.extend(log.check());
    // What came meanwhile only moves the end on.
    let behind = stands.all().into_iter().filter(|(_, stand)| stand.cursor > log.head()).count();
    if behind > 0 {
        problems.push(format!("{behind} lanes that stand behind the end of the log"));
    }
    let mut found = |fault: &str, count: u64| {
        if count > 0 {
            problems.push(format!("{count} {fault}"));
        }
    };
    for (fault, sql) in FAULTS {
        found(fault, db.query_row(sql, (), |row| row.get(0))?);
    }
    for (fault, sql) in FAULTS_BEHIND {
        found(fault, db.query_row(sql, [Sql(log.head())], |row| row.get(0))?);
    }
    Ok(problems)
}
