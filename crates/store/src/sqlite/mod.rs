//! The embedded store: one SQLite file.
//!
//! ```text
//!  append ──▶┐ bounded  ┌────────────────┐  one commit, one sync   shopwire.db-wal ─┐ checkpoint thread
//!  record ──▶├─────────▶│ writer thread  │────────────────────────▶                 │ (checkpoint.rs)
//!  save …  ─▶┘ queue    │ (writer.rs)    │──▶ tail, then answers    shopwire.db  ◀──┘
//!                       └────────────────┘                             │
//!  search, read_after … ───────▶ reader threads (readers.rs) ◀─────────┘
//! ```
//!
//! | file in the directory | holds |
//! |---|---|
//! | `shopwire.db` | everything; any SQLite tool opens it, the views (`events`, `attempts`, `snapshots`, `timers`) are made for people |
//! | `shopwire.db-wal`, `shopwire.db-shm` | what has been committed and not yet moved, while the store is open or was killed |
//! | `shopwire.lock` | nothing; locked while the store is open |
//!
//! Tables and their meaning stand in `schema.sql` and `schema_2.sql`, the bytes of an event's record in `codec.rs`, those
//! of encrypted values in `vault.rs`.
//!
//! **Invariants.** Only the writer's connection writes, and only one process at a time. An answer `Ok` to anything that
//! changes something follows the sync of its commit. Places in the log have no holes. Secrets and kept answers are
//! encrypted before they reach any file.

mod append;
mod attempts;
mod checkpoint;
mod codec;
mod column;
mod command;
mod connection;
mod dead_letters;
mod dedup;
mod directory;
mod entry;
mod fault;
mod health;
mod idempotency;
mod key;
mod lanes;
mod ledger;
mod log;
mod migrate;
mod nouns;
mod paging;
mod readers;
mod rejected;
mod snapshots;
mod surrogates;
mod timers;
mod vault;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use shopwire_core::{Limits, Random};

use self::checkpoint::{Checkpointer, WalBounds};
use self::directory::Directory;
pub use self::key::{SecretKey, SecretKeyError};
use self::readers::Readers;
use self::vault::Vault;
pub use self::writer::WriteCounts;
use self::writer::Writer;
use crate::{StoreError, TailBounds};

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
        }
    }
}

/// The ledger in a SQLite file. Dropped without [`close`](crate::Ledger::close), it ends as if killed, only politer: what
/// is queued is still written, and the directory stays locked until then.
pub struct SqliteLedger {
    writer: Writer,
    readers: Readers,
    vault: Vault,
    directory: PathBuf,
    rejections_max: usize,
    tail: TailBounds,
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
        migrate::migrate(&db)?;
        vault.check(&db)?;
        directory.sync()?;
        let head = log::last(&db)?;
        let readers = Readers::start(&file, config.readers.max(1))?;
        let checkpointer = Checkpointer::start(&file, &mut db, wal)?;
        let writer = Writer::start(db, head, checkpointer, directory.lock, config.appends_waiting_max)?;
        Ok(Self {
            writer,
            readers,
            vault,
            directory: directory.path,
            rejections_max: config.rejections_max,
            tail: config.tail,
        })
    }

    /// How much has been written, for measuring how well commits are shared.
    pub fn write_counts(&self) -> WriteCounts {
        self.writer.counts()
    }
}
