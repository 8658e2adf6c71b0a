//! The writer: one thread that owns the only connection that writes.
//!
//! It takes whatever is queued, writes it in one transaction with one sync, hands the events to the tail, and answers
//! everybody. There is no timer: while one group is being synced, the next one gathers.
//!
//! **Invariants.** Nobody is answered `Ok` before the commit. Events reach the tail in the order of the log and before
//! their senders are answered. One command that fails does not take others with it. The queue is bounded by permits:
//! who brings events beyond them is told at once that there is no room, other changes wait for one.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use shopwire_core::{Event, Seq};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::append::Append;
use super::checkpoint::Checkpointer;
use super::command::{Close, Command, Job};
use super::entry::{Entry, LogEnd};
use super::fault::closed;
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
    /// Transactions committed, each with one sync.
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
    feed: Mutex<Option<TailFeed>>,
}

/// The callers' side of the writer.
pub(super) struct Writer {
    queue: mpsc::UnboundedSender<Command>,
    appends: Arc<Semaphore>,
    appends_waiting_max: usize,
    changes: Arc<Semaphore>,
    shared: Arc<Shared>,
}

impl Writer {
    /// Starts the writer's thread. `lock` is held until the last byte is written.
    pub(super) fn start(
        db: Connection,
        head: Seq,
        checkpointer: Checkpointer,
        lock: File,
        appends_waiting_max: usize,
    ) -> Result<Self, StoreError> {
        let (queue, commands) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { head: AtomicU64::new(head.0), ..Shared::default() });
        let thread = WriterThread { db, head, checkpointer, shared: Arc::clone(&shared), lock };
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

    /// Makes a change; waits for its turn. The function may be run more than once, its last run counts.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.changes).acquire_owned().await.map_err(|_| closed())?;
        self.run(permit, CHANGE_BYTES, move |db, _| change(db)).await
    }

    /// Makes a change that brings events with it; refused at once if too many wait. The function puts the events into the
    /// log, or none of them; it may be run more than once, its last run counts.
    pub(super) async fn change_with<T: Send + 'static>(
        &self,
        events: Vec<Event>,
        mut change: impl FnMut(&Connection, &mut LogEnd, &mut [Entry]) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.room_for(events.len())?;
        let mut entries: Vec<Entry> = events.into_iter().map(Entry::new).collect();
        let bytes = CHANGE_BYTES + entries.iter().map(Entry::weight_bytes).sum::<usize>();
        self.run(permit, bytes, move |db, log| change(db, log, &mut entries)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        weight_bytes: usize,
        change: impl FnMut(&Connection, &mut LogEnd) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { change, weight_bytes, outcome: None, reply, permit };
        self.send(Command::Change(Box::new(job)))?;
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
        self.queue.is_closed()
    }

    pub(super) fn counts(&self) -> WriteCounts {
        WriteCounts {
            commits: self.shared.commits.load(Ordering::Relaxed),
            commands: self.shared.commands.load(Ordering::Relaxed),
        }
    }
}

struct WriterThread {
    db: Connection,
    head: Seq,
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
    fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        while let Some(first) = commands.blocking_recv() {
            let (group, close) = gather(first, &mut commands);
            self.write(group);
            if let Some(close) = close {
                // From here on nothing is taken any more; what came too late hears that the ledger is closed.
                drop(commands);
                return self.end(close);
            }
            self.checkpointer.after_commit(&self.db);
        }
        self.end_tail();
    }

    fn write(&mut self, mut group: Vec<Command>) {
        match self.commit(&mut group) {
            Ok(()) => answer(group, &Ok(())),
            Err(Failed::All(error)) => answer(group, &Err(error)),
            Err(Failed::One) => group.into_iter().for_each(|command| self.write(vec![command])),
        }
    }

    /// Commits a group and hands its events to the tail.
    fn commit(&mut self, group: &mut [Command]) -> Result<(), Failed> {
        if group.is_empty() {
            return Ok(());
        }
        let log = match self.transact(group) {
            Ok(log) => log,
            Err(failed) => {
                self.roll_back();
                return Err(failed);
            }
        };
        self.head = log.head();
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.commands.fetch_add(group.len() as u64, Ordering::Relaxed);
        self.shared.head.store(self.head.0, Ordering::Release);
        if let Some(feed) = &*self.shared.feed.lock().unwrap_or_else(PoisonError::into_inner) {
            feed.publish(log.into_written());
        }
        Ok(())
    }

    fn transact(&self, group: &mut [Command]) -> Result<LogEnd, Failed> {
        let all = |error: rusqlite::Error| Failed::All(error.into());
        let run = |sql| self.db.prepare_cached(sql).and_then(|mut statement| statement.execute(()));
        run("BEGIN IMMEDIATE").map_err(all)?;
        let mut log = LogEnd::behind(self.head, group.len());
        let is_alone = group.len() == 1;
        for command in group {
            command
                .apply(&self.db, &mut log)
                .map_err(|error| if is_alone { Failed::All(error) } else { Failed::One })?;
        }
        run("COMMIT").map_err(all)?;
        Ok(log)
    }

    fn roll_back(&self) {
        if !self.db.is_autocommit()
            && let Err(error) = self.db.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "the store's transaction can't be rolled back");
        }
    }

    fn end_tail(&self) {
        self.shared.feed.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Joins the other threads, so that nobody reads any more, and leaves a single file behind.
    fn end(self, close: Close) {
        self.end_tail();
        for reader in close.readers {
            if reader.join().is_err() {
                tracing::error!("a reader of the store ended in a panic");
            }
        }
        self.checkpointer.end();
        let checkpointed = super::checkpoint::truncate(&self.db);
        let ended = checkpointed.and_then(|()| self.db.close().map_err(|(_, error)| error.into()));
        // Not merely dropped: a process that is just being forked holds the file, too, until it begins its program.
        if let Err(error) = self.lock.unlock() {
            tracing::error!(%error, "the store's directory can't be unlocked");
        }
        close.reply.send(ended).ok();
    }
}

/// The first command and what else is queued, up to a bound or the order to close.
fn gather(first: Command, commands: &mut mpsc::UnboundedReceiver<Command>) -> (Vec<Command>, Option<Close>) {
    let mut group = Vec::new();
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(command) = next {
        if let Command::Close(close) = command {
            return (group, Some(close));
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
mod tests {
    use super::*;
    use crate::sqlite::checkpoint::WalBounds;
    use crate::sqlite::{connection, directory::Directory, log, migrate, snapshots, timers};
    use crate::{Committed, EntityChange, EntityKey, TailItem};
    use shopwire_core::commerce::diff::TimerKind;
    use shopwire_core::commerce::{CanonicalType, EntityKind, Subject};
    use shopwire_core::{EventId, Origin, RecordedChange, ShopId, Timestamp};

    /// A writer on a fresh database, and what must outlive it.
    fn writer() -> (Writer, tempfile::TempDir) {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::lock(place.path()).unwrap();
        let file = directory.file();
        let mut db = connection::writing(&file).unwrap();
        migrate::migrate(&db).unwrap();
        let head = log::last(&db).unwrap();
        let checkpointer = Checkpointer::start(&file, &mut db, WalBounds::default()).unwrap();
        (Writer::start(db, head, checkpointer, directory.lock, 100).unwrap(), place)
    }

    fn insert(name: &str) -> impl Fn(&Connection) -> Result<(), StoreError> + Send + 'static {
        let name = name.to_owned();
        move |db| {
            db.execute("INSERT INTO meta (name, value) VALUES (?1, zeroblob(100000))", [&name])?;
            Ok(())
        }
    }

    async fn count(writer: &Writer) -> u64 {
        let count = |db: &Connection| Ok(db.query_row("SELECT count(*) FROM meta", (), |row| row.get(0))?);
        writer.change(count).await.unwrap()
    }

    /// A limit for the pages of the database: a disk that is full, or has room again.
    async fn limit(writer: &Writer, pages: u32) {
        let limit =
            move |db: &Connection| Ok(db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?);
        writer.change(limit).await.unwrap();
    }

    /// A change of a cart, with a timer and an event.
    fn change(base_version: u64) -> EntityChange {
        let shop = ShopId::from_bytes([2; 16]);
        let change = RecordedChange {
            cause: None,
            actor: None,
            version: base_version + 1,
            data: vec![0; 9_000].into(),
        };
        let event = Event {
            id: EventId::from_bytes([u8::try_from(base_version).unwrap(); 16]),
            shop,
            event_type: CanonicalType::CartUpdated.into(),
            subject: Subject::new(EntityKind::Cart, "a"),
            occurred_at: Timestamp::EPOCH,
            received_at: Timestamp::EPOCH,
            origin: Origin::Change(change),
        };
        EntityChange {
            key: EntityKey { shop, kind: EntityKind::Cart, id: "a".to_owned() },
            base_version,
            entity: Some("{}".into()),
            marks: "{}".into(),
            at: Timestamp::EPOCH,
            timers: vec![(TimerKind::CartAbandonment, Some(Timestamp::EPOCH))],
            fired: None,
            surrogate: None,
            events: vec![event],
        }
    }

    async fn commit(writer: &Writer, base_version: u64) -> Result<Committed, StoreError> {
        let change = change(base_version);
        let events = change.events.clone();
        writer.change_with(events, move |db, log, events| snapshots::commit(db, log, &change, events)).await
    }

    #[tokio::test]
    async fn a_full_disk_takes_neither_state_nor_events() {
        let (writer, _place) = writer();
        let mut tail = writer.tail(TailBounds { events_max: 9, bytes_max: usize::MAX });
        assert_eq!(commit(&writer, 0).await, Ok(Committed::Done { version: 1, head: Seq(1) }));
        limit(&writer, 1).await;
        for _ in 0..3 {
            let refused = commit(&writer, 1).await.unwrap_err();
            assert!(matches!(refused, StoreError::Full(_)), "{refused}");
        }
        let (version, timers, last) = writer
            .change(|db| {
                let snapshot = snapshots::read(db, &change(0).key)?;
                let timers = timers::due(db, Timestamp::MAX, 9)?;
                Ok((snapshot.map(|snapshot| snapshot.version), timers.len(), log::last(db)?))
            })
            .await
            .unwrap();
        assert_eq!((version, timers, last, writer.head()), (Some(1), 1, Seq(1), Seq(1)));
        limit(&writer, 1_000_000).await;
        assert_eq!(commit(&writer, 1).await, Ok(Committed::Done { version: 2, head: Seq(2) }));
        writer.close(Vec::new()).await.unwrap();
        for place in [1, 2] {
            let Some(TailItem::Events(events)) = tail.next().await else { panic!("both fit") };
            assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [Seq(place)]);
        }
        assert_eq!(tail.next().await, None);
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_the_writer_lives_on() {
        let (writer, _place) = writer();
        writer.change(insert("before")).await.unwrap();
        limit(&writer, 1).await;
        for n in 0..3 {
            let refused = writer.change(insert(&n.to_string())).await.unwrap_err();
            assert!(matches!(refused, StoreError::Full(_)), "{refused}");
        }
        assert_eq!(count(&writer).await, 1);
        limit(&writer, 1_000_000).await;
        writer.change(insert("after")).await.unwrap();
        assert_eq!(count(&writer).await, 2);
        writer.close(Vec::new()).await.unwrap();
    }

    #[tokio::test]
    async fn a_change_that_fails_halfway_leaves_nothing_and_spoils_no_other() {
        let (writer, _place) = writer();
        let halfway = |db: &Connection| -> Result<(), StoreError> {
            insert("half")(db)?;
            Err(StoreError::Unreadable("made up".to_owned()))
        };
        // All three wait for the same commit, whichever the writer sees first.
        let (first, failed, last) =
            tokio::join!(writer.change(insert("a")), writer.change(halfway), writer.change(insert("b")));
        assert_eq!((first, last), (Ok(()), Ok(())));
        assert_eq!(failed, Err(StoreError::Unreadable("made up".to_owned())));
        assert_eq!(count(&writer).await, 2);
        writer.close(Vec::new()).await.unwrap();
    }
}
