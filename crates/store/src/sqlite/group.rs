//! What is written together: one group of records in the log, and if anything of it needs SQL, one transaction.
//!
//! ```text
//! put, record … ─▶ staged in the log ─┐                ┌─ without SQL: one write, one sync
//! sql() ─────────▶ BEGIN, statements ─┴─▶ commit() ────┤
//!                                                      └─ with SQL: the log with a stamp, synced; then COMMIT with
//!                                                         the same stamp in `meta`; if that fails, the log is cut back,
//!                                                         once it is certain that no crash brings the transaction back
//! ```
//!
//! **Invariants.** Log and database agree: on opening, a group of the log whose stamp the database does not know is cut off.
//! A group that fails leaves nothing behind.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use shopwire_core::{EndpointId, EventId, LoggedEvent, Seq, Timestamp};

use super::entry::Entry;
use super::merges::Pending;
use super::patience::Patience;
use super::stands::{Moved, Stand, Stands};
use crate::StoreError;
use crate::log::{DedupKey, EncodedUpdate, Log};

/// What outlives the groups.
pub(super) struct State {
    pub(super) db: Connection,
    pub(super) patience: Patience,
    pub(super) log: Log,
    pub(super) stands: Arc<Stands>,
    pub(super) pending: Arc<Pending>,
    /// The number of the last transaction that belonged to a group of the log.
    pub(super) stamp: u64,
}

/// One group on its way to the disk.
pub(super) struct Group<'a> {
    db: &'a Connection,
    patience: &'a mut Patience,
    log: &'a mut Log,
    stands: &'a Stands,
    pending: &'a Pending,
    stamp: &'a mut u64,
    moved: Moved,
    copies: Vec<(Seq, Timestamp)>,
    written: Vec<Arc<LoggedEvent>>,
    in_transaction: bool,
    has_records: bool,
    changes: u64,
}

impl<'a> Group<'a> {
    /// A group with room for as many events as are expected.
    pub(super) fn new(state: &'a mut State, expected: usize) -> Self {
        let State { db, patience, log, stands, pending, stamp } = state;
        Self {
            db,
            patience,
            log,
            stands,
            pending,
            stamp,
            moved: Moved::default(),
            copies: Vec::new(),
            written: Vec::with_capacity(expected),
            in_transaction: false,
            has_records: false,
            changes: 0,
        }
    }

    /// Counts what was done so far: a command that failed without doing anything can be left out.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// The database, within the group's transaction, which is begun by the first who asks. Who asks before changing anything else
    /// costs nobody anything if it can't be had.
    pub(super) fn sql(&mut self) -> Result<&'a Connection, StoreError> {
        if !self.in_transaction {
            self.patience.begin(self.db, |db| execute(db, "BEGIN IMMEDIATE"))?;
            self.in_transaction = true;
        }
        self.changes += 1;
        Ok(self.db)
    }

    /// The place of the last event.
    pub(super) fn head(&self) -> Seq {
        self.log.head()
    }

    /// The place of the event with this key.
    pub(super) fn find(&self, key: &DedupKey) -> Result<Option<Seq>, StoreError> {
        self.log.find(key)
    }

    /// The id of the event at a place.
    pub(super) fn event_id(&self, seq: Seq) -> Result<Option<EventId>, StoreError> {
        self.log.event_id(seq)
    }

    /// Puts an event at the next place, and tells that.
    pub(super) fn put(&mut self, entry: &mut Entry) -> Seq {
        self.noted();
        let seq = self.log.put(entry.encoded());
        self.written.push(entry.placed(seq));
        seq
    }

    /// Puts events, in order.
    pub(super) fn put_all(&mut self, entries: &mut [Entry]) {
        for entry in entries {
            self.put(entry);
        }
    }

    /// Puts a lane's update into the log.
    pub(super) fn put_update(&mut self, update: &EncodedUpdate) {
        self.noted();
        self.log.put_update(update);
    }

    fn noted(&mut self) {
        self.changes += 1;
        self.has_records = true;
    }

    /// Counts a copy.
    pub(super) fn merge(&mut self, seq: Seq, at: Timestamp) {
        self.changes += 1;
        self.copies.push((seq, at));
    }

    /// Where a lane stands; `None` if it is not open.
    pub(super) fn lane(&mut self, endpoint: EndpointId) -> Option<&mut Stand> {
        self.changes += 1;
        self.moved.get(self.stands, endpoint)
    }

    /// Puts a lane into the place of what there was; `None` closes it.
    pub(super) fn set_lane(&mut self, endpoint: EndpointId, stand: Option<Stand>) {
        self.changes += 1;
        self.moved.set(endpoint, stand);
    }

    /// Brings the group to the disk; answers its events, in order.
    pub(super) fn commit(mut self) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        let committed = if self.in_transaction { self.commit_both() } else { self.log.commit(None) };
        if let Err(error) = committed {
            self.abandon();
            return Err(error);
        }
        self.stands.take_over(&mut self.moved);
        self.pending.add(&self.copies);
        Ok(self.written)
    }

    fn commit_both(&mut self) -> Result<(), StoreError> {
        let counts = self.pending.write(self.db)?;
        let next = *self.stamp + 1;
        if self.has_records {
            write_stamp(self.db, next)?;
        }
        self.log.commit(Some(next))?;
        if let Err(error) = execute(self.db, "COMMIT") {
            self.take_back(&error)?;
            return Err(error.into());
        }
        counts.forget();
        self.log.settle();
        if self.has_records {
            *self.stamp = next;
        }
        Ok(())
    }

    /// The transaction has failed: takes the group back out of the log.
    ///
    /// Of one that failed while it was written nobody knows whether a crash would bring it back: all of it may be on the
    /// disk. What is committed next takes its place there. So that comes first, and the log is cut only then. If it fails, too,
    /// log and transaction stay as they are, and the next opening finds both or neither.
    fn take_back(&mut self, error: &rusqlite::Error) -> Result<(), StoreError> {
        if self.has_records && may_have_been_written(error) {
            self.roll_back();
            if let Err(error) = supersede(self.db, *self.stamp) {
                let why = format!(
                    "a transaction failed, and can't be undone for certain ({error}); restart to repair it"
                );
                tracing::error!("{why}");
                let poison = StoreError::Unavailable(why);
                self.log.leave(poison.clone());
                return Err(poison);
            }
        }
        self.log.take_back()
    }

    /// Leaves nothing behind.
    pub(super) fn abandon(&mut self) {
        self.log.undo();
        self.roll_back();
    }

    fn roll_back(&self) {
        if !self.db.is_autocommit()
            && let Err(error) = self.db.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "the store's transaction can't be rolled back");
        }
    }
}

impl State {
    /// Writes what is kept in memory: where lanes stand, and how many copies came.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        let unstored = self.stands.unstored();
        if unstored.is_empty() && self.pending.due_in().is_none() {
            return Ok(());
        }
        let begin = |db| Transaction::new_unchecked(db, TransactionBehavior::Immediate);
        let transaction = self.patience.begin(&self.db, begin)?;
        for (endpoint, stand) in &unstored {
            super::stands::store(&transaction, *endpoint, stand)?;
        }
        let counts = self.pending.write(&transaction)?;
        transaction.commit()?;
        counts.forget();
        self.stands.stored(&unstored);
        Ok(())
    }

    /// Begins a new segment of the log if an event in the present one was received before this moment.
    pub(super) fn end_segment_begun_before(&mut self, moment: Timestamp) -> Result<(), StoreError> {
        if !self.log.is_begun_before(moment) {
            return Ok(());
        }
        // Where lanes stand is looked for in the newest segment only.
        self.flush()?;
        self.log.roll()
    }
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute(()).map(drop)
}

/// Whether a transaction whose `COMMIT` failed may be on the disk all the same. Not if it was refused, or had no room: its
/// last page is what makes it whole.
fn may_have_been_written(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    !matches!(
        error.sqlite_error_code(),
        Some(Code::ConstraintViolation | Code::DatabaseBusy | Code::DatabaseLocked | Code::DiskFull)
    )
}

/// Commits a transaction that changes nothing: the stamp stays what it was.
fn supersede(db: &Connection, stamp: u64) -> Result<(), StoreError> {
    let transaction = db.unchecked_transaction()?;
    write_stamp(&transaction, stamp)?;
    Ok(transaction.commit()?)
}

const STAMP: &str = "stamp";

/// The number of the last transaction that belonged to a group of the log; 0 if there was none.
pub(super) fn read_stamp(db: &Connection) -> Result<u64, StoreError> {
    let stamp: Option<[u8; 8]> =
        db.query_row("SELECT value FROM meta WHERE name = ?1", [STAMP], |row| row.get(0)).optional()?;
    Ok(stamp.map_or(0, u64::from_le_bytes))
}

fn write_stamp(db: &Connection, stamp: u64) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute((STAMP, stamp.to_le_bytes()))?;
    Ok(())
}
