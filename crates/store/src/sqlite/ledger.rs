//! The verbs: each picks its thread and says what is to be done there.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use shopwire_core::commerce::{EntityKind, Subject};
use shopwire_core::delivery::{LaneRecord, Waiting};
use shopwire_core::{EndpointId, Event, EventId, LoggedEvent, Seq, ShopId, Timestamp};

use super::fault::closed;
use super::lanes::Update;
use super::{
    SqliteLedger, backup, dead_letters, erasures, health, idempotency, lanes, merges, nouns, rejected,
    snapshots, surrogates, threads, timers,
};
use crate::log::LogReader;
use crate::{
    Appended, AttemptFilter, AttemptPlace, AttemptWalk, Backup, Blob, Committed, Configuration, DeadLetter,
    DeadLetterFilter, Dropped, DueTimer, EntityChange, EntityKey, Erasure, EventFilter, EventHead,
    HealthReport, IdempotencyKey, LaneStand, LaneUpdate, Ledger, LogSpan, Merges, NewEvent, Noun, NounId,
    Page, PageRequest, Redelivery, RejectedRequest, Retention, Snapshot, StoreError, StoredAttempt, Tail,
};

/// Rows forgotten at one go: few enough that no append waits long.
const SWEEP_ROWS_MAX: usize = 5_000;

#[async_trait]
impl Ledger for SqliteLedger {
    async fn append(&self, event: NewEvent) -> Result<Appended, StoreError> {
        self.writer.append(event).await
    }

    fn tail(&self) -> Tail {
        self.writer.tail(self.tail)
    }

    async fn head(&self) -> Result<Seq, StoreError> {
        if self.writer.is_closed() { Err(closed()) } else { Ok(self.writer.head()) }
    }

    async fn read_after(
        &self,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        self.read_log(move |log| log.read_after(after, limit, bytes_max)).await
    }

    async fn read_at(&self, places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        let places = places.to_vec();
        self.read_log(move |log| log.read_at(&places)).await
    }

    async fn event(&self, id: EventId) -> Result<Option<Arc<LoggedEvent>>, StoreError> {
        self.read_log(move |log| match log.place_of(id)? {
            Some(seq) => Ok(log.read_at(&[seq])?.pop()),
            None => Ok(None),
        })
        .await
    }

    async fn search(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<EventHead>, StoreError> {
        let filter = filter.clone();
        self.read_log(move |log| log.search(&filter, page)).await
    }

    async fn merges(&self, seq: Seq) -> Result<Merges, StoreError> {
        let pending = Arc::clone(&self.pending);
        self.readers.read(move |db| pending.read(db, seq)).await
    }

    async fn lane(&self, endpoint: EndpointId) -> Result<Option<LaneRecord>, StoreError> {
        let stands = Arc::clone(&self.stands);
        self.readers.read(move |db| lanes::read(db, &stands, endpoint)).await
    }

    async fn open_lane(&self, endpoint: EndpointId, at: Seq) -> Result<LaneRecord, StoreError> {
        self.writer.change_lanes(0, move |group| lanes::open(group, endpoint, at)).await
    }

    async fn record(&self, updates: Vec<LaneUpdate>) -> Result<(), StoreError> {
        let updates: Vec<Update> = updates.into_iter().map(Update::new).collect();
        let bytes = updates.iter().map(Update::weight_bytes).sum();
        self.writer.change_lanes(bytes, move |group| lanes::record(group, &updates)).await
    }

    async fn attempts(
        &self,
        filter: &AttemptFilter,
        page: PageRequest,
    ) -> Result<Page<StoredAttempt>, StoreError> {
        let filter = filter.clone();
        self.read_log(move |log| log.attempts(&filter, page)).await
    }

    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: PageRequest,
    ) -> Result<Page<DeadLetter>, StoreError> {
        let filter = filter.clone();
        self.readers.read(move |db| dead_letters::page(db, &filter, page)).await
    }

    async fn redeliver(
        &self,
        endpoint: EndpointId,
        seq: Seq,
        now: Timestamp,
    ) -> Result<Redelivery, StoreError> {
        let again = self.read_log(move |log| lanes::look_up(log, endpoint, &[seq])).await?.pop();
        self.writer.change(move |db| lanes::redeliver(db, endpoint, seq, again, now)).await
    }

    async fn replay(
        &self,
        endpoint: EndpointId,
        places: &[Seq],
        now: Timestamp,
    ) -> Result<Vec<Waiting>, StoreError> {
        let places = places.to_vec();
        let events = self.read_log(move |log| lanes::look_up(log, endpoint, &places)).await?;
        self.writer.change_lanes(0, move |group| lanes::replay(group, endpoint, &events, now)).await
    }

    async fn expire_dead_letters(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.writer.change(move |db| dead_letters::expire(db, before, limit)).await
    }

    async fn dismiss(&self, endpoint: EndpointId, places: &[Seq]) -> Result<usize, StoreError> {
        let places = places.to_vec();
        self.writer.change(move |db| dead_letters::dismiss(db, endpoint, &places)).await
    }

    async fn dead_letter_count(&self) -> Result<u64, StoreError> {
        self.readers.read(dead_letters::count).await
    }

    async fn walk_attempts(&self, after: AttemptPlace, limit: usize) -> Result<AttemptWalk, StoreError> {
        self.read_log(move |log| log.walk_attempts(after, limit)).await
    }

    async fn lane_stands(&self) -> Result<Vec<LaneStand>, StoreError> {
        let stands = Arc::clone(&self.stands);
        self.readers.read(move |db| lanes::all(db, &stands)).await
    }

    async fn commit(&self, mut change: EntityChange) -> Result<Committed, StoreError> {
        let events = std::mem::take(&mut change.events);
        self.writer.change_with(events, move |group, events| snapshots::commit(group, &change, events)).await
    }

    async fn append_all(&self, events: Vec<Event>) -> Result<Seq, StoreError> {
        self.writer
            .change_with(events, |group, events| {
                group.put_all(events);
                Ok(group.head())
            })
            .await
    }

    async fn snapshot(&self, key: &EntityKey) -> Result<Option<Snapshot>, StoreError> {
        let key = key.clone();
        self.readers.read(move |db| snapshots::read(db, &key)).await
    }

    async fn snapshots(
        &self,
        shop: ShopId,
        kind: EntityKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        let after = after.map(str::to_owned);
        self.readers.read(move |db| snapshots::list(db, shop, kind, after.as_deref(), limit)).await
    }

    async fn timers_due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.readers.read(move |db| timers::due(db, now, limit)).await
    }

    async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.read(timers::next).await
    }

    async fn id_behind(&self, shop: ShopId, kind: &str, number: u64) -> Result<Option<String>, StoreError> {
        let (kind, log) = (kind.to_owned(), self.log.clone());
        self.readers.read(move |db| surrogates::id_behind(db, &log, shop, &kind, number)).await
    }

    async fn reject(&self, request: RejectedRequest) -> Result<(), StoreError> {
        let kept_max = self.rejections_max;
        self.writer.change(move |db| rejected::insert(db, &request, kept_max)).await
    }

    async fn rejected(&self, page: PageRequest) -> Result<Page<RejectedRequest>, StoreError> {
        self.readers.read(move |db| rejected::page(db, page)).await
    }

    async fn configuration(&self) -> Result<Configuration, StoreError> {
        let vault = self.vault.clone();
        self.readers.read(move |db| nouns::read(db, &vault)).await
    }

    async fn save(&self, noun: Noun) -> Result<(), StoreError> {
        let sealed = nouns::seal(&self.vault, &noun);
        self.writer.change(move |db| nouns::save(db, &sealed)).await
    }

    async fn remove(&self, id: NounId) -> Result<(), StoreError> {
        self.writer.change_lanes(0, move |group| nouns::remove(group, id)).await
    }

    async fn remember(&self, key: IdempotencyKey, answer: Blob, now: Timestamp) -> Result<(), StoreError> {
        let sealed = self.vault.seal(&idempotency::owner(&key), &answer);
        self.writer.change(move |db| idempotency::remember(db, &key, &sealed, now)).await
    }

    async fn recall(&self, key: &IdempotencyKey) -> Result<Option<Blob>, StoreError> {
        let (vault, key) = (self.vault.clone(), key.clone());
        self.readers.read(move |db| idempotency::recall(db, &vault, &key)).await
    }

    async fn sweep(&self, idempotency_before: Timestamp) -> Result<bool, StoreError> {
        self.writer
            .change(move |db| {
                Ok(idempotency::sweep(db, idempotency_before, SWEEP_ROWS_MAX)? == SWEEP_ROWS_MAX)
            })
            .await
    }

    async fn span(&self) -> Result<LogSpan, StoreError> {
        self.read_log(|log| Ok(log.span())).await
    }

    async fn retain(&self, retention: Retention) -> Result<Dropped, StoreError> {
        let care = Arc::clone(&self.care).lock_owned().await;
        if let Some(moment) = retention.begun_before {
            let ended = self.writer.between(move |state| state.end_segment_begun_before(moment)).await;
            // Letting go may be what makes room for it.
            if let Err(error) = ended {
                tracing::warn!(%error, "no new segment of the log can be begun: what is old in the present one stays");
            }
        }
        // It is gone on with if whoever asked hangs up: until it has ended nobody else's turn comes.
        let (dropped, _care) = self.read_log(move |log| Ok((log.retain(&retention)?, care))).await?;
        if dropped.events > 0 {
            self.writer.change(move |db| merges::drop_before(db, dropped.first)).await?;
        }
        Ok(dropped)
    }

    async fn erase(&self, shop: ShopId, subject: &Subject, now: Timestamp) -> Result<Erasure, StoreError> {
        let care = Arc::clone(&self.care).lock_owned().await;
        let begun = subject.clone();
        self.writer.change(move |db| erasures::begin(db, shop, &begun, now)).await?;
        let (log, erased) = (self.log.clone(), subject.clone());
        // The thread goes on if whoever asked hangs up: until it has ended nobody else's turn comes.
        let (emptied, _care) =
            threads::run("store-erase", move || Ok((log.erase(shop, &erased)?, care))).await?;
        let finished = subject.clone();
        self.writer.change(move |db| erasures::finish(db, shop, &finished, emptied, now)).await
    }

    async fn erasures(&self, limit: usize) -> Result<Vec<Erasure>, StoreError> {
        self.readers.read(move |db| erasures::list(db, limit)).await
    }

    async fn back_up(&self, into: &Path) -> Result<Backup, StoreError> {
        let care = Arc::clone(&self.care).lock_owned().await;
        let (file, directory) = (self.directory.join("shopwire.db"), into.to_owned());
        threads::run("store-backup", move || backup::prepare(&directory)).await?;
        let pinned = self.writer.between(move |state| backup::pin(state, &file)).await?;
        let directory = into.to_owned();
        let (backup, _care) =
            threads::run("store-backup", move || Ok((pinned.copy(&directory)?, care))).await?;
        Ok(backup)
    }

    async fn health(&self, thorough: bool) -> Result<HealthReport, StoreError> {
        let (directory, log, stands) = (self.directory.clone(), self.log.clone(), Arc::clone(&self.stands));
        self.readers.read(move |db| health::look(db, &log, &stands, &directory, thorough)).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let _care = self.care.lock().await;
        self.writer.close(self.readers.end()).await
    }
}

impl SqliteLedger {
    /// Reads the log on one of the readers' threads.
    async fn read_log<T: Send + 'static>(
        &self,
        read: impl FnOnce(&LogReader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let log = self.log.clone();
        self.readers.read(move |_| read(&log)).await
    }
}
