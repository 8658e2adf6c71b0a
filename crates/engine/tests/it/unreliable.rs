//! A ledger that fails when a test wants it to, and dies as a killed process would.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

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

/// What a verb does instead of its work.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Fails(StoreError),
    Panics,
    /// Never answers (`append` only).
    Stalls,
}

/// A real ledger behind a door that can be jammed, verb by verb, and shut for ever.
pub(crate) struct Unreliable {
    inner: Mutex<Option<Arc<dyn Ledger>>>,
    faults: Mutex<HashMap<&'static str, (usize, Fault)>>,
    calls: Mutex<HashMap<&'static str, usize>>,
}

impl Unreliable {
    pub(crate) fn over(inner: Arc<dyn Ledger>) -> Arc<Self> {
        Arc::new(Self { inner: Mutex::new(Some(inner)), faults: Mutex::default(), calls: Mutex::default() })
    }

    /// Lets the next `times` calls of a verb go wrong.
    pub(crate) fn jam(&self, verb: &'static str, times: usize, fault: Fault) {
        self.faults.lock().unwrap().insert(verb, (times, fault));
    }

    /// From now on nothing is written or read any more.
    pub(crate) fn die(&self) {
        self.inner.lock().unwrap().take();
    }

    /// How often a verb was called.
    pub(crate) fn calls(&self, verb: &'static str) -> usize {
        self.calls.lock().unwrap().get(verb).copied().unwrap_or(0)
    }

    fn at(&self, verb: &'static str) -> Result<Arc<dyn Ledger>, StoreError> {
        *self.calls.lock().unwrap().entry(verb).or_default() += 1;
        match self.fault(verb) {
            Some(Fault::Fails(error)) => return Err(error),
            Some(Fault::Panics) => panic!("`{verb}` was told to panic"),
            Some(Fault::Stalls) => panic!("only `append` can stall, not `{verb}`"),
            None => {}
        }
        let inner = self.inner.lock().unwrap().clone();
        inner.ok_or_else(|| StoreError::Unavailable("the process is dead".to_owned()))
    }

    fn stalls(&self, verb: &'static str) -> bool {
        let is_next = matches!(self.faults.lock().unwrap().get(verb), Some((1.., Fault::Stalls)));
        is_next && self.fault(verb).is_some()
    }

    fn fault(&self, verb: &'static str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let (left, fault) = faults.get_mut(verb)?;
        *left = left.checked_sub(1)?;
        Some(fault.clone())
    }
}

#[async_trait]
impl Ledger for Unreliable {
    async fn append(&self, event: NewEvent) -> Result<Appended, StoreError> {
        if self.stalls("append") {
            std::future::pending::<()>().await;
        }
        self.at("append")?.append(event).await
    }

    fn tail(&self) -> Tail {
        self.at("tail").unwrap().tail()
    }

    async fn head(&self) -> Result<Seq, StoreError> {
        self.at("head")?.head().await
    }

    async fn read_after(
        &self,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        self.at("read_after")?.read_after(after, limit, bytes_max).await
    }

    async fn read_at(&self, places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        self.at("read_at")?.read_at(places).await
    }

    async fn event(&self, id: EventId) -> Result<Option<Arc<LoggedEvent>>, StoreError> {
        self.at("event")?.event(id).await
    }

    async fn search(&self, filter: &EventFilter, page: PageRequest) -> Result<Page<EventHead>, StoreError> {
        self.at("search")?.search(filter, page).await
    }

    async fn merges(&self, seq: Seq) -> Result<Merges, StoreError> {
        self.at("merges")?.merges(seq).await
    }

    async fn lane(&self, endpoint: EndpointId) -> Result<Option<LaneRecord>, StoreError> {
        self.at("lane")?.lane(endpoint).await
    }

    async fn open_lane(&self, endpoint: EndpointId, at: Seq) -> Result<LaneRecord, StoreError> {
        self.at("open_lane")?.open_lane(endpoint, at).await
    }

    async fn record(&self, updates: Vec<LaneUpdate>) -> Result<(), StoreError> {
        self.at("record")?.record(updates).await
    }

    async fn attempts(
        &self,
        filter: &AttemptFilter,
        page: PageRequest,
    ) -> Result<Page<StoredAttempt>, StoreError> {
        self.at("attempts")?.attempts(filter, page).await
    }

    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: PageRequest,
    ) -> Result<Page<DeadLetter>, StoreError> {
        self.at("dead_letters")?.dead_letters(filter, page).await
    }

    async fn redeliver(&self, at: EndpointId, seq: Seq, now: Timestamp) -> Result<Redelivery, StoreError> {
        self.at("redeliver")?.redeliver(at, seq, now).await
    }

    async fn replay(
        &self,
        at: EndpointId,
        places: &[Seq],
        now: Timestamp,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.at("replay")?.replay(at, places, now).await
    }

    async fn expire_dead_letters(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.at("expire_dead_letters")?.expire_dead_letters(before, limit).await
    }

    async fn dismiss(&self, endpoint: EndpointId, places: &[Seq]) -> Result<usize, StoreError> {
        self.at("dismiss")?.dismiss(endpoint, places).await
    }

    async fn dead_letter_count(&self) -> Result<u64, StoreError> {
        self.at("dead_letter_count")?.dead_letter_count().await
    }

    async fn walk_attempts(&self, after: AttemptPlace, limit: usize) -> Result<AttemptWalk, StoreError> {
        self.at("walk_attempts")?.walk_attempts(after, limit).await
    }

    async fn lane_stands(&self) -> Result<Vec<LaneStand>, StoreError> {
        self.at("lane_stands")?.lane_stands().await
    }

    async fn commit(&self, change: EntityChange) -> Result<Committed, StoreError> {
        self.at("commit")?.commit(change).await
    }

    async fn append_all(&self, events: Vec<Event>) -> Result<Seq, StoreError> {
        self.at("append_all")?.append_all(events).await
    }

    async fn snapshot(&self, key: &EntityKey) -> Result<Option<Snapshot>, StoreError> {
        self.at("snapshot")?.snapshot(key).await
    }

    async fn snapshots(
        &self,
        shop: ShopId,
        kind: EntityKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError> {
        self.at("snapshots")?.snapshots(shop, kind, after, limit).await
    }

    async fn timers_due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.at("timers_due")?.timers_due(now, limit).await
    }

    async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        self.at("next_timer")?.next_timer().await
    }

    async fn id_behind(&self, shop: ShopId, kind: &str, number: u64) -> Result<Option<String>, StoreError> {
        self.at("id_behind")?.id_behind(shop, kind, number).await
    }

    async fn reject(&self, request: RejectedRequest) -> Result<(), StoreError> {
        self.at("reject")?.reject(request).await
    }

    async fn rejected(&self, page: PageRequest) -> Result<Page<RejectedRequest>, StoreError> {
        self.at("rejected")?.rejected(page).await
    }

    async fn configuration(&self) -> Result<Configuration, StoreError> {
        self.at("configuration")?.configuration().await
    }

    async fn save(&self, noun: Noun) -> Result<(), StoreError> {
        self.at("save")?.save(noun).await
    }

    async fn remove(&self, id: NounId) -> Result<(), StoreError> {
        self.at("remove")?.remove(id).await
    }

    async fn remember(&self, key: IdempotencyKey, answer: Blob, now: Timestamp) -> Result<(), StoreError> {
        self.at("remember")?.remember(key, answer, now).await
    }

    async fn recall(&self, key: &IdempotencyKey) -> Result<Option<Blob>, StoreError> {
        self.at("recall")?.recall(key).await
    }

    async fn sweep(&self, idempotency_before: Timestamp) -> Result<bool, StoreError> {
        self.at("sweep")?.sweep(idempotency_before).await
    }

    async fn span(&self) -> Result<LogSpan, StoreError> {
        self.at("span")?.span().await
    }

    async fn retain(&self, retention: Retention) -> Result<Dropped, StoreError> {
        self.at("retain")?.retain(retention).await
    }

    async fn erase(&self, shop: ShopId, subject: &Subject, now: Timestamp) -> Result<Erasure, StoreError> {
        self.at("erase")?.erase(shop, subject, now).await
    }

    async fn erasures(&self, limit: usize) -> Result<Vec<Erasure>, StoreError> {
        self.at("erasures")?.erasures(limit).await
    }

    async fn back_up(&self, into: &Path) -> Result<Backup, StoreError> {
        self.at("back_up")?.back_up(into).await
    }

    async fn health(&self, thorough: bool) -> Result<HealthReport, StoreError> {
        self.at("health")?.health(thorough).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.at("close")?.close().await
    }
}
