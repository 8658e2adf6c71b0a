//! Replays: sending a selection of past events again, as durable jobs.
//!
//! A replay walks over its selection in the order of the log (`source`, `list`), leaves out what its endpoint may not have
//! (`job`), keeps to its rate (`pace`), and makes the rest wait by name in the endpoint's lane, which then sends it
//! like anything that waits. One task gives every running replay a turn after the other (`turn`), so they share fairly.
//!
//! **Invariants.** Every selected event is queued at least once or counted as skipped, whatever is restarted when: a replay's
//! stored position never runs ahead of what is stored in the lane. Within one replay events are queued in the order of the
//! log. A lane never holds so many replayed deliveries that its live events have no room. What has ended never goes on.

mod dead_letters;
mod job;
mod list;
mod make;
mod pace;
mod preview;
mod source;
mod turn;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use shopwire_core::delivery::Endpoint;
use shopwire_core::{Replay, ReplayId, ReplayState, Timestamp};
use shopwire_store::{Noun, StoreError};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

pub use dead_letters::DeadLetterChoice;
pub use make::ReplayDraft;
pub use preview::ReplayPreview;

pub(crate) use dead_letters::expire;

use self::job::Job;
use self::turn::Turn;
use crate::Engine;
use crate::engine::Running;

/// Milliseconds before a replay goes on that the store has refused.
const RETRY_MS: i64 = 1_000;

/// What all who deal with replays share.
#[derive(Default)]
pub(crate) struct Replays {
    /// One change of a replay at a time: what has ended must not go on because of a turn that was under way.
    changing: Mutex<()>,
    /// Rung when there may be something to do.
    bell: Notify,
}

impl Replays {
    /// Something has changed that a replay may wait for.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }
}

/// Lets replays go on, until `stop`.
pub(crate) async fn run(engine: Weak<Running>, stop: CancellationToken) {
    let mut jobs = HashMap::new();
    while !stop.is_cancelled() {
        let Some(running) = engine.upgrade() else { return };
        let engine = Engine(running);
        let pause = match engine.give_turns(&mut jobs).await {
            Turn::Again => Box::pin(tokio::task::yield_now()) as crate::Sleep,
            Turn::Until(at) => {
                let left_ms = at.since_ms(engine.timer().now());
                engine.timer().sleep_ms(u64::try_from(left_ms).unwrap_or(0))
            }
            Turn::Ended => Box::pin(std::future::pending()),
        };
        let replays = Arc::clone(&engine.0.replays);
        // A clone of the engine that only waits would keep it alive.
        drop(engine);
        tokio::select! {
            () = pause => {}
            () = replays.bell.notified() => {}
            () = stop.cancelled() => {}
        }
    }
}

impl Engine {
    /// Gives every running replay one turn; answers when the next are to be given.
    async fn give_turns(&self, jobs: &mut HashMap<ReplayId, Job>) -> Turn {
        let running = self.running_replays().await;
        jobs.retain(|id, _| running.iter().any(|(replay, _)| replay.id == *id));
        let mut next = Turn::Ended;
        for (replay, endpoint) in running {
            let job = jobs.entry(replay.id).or_insert_with(|| Job::new(&replay));
            let turn = match self.turn(&replay, &endpoint, job).await {
                // Another one may have its place.
                Ok(Turn::Ended) => Turn::Again,
                Ok(turn) => turn,
                Err(error) => {
                    jobs.remove(&replay.id);
                    self.not_now(&replay, &error)
                }
            };
            next = next.sooner(turn);
        }
        next
    }

    /// The replays that run, and as many of those that are queued as there is room for, the oldest first, with their
    /// endpoints. Those whose endpoint is gone are ended.
    async fn running_replays(&self) -> Vec<(Arc<Replay>, Arc<Endpoint>)> {
        let mut unfinished = self.directory().replays.all();
        unfinished.retain(|replay| !replay.state.has_ended());
        unfinished.sort_by_key(|replay| replay.state != ReplayState::Running);
        let mut running = Vec::new();
        for replay in unfinished {
            match self.target(replay.endpoint) {
                Ok(endpoint) if running.len() < self.limits().replays_running_max => {
                    running.push((replay, endpoint));
                }
                Ok(_) => {}
                Err(reason) => {
                    if let Err(error) = self.end_replay(&replay, ReplayState::Failed { reason }).await {
                        self.not_now(&replay, &error);
                    }
                }
            }
        }
        running
    }

    fn not_now(&self, replay: &Replay, error: &StoreError) -> Turn {
        tracing::warn!(replay.id = %replay.id, %error, "a replay can't go on, trying again");
        Turn::Until(self.timer().now().plus_ms(RETRY_MS))
    }

    /// Stores how far the running replays have come, as well as can be: what is lost is done again.
    pub(crate) async fn store_replays(&self) {
        for replay in self.directory().replays.all() {
            if replay.state == ReplayState::Running
                && let Err(error) = self.0.ledger.save(Noun::Replay(replay.as_ref().clone())).await
            {
                tracing::warn!(replay.id = %replay.id, %error, "how far a replay has come can't be stored");
            }
        }
    }

    /// Changes a replay that has not ended, in the store as well if `is_stored`; answers it as it is then, `None` if it has
    /// ended or is not there.
    async fn change_replay(
        &self,
        id: ReplayId,
        is_stored: bool,
        change: impl FnOnce(&mut Replay),
    ) -> Result<Option<Replay>, StoreError> {
        let _changing = self.0.replays.changing.lock().await;
        let Some(found) = self.directory().replays.get(id).filter(|replay| !replay.state.has_ended()) else {
            return Ok(None);
        };
        let mut replay = found.as_ref().clone();
        change(&mut replay);
        replay.updated_at = self.timer().now();
        if is_stored {
            self.0.ledger.save(Noun::Replay(replay.clone())).await?;
        }
        self.directory().put(Noun::Replay(replay.clone()));
        Ok(Some(replay))
    }

    /// How many replays wait, and how many run.
    pub fn unfinished_replays(&self) -> (usize, usize) {
        let all = self.directory().replays.all();
        let count = |state: &ReplayState| all.iter().filter(|replay| replay.state == *state).count();
        (count(&ReplayState::Queued), count(&ReplayState::Running))
    }
}

impl Turn {
    /// Whichever of two comes first.
    fn sooner(self, other: Self) -> Self {
        let at = |turn: &Self| match turn {
            Self::Again => Timestamp::EPOCH,
            Self::Until(at) => *at,
            Self::Ended => Timestamp::MAX,
        };
        if at(&self) <= at(&other) { self } else { other }
    }
}
