//! Recording what happened in a lane, off the sending path: one record at a time, with all that gathered meanwhile.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use shopwire_core::delivery::LaneChanges;
use shopwire_core::{EndpointId, Seq};
use shopwire_store::{AttemptRecord, LaneUpdate};

use super::STORE_RETRY_MS;
use crate::deliver::Courier;
use crate::dispatch::lanes::Stop;

/// Attempts that may wait to be recorded before the lane sends no more.
const UNRECORDED_MAX: usize = 2_048;

/// What is recorded of one lane, and what is yet to be.
pub(super) struct Recorder {
    courier: Arc<Courier>,
    endpoint: EndpointId,
    stop: Stop,
    unrecorded: Vec<AttemptRecord>,
    /// The record under way.
    pub(super) recording: Option<BoxFuture<'static, ()>>,
    /// The cursor that was recorded last.
    cursor: Seq,
}

impl Recorder {
    pub(super) fn new(courier: Arc<Courier>, endpoint: EndpointId, stop: Stop, cursor: Seq) -> Self {
        Self { courier, endpoint, stop, unrecorded: Vec::new(), recording: None, cursor }
    }

    /// Has an attempt recorded with the next record.
    pub(super) fn add(&mut self, attempt: AttemptRecord) {
        self.unrecorded.push(attempt);
    }

    /// Whether attempts wait to be recorded.
    pub(super) fn has_more(&self) -> bool {
        !self.unrecorded.is_empty()
    }

    /// Whether there is no room for further attempts.
    pub(super) fn is_full(&self) -> bool {
        self.unrecorded.len() >= UNRECORDED_MAX
    }

    /// Whether a record is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.recording.is_some()
    }

    /// The cursor that was recorded last.
    pub(super) const fn cursor(&self) -> Seq {
        self.cursor
    }

    /// Starts the record of where the lane stands, with all attempts that wait for it.
    pub(super) fn start(&mut self, cursor: Seq, done: Vec<Seq>, changes: LaneChanges) {
        self.cursor = cursor;
        let attempts = std::mem::take(&mut self.unrecorded);
        let update = LaneUpdate { endpoint: self.endpoint, cursor, done, changes, attempts };
        self.recording = Some(Box::pin(persist(Arc::clone(&self.courier), update, self.stop.clone())));
    }
}

/// Records an update, however often it takes: what was sent must not be sent again. Only a lane that is stopped gives
/// up, and then its deliveries are made again by the next run.
async fn persist(courier: Arc<Courier>, update: LaneUpdate, stop: Stop) {
    let endpoint = update.endpoint;
    loop {
        let recorded = courier.ledger().record(vec![update.clone()]).await;
        let Err(error) = courier.metrics().seen(recorded) else { return };
        tracing::error!(endpoint.id = %endpoint, %error, "attempts can't be recorded, trying again");
        if stop.soon.is_cancelled() {
            return;
        }
        tokio::select! { () = courier.timer().sleep_ms(STORE_RETRY_MS) => {}, () = stop.soon.cancelled() => {} }
    }
}
