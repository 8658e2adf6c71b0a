//! What still waits for an endpoint that its platform's policy removes: dead letters, so that each event tells what became
//! of it.
//!
//! **Invariant.** The lane moves on with every record, so that a burial that breaks off is taken up where it stood.

use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::delivery::{DeadReason, Endpoint, LaneChanges, LaneRecord, Outcome, Waiting};
use shopwire_core::{LoggedEvent, Seq, Timestamp};
use shopwire_store::{AttemptRecord, LaneUpdate, StoreError};
use tokio_util::sync::CancellationToken;

use super::pages::{PAGE_BYTES, PAGE_EVENTS};
use super::{Parcel, permitted, wants};
use crate::deliver::Courier;

/// An endpoint that was removed, with what is owed to it.
pub(super) struct Burial<'a> {
    pub(super) courier: &'a Courier,
    pub(super) endpoint: &'a Endpoint,
    /// When it was removed: what came since then never was for it.
    pub(super) since: Timestamp,
    /// Why it was removed, for people.
    pub(super) reason: &'a str,
}

impl Burial<'_> {
    /// Makes dead letters of what waits by name and of what the lane had not come to, or goes on doing so.
    pub(super) async fn run(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        let Some(lane) = self.courier.ledger().lane(self.endpoint.id).await? else { return Ok(()) };
        let LaneRecord { mut cursor, done: mut settled, waiting } = lane;
        if !waiting.is_empty() {
            let forget: Vec<Seq> = waiting.iter().map(|waiting| waiting.seq).collect();
            let lost = waiting.iter().map(|waiting| self.lost(waiting.seq, made(waiting))).collect();
            settled.extend(&forget);
            self.record(cursor, &settled, forget, lost).await?;
        }
        while !stop.is_cancelled() {
            let Some((end, lost)) = self.page_behind(cursor, &settled).await? else { break };
            self.record(end, &settled, Vec::new(), lost).await?;
            cursor = end;
        }
        Ok(())
    }

    /// What is lost of the next page of the log, and where that ends; `None` if nothing is owed behind `cursor`.
    async fn page_behind(
        &self,
        cursor: Seq,
        settled: &[Seq],
    ) -> Result<Option<(Seq, Vec<AttemptRecord>)>, StoreError> {
        let mut events = match self.courier.ledger().read_after(cursor, PAGE_EVENTS, PAGE_BYTES).await {
            Ok(events) => events,
            // Whether it was wanted can't be read either: better a dead letter too many than silence.
            Err(StoreError::Damaged { seq, .. }) => return Ok(Some((seq, vec![self.lost(seq, 0)]))),
            Err(error) => return Err(error),
        };
        let is_late = |logged: &Arc<LoggedEvent>| logged.event.received_at >= self.since;
        events.truncate(events.iter().position(is_late).unwrap_or(events.len()));
        let Some(end) = events.last().map(|logged| logged.seq) else { return Ok(None) };
        let owed = events.iter().filter(|logged| !settled.contains(&logged.seq) && self.is_owed(logged));
        Ok(Some((end, owed.map(|logged| self.lost(logged.seq, 0)).collect())))
    }

    fn is_owed(&self, logged: &Arc<LoggedEvent>) -> bool {
        let parcel = || Parcel::new(Arc::clone(logged), Arc::clone(self.courier.metrics()));
        wants(self.endpoint, logged) && permitted(self.endpoint, &parcel(), self.courier.directory()).is_ok()
    }

    /// The end of a delivery after so many attempts.
    fn lost(&self, seq: Seq, made: u32) -> AttemptRecord {
        AttemptRecord {
            seq,
            number: made + 1,
            at: self.courier.timer().now(),
            latency_us: 0,
            outcome: Outcome::OurFault,
            detail: Some(format!("not sent, since the endpoint was removed: {}", self.reason)),
            response: Bytes::new(),
            next_at: None,
            dead: Some(DeadReason::EndpointRemoved),
        }
    }

    async fn record(
        &self,
        cursor: Seq,
        settled: &[Seq],
        forget: Vec<Seq>,
        lost: Vec<AttemptRecord>,
    ) -> Result<(), StoreError> {
        let count = u64::try_from(lost.len()).unwrap_or(u64::MAX);
        let update = LaneUpdate {
            endpoint: self.endpoint.id,
            cursor,
            done: settled.iter().copied().filter(|seq| *seq > cursor).collect(),
            changes: LaneChanges { wait: Vec::new(), forget },
            attempts: lost,
        };
        self.courier.ledger().record(vec![update]).await?;
        self.courier.metrics().dead.add(count);
        Ok(())
    }
}

/// Attempts that were made of a delivery.
fn made(waiting: &Waiting) -> u32 {
    waiting.progress.map_or(0, |progress| progress.attempts)
}
