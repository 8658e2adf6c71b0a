//! Moving what is committed from the write-ahead log into the database file.
//!
//! A thread of its own does it beside the writer, so that nobody waits for it. SQLite begins its write-ahead log (the WAL,
//! `shopwire.db-wal`; it has nothing to do with the log of events) anew only when all of it has been moved at some moment, and
//! under steady load new commits always come in between: then it would grow for ever. So once it is long, the writer itself
//! moves the little that is left between two commits.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::connection;
use crate::StoreError;

/// How long the WAL may be, in pages of 4 KiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct WalBounds {
    /// From here on it is moved beside the writer.
    pub(super) pages_soft: u32,
    /// From here on the writer helps.
    pub(super) pages_hard: u32,
}

impl Default for WalBounds {
    fn default() -> Self {
        Self { pages_soft: 1_000, pages_hard: 16_384 }
    }
}

/// The writer's side: watches the length of the WAL.
pub(super) struct Checkpointer {
    bounds: WalBounds,
    /// As the last commit left it.
    pages: Arc<AtomicU32>,
    runs: Arc<AtomicU64>,
    asked_for: u64,
    /// How long the WAL was when the thread was last asked; 0 in one that has begun anew.
    asked_at: u32,
    helped_after: u64,
    wanted: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    /// Starts the thread and watches the commits of `writer`.
    pub(super) fn start(file: &Path, writer: &mut Connection, bounds: WalBounds) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            seen.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let db = connection::writing(file)?;
        let runs = Arc::new(AtomicU64::new(0));
        let finished = Arc::clone(&runs);
        let (wanted, wishes) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&db, &wishes, &finished))
            .map_err(|error| StoreError::Unavailable(format!("no thread for checkpoints: {error}")))?;
        Ok(Self { bounds, pages, runs, asked_for: 0, asked_at: 0, helped_after: 0, wanted, thread })
    }

    /// To be called between two commits.
    pub(super) fn after_commit(&mut self, db: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        let runs = self.runs.load(Ordering::Acquire);
        if pages < self.asked_at {
            self.asked_at = 0;
        }
        let is_idle = runs == self.asked_for;
        if !is_idle || pages < self.bounds.pages_soft {
            return;
        }
        // Only after a run beside the writer is little left, and nobody in the way.
        if pages >= self.bounds.pages_hard && self.helped_after < runs {
            self.helped_after = runs;
            passive(db);
        // Not after every commit: each run syncs, too, and would take the disk from the writer.
        } else if pages - self.asked_at >= self.bounds.pages_soft && self.wanted.try_send(()).is_ok() {
            self.asked_for += 1;
            self.asked_at = pages;
        }
    }

    /// Ends the thread.
    pub(super) fn end(self) {
        drop(self.wanted);
        if self.thread.join().is_err() {
            tracing::error!("the store's checkpoint thread ended in a panic");
        }
    }
}

fn run(db: &Connection, wishes: &Receiver<()>, finished: &AtomicU64) {
    while wishes.recv().is_ok() {
        passive(db);
        finished.fetch_add(1, Ordering::Release);
    }
}

/// Moves what can be moved without making anybody wait.
fn passive(db: &Connection) {
    if let Err(error) = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(())) {
        tracing::warn!(%error, "the store's write-ahead log can't be moved into the database: it will grow");
    }
}

/// Moves everything and empties the WAL.
pub(super) fn truncate(db: &Connection) -> Result<(), StoreError> {
    Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_BYTES: u64 = 4096;

    #[test]
    fn the_wal_begins_anew_under_load_that_never_pauses() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("test.db");
        let mut db = connection::writing(&file).unwrap();
        db.execute_batch("CREATE TABLE t (bytes BLOB)").unwrap();
        let bounds = WalBounds { pages_soft: 10, pages_hard: 40 };
        let mut checkpointer = Checkpointer::start(&file, &mut db, bounds).unwrap();
        let mut written = 0;
        let mut restarts = 0;
        // Until the WAL has begun anew a few times; without help it never would.
        while restarts < 3 {
            let before = checkpointer.pages.load(Ordering::Relaxed);
            db.execute("INSERT INTO t VALUES (zeroblob(3000))", ()).unwrap();
            restarts += u32::from(checkpointer.pages.load(Ordering::Relaxed) < before);
            checkpointer.after_commit(&db);
            written += 1;
            assert!(written < 20_000, "the WAL never began anew");
        }
        let count: u64 = db.query_row("SELECT count(*) FROM t", (), |row| row.get(0)).unwrap();
        assert_eq!(count, written);
        checkpointer.end();
        truncate(&db).unwrap();
        assert_eq!(std::fs::metadata(file.with_extension("db-wal")).unwrap().len(), 0);
        assert!(std::fs::metadata(&file).unwrap().len() > written / 2 * PAGE_BYTES);
    }
}
