//! How many copies of a webhook came.
//!
//! A copy changes nothing that anybody relies on: it is counted in memory, and the counts are written together, with
//! whatever is written next or after a second. A process that is killed may forget those of the last second.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use shopwire_core::{Seq, SourceId, Timestamp};

use super::column::{Sql, get, whole};
use crate::{Merges, StoreError};

/// How long counts may wait to be written.
pub(super) const UNWRITTEN_MAX: Duration = Duration::from_secs(1);

/// Events whose counts may wait: only a disk that has long been full makes it as many. Copies of others are not counted then.
const EVENTS_MAX: usize = 100_000;

/// A hash of a source and an identity key. Half of a SHA-256 is plenty: who finds two that collide has merged
/// two webhooks of their own.
pub(super) fn key(source: SourceId, identity: &str) -> [u8; 16] {
    let digest = Sha256::new().chain_update(source.as_bytes()).chain_update(identity).finalize();
    std::array::from_fn(|place| digest[place])
}

/// Counts that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    of: HashMap<Seq, Merges>,
    /// When the first of them came.
    since: Option<Instant>,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts copies.
    pub(super) fn add(&self, copies: &[(Seq, Timestamp)]) {
        if copies.is_empty() {
            return;
        }
        let mut counts = self.lock();
        counts.since.get_or_insert_with(now);
        for (seq, at) in copies {
            if counts.of.len() >= EVENTS_MAX && !counts.of.contains_key(seq) {
                continue;
            }
            let merges = counts.of.entry(*seq).or_default();
            *merges = and(*merges, Merges { count: 1, last_at: Some(*at) });
        }
    }

    /// How long it is until the counts must be written; `None` if there are none.
    pub(super) fn due_in(&self) -> Option<Duration> {
        let counts = self.lock();
        let waited = now().saturating_duration_since(counts.since?);
        Some(UNWRITTEN_MAX.saturating_sub(waited))
    }

    /// They can't be written now: they wait once more.
    pub(super) fn put_off(&self) {
        let mut counts = self.lock();
        counts.since = counts.since.map(|_| now());
    }

    /// Writes the counts. They can't be read until this was committed, so that none is told twice, and stay if it is not.
    pub(super) fn write(&self, db: &Connection) -> Result<Writing<'_>, StoreError> {
        let counts = self.lock();
        let mut insert = db.prepare_cached(
            "INSERT INTO merge (seq, count, last_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)",
        )?;
        for (seq, merges) in &counts.of {
            insert.execute((Sql(*seq), whole(merges.count), merges.last_at.map(Sql)))?;
        }
        Ok(Writing(counts))
    }

    /// See [`Ledger::merges`](crate::Ledger::merges).
    pub(super) fn read(&self, db: &Connection, seq: Seq) -> Result<Merges, StoreError> {
        let counts = self.lock();
        let written = db
            .prepare_cached("SELECT count, last_at FROM merge WHERE seq = ?1")?
            .query_row([Sql(seq)], |row| Ok(Merges { count: row.get(0)?, last_at: Some(get(row, 1)?) }))
            .optional()?;
        Ok(and(written.unwrap_or_default(), counts.of.get(&seq).copied().unwrap_or_default()))
    }
}

/// Counts that are written and not yet committed.
pub(super) struct Writing<'a>(MutexGuard<'a, Counts>);

impl Writing<'_> {
    /// They were committed.
    pub(super) fn forget(mut self) {
        *self.0 = Counts::default();
    }
}

/// Forgets the counts of events that are gone.
pub(super) fn drop_before(db: &Connection, first: Seq) -> Result<(), StoreError> {
    db.execute("DELETE FROM merge WHERE seq < ?1", [Sql(first)])?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "only paces writes, as a thread's wait does: nothing that is stored tells it"
)]
fn now() -> Instant {
    Instant::now()
}

fn and(a: Merges, b: Merges) -> Merges {
    Merges { count: a.count + b.count, last_at: a.last_at.max(b.last_at) }
}
