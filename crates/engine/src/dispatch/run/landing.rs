//! What follows when a delivery lands.

use bytes::Bytes;
use shopwire_core::Seq;
use shopwire_core::delivery::{DeadReason, Decision, Ending, Outcome, Progress, Settled};
use shopwire_store::{AttemptRecord, StoreError};

use super::flight::Landed;
use super::{Ended, Run};
use crate::deliver::Attempted;
use crate::dispatch::Closing;

impl Run {
    pub(super) fn land(&mut self, landed: Landed) {
        let (seq, attempted) = match landed {
            Landed::Attempted(seq, attempted) => (seq, attempted),
            Landed::Undeliverable(seq, reason, why) => return self.bury(seq, reason, why),
            Landed::Grounded(seq) => return self.give_back(seq),
            Landed::Unread(seq, error) => (seq, self.our_fault(error.to_string())),
        };
        let before =
            self.lane.progress(seq).unwrap_or(Progress { attempts: 0, steps: 0, first_at: attempted.at });
        let progress = Progress { attempts: before.attempts + 1, ..before };
        let decision = self.courier.decide(&attempted.outcome, progress, &self.policy);
        let is_over = self.tell_care(&attempted);
        let settled = match &decision {
            Decision::Delivered | Decision::Dead { .. } => Settled::Finished,
            Decision::Retry { at, progress } => Settled::Waits { due: *at, progress: *progress },
            // It is sent again as soon as the endpoint is resumed.
            Decision::Disable => Settled::Waits { due: attempted.at, progress },
        };
        let by_failing =
            || is_over.then(|| Closing::by_failing(self.care.with(|care| care.trouble()).as_ref()));
        if let Some(closing) = self.closing(&decision, &attempted.outcome).or_else(by_failing) {
            self.end(Ended::Closed(closing));
        }
        let dead = if let Decision::Dead { reason, .. } = decision { Some(reason) } else { None };
        self.write_down(seq, progress.attempts, attempted, settled, dead);
        self.settle(seq, settled);
    }

    /// An attempt has ended: what that means for those to come. Answers whether nothing has reached the endpoint for its span.
    fn tell_care(&mut self, attempted: &Attempted) -> bool {
        let (now, in_flight) = (self.courier.timer().now(), self.lane.in_flight() - 1);
        let Attempted { ref outcome, at: began, latency_us, .. } = *attempted;
        let (turned, limit, stands_otherwise) = self.care.with(|care| {
            let before = care.standing();
            let turned = care.ended(Ending { outcome, began, latency_us, in_flight }, now);
            (turned, care.limit(in_flight, now), care.standing() != before)
        });
        self.lane.limit(limit);
        let (id, metrics) = (self.endpoint.id, self.courier.metrics());
        if turned.opened {
            tracing::warn!(endpoint.id = %id, last = %outcome, "an endpoint takes nothing and is left alone for a while");
            metrics.breaker_opened.add(1);
        }
        metrics.window_narrowed.add(u64::from(turned.narrowed));
        if stands_otherwise {
            self.courier.cares().turned(id);
        }
        turned.is_over
    }

    /// What a decision means for the endpoint, if anything.
    fn closing(&self, decision: &Decision, outcome: &Outcome) -> Option<Closing> {
        match decision {
            Decision::Disable => Some(Closing::Disabled("the receiver answered 410 Gone".to_owned())),
            Decision::Dead { then, .. } => {
                Closing::by_exhaustion(&self.endpoint, &self.policy, *then, Some(outcome))
            }
            _ => None,
        }
    }

    /// The next event of the log can't be read. Whether this endpoint wants it can't be read either: better a dead letter
    /// too many than silence.
    pub(super) fn pass_over(&mut self, seq: Seq, error: &StoreError) {
        if self.lane.pass_over(seq) {
            tracing::error!(endpoint.id = %self.endpoint.id, %error, "an event is lost to an endpoint");
            self.write_down_dead(seq, DeadReason::Unrenderable, error.to_string());
        }
    }

    /// An event that is gone or that can't be read is not delivered: that is told, not passed over.
    fn bury(&mut self, seq: Seq, reason: DeadReason, why: String) {
        self.tell_care(&self.our_fault(why.clone()));
        self.write_down_dead(seq, reason, why);
        self.settle(seq, Settled::Finished);
    }

    fn write_down_dead(&mut self, seq: Seq, reason: DeadReason, why: String) {
        let number = self.lane.progress(seq).map_or(1, |progress| progress.attempts + 1);
        let attempted = self.our_fault(why);
        self.write_down(seq, number, attempted, Settled::Finished, Some(reason));
    }

    /// An attempt that did not come to be, because of ourselves.
    fn our_fault(&self, why: String) -> Attempted {
        let at = self.courier.timer().now();
        let (outcome, detail) = (Outcome::OurFault, Some(why));
        Attempted { at, latency_us: 0, outcome, detail, response: Bytes::new() }
    }

    fn write_down(
        &mut self,
        seq: Seq,
        number: u32,
        attempted: Attempted,
        settled: Settled,
        dead: Option<DeadReason>,
    ) {
        if dead.is_some() {
            self.courier.metrics().dead.add(1);
        }
        let next_at = if let Settled::Waits { due, .. } = settled { Some(due) } else { None };
        self.recorder.add(AttemptRecord {
            seq,
            number,
            at: attempted.at,
            latency_us: attempted.latency_us,
            outcome: attempted.outcome,
            detail: attempted.detail,
            response: attempted.response,
            next_at,
            dead,
        });
    }

    fn settle(&mut self, seq: Seq, settled: Settled) {
        let Some(next) = self.lane.settle(seq, settled) else { return };
        if self.ended.is_none() {
            self.care.with(|care| care.began(1));
            self.flights.start(next);
        } else {
            self.lane.give_back(next);
        }
    }

    /// The run is ending, and a delivery has not begun: the next run offers or wakes it again, since neither its end nor a
    /// cursor beyond it is recorded.
    fn give_back(&mut self, seq: Seq) {
        self.care.with(|care| care.given_back());
        self.lane.give_back(seq);
    }
}
