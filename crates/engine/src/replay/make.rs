//! Making and cancelling replays.

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_core::{
    EndpointId, PastOutcome, PastState, Replay, ReplayId, ReplayProgress, ReplayState, Selection, Seq,
    Timestamp,
};
use shopwire_store::{Ledger, Noun, NounId, StoreError};

use super::source::place_before;
use crate::Engine;
use crate::configure::ConfigureError;

/// A replay to be made.
#[derive(Debug, Clone)]
pub struct ReplayDraft {
    /// Where to.
    pub endpoint: EndpointId,
    /// Which events.
    pub selection: Selection,
    /// Whether events go out too that the endpoint's topics do not cover.
    pub ignore_topics: bool,
    /// Events per second; `None` for as many as limit `replay_rate_max` allows.
    pub rate: Option<u64>,
}

impl Engine {
    /// Makes a replay; it begins as soon as there is room for it.
    ///
    /// # Errors
    /// If something given can't be, the endpoint gets nothing, or there are too many replays.
    pub async fn start_replay(&self, draft: ReplayDraft) -> Result<Replay, ConfigureError> {
        let (replay, _) = self.draft_replay(draft).await?;
        let changing = self.0.replays.changing.lock().await;
        self.make_room_for_a_replay().await?;
        self.0.ledger.save(Noun::Replay(replay.clone())).await?;
        self.directory().put(Noun::Replay(replay.clone()));
        drop(changing);
        tracing::info!(replay.id = %replay.id, endpoint.id = %replay.endpoint, "replay made");
        self.0.replays.ring();
        Ok(replay)
    }

    /// Ends a replay; what it has queued is sent all the same. Cancelling a cancelled one changes nothing.
    ///
    /// # Errors
    /// If there is no such replay, or it has ended otherwise.
    pub async fn cancel_replay(&self, id: ReplayId) -> Result<Replay, ConfigureError> {
        let cancelled = self.change_replay(id, true, |replay| replay.state = ReplayState::Cancelled).await?;
        if let Some(replay) = cancelled {
            tracing::info!(replay.id = %id, "replay cancelled");
            self.0.replays.ring();
            return Ok(replay);
        }
        let found = self.directory().replays.get(id);
        let found = found.ok_or_else(|| ConfigureError::NotFound { what: "replay", id: id.to_string() })?;
        if found.state == ReplayState::Cancelled {
            return Ok(found.as_ref().clone());
        }
        let message = format!("replay `{id}` is {}: there is nothing left to cancel", found.state.as_str());
        Err(ConfigureError::Conflict { message })
    }

    /// What a replay begins with, and its endpoint.
    pub(super) async fn draft_replay(
        &self,
        draft: ReplayDraft,
    ) -> Result<(Replay, Arc<Endpoint>), ConfigureError> {
        let endpoint = self.receiving(draft.endpoint)?;
        let rate = rate(draft.rate, self.limits().replay_rate_max)?;
        self.check_selection(&draft.selection)?;
        let (now, last) = (self.timer().now(), self.ledger().head().await?);
        let position = first_place(self.ledger(), &draft.selection, last).await?;
        let replay = Replay {
            id: ReplayId::new(now, self.random()),
            endpoint: draft.endpoint,
            selection: draft.selection,
            ignore_topics: draft.ignore_topics,
            rate,
            last,
            state: ReplayState::Queued,
            progress: ReplayProgress { position, ..ReplayProgress::default() },
            created_at: now,
            updated_at: now,
        };
        Ok((replay, endpoint))
    }

    /// An endpoint that is sent to, or will be as soon as its operator wishes.
    fn receiving(&self, id: EndpointId) -> Result<Arc<Endpoint>, ConfigureError> {
        let endpoint = self.directory().endpoints.get(id);
        let endpoint = endpoint.ok_or_else(|| no_endpoint("endpoint", id))?;
        let message = match &endpoint.state {
            EndpointState::Disabled { reason, .. } => {
                format!("endpoint `{id}` is disabled ({reason}): resume it before replaying to it")
            }
            EndpointState::Removed { reason, .. } => {
                format!("endpoint `{id}` is removed ({reason}) and gets nothing any more: make a new one")
            }
            _ => return Ok(endpoint),
        };
        Err(ConfigureError::Conflict { message })
    }

    fn check_selection(&self, selection: &Selection) -> Result<(), ConfigureError> {
        if selection.is_everything() {
            let message = "nothing is selected: name `events`, or give `since`, `shop`, `types`, `subject`, `dialect`, `until` or `outcome`";
            return Err(invalid("selection", message));
        }
        let max = self.limits().page_size_max;
        if selection.events.len() > max {
            let given = selection.events.len();
            let message = format!("`events` are {given}, expected at most {max} (limit `page_size_max`)");
            return Err(invalid("events", message));
        }
        let others = Selection { events: Vec::new(), ..selection.clone() };
        if !selection.events.is_empty() && !others.is_everything() {
            return Err(invalid("events", "`events` names every event by itself: give nothing else with it"));
        }
        check_times("until", selection.since, selection.until)?;
        selection.outcome.as_ref().map_or(Ok(()), |outcome| self.check_outcome(outcome))
    }

    fn check_outcome(&self, outcome: &PastOutcome) -> Result<(), ConfigureError> {
        let has_times = outcome.since.is_some() || outcome.until.is_some();
        match outcome.is {
            // What was tried at an endpoint that is deleted since is still known.
            PastState::Dead if self.directory().endpoints.get(outcome.endpoint).is_none() => {
                return Err(no_endpoint("outcome.endpoint", outcome.endpoint));
            }
            PastState::Missing if has_times => {
                let message = "what is `missing` has no time: give `since` and `until` beside `outcome`";
                return Err(invalid("outcome.since", message));
            }
            _ => {}
        }
        if outcome.reason.is_some() && outcome.is != PastState::Dead {
            return Err(invalid("outcome.reason", "only what is `dead` has a `reason`"));
        }
        check_times("outcome.until", outcome.since, outcome.until)
    }

    /// Forgets the oldest replays that have ended, if there are too many.
    async fn make_room_for_a_replay(&self) -> Result<(), ConfigureError> {
        let max = self.limits().replays_max;
        let all = self.directory().replays.all();
        let excess = (all.len() + 1).saturating_sub(max);
        let ended: Vec<_> = all.iter().filter(|replay| replay.state.has_ended()).take(excess).collect();
        if ended.len() < excess {
            return Err(ConfigureError::Limit { name: "replays_max", max });
        }
        for replay in ended {
            self.0.ledger.remove(NounId::Replay(replay.id)).await?;
            self.directory().take(NounId::Replay(replay.id));
        }
        Ok(())
    }
}

/// Where there is nothing yet of what is selected.
async fn first_place(ledger: &dyn Ledger, selection: &Selection, last: Seq) -> Result<Seq, StoreError> {
    match selection.since {
        Some(since) => place_before(ledger, since, last).await,
        None => Ok(Seq::START),
    }
}

fn rate(given: Option<u64>, max: u64) -> Result<u64, ConfigureError> {
    match given {
        None => Ok(max),
        Some(rate) if (1..=max).contains(&rate) => Ok(rate),
        Some(rate) => {
            let message =
                format!("`rate` is {rate}, expected 1 to {max} events per second (limit `replay_rate_max`)");
            Err(invalid("rate", message))
        }
    }
}

fn check_times(
    field: &'static str,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<(), ConfigureError> {
    match (since, until) {
        (Some(since), Some(until)) if until <= since => {
            Err(invalid(field, format!("`until` is {until}, expected a moment behind `since`, {since}")))
        }
        _ => Ok(()),
    }
}

fn no_endpoint(field: &'static str, id: EndpointId) -> ConfigureError {
    invalid(field, format!("there is no endpoint `{id}`"))
}

fn invalid(field: &'static str, message: impl std::fmt::Display) -> ConfigureError {
    ConfigureError::Invalid { field, message: message.to_string() }
}
