//! Brings the stored form to the version this program knows.
//!
//! A migration is a script; its number is its place in the list, and `PRAGMA user_version` says how many have been run. A
//! script that has been released is never changed: what it left behind is changed by a further one.
//!
//! Before the third script the log is copied from tables into segments, in a directory beside the one it will have. It
//! gets its name once it is complete, and only then the tables go: whatever interrupts that, it is begun again or gone on with.

use std::io;
use std::path::Path;

use rusqlite::{Connection, Rows};
use shopwire_core::Seq;
use shopwire_core::delivery::LaneChanges;

use super::version_2::{self, ATTEMPTS, EVENTS, PREPARE};
use crate::log::{EncodedUpdate, Log, Opened};
use crate::{LaneUpdate, LogConfig, StoreError, disk};

const MIGRATIONS: [&str; 3] =
    [include_str!("schema.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// The version of the stored form that this program reads and writes.
pub(super) const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// From this version on the log stands in segments.
const SEGMENTS: u32 = 3;
/// Bytes that are copied together.
const GROUP_BYTES: usize = 4 << 20;

/// Runs what has not been run. All of it or nothing. `log` is the directory of the log.
pub(super) fn migrate(db: &Connection, log: &Path, config: &LogConfig) -> Result<(), StoreError> {
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
    if (1..SEGMENTS).contains(&stored) {
        move_log(db, log, config)?;
    }
    let transaction = db.unchecked_transaction()?;
    for script in &MIGRATIONS[stored as usize..] {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    if stored > 0 {
        shrink(db);
    }
    Ok(())
}

/// The version of what is stored; 0 for a fresh file.
pub(super) fn version(db: &Connection) -> Result<u32, StoreError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Copies the log out of the tables of versions 1 and 2.
fn move_log(db: &Connection, log: &Path, config: &LogConfig) -> Result<(), StoreError> {
    let head = version_2::head(db)?;
    if log.exists() {
        return is_copy(log, config, head);
    }
    let unfinished = log.with_extension("unfinished");
    let failed = |error: io::Error| {
        disk::failed(format_args!("the log can't be moved to `{}`", log.display()), &error)
    };
    match std::fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    tracing::info!(events = head.0, "the log is moved out of the database into files of its own");
    db.execute_batch(PREPARE)?;
    let Opened { log: mut copy, .. } = Log::open(&unfinished, config.clone(), 0)?;
    copy_log(db, &mut copy)?;
    copy.close();
    std::fs::rename(&unfinished, log).map_err(failed)?;
    disk::sync_name(log).map_err(failed)
}

/// Sees to it that a log that is there already is the one that was copied before the program was interrupted.
fn is_copy(log: &Path, config: &LogConfig, head: Seq) -> Result<(), StoreError> {
    let Opened { log: copy, .. } = Log::open(log, config.clone(), 0)?;
    let copied = copy.head();
    copy.close();
    if copied == head {
        return Ok(());
    }
    Err(StoreError::Unreadable(format!(
        "`{}` ends with event {copied}, and the database of an earlier version beside it with event {head}: \
         they don't belong together, move away what does not belong here",
        log.display()
    )))
}

/// Copies events, and between them the attempts, in their order, none before its event.
fn copy_log(db: &Connection, log: &mut Log) -> Result<(), StoreError> {
    let (mut events, mut attempts) = (db.prepare(EVENTS)?, db.prepare(ATTEMPTS)?);
    let (mut events, mut attempts) = (events.query(())?, attempts.query(())?);
    let mut next = next_update(&mut attempts)?;
    let mut staged_bytes = 0;
    while let Some(row) = events.next()? {
        let encoded = version_2::event(row)?;
        staged_bytes += encoded.len();
        let seq = log.put(&encoded);
        if seq != version_2::place(row)? {
            return Err(StoreError::Unreadable(format!("event {seq} is missing in the log")));
        }
        while let Some((_, update)) = next.take_if(|(of, _)| *of <= seq) {
            staged_bytes += update.len();
            log.put_update(&update);
            next = next_update(&mut attempts)?;
        }
        if staged_bytes >= GROUP_BYTES {
            log.commit(None)?;
            staged_bytes = 0;
            if log.is_long() {
                log.roll()?;
            }
        }
    }
    log.commit(None)
}

/// The next attempt that can be read, as an update that says nothing else of its lane; and of which event.
fn next_update(attempts: &mut Rows<'_>) -> Result<Option<(Seq, EncodedUpdate)>, StoreError> {
    let (endpoint, attempt) = loop {
        let Some(row) = attempts.next()? else { return Ok(None) };
        match version_2::attempt(row) {
            Err(StoreError::Unreadable(why)) => {
                tracing::error!(why, "an attempt can't be read: it is left out of the log");
            }
            read => break read?,
        }
    };
    let seq = attempt.seq;
    let update = LaneUpdate {
        endpoint,
        cursor: Seq::START,
        done: Vec::new(),
        changes: LaneChanges::default(),
        attempts: vec![attempt],
    };
    Ok(Some((seq, EncodedUpdate::new(&update))))
}

/// Gives back the room of the tables that are gone, where the disk lets us.
fn shrink(db: &Connection) {
    if let Err(error) = db.execute_batch("VACUUM") {
        tracing::warn!(%error, "the database keeps the room that the log had in it");
    }
}
