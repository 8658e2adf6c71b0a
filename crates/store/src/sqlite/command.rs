//! What the writer is asked to do.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::append::Append;
use super::entry::LogEnd;
use crate::StoreError;

/// One thing to be written. Applied at least once: again when another one spoiled the transaction they shared.
pub(super) enum Command {
    /// An event: the hot way.
    Append(Append),
    /// Anything else.
    Change(Box<dyn Change>),
    /// The last one.
    Close(Close),
}

/// A change whose answer is known once it is committed.
pub(super) trait Change: Send {
    fn apply(&mut self, db: &Connection, log: &mut LogEnd) -> Result<(), StoreError>;
    fn answer(self: Box<Self>, result: Result<(), StoreError>);
    fn weight_bytes(&self) -> usize;
}

/// A change made by a function.
pub(super) struct Job<T, F> {
    pub(super) change: F,
    /// About how many bytes it writes.
    pub(super) weight_bytes: usize,
    pub(super) outcome: Option<T>,
    pub(super) reply: oneshot::Sender<Result<T, StoreError>>,
    pub(super) permit: OwnedSemaphorePermit,
}

impl<T, F> Change for Job<T, F>
where
    T: Send,
    F: FnMut(&Connection, &mut LogEnd) -> Result<T, StoreError> + Send,
{
    fn apply(&mut self, db: &Connection, log: &mut LogEnd) -> Result<(), StoreError> {
        self.outcome = Some((self.change)(db, log)?);
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<(), StoreError>) {
        let Self { outcome, reply, permit, .. } = *self;
        // Whoever has an answer no longer waits.
        drop(permit);
        reply.send(result.map(|()| outcome.expect("what was committed was applied"))).ok();
    }

    fn weight_bytes(&self) -> usize {
        self.weight_bytes
    }
}

/// The end: whom to wait for, and whom to tell.
pub(super) struct Close {
    pub(super) readers: Vec<JoinHandle<()>>,
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Command {
    /// Applies the command within the open transaction; its events go to the end of the log.
    pub(super) fn apply(&mut self, db: &Connection, log: &mut LogEnd) -> Result<(), StoreError> {
        match self {
            Self::Append(append) => append.apply(db, log),
            Self::Change(change) => change.apply(db, log),
            Self::Close(_) => Ok(()),
        }
    }

    /// Tells whoever waits for it.
    pub(super) fn answer(self, result: Result<(), StoreError>) {
        match self {
            Self::Append(append) => append.answer(result),
            Self::Change(change) => change.answer(result),
            Self::Close(close) => drop(close.reply.send(result)),
        }
    }

    /// About how many bytes it writes.
    pub(super) fn weight_bytes(&self) -> usize {
        match self {
            Self::Append(append) => append.weight_bytes(),
            Self::Change(change) => change.weight_bytes(),
            Self::Close(_) => 0,
        }
    }
}
