//! Copying the store while it is in use.
//!
//! Between two groups the writer notes how far the files of the log reach, and a connection of its own pins what the database
//! holds then; both are copied afterwards, while the writer goes on.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::Backup as Copying;
use shopwire_core::Seq;

use super::connection;
use super::directory::owners_file;
use super::group::State;
use crate::disk::{failed_at, make_directory, sync};
use crate::{Backup, StoreError};

/// Pages copied at one go.
const PAGES: i32 = 1024;

/// The store as it was at one moment.
pub(super) struct Pinned {
    db: Connection,
    log: Vec<Noted>,
    head: Seq,
}

/// A file of the log. It is there until it is copied: nothing is let go of meanwhile.
struct Noted {
    path: PathBuf,
    bytes: u64,
}

/// Notes the store as it is; to be called between two groups.
pub(super) fn pin(state: &mut State, file: &Path) -> Result<Pinned, StoreError> {
    // A copy that never was closed would find out where lanes stand all the same: it is only quicker so.
    state.flush()?;
    let db = connection::reading(file)?;
    // A transaction sees what there is when it first reads.
    db.execute_batch("BEGIN; SELECT count(*) FROM meta")?;
    let reader = state.log.reader();
    let log = reader.files().into_iter().map(|(path, bytes)| Noted { path, bytes }).collect();
    Ok(Pinned { db, log, head: reader.head() })
}

/// Makes the directory, or sees to it that it is empty.
pub(super) fn prepare(into: &Path) -> Result<(), StoreError> {
    let failed = |error| failed_at(into, &error);
    make_directory(into).map_err(failed)?;
    match std::fs::read_dir(into).map_err(failed)?.next() {
        None => Ok(()),
        Some(_) => Err(StoreError::Unavailable(format!(
            "the directory `{}` is not empty: copy the store into a new one",
            into.display()
        ))),
    }
}

impl Pinned {
    /// Writes it into a directory that [`prepare`] has seen to, and syncs.
    pub(super) fn copy(self, into: &Path) -> Result<Backup, StoreError> {
        let Self { db, log: noted, head } = self;
        let mut bytes = copy_database(&db, &into.join("shopwire.db"))?;
        // What it pins can't be moved out of the write-ahead log.
        drop(db);
        let log = into.join("log");
        make_directory(&log).map_err(|error| failed_at(&log, &error))?;
        let files = 1 + noted.len() as u64;
        for noted in noted {
            let path = log.join(noted.path.file_name().unwrap_or_default());
            bytes += noted.copy(&path).map_err(|error| failed_at(&path, &error))?;
        }
        for directory in [&log, into] {
            sync(directory).map_err(|error| failed_at(directory, &error))?;
        }
        Ok(Backup { head, files, bytes })
    }
}

fn copy_database(from: &Connection, into: &Path) -> Result<u64, StoreError> {
    let file = owners_file(into).map_err(|error| failed_at(into, &error))?;
    let mut copy = Connection::open(into)?;
    Copying::new(from, &mut copy)?.run_to_completion(PAGES, std::time::Duration::ZERO, None)?;
    copy.close().map_err(|(_, error)| error)?;
    file.sync_all().and_then(|()| Ok(file.metadata()?.len())).map_err(|error| failed_at(into, &error))
}

impl Noted {
    fn copy(self, into: &Path) -> io::Result<u64> {
        let mut out = owners_file(into)?;
        let copied = io::copy(&mut File::open(&self.path)?.take(self.bytes), &mut out)?;
        if copied < self.bytes {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than it was"));
        }
        out.sync_all()?;
        Ok(copied)
    }
}
