//! A ledger that keeps nothing: what the same server accepts without a store under it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use shopwire_core::commerce::{EntityKind, Subject};
use shopwire_core::delivery::{LaneRecord, Waiting};
use shopwire_core::{EndpointId, Event, EventId, LoggedEvent, Seq, ShopId, Timestamp};
use shopwire_store::{
    Appended, AttemptFilter, AttemptPlace, AttemptWalk, Backup, Blob, Committed, Configuration, DeadLetter,
    DeadLetterFilter, Dropped, DueTimer, EntityChange, EntityKey, Erasure, EventFilter, EventHead,
    HealthReport, IdempotencyKey, LaneStand, LaneUpdate, Ledger, LogSpan, Merges, NewEvent, Noun, NounId,
    Page, PageRequest, Redelivery, RejectedRequest, Retention, Snapshot, StoreError, StoredAttempt, Tail,
};

/// A real ledger, but what is appended is gone.
pub(in super::super) struct Bare {
    inner: Arc<dyn Ledger>,
    appended: AtomicU64,
}

impl Bare {
    /// Over a real ledger, which has the configuration.
    pub(in super::super) fn over(inner: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        Arc::new(Self { inner, appended: AtomicU64::new(0) })
    }
}

#[async_trait]
impl Ledger for Bare {
    async fn append(&self, _: NewEvent) -> Result<Appended, StoreError> {
        Ok(Appended::New(Seq(self.appended.fetch_add(1, Relaxed) + 1)))
    }

    fn tail(&self) -> Tail {
        self.inner.tail()
    }

    async fn head(&self) -> Result<Seq, StoreError> {
        self.inner.head().await
    }

    async fn read_after(
        &self,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        self.inner.read_after(after, limit, bytes_max).await
    }

    async fn read_at(&self, places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        self.inner.read_at(places).await
    }

    async fn event(&self, id: EventId) -> Result<Option<Arc<LoggedEvent>>, StoreError> {
        self.inner.event(id).await
    }

    async fn search(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<EventHead>, StoreError> {
        self.inner.search(filter, page).await
    }

    async fn merges(&self, seq: Seq) -> Result<Merges, StoreError> {
        self.inner.merges(seq).await
    }

    async fn lane(&self, endpoint: EndpointId) -> Result<Option<LaneRecord>, StoreError> {
        self.inner.lane(endpoint).await
    }

    async fn open_lane(&self, endpoint: EndpointId, at: Seq) -> Result<LaneRecord, StoreError> {
        self.inner.open_lane(endpoint, at).await
    }

    async fn record(&self, updates: Vec<LaneUpdate>) -> Result<(), StoreError> {
        self.inner.record(updates).await
    }

    async fn attempts(
        &self,
        filter: &AttemptFilter,
        page: PageRequest,
    ) -> Result<Page<StoredAttempt>, StoreError> {
        self.inner.attempts(filter, page).await
    }

    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: PageRequest,
    ) -> Result<Page<DeadLetter>, StoreError> {
        self.inner.dead_letters(filter, page).await
    }

    async fn redeliver(
        &self,
        endpoint: EndpointId,
        seq: Seq,
        now: Timestamp,
    ) -> Result<Redelivery, StoreError> {
        self.inner.redeliver(endpoint, seq, now).await
    }

    async fn replay(
        &self,
        endpoint: EndpointId,
        places: &[Seq],
        now: Timestamp,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.inner.replay(endpoint, places, now).await
    }

    async fn dismiss(&self, endpoint: EndpointId, places: &[Seq]) -> Result<usize, StoreError> {
        self.inner.dismiss(endpoint, places).await
    }

    async fn dead_letter_count(&self) -> Result<u64, StoreError> {
        self.inner.dead_letter_count().await
    }

    async fn expire_dead_letters(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.inner.expire_dead_letters(before, limit).await
    }

    async fn walk_attempts(&self, after: AttemptPlace, limit: usize) -> Result<AttemptWalk, StoreError> {
        self.inner.walk_attempts(after, limit).await
    }

    async fn lane_stands(&self) -> Result<Vec<LaneStand>, StoreError> {
        self.inner.lane_stands().await
    }

    async fn commit(&self, change: EntityChange) -> Result<Committed, StoreError> {
        self.inner.commit(change).await
    }

    async fn append_all(&self, events: Vec<Event>) -> Result<Seq, StoreError> {
        self.inner.append_all(events).await
    }

    async fn snapshot(&self, key: &EntityKey) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(key).await
    }

    async fn snapshots(
        &self,
        shop: ShopId,
        kind: EntityKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        self.inner.snapshots(shop, kind, after, limit).await
    }

    async fn timers_due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.inner.timers_due(now, limit).await
    }

    async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_timer().await
    }

    async fn id_behind(&self, shop: ShopId, kind: &str, number: u64) -> Result<Option<String>, StoreError> {
        self.inner.id_behind(shop, kind, number).await
    }

    async fn reject(&self, request: RejectedRequest) -> Result<(), StoreError> {
        self.inner.reject(request).await
    }

    async fn rejected(&self, page: PageRequest) -> Result<Page<RejectedRequest>, StoreError> {
        self.inner.rejected(page).await
    }

    async fn configuration(&self) -> Result<Configuration, StoreError> {
        self.inner.configuration().await
    }

    async fn save(&self, noun: Noun) -> Result<(), StoreError> {
        self.inner.save(noun).await
    }

    async fn remove(&self, id: NounId) -> Result<(), StoreError> {
        self.inner.remove(id).await
    }

    async fn remember(&self, key: IdempotencyKey, answer: Blob, now: Timestamp) -> Result<(), StoreError> {
        self.inner.remember(key, answer, now).await
    }

    async fn recall(&self, key: &IdempotencyKey) -> Result<Option<Blob>, StoreError> {
        self.inner.recall(key).await
    }

    async fn sweep(&self, idempotency_before: Timestamp) -> Result<bool, StoreError> {
        self.inner.sweep(idempotency_before).await
    }

    async fn span(&self) -> Result<LogSpan, StoreError> {
        self.inner.span().await
    }

    async fn retain(&self, retention: Retention) -> Result<Dropped, StoreError> {
        self.inner.retain(retention).await
    }

    async fn erase(&self, shop: ShopId, subject: &Subject, now: Timestamp) -> Result<Erasure, StoreError> {
        self.inner.erase(shop, subject, now).await
    }

    async fn erasures(&self, limit: usize) -> Result<Vec<Erasure>, StoreError> {
        self.inner.erasures(limit).await
    }

    async fn back_up(&self, into: &Path) -> Result<Backup, StoreError> {
        self.inner.back_up(into).await
    }

    async fn health(&self, thorough: bool) -> Result<HealthReport, StoreError> {
        self.inner.health(thorough).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
