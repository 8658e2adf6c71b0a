//! One event on its way into the log.

use std::sync::Arc;

use rusqlite::Connection;
use shopwire_core::{LoggedEvent, Seq};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::dedup::{self, DedupKey};
use super::{codec, log};
use crate::{Appended, NewEvent, StoreError};

/// An append that waits for the disk. What can be computed beforehand is: the writer's time is everybody's time.
pub(super) struct Append {
    /// Its place is given by the writer.
    event: Arc<LoggedEvent>,
    record: Vec<u8>,
    key: Option<DedupKey>,
    became: Option<Appended>,
    reply: oneshot::Sender<Result<Appended, StoreError>>,
    /// One of those who may wait.
    _permit: OwnedSemaphorePermit,
}

impl Append {
    pub(super) fn new(
        new: NewEvent,
        permit: OwnedSemaphorePermit,
        reply: oneshot::Sender<Result<Appended, StoreError>>,
    ) -> Self {
        let record = codec::encode(&new.event.origin);
        let key = new.identity.map(|(source, identity)| dedup::key(source, &identity));
        let event = Arc::new(LoggedEvent { seq: Seq::START, event: new.event });
        Self { event, record, key, became: None, reply, _permit: permit }
    }

    pub(super) fn weight_bytes(&self) -> usize {
        self.event.weight_bytes()
    }

    /// Puts the event behind `head` and moves `head`, unless it is a copy.
    pub(super) fn apply(&mut self, db: &Connection, head: &mut Seq) -> Result<(), StoreError> {
        let seq = head.next();
        let merged = match &self.key {
            Some(key) => dedup::claim(db, key, seq, self.event.event.received_at)?,
            None => None,
        };
        if merged.is_none() {
            Arc::get_mut(&mut self.event).expect("an event is shared only once it is committed").seq = seq;
            log::insert(db, &self.event, &self.record)?;
            *head = seq;
        }
        self.became = Some(merged.unwrap_or(Appended::New(seq)));
        Ok(())
    }

    /// The event, if it now stands in the log as one of its own.
    pub(super) fn committed(&self) -> Option<Arc<LoggedEvent>> {
        matches!(self.became, Some(Appended::New(_))).then(|| Arc::clone(&self.event))
    }

    pub(super) fn answer(self, result: Result<(), StoreError>) {
        let became = self.became;
        let answer = result.map(|()| became.expect("what was committed was applied"));
        // Nobody listens any more if the sender hung up meanwhile; the event stands in the log all the same.
        self.reply.send(answer).ok();
    }
}
