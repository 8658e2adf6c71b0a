//! Events on their way into the log, and the end of the log that they are put to.

use std::sync::Arc;

use rusqlite::Connection;
use shopwire_core::{Event, LoggedEvent, Seq};

use super::{codec, log};
use crate::StoreError;

/// An event that has no place yet. What can be computed beforehand is: the writer's time is everybody's time.
pub(super) struct Entry {
    /// Its place is given by the writer.
    logged: Arc<LoggedEvent>,
    record: Vec<u8>,
}

impl Entry {
    pub(super) fn new(event: Event) -> Self {
        let record = codec::encode(&event.origin);
        Self { logged: Arc::new(LoggedEvent { seq: Seq::START, event }), record }
    }

    pub(super) fn event(&self) -> &Event {
        &self.logged.event
    }

    pub(super) fn weight_bytes(&self) -> usize {
        self.logged.weight_bytes()
    }
}

/// The end of the log within one transaction: gives places, and keeps what was put there for the tail.
///
/// It is dropped with a transaction that fails, and the next one begins where the last commit ended: so an entry may be
/// put again, and gets the place that is free then.
pub(super) struct LogEnd {
    head: Seq,
    written: Vec<Arc<LoggedEvent>>,
}

impl LogEnd {
    /// The end behind the last event there is, with room for as many as are expected.
    pub(super) fn behind(head: Seq, expected: usize) -> Self {
        Self { head, written: Vec::with_capacity(expected) }
    }

    /// The place of the last event.
    pub(super) const fn head(&self) -> Seq {
        self.head
    }

    /// Puts an event at the next place.
    pub(super) fn put(&mut self, db: &Connection, entry: &mut Entry) -> Result<(), StoreError> {
        let seq = self.head.next();
        Arc::get_mut(&mut entry.logged)
            .expect("an event is shared only until its transaction has ended")
            .seq = seq;
        log::insert(db, &entry.logged, &entry.record)?;
        self.written.push(Arc::clone(&entry.logged));
        self.head = seq;
        Ok(())
    }

    /// Puts events, in order.
    pub(super) fn put_all(&mut self, db: &Connection, entries: &mut [Entry]) -> Result<(), StoreError> {
        entries.iter_mut().try_for_each(|entry| self.put(db, entry))
    }

    /// What was put, in the order of the places.
    pub(super) fn into_written(self) -> Vec<Arc<LoggedEvent>> {
        self.written
    }
}
