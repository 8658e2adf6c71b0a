//! What a replay would do, without doing it.

use std::collections::HashSet;
use std::sync::Arc;

use shopwire_core::delivery::LaneRecord;
use shopwire_core::{LoggedEvent, ReplayProgress, Seq};

use super::job::Job;
use super::make::ReplayDraft;
use super::source::InHand;
use crate::Engine;
use crate::configure::ConfigureError;

/// Events that a preview shows.
const SHOWN: usize = 10;

/// What a replay would come to.
#[derive(Debug, Clone)]
pub struct ReplayPreview {
    /// Its counts at the end.
    pub progress: ReplayProgress,
    /// The first few events it would queue.
    pub first: Vec<Arc<LoggedEvent>>,
    /// Whether everything was looked at; if not, there are at least so many.
    pub is_whole: bool,
}

impl Engine {
    /// Counts what a replay would queue and skip, and makes none. Looks at no more than limit `scan_rows_max` allows for a page.
    ///
    /// # Errors
    /// As [`Engine::start_replay`].
    pub async fn preview_replay(&self, draft: ReplayDraft) -> Result<ReplayPreview, ConfigureError> {
        let (mut replay, endpoint) = self.draft_replay(draft).await?;
        let lane = Stand::of(&self.ledger().lane(endpoint.id).await?.unwrap_or_default());
        let mut job = Job::new(&replay);
        let (mut first, mut is_whole) = (Vec::new(), true);
        loop {
            let picked = job.pick(self, &replay, &endpoint, usize::MAX).await?;
            replay.progress = picked.progress;
            for logged in picked.events {
                if !lane.would_queue(logged.seq) {
                    replay.progress.skipped.on_their_way += 1;
                    continue;
                }
                replay.progress.queued += 1;
                if first.len() < SHOWN {
                    first.push(logged);
                }
            }
            if picked.is_end {
                break;
            }
            if replay.progress.looked_at < self.limits().scan_rows_max as u64 {
                continue;
            }
            match job.stop_looking() {
                InHand::All => {}
                InHand::Part => is_whole = false,
                InHand::Nothing => {
                    is_whole = false;
                    break;
                }
            }
        }
        Ok(ReplayPreview { progress: replay.progress, first, is_whole })
    }
}

/// Where a lane stands, to be asked many times.
struct Stand {
    cursor: Seq,
    done: HashSet<Seq>,
    waiting: HashSet<Seq>,
}

impl Stand {
    fn of(lane: &LaneRecord) -> Self {
        let waiting = lane.waiting.iter().map(|waiting| waiting.seq).collect();
        Self { cursor: lane.cursor, done: lane.done.iter().copied().collect(), waiting }
    }

    /// As [`Ledger::replay`](shopwire_store::Ledger::replay) decides.
    fn would_queue(&self, seq: Seq) -> bool {
        (seq <= self.cursor || self.done.contains(&seq)) && !self.waiting.contains(&seq)
    }
}
