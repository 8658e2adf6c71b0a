//! One event on its way into the log.

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::dedup::{self, DedupKey};
use super::entry::{Entry, LogEnd};
use crate::{Appended, NewEvent, StoreError};

/// An append that waits for the disk.
pub(super) struct Append {
    entry: Entry,
    key: Option<DedupKey>,
    became: Option<Appended>,
    reply: oneshot::Sender<Result<Appended, StoreError>>,
    /// One of those who may wait.
    permit: OwnedSemaphorePermit,
}

impl Append {
    pub(super) fn new(
        new: NewEvent,
        permit: OwnedSemaphorePermit,
        reply: oneshot::Sender<Result<Appended, StoreError>>,
    ) -> Self {
        let key = new.identity.map(|(source, identity)| dedup::key(source, &identity));
        Self { entry: Entry::new(new.event), key, became: None, reply, permit }
    }

    pub(super) fn weight_bytes(&self) -> usize {
        self.entry.weight_bytes()
    }

    /// Puts the event to the end of the log, unless it is a copy.
    pub(super) fn apply(&mut self, db: &Connection, log: &mut LogEnd) -> Result<(), StoreError> {
        let seq = log.head().next();
        let merged = match &self.key {
            Some(key) => dedup::claim(db, key, seq, self.entry.event().received_at)?,
            None => None,
        };
        if merged.is_none() {
            log.put(db, &mut self.entry)?;
        }
        self.became = Some(merged.unwrap_or(Appended::New(seq)));
        Ok(())
    }

    pub(super) fn answer(self, result: Result<(), StoreError>) {
        let Self { became, reply, permit, .. } = self;
        // Whoever has an answer no longer waits.
        drop(permit);
        let answer = result.map(|()| became.expect("what was committed was applied"));
        // Nobody listens any more if the sender hung up meanwhile; the event stands in the log all the same.
        reply.send(answer).ok();
    }
}
