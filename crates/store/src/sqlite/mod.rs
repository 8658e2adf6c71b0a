//! The embedded store: a log of segments, and one SQLite file for the state.
//!
//! ```text
//!  append ──▶┐ bounded  ┌────────────────┐  one group, one sync    log/…  ◀── see log/mod.rs
//!  record ──▶├─────────▶│ writer thread  │────────────────────────▶
//!  save …  ─▶┘ queue    │ (writer.rs)    │  with state: COMMIT     shopwire.db-wal ─┐ checkpoint thread
//!                       └────────────────┘────────────────────────▶                 │ (checkpoint.rs)
//!                          tail, then answers                      shopwire.db  ◀──┘
//!                                                                      │
//!  search, read_after … ───────▶ reader threads (readers.rs) ◀─────────┘
//! ```
//!
//! | in the directory | holds |
//! |---|---|
//! | `log/` | events, attempts, identity keys, the lanes' progress: segments that are added to at the end, overwritten by erasures and dropped whole |
//! | `shopwire.db` | state: any SQLite tool opens it, the views (`snapshots`, `timers`, `lanes`, `deliveries_waiting`, `dead_letters`, `erasures`) are made for people |
//! | `shopwire.db-wal`, `shopwire.db-shm` | what has been committed and not yet moved, while the store is open or was killed |
//! | `shopwire.lock` | nothing; locked while the store is open |
//!
//! Tables and their meaning stand in `schema.sql`, `schema_2.sql` and `schema_3.sql`, how log and database are kept in step in
//! `group.rs`, the bytes of encrypted values in `vault.rs`.
//!
//! **Invariants.** Only the writer's thread adds to the log and changes the database, and only one process at a time has the
//! store open. Beside it the sealer writes indexes, the checkpoint thread moves what is committed, and erasing and letting go
//! of segments happen on threads of whoever asks, one at a time. An answer `Ok` to anything that changes something follows the
//! sync of its group. Places in the log have no holes. Secrets, and answers kept for requests that come again, are encrypted
//! before they reach any file; what endpoints answered stands in the log as it came.

mod append;
mod backup;
mod beyond;
mod checkpoint;
mod column;
mod command;
mod connection;
mod dead_letters;
mod directory;
mod entry;
mod erasures;
mod fault;
mod group;
mod health;
mod idempotency;
mod key;
mod lanes;
mod ledger;
mod merges;
mod migrate;
mod nouns;
mod paging;
mod patience;
mod readers;
mod rejected;
mod snapshots;
mod stands;
mod surrogates;
mod threads;
mod timers;
mod vault;
mod version_2;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use shopwire_core::{Limits, Random};

use self::checkpoint::{Checkpointer, WalBounds};
use self::directory::Directory;
use self::group::State;
pub use self::key::{SecretKey, SecretKeyError};
use self::merges::Pending;
use self::patience::Patience;
use self::readers::Readers;
use self::stands::Stands;
use self::vault::Vault;
pub use self::writer::WriteCounts;
use self::writer::Writer;
use crate::log::{Log, LogReader, Opened};
use crate::{LogConfig, StoreError, TailBounds};

/// Where a store lives, and how much it may hold.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    /// The data directory; made if it is not there.
    pub path: PathBuf,
    /// What secrets are encrypted with.
    pub key: SecretKey,
    /// Rejected requests that are kept.
    pub rejections_max: usize,
    /// Appends that may wait for the disk; more are answered [`StoreError::Full`].
    pub appends_waiting_max: usize,
    /// How much may stand in the tail.
    pub tail: TailBounds,
    /// Threads that read.
    pub readers: usize,
    /// How the log is cut into files.
    pub log: LogConfig,
}

impl SqliteConfig {
    /// A store in the directory `path`, within `limits`.
    pub fn new(path: impl Into<PathBuf>, key: SecretKey, limits: &Limits) -> Self {
        Self {
            path: path.into(),
            key,
            rejections_max: limits.rejections_max,
            appends_waiting_max: limits.appends_waiting_max,
            // An event weighs at least half a KiB, so that the bytes are what bounds in practice.
            tail: TailBounds { events_max: 65_536, bytes_max: limits.queued_event_bytes_max },
            readers: 4,
            log: LogConfig::new(limits.log_segment_bytes),
        }
    }
}

/// The ledger in a directory. Dropped without [`close`](crate::Ledger::close), it ends as if killed, only politer: what
/// is queued is still written, and the directory stays locked until then.
pub struct SqliteLedger {
    writer: Writer,
    readers: Readers,
    log: LogReader,
    stands: Arc<Stands>,
    pending: Arc<Pending>,
    vault: Vault,
    directory: PathBuf,
    rejections_max: usize,
    tail: TailBounds,
    /// Held while files of the log are rewritten, dropped or copied: one thing at a time.
    care: Arc<tokio::sync::Mutex<()>>,
}

impl SqliteLedger {
    /// Opens the store, or makes it.
    ///
    /// # Errors
    ///
    /// [`InUse`](StoreError::InUse) while another has it open, [`WrongKey`](StoreError::WrongKey) if its secrets were
    /// encrypted with another key, [`Unreadable`](StoreError::Unreadable) if a later version wrote it or it is damaged,
    /// [`Unavailable`](StoreError::Unavailable) or [`Full`](StoreError::Full) if the disk does not do its part.
    pub fn open(config: SqliteConfig, random: Arc<dyn Random>) -> Result<Self, StoreError> {
        Self::open_with(config, random, WalBounds::default())
    }

    fn open_with(config: SqliteConfig, random: Arc<dyn Random>, wal: WalBounds) -> Result<Self, StoreError> {
        let directory = Directory::lock(&config.path)?;
        let file = directory.file();
        let vault = Vault::new(&config.key, random);
        let mut db = connection::writing(&file)?;
        migrate::migrate(&db, &directory.log(), &config.log)?;
        vault.check(&db)?;
        let (log, stands) = open_log(&db, &directory, config.log)?;
        directory.sync()?;
        let (reader, stands, pending) = (log.reader(), Arc::new(stands), Arc::new(Pending::default()));
        let readers = Readers::start(&file, config.readers.max(1))?;
        let checkpointer = Checkpointer::start(&file, &mut db, wal)?;
        let stamp = group::read_stamp(&db)?;
        let state = State {
            patience: Patience::new(&db)?,
            db,
            log,
            stands: Arc::clone(&stands),
            pending: Arc::clone(&pending),
            stamp,
        };
        let writer = Writer::start(state, checkpointer, directory.lock, config.appends_waiting_max)?;
        Ok(Self {
            writer,
            readers,
            log: reader,
            stands,
            pending,
            vault,
            directory: directory.path,
            rejections_max: config.rejections_max,
            tail: config.tail,
            care: Arc::default(),
        })
    }

    /// How much has been written, for measuring how well commits are shared.
    pub fn write_counts(&self) -> WriteCounts {
        self.writer.counts()
    }
}

/// Opens the log, and finds out where the lanes stand: as their rows say, and then as the log goes on.
fn open_log(
    db: &rusqlite::Connection,
    directory: &Directory,
    config: LogConfig,
) -> Result<(Log, Stands), StoreError> {
    let stands = Stands::read(db)?;
    let Opened { log, lanes, cut_bytes } = Log::open(&directory.log(), config, group::read_stamp(db)?)?;
    if cut_bytes > 0 {
        tracing::info!(cut_bytes, "cut off the end of the log: it was being written when the last run ended");
    }
    for mark in lanes {
        stands.advance(mark.endpoint, mark.cursor, &mark.done);
    }
    beyond::forget(db, &stands, log.head())?;
    Ok((log, stands))
}
