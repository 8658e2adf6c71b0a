//! What the writer is asked to do.

use std::thread::JoinHandle;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::append::Append;
use super::group::{Group, State};
use crate::StoreError;

/// One thing to be written. Applied at least once: again when another one spoiled the group they shared.
pub(super) enum Command {
    /// An event: the hot way.
    Append(Append),
    /// Anything else.
    Change(Box<dyn Change>),
    /// What is done by itself, between two groups.
    Between(Between),
    /// The last one.
    Close(Close),
}

/// Something done between two groups. Sees all that was committed.
pub(super) type Between = Box<dyn FnOnce(&mut State) + Send>;

/// A change whose answer is known once it is committed.
pub(super) trait Change: Send {
    fn apply(&mut self, group: &mut Group<'_>) -> Result<(), StoreError>;
    fn fail(&mut self, error: StoreError);
    fn answer(self: Box<Self>, result: Result<(), StoreError>);
    fn weight_bytes(&self) -> usize;
}

/// A change made by a function.
pub(super) struct Job<T, F> {
    pub(super) change: F,
    /// About how many bytes it writes.
    pub(super) weight_bytes: usize,
    pub(super) outcome: Option<Result<T, StoreError>>,
    pub(super) reply: oneshot::Sender<Result<T, StoreError>>,
    pub(super) permit: OwnedSemaphorePermit,
}

impl<T, F> Change for Job<T, F>
where
    T: Send,
    F: FnMut(&mut Group<'_>) -> Result<T, StoreError> + Send,
{
    fn apply(&mut self, group: &mut Group<'_>) -> Result<(), StoreError> {
        self.outcome = Some(Ok((self.change)(group)?));
        Ok(())
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Some(Err(error));
    }

    fn answer(self: Box<Self>, result: Result<(), StoreError>) {
        let Self { outcome, reply, permit, .. } = *self;
        // Whoever has an answer no longer waits.
        drop(permit);
        reply.send(result.and_then(|()| outcome.expect("what was committed was applied"))).ok();
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
    /// Makes the command part of a group.
    pub(super) fn apply(&mut self, group: &mut Group<'_>) -> Result<(), StoreError> {
        match self {
            Self::Append(append) => append.apply(group),
            Self::Change(change) => change.apply(group),
            Self::Between(_) | Self::Close(_) => Ok(()),
        }
    }

    /// Leaves it out of the group: its answer is this error, whatever becomes of the others.
    pub(super) fn fail(&mut self, error: StoreError) {
        match self {
            Self::Append(append) => append.fail(error),
            Self::Change(change) => change.fail(error),
            Self::Between(_) | Self::Close(_) => {}
        }
    }

    /// Tells whoever waits for it.
    pub(super) fn answer(self, result: Result<(), StoreError>) {
        match self {
            Self::Append(append) => append.answer(result),
            Self::Change(change) => change.answer(result),
            Self::Between(_) => {}
            Self::Close(close) => drop(close.reply.send(result)),
        }
    }

    /// About how many bytes it writes.
    pub(super) fn weight_bytes(&self) -> usize {
        match self {
            Self::Append(append) => append.weight_bytes(),
            Self::Change(change) => change.weight_bytes(),
            Self::Between(_) | Self::Close(_) => 0,
        }
    }
}
