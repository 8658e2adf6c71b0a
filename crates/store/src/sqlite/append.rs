//! One event on its way into the log.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::entry::Entry;
use super::group::Group;
use super::merges;
use crate::{Appended, NewEvent, StoreError};

/// An append that waits for the disk.
pub(super) struct Append {
    entry: Entry,
    became: Option<Result<Appended, StoreError>>,
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
        let key = new.identity.map(|(source, identity)| merges::key(source, &identity));
        Self { entry: Entry::new(new.event, key), became: None, reply, permit }
    }

    pub(super) fn weight_bytes(&self) -> usize {
        self.entry.weight_bytes()
    }

    /// Puts the event to the end of the log, unless it is a copy.
    pub(super) fn apply(&mut self, group: &mut Group<'_>) -> Result<(), StoreError> {
        let known = match self.entry.encoded().key() {
            Some(key) => group.find(key)?,
            None => None,
        };
        let known = match known {
            // It may have been let go of since.
            Some(seq) => group.event_id(seq)?.map(|into| (into, seq)),
            None => None,
        };
        let became = match known {
            Some((into, seq)) => {
                group.merge(seq, self.entry.event().received_at);
                Appended::Merged { into, seq }
            }
            None => Appended::New(group.put(&mut self.entry)),
        };
        self.became = Some(Ok(became));
        Ok(())
    }

    /// It can't be written, whatever becomes of the others.
    pub(super) fn fail(&mut self, error: StoreError) {
        self.became = Some(Err(error));
    }

    pub(super) fn answer(self, result: Result<(), StoreError>) {
        let Self { became, reply, permit, .. } = self;
        // Whoever has an answer no longer waits.
        drop(permit);
        let answer = result.and_then(|()| became.expect("what was committed was applied"));
        // Nobody listens any more if the sender hung up meanwhile; the event stands in the log all the same.
        reply.send(answer).ok();
    }
}
