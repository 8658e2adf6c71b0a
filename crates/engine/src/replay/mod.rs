//! Replays: sending a selection of past events again, as durable jobs.
//!
//! A replay walks over its selection in the order of the log (`source`, `list`), leaves out what its endpoint may not have
//! (`job`), keeps to its rate (`pace`), and makes the rest wait by name in the endpoint's lane, which then sends it
//! like anything that waits. One task gives every running replay a turn after the other (`turn`), so they share fairly. Who finds
//! its lane full takes up no place among those that run.
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
use shopwire_core::{EndpointId, Replay, ReplayId, ReplayState, Timestamp};
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

/// Milliseconds until a full lane is looked at again …
const FULL_LANE_MS: i64 = 100;
/// … and one of an endpoint that is sent nothing at all.
const FULL_LANE_AT_REST_MS: i64 = 1_000;
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
    let mut turns = Turns::default();
    while !stop.is_cancelled() {
        let Some(running) = engine.upgrade() else { return };
        let engine = Engine(running);
        let pause = match engine.give_turns(&mut turns).await {
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
    /// Gives a turn to as many replays as may run; answers when the next are to be given.
    async fn give_turns(&self, turns: &mut Turns) -> Turn {
        let (now, max) = (self.timer().now(), self.limits().replays_running_max);
        let (mut next, mut placed) = (Turn::Ended, Vec::new());
        let unfinished = self.unfinished_in_turn().await;
        turns.jobs.retain(|id, _| unfinished.iter().any(|(replay, _)| replay.id == *id));
        turns.full.retain(|_, until| *until > now);
        for (replay, endpoint) in unfinished {
            if placed.len() == max {
                break;
            }
            if let Some(until) = turns.full.get(&endpoint.id) {
                next = next.sooner(Turn::Until(*until));
                continue;
            }
            let job = turns.jobs.entry(replay.id).or_insert_with(|| Job::new(&replay));
            let turn = match self.turn(&replay, &endpoint, job).await {
                // Who finds no room leaves its place to another, or one endpoint that takes nothing would hold up all.
                Ok(None) => Turn::Until(turns.found_full(&endpoint, now)),
                Ok(Some(turn)) => {
                    placed.push(replay.id);
                    // Another one may have the place of one that has ended.
                    if turn == Turn::Ended { Turn::Again } else { turn }
                }
                Err(error) => {
                    turns.jobs.remove(&replay.id);
                    placed.push(replay.id);
                    self.not_now(&replay, &error)
                }
            };
            next = next.sooner(turn);
        }
        turns.keep(max, &placed);
        next
    }

    /// The replays that have not ended, with their endpoints: those that run already come first, then the oldest. Those whose
    /// endpoint is gone are ended.
    async fn unfinished_in_turn(&self) -> Vec<(Arc<Replay>, Arc<Endpoint>)> {
        let mut unfinished = self.directory().replays.all();
        unfinished.retain(|replay| !replay.state.has_ended());
        unfinished.sort_by_key(|replay| replay.state != ReplayState::Running);
        let mut in_turn = Vec::new();
        for replay in unfinished {
            match self.target(replay.endpoint) {
                Ok(endpoint) => in_turn.push((replay, endpoint)),
                Err(reason) => {
                    if let Err(error) = self.end_replay(&replay, ReplayState::Failed { reason }).await {
                        self.not_now(&replay, &error);
                    }
                }
            }
        }
        in_turn
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

/// What the one who gives turns keeps in mind from one round to the next.
#[derive(Default)]
struct Turns {
    jobs: HashMap<ReplayId, Job>,
    /// Endpoints whose lanes have no room, and when they are looked at again.
    full: HashMap<EndpointId, Timestamp>,
}

impl Turns {
    /// An endpoint's lane has no room; answers when it is looked at again.
    fn found_full(&mut self, endpoint: &Endpoint, now: Timestamp) -> Timestamp {
        let until = now.plus_ms(if endpoint.is_active() { FULL_LANE_MS } else { FULL_LANE_AT_REST_MS });
        self.full.insert(endpoint.id, until);
        until
    }

    /// Keeps no more jobs than may run, since each may hold a part of the log in memory: those of who was `placed` this round
    /// rather than those of who found no room.
    fn keep(&mut self, max: usize, placed: &[ReplayId]) {
        if self.jobs.len() > max {
            self.jobs.retain(|id, _| placed.contains(id));
        }
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
