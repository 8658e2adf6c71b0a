//! A store in a directory of its own, and events to put into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use shopwire_core::commerce::{CanonicalType, EntityKind, Subject};
use shopwire_core::{
    DialectId, Event, EventId, Headers, Limits, Origin, ReceivedWebhook, RecordedChange, ShopId, SourceId,
    Timestamp,
};
use shopwire_store::conformance::{Backend, RANGE_BYTES, REJECTIONS_MAX, TAIL};
use shopwire_store::{
    EntityChange, EntityKey, Ledger, LogConfig, NewEvent, SecretKey, SqliteConfig, SqliteLedger, StoreError,
};
use shopwire_testkit::SeededRandom;

/// A store whose files vanish with it.
pub(crate) struct Store(tempfile::TempDir);

impl Store {
    pub(crate) fn fresh() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub(crate) fn config(&self) -> SqliteConfig {
        config(&self.path())
    }

    pub(crate) fn sqlite(&self) -> SqliteLedger {
        open(self.config()).unwrap()
    }

    /// A store of short segments.
    pub(crate) fn of_short_segments(&self) -> SqliteLedger {
        let log = LogConfig { segment_bytes: RANGE_BYTES };
        open(SqliteConfig { log, ..self.config() }).unwrap()
    }

    /// What a crash at this moment would leave: the files as they are, while nobody writes.
    pub(crate) fn as_after_a_crash(&self) -> Self {
        let left = Self::fresh();
        copy(&self.path(), &left.path());
        left
    }

    /// The segment that is written to.
    pub(crate) fn active_segment(&self) -> PathBuf {
        let files = std::fs::read_dir(self.path().join("log")).unwrap();
        let segments =
            files.map(|file| file.unwrap().path()).filter(|path| path.extension().unwrap() == "log");
        segments.max().unwrap()
    }

    /// A connection beside the store's own, as an operator's tool has one.
    pub(crate) fn tool(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join("shopwire.db")).unwrap()
    }
}

#[async_trait]
impl Backend for Store {
    async fn open(&self) -> Arc<dyn Ledger> {
        let log = LogConfig { segment_bytes: RANGE_BYTES };
        let config = SqliteConfig { rejections_max: REJECTIONS_MAX, tail: TAIL, log, ..self.config() };
        Arc::new(open(config).unwrap())
    }
}

fn copy(from: &Path, into: &Path) {
    std::fs::create_dir(into).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let copied = into.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &copied);
        } else {
            std::fs::copy(file.path(), copied).unwrap();
        }
    }
}

pub(crate) fn config(path: &Path) -> SqliteConfig {
    SqliteConfig::new(path, SecretKey::new([7; 32]), &Limits::default())
}

pub(crate) fn open(config: SqliteConfig) -> Result<SqliteLedger, StoreError> {
    SqliteLedger::open(config, Arc::new(SeededRandom::new(1)))
}

/// An event of its own; `n` tells its id, its time, and by turns the rest.
pub(crate) fn event(n: u64) -> Event {
    let now = Timestamp::from_secs(1_764_000_000);
    let types = [CanonicalType::OrderCreated, CanonicalType::OrderUpdated];
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([3; 16]),
        dialect: DialectId::PLATFORMS[usize::try_from(n % 5).unwrap()],
        topic: "order:create".to_owned(),
        platform_event_id: None,
        query: None,
        headers: Headers::new().with("Content-Type", "application/json"),
        body: format!("{{\"n\":{n}}}").into(),
    };
    Event {
        id: EventId::new(now.plus_ms(i64::try_from(n).unwrap()), &SeededRandom::new(n)),
        shop: ShopId::from_bytes([u8::try_from(n % 3).unwrap(); 16]),
        event_type: types[usize::try_from(n % 2).unwrap()].into(),
        subject: Subject::new(EntityKind::Order, n % 4),
        occurred_at: now,
        received_at: now.plus_ms(i64::try_from(n).unwrap()),
        origin: Origin::Webhook(webhook),
    }
}

pub(crate) fn new_event(n: u64) -> NewEvent {
    NewEvent { event: event(n), identity: None }
}

/// An event that arose from an entity's change to a version.
pub(crate) fn changed(n: u64, version: u64) -> Event {
    let data = format!("{{\"n\":{n}}}").into();
    let change = RecordedChange { cause: None, actor: None, version, data };
    Event { origin: Origin::Change(change), ..event(n) }
}

/// A change of a cart, without events or timers, computed from a version.
pub(crate) fn change(id: &str, base_version: u64) -> EntityChange {
    EntityChange {
        key: EntityKey { shop: ShopId::from_bytes([1; 16]), kind: EntityKind::Cart, id: id.to_owned() },
        base_version,
        entity: Some(format!("{{\"id\":\"{id}\",\"base\":{base_version}}}").into()),
        marks: "{}".into(),
        at: event(base_version).received_at,
        timers: Vec::new(),
        fired: None,
        surrogate: None,
        events: Vec::new(),
    }
}
