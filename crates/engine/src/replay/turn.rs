//! One turn of a replay: as much as its rate and the lane have room for, a hundred events at most.

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_core::{EndpointId, Replay, ReplayProgress, ReplayState, Seq, Timestamp};
use shopwire_store::StoreError;

use super::job::{Job, TURN_MAX, places};
use crate::Engine;

/// How often a replay's position is stored: after so many events looked at …
const STORED_EVERY_EVENTS: u64 = 1_000;
/// … or so many milliseconds. What came later is done again after a crash.
const STORED_EVERY_MS: i64 = 1_000;

/// What follows a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The next one.
    Again,
    /// Nothing before this moment.
    Until(Timestamp),
    /// Nothing more.
    Ended,
}

impl Engine {
    /// Lets a replay go on by one turn; `None` if its lane has no room.
    ///
    /// # Errors
    /// If the store fails: then its job is to be made anew.
    pub(super) async fn turn(
        &self,
        replay: &Replay,
        endpoint: &Endpoint,
        job: &mut Job,
    ) -> Result<Option<Turn>, StoreError> {
        let now = self.timer().now();
        let earned = match job.pace.ask(now) {
            Ok(earned) => earned,
            Err(due) => return Ok(Some(Turn::Until(due))),
        };
        let room = self.room_for_replays(endpoint.id).await?;
        if room == 0 {
            return Ok(None);
        }
        let limit = room.min(earned.min(TURN_MAX).try_into().unwrap_or(room));
        let picked = job.pick(self, replay, endpoint, limit).await?;
        let mut progress = picked.progress;
        let queued = self.queue_again(endpoint.id, &places(&picked.events), now).await?;
        job.pace.give(queued);
        progress.queued += queued;
        progress.skipped.on_their_way += picked.events.len() as u64 - queued;
        self.count_replayed(&replay.progress, &progress);
        let is_due = progress.looked_at >= job.stored.0 + STORED_EVERY_EVENTS
            || now.since_ms(job.stored.1) >= STORED_EVERY_MS;
        let went_on = self.went_on(replay, progress, is_due).await?;
        if is_due {
            job.stored = (progress.looked_at, now);
        }
        Ok(Some(match went_on {
            Some(replay) if picked.is_end => self.end_replay(&replay, ReplayState::Finished).await?,
            Some(_) => Turn::Again,
            None => Turn::Ended,
        }))
    }

    /// The endpoint of a replay; if it gets nothing any more, why.
    pub(super) fn target(&self, id: EndpointId) -> Result<Arc<Endpoint>, String> {
        let found = self.directory().endpoints.get(id);
        let endpoint = found.ok_or_else(|| format!("endpoint `{id}` was deleted"))?;
        match &endpoint.state {
            EndpointState::Removed { reason, .. } => Err(format!("endpoint `{id}` was removed: {reason}")),
            _ => Ok(endpoint),
        }
    }

    /// How many events may still be queued with an endpoint. The lane's own need for names comes first: one that knows too
    /// many takes no live event.
    async fn room_for_replays(&self, endpoint: EndpointId) -> Result<usize, StoreError> {
        let limits = self.limits();
        let max = limits.replay_waiting_max.min(limits.waiting_per_endpoint_max.div_ceil(2));
        let lane = self.ledger().lane(endpoint).await?;
        Ok(lane.map_or(0, |lane| max.saturating_sub(lane.waiting.len())))
    }

    /// Makes events wait in the lane; answers how many do that did not before.
    async fn queue_again(
        &self,
        endpoint: EndpointId,
        places: &[Seq],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        if places.is_empty() {
            return Ok(0);
        }
        let waiting = self.ledger().replay(endpoint, places, now).await?;
        let queued = waiting.len() as u64;
        for waiting in waiting {
            self.0.lanes.revive(endpoint, waiting).await;
        }
        Ok(queued)
    }

    fn count_replayed(&self, before: &ReplayProgress, now: &ReplayProgress) {
        self.0.metrics.replayed.add(now.queued - before.queued);
        self.0.metrics.replay_skipped.add(now.skipped.total() - before.skipped.total());
    }

    async fn went_on(
        &self,
        replay: &Replay,
        progress: ReplayProgress,
        is_stored: bool,
    ) -> Result<Option<Replay>, StoreError> {
        let went_on = |replay: &mut Replay| {
            (replay.state, replay.progress) = (ReplayState::Running, progress);
        };
        self.change_replay(replay.id, is_stored, went_on).await
    }

    pub(super) async fn end_replay(&self, replay: &Replay, state: ReplayState) -> Result<Turn, StoreError> {
        let queued = replay.progress.queued;
        tracing::info!(replay.id = %replay.id, state = state.as_str(), queued, "a replay has ended");
        self.change_replay(replay.id, true, |replay| replay.state = state).await?;
        Ok(Turn::Ended)
    }
}
