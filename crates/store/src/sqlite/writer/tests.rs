//! The writer on a disk, and with transactions, that do not do their part.

use std::path::Path;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

use super::*;
use crate::log::Log;
use crate::log::{Broken, Faults, Opened};
use crate::sqlite::checkpoint::WalBounds;
use crate::sqlite::lanes::{self, Update};
use crate::sqlite::patience::Patience;
use crate::sqlite::stands::Stands;
use crate::sqlite::{connection, directory::Directory, group, migrate, snapshots, timers};
use crate::{Committed, EntityChange, EntityKey, LaneUpdate, LogConfig, TailItem};
use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::commerce::{CanonicalType, EntityKind, Subject};
use shopwire_core::delivery::LaneChanges;
use shopwire_core::{EndpointId, EventId, Origin, RecordedChange, Seq, ShopId, SourceId, Timestamp};

/// A writer on a fresh store, its disk's faults, and what must outlive it.
fn writer() -> (Writer, Broken, tempfile::TempDir) {
    writer_with(LogConfig::default())
}

fn writer_with(config: LogConfig) -> (Writer, Broken, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let (writer, broken) = open_with(place.path(), config);
    (writer, broken, place)
}

fn open(place: &Path) -> (Writer, Broken) {
    open_with(place, LogConfig::default())
}

fn open_with(place: &Path, config: LogConfig) -> (Writer, Broken) {
    let directory = Directory::lock(place).unwrap();
    let file = directory.file();
    let mut db = connection::writing(&file).unwrap();
    let broken = config.broken.clone();
    migrate::migrate(&db, &directory.log(), &config).unwrap();
    let stamp = group::read_stamp(&db).unwrap();
    let Opened { log, .. } = Log::open(&directory.log(), config, stamp).unwrap();
    let checkpointer = Checkpointer::start(&file, &mut db, WalBounds::default()).unwrap();
    let stands = Arc::new(Stands::read(&db).unwrap());
    let patience = Patience::new(&db).unwrap();
    let state = State { db, patience, log, stands, pending: Arc::default(), stamp };
    (Writer::start(state, checkpointer, directory.lock, 100).unwrap(), broken)
}

fn insert(name: &str) -> impl Fn(&Connection) -> Result<(), StoreError> + Send + 'static {
    let name = name.to_owned();
    move |db| {
        db.execute("INSERT INTO meta (name, value) VALUES (?1, zeroblob(100000))", [&name])?;
        Ok(())
    }
}

async fn count(writer: &Writer) -> u64 {
    let count = "SELECT count(*) FROM meta WHERE name <> 'stamp'";
    let count = move |db: &Connection| Ok(db.query_row(count, (), |row| row.get(0))?);
    writer.change(count).await.unwrap()
}

/// A limit for the pages of the database: a disk that is full, or has room again.
async fn limit(writer: &Writer, pages: u32) {
    let limit =
        move |db: &Connection| Ok(db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?);
    writer.change(limit).await.unwrap();
}

fn event(n: u8) -> Event {
    let change = RecordedChange { cause: None, actor: None, version: 1, data: vec![n; 9_000].into() };
    Event {
        id: EventId::from_bytes([n; 16]),
        shop: ShopId::from_bytes([2; 16]),
        event_type: CanonicalType::CartUpdated.into(),
        subject: Subject::new(EntityKind::Cart, "a"),
        occurred_at: Timestamp::EPOCH,
        received_at: Timestamp::EPOCH,
        origin: Origin::Change(change),
    }
}

/// A change of a cart, with a timer and an event.
fn change(base_version: u64) -> EntityChange {
    let n = u8::try_from(base_version).unwrap();
    let event = event(n);
    EntityChange {
        key: EntityKey { shop: event.shop, kind: EntityKind::Cart, id: "a".to_owned() },
        base_version,
        entity: Some("{}".into()),
        // More with every version than there is room for in pages that were given back.
        marks: vec![b' '; 200_000 * (usize::from(n) + 1)].into(),
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
    writer.change_with(events, move |group, events| snapshots::commit(group, &change, events)).await
}

async fn append(writer: &Writer, n: u8) -> Result<Appended, StoreError> {
    writer.append(NewEvent { event: event(n), identity: None }).await
}

/// Version of the cart, number of timers, place of the last event, which is read as well.
async fn state(writer: &Writer) -> (u64, usize, Seq) {
    let state = |state: &mut State| {
        let snapshot = snapshots::read(&state.db, &change(0).key)?;
        let timers = timers::due(&state.db, Timestamp::MAX, 9)?;
        let head = state.log.head();
        let reader = state.log.reader();
        assert_eq!(reader.head(), head);
        assert_eq!(reader.read_at(&[head])?.len(), usize::from(head > Seq::START));
        Ok((snapshot.map_or(0, |snapshot| snapshot.version), timers.len(), head))
    };
    writer.between(state).await.unwrap()
}

#[tokio::test]
async fn a_full_disk_takes_neither_state_nor_events() {
    let full_log = Faults { full_after: Some(50), ..Faults::default() };
    for is_log in [false, true] {
        let (writer, broken, place) = writer();
        let mut tail = writer.tail(TailBounds { events_max: 9, bytes_max: usize::MAX });
        assert_eq!(commit(&writer, 0).await, Ok(Committed::Done { version: 1, head: Seq(1) }));
        if is_log {
            broken.set(full_log)
        } else {
            limit(&writer, 1).await
        }
        for _ in 0..3 {
            let refused = commit(&writer, 1).await.unwrap_err();
            assert!(matches!(refused, StoreError::Full(_)), "{refused}");
            assert_eq!(matches!(append(&writer, 9).await, Err(StoreError::Full(_))), is_log);
        }
        let appended = if is_log { 0 } else { 3 };
        assert_eq!(state(&writer).await, (1, 1, Seq(1 + appended)));
        assert_eq!(writer.head(), Seq(1 + appended));
        if is_log {
            broken.set(Faults::default())
        } else {
            limit(&writer, 1_000_000).await
        }
        let head = Seq(2 + appended);
        assert_eq!(commit(&writer, 1).await, Ok(Committed::Done { version: 2, head }));
        writer.close(Vec::new()).await.unwrap();
        for place in 1..=head.0 {
            let Some(TailItem::Events(events)) = tail.next().await else { panic!("all fit") };
            assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [Seq(place)]);
        }
        assert_eq!(tail.next().await, None);
        assert_eq!(state(&open(place.path()).0).await, (2, 1, head));
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_writer_lives_on() {
    let (writer, _, _place) = writer();
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
    let (writer, _, _place) = writer();
    let halfway = |group: &mut Group<'_>, events: &mut [Entry]| -> Result<(), StoreError> {
        group.put_all(events);
        insert("half")(group.sql()?)?;
        Err(StoreError::Unreadable("made up".to_owned()))
    };
    // All wait for the same commit, whichever the writer sees first.
    let (first, failed, appended, last) = tokio::join!(
        writer.change(insert("a")),
        writer.change_with(vec![event(1), event(2)], halfway),
        append(&writer, 3),
        writer.change(insert("b")),
    );
    assert_eq!((first, appended, last), (Ok(()), Ok(Appended::New(Seq(1))), Ok(())));
    assert_eq!(failed, Err(StoreError::Unreadable("made up".to_owned())));
    assert_eq!(count(&writer).await, 2);
    assert_eq!(state(&writer).await, (0, 0, Seq(1)));
    writer.close(Vec::new()).await.unwrap();
}

/// Lets every commit of a transaction fail that puts something into this table.
async fn break_commits(writer: &Writer) {
    let make = |state: &mut State| {
        Ok(state.db.execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE whole (id INTEGER PRIMARY KEY);
             CREATE TABLE part (of INTEGER REFERENCES whole (id) DEFERRABLE INITIALLY DEFERRED);",
        )?)
    };
    writer.between(make).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_can_t_be_committed_takes_its_records_with_it() {
    let (writer, _, place) = writer();
    break_commits(&writer).await;
    assert_eq!(append(&writer, 1).await, Ok(Appended::New(Seq(1))));
    for _ in 0..3 {
        let fails_late = |group: &mut Group<'_>, events: &mut [Entry]| -> Result<(), StoreError> {
            group.put_all(events);
            group.sql()?.execute_batch("INSERT INTO part VALUES (7)")?;
            Ok(())
        };
        let refused = writer.change_with(vec![event(2), event(3)], fails_late).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        assert_eq!(state(&writer).await, (0, 0, Seq(1)));
    }
    assert_eq!(commit(&writer, 0).await, Ok(Committed::Done { version: 1, head: Seq(2) }));
    assert_eq!(append(&writer, 4).await, Ok(Appended::New(Seq(3))));
    writer.close(Vec::new()).await.unwrap();
    assert_eq!(state(&open(place.path()).0).await, (1, 1, Seq(3)));
}

#[tokio::test]
async fn what_can_t_be_taken_back_stops_the_writer_until_it_is_opened_again() {
    let (writer, broken, place) = writer();
    break_commits(&writer).await;
    assert_eq!(append(&writer, 1).await, Ok(Appended::New(Seq(1))));
    broken.set(Faults { cut: true, ..Faults::default() });
    let fails_late = |group: &mut Group<'_>, events: &mut [Entry]| -> Result<(), StoreError> {
        group.put_all(events);
        group.sql()?.execute_batch("INSERT INTO part VALUES (7)")?;
        Ok(())
    };
    assert!(writer.change_with(vec![event(2)], fails_late).await.is_err());
    broken.set(Faults::default());
    assert!(matches!(append(&writer, 3).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(commit(&writer, 0).await, Err(StoreError::Unavailable(_))));
    writer.close(Vec::new()).await.unwrap();
    let (writer, _) = open(place.path());
    assert_eq!(state(&writer).await, (0, 0, Seq(1)), "nobody was answered");
    assert_eq!(commit(&writer, 0).await, Ok(Committed::Done { version: 1, head: Seq(2) }));
}

/// Lets the next commits of transactions fail as on a broken disk: it can't be told whether they are on it. Answers how long the
/// log was at each commit.
async fn break_disk(writer: &Writer, place: &Path, count: usize) -> Arc<Mutex<Vec<u64>>> {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let (noted, place) = (Arc::clone(&tried), place.to_owned());
    let deny = move |context: AuthContext<'_>| match context.action {
        AuthAction::Transaction { operation: TransactionOperation::Unknown } => {
            let mut tried = noted.lock().unwrap();
            tried.push(log_bytes(&place));
            if tried.len() <= count { Authorization::Deny } else { Authorization::Allow }
        }
        _ => Authorization::Allow,
    };
    writer.between(move |state| Ok(state.db.authorizer(Some(deny))?)).await.unwrap();
    tried
}

fn log_bytes(place: &Path) -> u64 {
    let files = std::fs::read_dir(place.join("log")).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

#[tokio::test]
async fn a_transaction_that_may_be_on_the_disk_is_replaced_before_the_log_is_cut() {
    let (writer, _, place) = writer();
    assert_eq!(append(&writer, 1).await, Ok(Appended::New(Seq(1))));
    let before = log_bytes(place.path());
    let tried = break_disk(&writer, place.path(), 1).await;
    let refused = commit(&writer, 0).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let at_commits = tried.lock().unwrap().clone();
    assert!(at_commits.len() == 2 && at_commits.iter().all(|bytes| *bytes > before), "{at_commits:?}");
    assert_eq!((log_bytes(place.path()), state(&writer).await), (before, (0, 0, Seq(1))));
    assert_eq!(commit(&writer, 0).await, Ok(Committed::Done { version: 1, head: Seq(2) }));
    writer.close(Vec::new()).await.unwrap();
    assert_eq!(state(&open(place.path()).0).await, (1, 1, Seq(2)));
}

#[tokio::test]
async fn what_became_of_a_transaction_on_a_broken_disk_is_found_out_by_opening() {
    for comes_back in [false, true] {
        let (writer, _, place) = writer();
        assert_eq!(append(&writer, 1).await, Ok(Appended::New(Seq(1))));
        let before = log_bytes(place.path());
        break_disk(&writer, place.path(), 2).await;
        assert!(matches!(commit(&writer, 0).await, Err(StoreError::Unavailable(_))));
        assert!(log_bytes(place.path()) > before);
        let restart = append(&writer, 3).await.unwrap_err().to_string();
        assert!(restart.contains("restart"), "{restart}");
        assert_eq!((writer.head(), state(&writer).await), (Seq(1), (0, 0, Seq(1))));
        writer.close(Vec::new()).await.unwrap();
        if comes_back {
            let db = Connection::open(place.path().join("shopwire.db")).unwrap();
            db.execute_batch("INSERT INTO meta VALUES ('stamp', x'0100000000000000')").unwrap();
        }
        let (writer, _) = open(place.path());
        let head = Seq(1 + u64::from(comes_back));
        assert_eq!(state(&writer).await, (0, 0, head));
        assert_eq!(append(&writer, 3).await, Ok(Appended::New(head.next())));
    }
}

/// A tool that has begun to write.
fn tool(place: &Path) -> Connection {
    let tool = Connection::open(place.join("shopwire.db")).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    tool
}

/// How long the writer waits for a database that is locked.
async fn waits_ms(writer: &Writer) -> u64 {
    let asked =
        |state: &mut State| Ok(state.db.pragma_query_value(None, "busy_timeout", |row| row.get(0))?);
    writer.between(asked).await.unwrap()
}

#[tokio::test]
async fn a_database_that_a_tool_holds_is_waited_for_once_and_appends_go_on() {
    let (writer, _, place) = writer();
    let tool = tool(place.path());
    assert_eq!(waits_ms(&writer).await, 1_000);
    for n in 1..4 {
        let (refused, appended) = tokio::join!(writer.change(insert("a")), append(&writer, n));
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("another program"), "{refused}");
        assert_eq!(appended, Ok(Appended::New(Seq(n.into()))));
        assert_eq!(waits_ms(&writer).await, 0);
    }
    tool.execute_batch("ROLLBACK").unwrap();
    writer.change(insert("a")).await.unwrap();
    assert_eq!((waits_ms(&writer).await, count(&writer).await), (1_000, 1));
}

#[tokio::test]
async fn a_segment_is_begun_once_no_tool_holds_the_database() {
    let (writer, _, place) = writer_with(LogConfig::new(20_000));
    let endpoint = EndpointId::from_bytes([8; 16]);
    writer.change_lanes(0, move |group| lanes::open(group, endpoint, Seq::START)).await.unwrap();
    let tool = tool(place.path());
    let segments = || std::fs::read_dir(place.path().join("log")).unwrap().count();
    for n in 1..8 {
        append(&writer, n).await.unwrap();
        let moved = [Update::new(update(endpoint, n.into(), Vec::new()))];
        writer.change_lanes(0, move |group| lanes::record(group, &moved)).await.unwrap();
    }
    assert_eq!((segments(), waits_ms(&writer).await), (1, 0));
    tool.execute_batch("ROLLBACK").unwrap();
    append(&writer, 9).await.unwrap();
    assert_eq!(waits_ms(&writer).await, 1_000);
    assert!(segments() > 1);
}

#[tokio::test]
async fn an_update_that_needs_the_database_asks_for_it_before_it_changes_anything() {
    let (writer, _, place) = writer();
    let endpoint = EndpointId::from_bytes([8; 16]);
    writer.change_lanes(0, move |group| lanes::open(group, endpoint, Seq::START)).await.unwrap();
    let _tool = tool(place.path());
    let updates = [Update::new(update(endpoint, 0, vec![Seq(1)]))];
    let changes = move |group: &mut Group<'_>| {
        let before = group.changes();
        assert!(lanes::record(group, &updates).is_err());
        assert!(lanes::replay(group, endpoint, &[], Timestamp::EPOCH).is_err());
        Ok(group.changes() - before)
    };
    assert_eq!(writer.change_lanes(0, changes).await, Ok(0));
}

fn update(endpoint: EndpointId, cursor: u64, forget: Vec<Seq>) -> LaneUpdate {
    let changes = LaneChanges { wait: Vec::new(), forget };
    LaneUpdate { endpoint, cursor: Seq(cursor), done: Vec::new(), changes, attempts: Vec::new() }
}

#[tokio::test]
async fn counts_of_copies_are_written_while_nothing_else_is() {
    let (writer, _, _place) = writer();
    let copy =
        |n| NewEvent { identity: Some((SourceId::from_bytes([1; 16]), "k".to_owned())), event: event(n) };
    writer.append(copy(1)).await.unwrap();
    let merged = Appended::Merged { into: EventId::from_bytes([1; 16]), seq: Seq(1) };
    assert_eq!(writer.append(copy(2)).await, Ok(merged));
    let written = |state: &mut State| {
        Ok(state.db.query_row("SELECT coalesce(sum(count), 0) FROM merge", (), |row| row.get::<_, u64>(0))?)
    };
    while writer.between(written).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(writer.between(written).await, Ok(1));
}
