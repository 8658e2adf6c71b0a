//! The verbs of the Ledger.

mod attempt;
mod care;
mod config;
mod entity;
mod event;
mod page;
mod rejected;
mod tail;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use shopwire_core::commerce::{EntityKind, Subject};
use shopwire_core::delivery::{LaneRecord, Waiting};
use shopwire_core::{EndpointId, Event, EventId, LoggedEvent, Seq, ShopId, Timestamp};

pub use attempt::{
    AttemptFilter, AttemptRecord, DeadLetter, DeadLetterFilter, LaneUpdate, Redelivery, StoredAttempt,
};
pub use care::{AttemptPlace, AttemptWalk, Backup, Dropped, Erasure, LaneStand, LogSpan, Retention};
pub use config::{Configuration, IdempotencyKey, Noun, NounId};
pub use entity::{Committed, DueTimer, EntityChange, EntityKey, Snapshot};
pub use event::{Appended, EventFilter, EventHead, Merges, NewEvent};
pub use page::{Page, PageRequest};
pub use rejected::RejectedRequest;
pub use tail::{Tail, TailBounds, TailFeed, TailItem};

use crate::StoreError;

/// Bytes that mean nothing to the store.
pub type Blob = Vec<u8>;

/// What the store says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthReport {
    /// Version of the stored form.
    pub schema_version: u32,
    /// Events in the log.
    pub events: u64,
    /// Bytes on the disk.
    pub disk_bytes: u64,
    /// What a thorough look found wrong; empty if all is well.
    pub problems: Vec<String>,
}

/// The durable log with its lanes and the configuration.
///
/// Every verb is safe to call from many tasks at once. Whoever waits for the disk at the same moment shares one sync.
#[async_trait]
pub trait Ledger: Send + Sync {
    // --- The log

    /// Appends an event, unless an event of the same source with the same identity key is remembered: then that one is
    /// told, and the merge is counted. Synced before the answer, except the count.
    async fn append(&self, event: NewEvent) -> Result<Appended, StoreError>;

    /// The events as they are committed, in order. There is one tail; asking for it again ends the former.
    fn tail(&self) -> Tail;

    /// The place of the last event.
    async fn head(&self) -> Result<Seq, StoreError>;

    /// Up to `limit` events behind `after`, in order, stopping before they weigh more than `bytes_max` (but never
    /// before the first). Stops before an event that can't be read; if that is the first, the answer is
    /// [`StoreError::Damaged`] with its place, from which one can read on.
    async fn read_after(
        &self,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<Arc<LoggedEvent>>, StoreError>;

    /// The events at these places, in order of place; places without an event are left out. If one of them can't be read,
    /// the answer is [`StoreError::Damaged`].
    async fn read_at(&self, places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError>;

    /// One event.
    async fn event(&self, id: EventId) -> Result<Option<Arc<LoggedEvent>>, StoreError>;

    /// Events by filter, newest first.
    async fn search(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<EventHead>, StoreError>;

    /// How many further copies of an event's webhook were merged into it. A statistic: told at once, and written within about a
    /// second, so that a flood of copies costs little; a process that is killed may forget the last ones.
    async fn merges(&self, seq: Seq) -> Result<Merges, StoreError>;

    // --- Lanes

    /// Where a lane stands; `None` if it was never opened.
    async fn lane(&self, endpoint: EndpointId) -> Result<Option<LaneRecord>, StoreError>;

    /// Opens a lane at a place, unless it is open; answers where it stands.
    async fn open_lane(&self, endpoint: EndpointId, at: Seq) -> Result<LaneRecord, StoreError>;

    /// Records what happened in lanes, each update as one: attempts, cursor, who waits, who is dead. A cursor never goes
    /// back: of an update that is behind, the cursor and what is done beyond it are left out. Of a lane that is not open
    /// (its endpoint was removed meanwhile) only the attempts are recorded.
    async fn record(&self, updates: Vec<LaneUpdate>) -> Result<(), StoreError>;

    /// Attempts, newest first.
    async fn attempts(
        &self,
        filter: &AttemptFilter,
        page: PageRequest,
    ) -> Result<Page<StoredAttempt>, StoreError>;

    /// Deliveries that were given up, newest first.
    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: PageRequest,
    ) -> Result<Page<DeadLetter>, StoreError>;

    /// Takes a delivery off the dead-letter list and lets it wait for an attempt at `now`, with a fresh policy; the numbers
    /// of its attempts go on. It waits under its [`subject_key`](shopwire_core::delivery::subject_key).
    async fn redeliver(
        &self,
        endpoint: EndpointId,
        seq: Seq,
        now: Timestamp,
    ) -> Result<Redelivery, StoreError>;

    /// Lets events be delivered to an endpoint again, or for the first time: each waits by name from `now` on, with a fresh
    /// policy; if it stands on the dead-letter list it is taken off it, and the numbers of its attempts go on. Left out
    /// are those that are in flight or waiting already, those the lane has yet to come to, and places without an event.
    /// Answers those that wait now.
    async fn replay(
        &self,
        endpoint: EndpointId,
        places: &[Seq],
        now: Timestamp,
    ) -> Result<Vec<Waiting>, StoreError>;

    /// Takes up to `limit` dead letters that were given up before `before` off the list, the oldest first; answers how many.
    async fn expire_dead_letters(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Takes deliveries off the dead-letter list without sending them again: somebody has seen to them. Answers how many
    /// stood there.
    async fn dismiss(&self, endpoint: EndpointId, places: &[Seq]) -> Result<usize, StoreError>;

    /// How many deliveries stand on the dead-letter list.
    async fn dead_letter_count(&self) -> Result<u64, StoreError>;

    /// All attempts in the order they were recorded, up to `limit` behind `after`: for whoever counts them.
    async fn walk_attempts(&self, after: AttemptPlace, limit: usize) -> Result<AttemptWalk, StoreError>;

    /// Where all lanes stand.
    async fn lane_stands(&self) -> Result<Vec<LaneStand>, StoreError>;

    // --- The state of shops

    /// Commits a change: snapshot, timers and events, synced, as one; unless somebody else was first. Its events reach
    /// the tail like any others.
    async fn commit(&self, change: EntityChange) -> Result<Committed, StoreError>;

    /// Appends events that belong together and show in no state, synced, as one; answers the place of the last.
    async fn append_all(&self, events: Vec<Event>) -> Result<Seq, StoreError>;

    /// The state of one entity, deleted ones included; `None` if it was never heard of.
    async fn snapshot(&self, key: &EntityKey) -> Result<Option<Snapshot>, StoreError>;

    /// Up to `limit` entities of a kind that are there, by id, behind `after`.
    async fn snapshots(
        &self,
        shop: ShopId,
        kind: EntityKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError>;

    /// Up to `limit` timers due at `now` or earlier, the earliest first.
    async fn timers_due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError>;

    /// When the earliest timer is due.
    async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError>;

    /// The id behind a surrogate (see [`number_for`](shopwire_core::commerce::number_for)), if an entity of this kind with
    /// it was ever committed, or an event about one appended.
    async fn id_behind(&self, shop: ShopId, kind: &str, number: u64) -> Result<Option<String>, StoreError>;

    // --- Rejected requests

    /// Keeps a rejected request; the oldest make room.
    async fn reject(&self, request: RejectedRequest) -> Result<(), StoreError>;

    /// Rejected requests, newest first.
    async fn rejected(&self, page: PageRequest) -> Result<Page<RejectedRequest>, StoreError>;

    // --- Configuration

    /// All of the configuration, secrets decrypted.
    async fn configuration(&self) -> Result<Configuration, StoreError>;

    /// Creates or replaces a noun.
    async fn save(&self, noun: Noun) -> Result<(), StoreError>;

    /// Removes a noun and all that belongs to it alone: with an endpoint its lane, its waiting and dead deliveries; with a
    /// shop its sources and the endpoints that get its events only; with a token the answers kept for it. Events and
    /// attempts stay. Removing what is not there is no error.
    async fn remove(&self, id: NounId) -> Result<(), StoreError>;

    /// Keeps the answer to a request under its idempotency key (encrypted: it may show a secret). The first one stays.
    async fn remember(&self, key: IdempotencyKey, answer: Blob, now: Timestamp) -> Result<(), StoreError>;

    /// The answer kept under an idempotency key.
    async fn recall(&self, key: &IdempotencyKey) -> Result<Option<Blob>, StoreError>;

    // --- Care

    /// Forgets idempotency keys older than `idempotency_before`, at most a bounded number at a time; answers whether there is
    /// more. Identity keys of events go with their events.
    async fn sweep(&self, idempotency_before: Timestamp) -> Result<bool, StoreError>;

    /// How far the log reaches.
    async fn span(&self) -> Result<LogSpan, StoreError>;

    /// Lets whole ranges of the log go. Nobody who appends waits for it.
    async fn retain(&self, retention: Retention) -> Result<Dropped, StoreError>;

    /// Erases what is known of a subject from log and snapshots, and keeps a record of having done so. Until it is finished the
    /// record stands unfinished, and asking again goes on with it. Nobody who appends waits for it.
    async fn erase(&self, shop: ShopId, subject: &Subject, now: Timestamp) -> Result<Erasure, StoreError>;

    /// The records of erasures, the newest first.
    async fn erasures(&self, limit: usize) -> Result<Vec<Erasure>, StoreError>;

    /// Copies the store as it is at this moment into a directory, which must be empty or not exist, while it goes on being
    /// used. What is copied opens like any store, with the same key.
    async fn back_up(&self, into: &Path) -> Result<Backup, StoreError>;

    /// Looks after itself: `thorough` reads everything.
    async fn health(&self, thorough: bool) -> Result<HealthReport, StoreError>;

    /// Writes out what is pending and closes; verbs fail afterwards.
    async fn close(&self) -> Result<(), StoreError>;
}
