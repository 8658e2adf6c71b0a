//! The verbs: each picks its thread and says what is to be done there.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use shopwire_core::commerce::{EntityKind, Subject};
use shopwire_core::delivery::{LaneRecord, Waiting};
use shopwire_core::{EndpointId, Event, EventId, LoggedEvent, Seq, ShopId, Timestamp};

use super::fault::closed;
use super::{
    SqliteLedger, attempts, dead_letters, dedup, health, idempotency, lanes, log, nouns, rejected, snapshots,
    surrogates, timers,
};
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
        self.readers.read(move |db| log::read_after(db, after, limit, bytes_max)).await
    }

    async fn read_at(&self, places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        let places = places.to_vec();
        self.readers.read(move |db| log::read_at(db, &places)).await
    }

    async fn event(&self, id: EventId) -> Result<Option<Arc<LoggedEvent>>, StoreError> {
        self.readers.read(move |db| log::by_id(db, id)).await
    }

    async fn search(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<EventHead>, StoreError> {
        let filter = filter.clone();
        self.readers.read(move |db| log::search(db, &filter, page)).await
    }

    async fn merges(&self, seq: Seq) -> Result<Merges, StoreError> {
        self.readers.read(move |db| dedup::merges(db, seq)).await
    }

    async fn lane(&self, endpoint: EndpointId) -> Result<Option<LaneRecord>, StoreError> {
        self.readers.read(move |db| lanes::read(db, endpoint)).await
    }

    async fn open_lane(&self, endpoint: EndpointId, at: Seq) -> Result<LaneRecord, StoreError> {
        self.writer.change(move |db| lanes::open(db, endpoint, at)).await
    }

    async fn record(&self, updates: Vec<LaneUpdate>) -> Result<(), StoreError> {
        self.writer.change(move |db| lanes::record(db, &updates)).await
    }

    async fn attempts(
        &self,
        filter: &AttemptFilter,
        page: PageRequest,
    ) -> Result<Page<StoredAttempt>, StoreError> {
        let filter = filter.clone();
        self.readers.read(move |db| attempts::page(db, &filter, page)).await
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
        self.writer.change(move |db| lanes::redeliver(db, endpoint, seq, now)).await
    }

    async fn replay(
        &self,
        endpoint: EndpointId,
        places: &[Seq],
        now: Timestamp,
    ) -> Result<Vec<Waiting>, StoreError> {
        let places = places.to_vec();
        self.writer.change(move |db| lanes::replay(db, endpoint, &places, now)).await
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

    async fn walk_attempts(&self, _after: AttemptPlace, _limit: usize) -> Result<AttemptWalk, StoreError> {
        Err(StoreError::Unavailable("comes with the segmented log".to_owned()))
    }

    async fn lane_stands(&self) -> Result<Vec<LaneStand>, StoreError> {
        Err(StoreError::Unavailable("comes with the segmented log".to_owned()))
    }

    async fn commit(&self, mut change: EntityChange) -> Result<Committed, StoreError> {
        let events = std::mem::take(&mut change.events);
        self.writer
            .change_with(events, move |db, log, events| snapshots::commit(db, log, &change, events))
            .await
    }

    async fn append_all(&self, events: Vec<Event>) -> Result<Seq, StoreError> {
        self.writer
            .change_with(events, |db, log, events| {
                log.put_all(db, events)?;
                Ok(log.head())
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
        let kind = kind.to_owned();
        self.readers.read(move |db| surrogates::id_behind(db, shop, &kind, number)).await
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
        self.writer.change(move |db| nouns::remove(db, id)).await
    }

    async fn remember(&self, key: IdempotencyKey, answer: Blob, now: Timestamp) -> Result<(), StoreError> {
        let sealed = self.vault.seal(&idempotency::owner(&key), &answer);
        self.writer.change(move |db| idempotency::remember(db, &key, &sealed, now)).await
    }

    async fn recall(&self, key: &IdempotencyKey) -> Result<Option<Blob>, StoreError> {
        let (vault, key) = (self.vault.clone(), key.clone());
        self.readers.read(move |db| idempotency::recall(db, &vault, &key)).await
    }

    async fn sweep(
        &self,
        dedup_before: Timestamp,
        idempotency_before: Timestamp,
    ) -> Result<bool, StoreError> {
        self.writer
            .change(move |db| {
                let keys = dedup::sweep(db, dedup_before, SWEEP_ROWS_MAX)?;
                let answers = idempotency::sweep(db, idempotency_before, SWEEP_ROWS_MAX)?;
                Ok(keys == SWEEP_ROWS_MAX || answers == SWEEP_ROWS_MAX)
            })
            .await
    }

    async fn span(&self) -> Result<LogSpan, StoreError> {
        Err(StoreError::Unavailable("comes with the segmented log".to_owned()))
    }

    async fn retain(&self, _retention: Retention) -> Result<Dropped, StoreError> {
        Err(StoreError::Unavailable("comes with the segmented log".to_owned()))
    }

    async fn erase(&self, _shop: ShopId, _subject: &Subject, _now: Timestamp) -> Result<Erasure, StoreError> {
        Err(StoreError::Unavailable("comes with the segmented log".to_owned()))
    }

    async fn erasures(&self, _limit: usize) -> Result<Vec<Erasure>, StoreError> {
        Err(StoreError::Unavailable("comes with the segmented log".to_owned()))
    }

    async fn back_up(&self, _into: &Path) -> Result<Backup, StoreError> {
        Err(StoreError::Unavailable("comes with the segmented log".to_owned()))
    }

    async fn health(&self, thorough: bool) -> Result<HealthReport, StoreError> {
        let directory = self.directory.clone();
        self.readers.read(move |db| health::look(db, &directory, thorough)).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.writer.close(self.readers.end()).await
    }
}
