//! The writer: one thread that owns the end of the log and the only connection that writes.
//!
//! It takes whatever is queued, writes it as one group with one sync, hands the events to the tail, and answers
//! everybody. There is no timer: while one group is being synced, the next one gathers.
//!
//! **Invariants.** Nobody is answered `Ok` before the group is on the disk. Events reach the tail in the order of the log and before
//! their senders are answered. One command that fails does not take others with it. The queue is bounded by permits:
//! who brings events beyond them is told at once that there is no room, other changes wait for one.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use shopwire_core::{Event, LoggedEvent, Seq};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::append::Append;
use super::checkpoint::Checkpointer;
use super::command::{Between, Close, Command, Job};
use super::entry::Entry;
use super::fault::closed;
use super::group::{Group, State};
use crate::{Appended, NewEvent, StoreError, Tail, TailBounds, TailFeed};

/// Commands committed together.
const GROUP_MAX: usize = 2048;
/// Bytes of events committed together.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// Changes without events that may be queued.
const CHANGES_WAITING_MAX: usize = 256;
/// About how many bytes a change without events writes: little beside events.
const CHANGE_BYTES: usize = 1024;

/// How much has been written since the ledger was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteCounts {
    /// Groups written, each with one sync of the log; those with state are synced in the database, too.
    pub commits: u64,
    /// Commands committed: `commands / commits` is how many shared a sync.
    pub commands: u64,
}

/// What the writer's thread and its callers both know.
#[derive(Default)]
struct Shared {
    head: AtomicU64,
    commits: AtomicU64,
    commands: AtomicU64,
    is_closed: AtomicBool,
    feed: Mutex<Option<TailFeed>>,
}

/// The callers' side of the writer.
pub(super) struct Writer {
    queue: Sender<Command>,
    appends: Arc<Semaphore>,
    appends_waiting_max: usize,
    changes: Arc<Semaphore>,
    shared: Arc<Shared>,
}

impl Writer {
    /// Starts the writer's thread. `lock` is held until the last byte is written.
    pub(super) fn start(
        state: State,
        checkpointer: Checkpointer,
        lock: File,
        appends_waiting_max: usize,
    ) -> Result<Self, StoreError> {
        let (queue, commands) = channel();
        let shared = Arc::new(Shared { head: AtomicU64::new(state.log.head().0), ..Shared::default() });
        let thread = WriterThread { state, checkpointer, shared: Arc::clone(&shared), lock };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run(commands))
            .map_err(|error| StoreError::Unavailable(format!("no thread for the writer: {error}")))?;
        let appends_waiting_max = appends_waiting_max.min(Semaphore::MAX_PERMITS);
        let appends = Arc::new(Semaphore::new(appends_waiting_max));
        let changes = Arc::new(Semaphore::new(CHANGES_WAITING_MAX));
        Ok(Self { queue, appends, appends_waiting_max, changes, shared })
    }

    /// Appends an event; refused at once if too many wait.
    pub(super) async fn append(&self, event: NewEvent) -> Result<Appended, StoreError> {
        let permit = self.room_for(1)?;
        let (reply, answer) = oneshot::channel();
        self.send(Command::Append(Append::new(event, permit, reply)))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Makes a change of the state; waits for its turn. The function may be run more than once, its last run counts.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.change_lanes(CHANGE_BYTES, move |group| change(group.sql()?)).await
    }

    /// Makes a change that concerns lanes; waits for its turn. The function may be run more than once, its last run counts.
    pub(super) async fn change_lanes<T: Send + 'static>(
        &self,
        weight_bytes: usize,
        change: impl FnMut(&mut Group<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.changes).acquire_owned().await.map_err(|_| closed())?;
        self.run(permit, weight_bytes, change).await
    }

    /// Makes a change that brings events with it; refused at once if too many wait. The function puts the events into the
    /// log, or none of them; it may be run more than once, its last run counts.
    pub(super) async fn change_with<T: Send + 'static>(
        &self,
        events: Vec<Event>,
        mut change: impl FnMut(&mut Group<'_>, &mut [Entry]) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.room_for(events.len())?;
        let mut entries: Vec<Entry> = events.into_iter().map(|event| Entry::new(event, None)).collect();
        let bytes = CHANGE_BYTES + entries.iter().map(Entry::weight_bytes).sum::<usize>();
        self.run(permit, bytes, move |group| change(group, &mut entries)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        weight_bytes: usize,
        change: impl FnMut(&mut Group<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { change, weight_bytes, outcome: None, reply, permit };
        self.send(Command::Change(Box::new(job)))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Does something between two groups, with all that the writer has; waits for its turn.
    pub(super) async fn between<T: Send + 'static>(
        &self,
        action: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let action: Between = Box::new(move |state| drop(reply.send(action(state))));
        self.send(Command::Between(action))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Lets so many events wait. Who brings none counts as one, who brings more than may ever wait as all of them.
    fn room_for(&self, events: usize) -> Result<OwnedSemaphorePermit, StoreError> {
        let permits = events.min(self.appends_waiting_max).max(1);
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        Arc::clone(&self.appends).try_acquire_many_owned(permits).map_err(|_| {
            StoreError::Full("too many events wait for the disk (limit `appends_waiting_max`)".to_owned())
        })
    }

    /// Writes what is queued and ends. Closing what is closed is no error.
    pub(super) async fn close(&self, readers: Vec<std::thread::JoinHandle<()>>) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        match self.send(Command::Close(Close { readers, reply })) {
            Ok(()) => answer.await.unwrap_or(Ok(())),
            Err(_) => Ok(()),
        }
    }

    fn send(&self, command: Command) -> Result<(), StoreError> {
        self.queue.send(command).map_err(|_| closed())
    }

    pub(super) fn tail(&self, bounds: TailBounds) -> Tail {
        let (feed, tail) = Tail::bounded(bounds);
        *self.shared.feed.lock().unwrap_or_else(PoisonError::into_inner) = Some(feed);
        tail
    }

    pub(super) fn head(&self) -> Seq {
        Seq(self.shared.head.load(Ordering::Acquire))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.shared.is_closed.load(Ordering::Acquire)
    }

    pub(super) fn counts(&self) -> WriteCounts {
        WriteCounts {
            commits: self.shared.commits.load(Ordering::Relaxed),
            commands: self.shared.commands.load(Ordering::Relaxed),
        }
    }
}

struct WriterThread {
    state: State,
    checkpointer: Checkpointer,
    shared: Arc<Shared>,
    lock: File,
}

/// How a group failed.
enum Failed {
    /// As a whole: all get the same answer.
    All(StoreError),
    /// One of several: each is to be tried by itself.
    One,
}

impl WriterThread {
    fn run(mut self, commands: Receiver<Command>) {
        while let Some(first) = self.next(&commands) {
            let (group, last) = gather(first, &commands);
            self.write(group);
            match last {
                Some(Last::Close(close)) => {
                    // From here on nothing is taken any more; what came too late hears that the ledger is closed.
                    self.shared.is_closed.store(true, Ordering::Release);
                    drop(commands);
                    return self.end(close);
                }
                Some(Last::Between(action)) => action(&mut self.state),
                None => {}
            }
            self.between_groups();
        }
        self.end_tail();
    }

    /// The next command; `None` if there will be none. Counts of copies are written while none comes.
    fn next(&mut self, commands: &Receiver<Command>) -> Option<Command> {
        loop {
            let Some(due_in) = self.state.pending.due_in() else { return commands.recv().ok() };
            match commands.recv_timeout(due_in) {
                Ok(command) => return Some(command),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    self.flush("how many copies of webhooks came");
                }
            }
        }
    }

    fn between_groups(&mut self) {
        if self.state.pending.due_in().is_some_and(|due_in| due_in.is_zero()) {
            self.flush("how many copies of webhooks came");
        }
        // Where lanes stand is looked for in the newest segment only.
        if self.state.log.is_long()
            && self.flush("where lanes stand")
            && let Err(error) = self.state.log.roll()
        {
            tracing::warn!(%error, "no new segment of the log can be begun: the present one grows on");
        }
        self.checkpointer.after_commit(&self.state.db);
    }

    /// Writes what is kept in memory; answers whether that went well. If not, it is tried again later.
    fn flush(&mut self, what: &str) -> bool {
        let flushed = self.state.flush();
        if let Err(error) = &flushed {
            // Told once that another program has the database, and not after every group.
            if !self.state.patience.is_gone() {
                tracing::warn!(%error, "{what} can't be written now");
            }
            self.state.pending.put_off();
        }
        flushed.is_ok()
    }

    fn write(&mut self, mut group: Vec<Command>) {
        match self.commit(&mut group) {
            Ok(()) => answer(group, &Ok(())),
            Err(Failed::All(error)) => answer(group, &Err(error)),
            Err(Failed::One) => group.into_iter().for_each(|command| self.write(vec![command])),
        }
    }

    /// Commits a group and hands its events to the tail.
    fn commit(&mut self, commands: &mut [Command]) -> Result<(), Failed> {
        if commands.is_empty() {
            return Ok(());
        }
        let written = write_together(&mut self.state, commands)?;
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.commands.fetch_add(commands.len() as u64, Ordering::Relaxed);
        self.shared.head.store(self.state.log.head().0, Ordering::Release);
        if let Some(feed) = &*self.shared.feed.lock().unwrap_or_else(PoisonError::into_inner) {
            feed.publish(written);
        }
        Ok(())
    }

    fn end_tail(&self) {
        self.shared.feed.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Joins the other threads, so that nobody reads any more, and leaves nothing in memory or beside the database.
    fn end(mut self, close: Close) {
        self.end_tail();
        for reader in close.readers {
            if reader.join().is_err() {
                tracing::error!("a reader of the store ended in a panic");
            }
        }
        self.checkpointer.end();
        let flushed = self.state.flush();
        let State { db, log, .. } = self.state;
        let checkpointed = flushed.and_then(|()| super::checkpoint::truncate(&db));
        let ended = checkpointed.and_then(|()| db.close().map_err(|(_, error)| error.into()));
        log.close();
        // Not merely dropped: a process that is just being forked holds the file, too, until it begins its program.
        if let Err(error) = self.lock.unlock() {
            tracing::error!(%error, "the store's directory can't be unlocked");
        }
        close.reply.send(ended).ok();
    }
}

/// Writes commands as one group; answers their events, in order.
fn write_together(state: &mut State, commands: &mut [Command]) -> Result<Vec<Arc<LoggedEvent>>, Failed> {
    let is_alone = commands.len() == 1;
    let mut group = Group::new(state, commands.len());
    for command in commands {
        let before = group.changes();
        let Err(error) = command.apply(&mut group) else { continue };
        if group.changes() == before {
            command.fail(error);
        } else {
            group.abandon();
            return Err(if is_alone { Failed::All(error) } else { Failed::One });
        }
    }
    group.commit().map_err(Failed::All)
}

/// What ends a group.
enum Last {
    Between(Between),
    Close(Close),
}

/// The first command and what else is queued, up to a bound or to what is done by itself.
fn gather(first: Command, commands: &Receiver<Command>) -> (Vec<Command>, Option<Last>) {
    let mut group = Vec::new();
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(command) = next {
        match command {
            Command::Between(action) => return (group, Some(Last::Between(action))),
            Command::Close(close) => return (group, Some(Last::Close(close))),
            Command::Append(_) | Command::Change(_) => {}
        }
        bytes += command.weight_bytes();
        group.push(command);
        let has_room = group.len() < GROUP_MAX && bytes < GROUP_BYTES_MAX;
        next = if has_room { commands.try_recv().ok() } else { None };
    }
    (group, None)
}

fn answer(group: Vec<Command>, result: &Result<(), StoreError>) {
    for command in group {
        command.answer(result.clone());
    }
}

#[cfg(test)]
mod tests;
