//! A store that an earlier version wrote opens, with all that was in it.

use rusqlite::Connection;
use shopwire_core::delivery::{DeadReason, Outcome};
use shopwire_core::{EndpointId, Event, Headers, Origin, Seq, SourceId};
use shopwire_store::{
    Appended, AttemptFilter, AttemptRecord, Committed, DeadLetterFilter, EntityChange, EventFilter,
    Ledger as _, NewEvent, PageRequest, SqliteLedger, StoreError,
};

use crate::support::{Store, change, changed, event, new_event, open};

/// The scripts of versions 1 and 2, which made it and are never changed.
const SCRIPTS: [&str; 2] =
    [include_str!("../../src/sqlite/schema.sql"), include_str!("../../src/sqlite/schema_2.sql")];

const EVENTS: u64 = 300;

fn endpoint() -> EndpointId {
    EndpointId::from_bytes([9; 16])
}

/// The events of the old store: most came by webhooks, some arose from changes.
fn old_event(n: u64) -> Event {
    if n.is_multiple_of(5) { changed(n, n) } else { event(n) }
}

/// The attempts of the old store, in the order they were recorded: the second of each event after the first of the next.
fn old_attempt(seq: u64, number: u32) -> AttemptRecord {
    AttemptRecord {
        seq: Seq(seq),
        number,
        at: event(seq).received_at,
        latency_us: 77,
        outcome: Outcome::Throttled { status: 429, retry_after_ms: Some(seq) },
        detail: seq.is_multiple_of(2).then(|| format!("detail {seq}")),
        response: format!("response {number}").into(),
        next_at: (number == 1).then(|| event(seq).received_at.plus_ms(1)),
        dead: (number == 2 && seq == 7).then_some(DeadReason::Exhausted),
    }
}

fn attempts() -> impl Iterator<Item = AttemptRecord> {
    (1..=EVENTS).flat_map(|seq| {
        let second = seq.checked_sub(1).filter(|former| *former > 0).map(|former| old_attempt(former, 2));
        std::iter::once(old_attempt(seq, 1)).chain(second)
    })
}

/// The bytes that versions 1 and 2 kept beside a body.
fn record(origin: &Origin) -> Vec<u8> {
    let text = |text: &str| [&u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat();
    match origin {
        Origin::Webhook(webhook) => {
            assert!(webhook.platform_event_id.is_none() && webhook.query.is_none());
            let headers: &Headers = &webhook.headers;
            let count = u32::try_from(headers.len()).unwrap().to_le_bytes();
            let fields = headers.iter().flat_map(|(name, value)| [text(name), text(value)]);
            [vec![1, 1, 0, 0], count.to_vec()].into_iter().chain(fields).collect::<Vec<_>>().concat()
        }
        Origin::Change(change) => [&[1, 2, 0, 0][..], &change.version.to_le_bytes()].concat(),
    }
}

fn insert_event(db: &Connection, seq: u64) {
    let event = old_event(seq);
    let webhook = event.origin.webhook();
    db.prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
        .unwrap()
        .execute((
            seq,
            event.id.as_bytes(),
            event.shop.as_bytes(),
            event.event_type.to_string(),
            event.subject.as_str(),
            webhook.map(|webhook| webhook.dialect.as_str()),
            webhook.map(|webhook| &webhook.topic),
            webhook.map(|webhook| webhook.source.as_bytes()),
            event.occurred_at.as_ms(),
            event.received_at.as_ms(),
        ))
        .unwrap();
    let record = (seq, record(&event.origin), &event.origin.body()[..]);
    db.prepare_cached("INSERT INTO event_record VALUES (?1, ?2, ?3)").unwrap().execute(record).unwrap();
}

fn insert_attempt(db: &Connection, attempt: &AttemptRecord) {
    let AttemptRecord { seq, number, at, latency_us, outcome, detail, response, next_at, dead } = attempt;
    db.prepare_cached(
        "INSERT INTO attempt (seq, endpoint, number, at, latency_us, outcome, status, retry_after_ms, detail, response,
         next_at, dead) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )
    .unwrap()
    .execute((
        seq.0,
        endpoint().as_bytes(),
        number,
        at.as_ms(),
        latency_us,
        outcome.code(),
        outcome.status(),
        seq.0,
        detail,
        &response[..],
        next_at.map(|at| at.as_ms()),
        dead.map(DeadReason::code),
    ))
    .unwrap();
}

/// A store as an earlier version left it.
fn of_version(version: usize) -> Store {
    let store = Store::fresh();
    std::fs::create_dir(store.path()).unwrap();
    let mut db = store.tool();
    let transaction = db.transaction().unwrap();
    for script in &SCRIPTS[..version] {
        transaction.execute_batch(script).unwrap();
    }
    (1..=EVENTS).for_each(|seq| insert_event(&transaction, seq));
    attempts().for_each(|attempt| insert_attempt(&transaction, &attempt));
    let dead = "INSERT INTO dead_letter (endpoint, seq, reason, at, attempts, outcome, status, retry_after_ms)
        SELECT endpoint, seq, dead, at, number, outcome, status, retry_after_ms FROM attempt WHERE dead IS NOT NULL";
    assert_eq!(transaction.execute(dead, ()).unwrap(), 1);
    let key = key(SourceId::from_bytes([3; 16]), "seen");
    transaction.execute("INSERT INTO dedup VALUES (?1, 4, 0)", [key]).unwrap();
    transaction.execute_batch("INSERT INTO merge VALUES (4, 2, 1000)").unwrap();
    let lane = "INSERT INTO lane VALUES (?1, 250, x'')";
    transaction.execute(lane, [endpoint().as_bytes()]).unwrap();
    transaction.pragma_update(None, "user_version", version).unwrap();
    transaction.commit().unwrap();
    store
}

/// Half of the SHA-256 of a source and an identity key, as every version stores it.
fn key(source: SourceId, identity: &str) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    Sha256::new().chain_update(source.as_bytes()).chain_update(identity).finalize()[..16].to_vec()
}

/// That everything is there that was.
async fn check(ledger: &SqliteLedger) {
    let log = ledger.read_after(Seq::START, usize::MAX, usize::MAX).await.unwrap();
    let log = &log[..EVENTS as usize];
    assert!(log.iter().map(|logged| logged.event.clone()).eq((1..=EVENTS).map(old_event)));
    let page = PageRequest { size: 1_000, before: None, scan_rows_max: 1_000 };
    let found = ledger.attempts(&AttemptFilter::default(), page).await.unwrap().items;
    assert!(found.into_iter().rev().map(|found| found.attempt).eq(attempts()));
    let dead = ledger.dead_letters(&DeadLetterFilter::default(), page).await.unwrap().items;
    assert_eq!(
        dead.iter().map(|dead| (dead.event, dead.seq)).collect::<Vec<_>>(),
        [(old_event(7).id, Seq(7))]
    );
    let stand = ledger.lane_stands().await.unwrap()[0];
    assert_eq!((stand.cursor, stand.opened_at), (Seq(250), Seq(250)));
    assert!(ledger.merges(Seq(4)).await.unwrap().count >= 2);
    assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
}

#[tokio::test]
async fn a_store_of_an_earlier_version_opens_with_all_that_was_in_it() {
    for version in [1, 2] {
        let store = of_version(version);
        for reopened in 0..2 {
            let ledger = if reopened == 0 { store.of_short_segments() } else { store.sqlite() };
            assert_eq!(ledger.health(false).await.unwrap().schema_version, 3);
            check(&ledger).await;
            let copy = NewEvent {
                identity: Some((SourceId::from_bytes([3; 16]), "seen".to_owned())),
                ..new_event(900)
            };
            let merged = Appended::Merged { into: old_event(4).id, seq: Seq(4) };
            assert_eq!(ledger.append(copy).await, Ok(merged));
            let change = EntityChange { events: vec![changed(1_000 + reopened, 1)], ..change("a", reopened) };
            let head = Seq(EVENTS + 1 + 2 * reopened);
            let done = Committed::Done { version: reopened + 1, head };
            assert_eq!(ledger.commit(change).await, Ok(done));
            assert_eq!(ledger.append(new_event(2_000 + reopened)).await, Ok(Appended::New(head.next())));
            ledger.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_migrated_store_has_the_form_of_a_fresh_one() {
    let form = |store: &Store| -> Vec<(String, Option<String>)> {
        let tool = store.tool();
        let mut statement = tool.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        let form = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        form.collect::<Result<_, _>>().unwrap()
    };
    let (migrated, fresh) = (of_version(1), Store::fresh());
    for store in [&migrated, &fresh] {
        store.sqlite().close().await.unwrap();
    }
    assert_eq!(form(&migrated), form(&fresh));
    assert!(!form(&fresh).iter().any(|(name, _)| name.contains("event") || name == "attempt"));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_store_as_it_was_and_is_gone_on_with() {
    let store = of_version(1);
    // Somebody made a table of their own under a name that the migration wants last: the log is copied by then.
    store.tool().execute_batch("CREATE TABLE erasures (mine)").unwrap();
    assert!(matches!(open(store.config()).err(), Some(StoreError::Unavailable(_))));
    let tool = store.tool();
    let version: u32 = tool.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let events: u64 = tool.query_row("SELECT count(*) FROM event", (), |row| row.get(0)).unwrap();
    let made = "SELECT count(*) FROM sqlite_schema WHERE name IN ('snapshot', 'timer', 'erasure')";
    assert_eq!((version, events, tool.query_row(made, (), |row| row.get(0))), (1, EVENTS, Ok(0)));
    tool.execute_batch("DROP TABLE erasures").unwrap();
    check(&store.sqlite()).await;
}

#[tokio::test]
async fn a_copy_that_was_interrupted_is_begun_again() {
    let store = of_version(2);
    let unfinished = store.path().join("log.unfinished");
    std::fs::create_dir(&unfinished).unwrap();
    std::fs::write(unfinished.join("half"), "half").unwrap();
    let ledger = store.sqlite();
    check(&ledger).await;
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_log_that_is_not_of_this_store_is_refused_and_left() {
    let (store, other) = (of_version(2), Store::fresh());
    let ledger = other.sqlite();
    ledger.append(new_event(1)).await.unwrap();
    ledger.close().await.unwrap();
    let log = store.path().join("log");
    std::fs::rename(other.path().join("log"), &log).unwrap();
    let Some(StoreError::Unreadable(refused)) = open(store.config()).err() else { panic!("they don't fit") };
    assert!(refused.contains(&log.display().to_string()), "{refused}");
    std::fs::rename(&log, other.path().join("log")).unwrap();
    check(&store.sqlite()).await;
    assert_eq!(other.sqlite().head().await.unwrap(), Seq(1));
}

#[tokio::test]
async fn what_can_t_be_read_keeps_its_place_and_takes_nothing_else_with_it() {
    for (spoils, has_head) in [
        ("UPDATE event_record SET record = x'63' WHERE seq = 42", true),
        ("UPDATE event_record SET record = x'' WHERE seq = 42", true),
        ("DELETE FROM event_record WHERE seq = 42", true),
        ("UPDATE event SET type = 'no type' WHERE seq = 42", false),
        ("UPDATE event SET subject = 'nothing' WHERE seq = 42", false),
        ("UPDATE event SET shop = x'01' WHERE seq = 42", false),
        ("UPDATE event SET id = x'' WHERE seq = 42", false),
    ] {
        let store = of_version(2);
        assert_eq!(store.tool().execute(spoils, ()).unwrap(), 1);
        let lost = "UPDATE attempt SET outcome = 'unheard of' WHERE seq = 50 AND number = 1";
        assert_eq!(store.tool().execute(lost, ()).unwrap(), 1);
        for _ in 0..2 {
            let ledger = store.of_short_segments();
            let read = |after| ledger.read_after(Seq(after), usize::MAX, usize::MAX);
            let (before, behind) = (read(0).await.unwrap(), read(42).await.unwrap());
            assert!(before.iter().map(|logged| logged.event.clone()).eq((1..42).map(old_event)), "{spoils}");
            assert!(behind.iter().map(|logged| logged.event.clone()).eq((43..=EVENTS).map(old_event)));
            let refused = read(41).await.unwrap_err();
            assert!(matches!(refused, StoreError::Damaged { seq: Seq(42), .. }), "{spoils}: {refused}");
            let page = PageRequest { size: 1_000, before: None, scan_rows_max: 1_000 };
            let heads = ledger.search(&EventFilter::default(), page).await.unwrap().items;
            assert_eq!(heads.iter().any(|head| head.seq == Seq(42)), has_head, "{spoils}");
            let found = ledger.attempts(&AttemptFilter::default(), page).await.unwrap().items;
            let is_left = |attempt: &AttemptRecord| (attempt.seq, attempt.number) != (Seq(50), 1);
            assert!(found.into_iter().rev().map(|found| found.attempt).eq(attempts().filter(is_left)));
            assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
            ledger.close().await.unwrap();
        }
    }
}
