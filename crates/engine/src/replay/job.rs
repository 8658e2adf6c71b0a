//! One running replay: what it holds in memory, and how it picks the next events.

use std::sync::Arc;

use shopwire_core::delivery::Endpoint;
use shopwire_core::{LoggedEvent, PastOutcome, PastState, Replay, ReplayProgress, Seq, Skipped, Timestamp};
use shopwire_store::{AttemptFilter, PageRequest, StoreError};

use super::pace::Pace;
use super::source::{InHand, Looked, Source};
use crate::Engine;
use crate::dispatch::{Filtered, Parcel, admitted, permitted};

/// Events queued in one turn: others have theirs in between.
pub(super) const TURN_MAX: u64 = 100;

/// A running replay's memory. It can be lost at any time: what matters is stored.
pub(super) struct Job {
    source: Source,
    pub(super) pace: Pace,
    /// Found and not yet judged.
    ahead: Looked,
    /// What was stored last: looked at so many, at that moment.
    pub(super) stored: (u64, Timestamp),
}

/// What is to be queued next, and how far the replay has then come.
pub(super) struct Picked {
    /// In the order of the log.
    pub(super) events: Vec<Arc<LoggedEvent>>,
    /// Without those that are queued.
    pub(super) progress: ReplayProgress,
    /// Whether nothing is left.
    pub(super) is_end: bool,
}

impl Job {
    pub(super) fn new(replay: &Replay) -> Self {
        Self {
            source: Source::of(&replay.selection),
            pace: Pace::new(replay.rate, TURN_MAX),
            ahead: Looked::default(),
            stored: (replay.progress.looked_at, replay.updated_at),
        }
    }

    /// Picks up to `limit` events that the endpoint is to get. Looks on in the log at most once, so nothing may be found and yet
    /// something left.
    ///
    /// # Errors
    /// If the store fails: then the job is to be made anew, and goes on from where its replay stands.
    pub(super) async fn pick(
        &mut self,
        engine: &Engine,
        replay: &Replay,
        endpoint: &Endpoint,
        limit: usize,
    ) -> Result<Picked, StoreError> {
        let mut progress = replay.progress;
        if self.ahead.events.is_empty() && !self.ahead.is_end {
            self.ahead = self.source.look(engine.ledger(), replay, progress.position).await?;
            progress.looked_at += self.ahead.looked_at;
            progress.selected += self.ahead.unreadable;
            progress.skipped.unreadable += self.ahead.unreadable;
        }
        let mut events = Vec::new();
        while events.len() < limit
            && let Some(logged) = self.ahead.events.pop_front()
        {
            progress.position = logged.seq;
            if !engine.became(&logged, replay.selection.outcome.as_ref()).await? {
                continue;
            }
            progress.selected += 1;
            match engine.replayable(replay, endpoint, &logged) {
                Ok(()) => events.push(logged),
                Err(skip) => *skip(&mut progress.skipped) += 1,
            }
        }
        let is_through = self.ahead.events.is_empty();
        if is_through {
            progress.position = progress.position.max(self.ahead.reached);
        }
        Ok(Picked { events, progress, is_end: is_through && self.ahead.is_end })
    }

    /// Looks no further than it has.
    pub(super) fn stop_looking(&mut self) -> InHand {
        self.source.stop_looking()
    }
}

/// Which count an event that is skipped belongs to.
type Skip = fn(&mut Skipped) -> &mut u64;

impl Engine {
    /// Whether the endpoint gets an event by a replay; if not, why.
    fn replayable(
        &self,
        replay: &Replay,
        endpoint: &Endpoint,
        logged: &Arc<LoggedEvent>,
    ) -> Result<(), Skip> {
        let parcel = Parcel::new(Arc::clone(logged), Arc::clone(&self.0.metrics));
        match admitted(endpoint, &parcel, self.directory()) {
            Ok(()) => Ok(()),
            Err(Filtered::Topics(_)) if replay.ignore_topics => {
                let permitted = permitted(endpoint, &parcel, self.directory());
                permitted.map_err(|_| (|skipped| &mut skipped.not_permitted) as Skip)
            }
            Err(Filtered::NotPublished(_)) => Err(|skipped| &mut skipped.not_permitted),
            Err(_) => Err(|skipped| &mut skipped.unwanted),
        }
    }

    /// Whether what is asked for became of an event. Who is dead was found on the list of the dead.
    async fn became(&self, logged: &LoggedEvent, outcome: Option<&PastOutcome>) -> Result<bool, StoreError> {
        let Some(outcome) = outcome.filter(|outcome| outcome.is != PastState::Dead) else { return Ok(true) };
        let filter = AttemptFilter {
            event: Some(logged.seq),
            endpoint: Some(outcome.endpoint),
            ..AttemptFilter::default()
        };
        let page = PageRequest { size: 1, before: None, scan_rows_max: self.limits().scan_rows_max };
        let newest = self.ledger().attempts(&filter, page).await?.items.pop();
        Ok(match newest.map(|stored| stored.attempt) {
            None => outcome.is == PastState::Missing,
            Some(attempt) => {
                let is =
                    if attempt.outcome.is_delivered() { PastState::Delivered } else { PastState::Failed };
                outcome.is == is && outcome.is_within(attempt.at)
            }
        })
    }
}

/// The places of events.
pub(super) fn places(events: &[Arc<LoggedEvent>]) -> Vec<Seq> {
    events.iter().map(|logged| logged.seq).collect()
}
