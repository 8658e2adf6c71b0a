//! A window of places, and what is known of each place at each endpoint.

use std::sync::Arc;

use shopwire_core::delivery::EndpointState;
use shopwire_core::{EndpointId, LoggedEvent, Seq};
use shopwire_store::{AttemptPlace, Ledger, StoreError, StoredAttempt};

use super::page::LogPage;
use super::{Checked, LedgerReport, Wrong};
use crate::bits::Bits;
use crate::dispatch::{Parcel, TopicIndex, permitted};
use crate::{Directory, Metrics};

/// Attempts read at a time.
const ATTEMPTS: usize = 4_096;

/// What one endpoint's lane and attempts say of the places of a window.
struct Books<'a> {
    of: &'a Checked,
    cursor: Seq,
    /// Finished beyond the cursor.
    done: Vec<Seq>,
    waiting: Bits,
    tried: Bits,
    delivered: Bits,
    dead: Bits,
}

impl Books<'_> {
    /// Whether there is any trace of this place.
    fn knows(&self, seq: Seq) -> bool {
        [&self.tried, &self.delivered, &self.waiting, &self.dead].iter().any(|bits| bits.has(seq))
    }

    fn has_passed(&self, seq: Seq) -> bool {
        seq <= self.cursor || self.done.contains(&seq)
    }
}

/// One window of the log.
pub(super) struct Window<'a> {
    first: Seq,
    last: Seq,
    /// The places whose events were read.
    present: Bits,
    /// In the order of the report's endpoints.
    books: Vec<Books<'a>>,
    /// What is held to look at an event counts as nobody's.
    metrics: Arc<Metrics>,
}

impl<'a> Window<'a> {
    pub(super) fn new(first: Seq, last: Seq, checked: &'a [Checked]) -> Self {
        let empty = Bits::between(first, last);
        let books = checked.iter().map(|of| Books {
            of,
            cursor: Seq::START,
            done: Vec::new(),
            waiting: empty.clone(),
            tried: empty.clone(),
            delivered: empty.clone(),
            dead: empty.clone(),
        });
        Self { first, last, books: books.collect(), present: empty, metrics: Arc::default() }
    }

    fn is_in(&self, seq: Seq) -> bool {
        (self.first..=self.last).contains(&seq)
    }

    /// Reads where the lanes stand.
    pub(super) async fn read_lanes(
        &mut self,
        ledger: &dyn Ledger,
        report: &mut LedgerReport,
    ) -> Result<(), StoreError> {
        let (first, head) = (self.first, report.span.head);
        for books in &mut self.books {
            let id = books.of.endpoint.id;
            let Some(lane) = ledger.lane(id).await? else { continue };
            let furthest = lane.waiting.iter().map(|waiting| waiting.seq).fold(lane.cursor, Seq::max);
            // The log goes on growing while it is looked at.
            if first == report.span.first && furthest > head && furthest > ledger.head().await? {
                report.blame(Wrong::Ahead, furthest, Some(id));
            }
            books.cursor = lane.cursor;
            books.done = lane.done;
            for waiting in lane.waiting {
                books.waiting.put(waiting.seq);
            }
        }
        Ok(())
    }

    /// Reads the attempts from `from` on; answers from where the next window has to read them.
    pub(super) async fn read_attempts(
        &mut self,
        ledger: &dyn Ledger,
        from: AttemptPlace,
        report: &mut LedgerReport,
    ) -> Result<AttemptPlace, StoreError> {
        let is_first = self.first == report.span.first;
        // By id, since every attempt names its endpoint.
        let mut order: Vec<usize> = (0..self.books.len()).collect();
        order.sort_by_key(|place| self.id(*place));
        let (mut at, mut next_window) = (from, None);
        loop {
            let walk = ledger.walk_attempts(at, ATTEMPTS).await?;
            if is_first {
                report.attempts += walk.attempts.len() as u64;
            }
            if walk.attempts.iter().any(|stored| stored.attempt.seq > self.last) {
                next_window.get_or_insert(at);
            }
            for stored in &walk.attempts {
                self.note(stored, &order, report);
            }
            match walk.next {
                Some(next) => at = next,
                None => return Ok(next_window.unwrap_or(at)),
            }
        }
    }

    fn id(&self, place: usize) -> EndpointId {
        self.books[place].of.endpoint.id
    }

    fn note(&mut self, stored: &StoredAttempt, order: &[usize], report: &mut LedgerReport) {
        let seq = stored.attempt.seq;
        if !self.is_in(seq) {
            return;
        }
        // An endpoint that is gone owes nobody an account.
        let Ok(found) = order.binary_search_by_key(&stored.endpoint, |place| self.id(*place)) else { return };
        let place = order[found];
        let books = &mut self.books[place];
        books.tried.put(seq);
        if stored.attempt.outcome.is_delivered() && books.delivered.put(seq) {
            report.endpoints[place].repeated += 1;
        }
        if stored.attempt.dead.is_some() {
            books.dead.put(seq);
        }
    }

    /// Reads the events, and asks of each that an endpoint wants and knows nothing of what became of it.
    pub(super) async fn read_log(
        &mut self,
        ledger: &dyn Ledger,
        index: &TopicIndex<usize>,
        directory: &Directory,
        report: &mut LedgerReport,
    ) -> Result<(), StoreError> {
        let mut after = Seq(self.first.0 - 1);
        while after < self.last {
            let reached = match LogPage::behind(ledger, after).await? {
                LogPage::Events(events) => {
                    for logged in events.iter().filter(|logged| logged.seq <= self.last) {
                        self.present.put(logged.seq);
                        self.ask(logged, index, directory, report);
                    }
                    events.last().map_or(self.last, |logged| logged.seq)
                }
                LogPage::Damaged(seq) => {
                    if seq <= self.last {
                        self.present.put(seq);
                        report.blame(Wrong::Damaged, seq, None);
                    }
                    seq
                }
                LogPage::End => self.last,
            };
            after = reached;
        }
        Ok(())
    }

    fn ask(
        &self,
        logged: &Arc<LoggedEvent>,
        index: &TopicIndex<usize>,
        directory: &Directory,
        report: &mut LedgerReport,
    ) {
        let seq = logged.seq;
        let mut parcel = None;
        for place in index.matching(logged).copied() {
            let books = &self.books[place];
            if books.knows(seq) {
                continue;
            }
            let tally = &mut report.endpoints[place];
            if is_before(books.of, logged) {
                tally.before += 1;
                continue;
            }
            let parcel =
                parcel.get_or_insert_with(|| Parcel::new(Arc::clone(logged), Arc::clone(&self.metrics)));
            if is_late(books.of, logged) || permitted(&books.of.endpoint, parcel, directory).is_err() {
                continue;
            }
            if !books.has_passed(seq) {
                tally.queued += 1;
            } else if logged.event.received_at <= books.of.rules_since {
                tally.unknown += 1;
            } else {
                tally.lost += 1;
                report.blame(Wrong::Lost, seq, Some(books.of.endpoint.id));
            }
        }
    }

    /// Counts what the bits say; all else does not concern the endpoint.
    pub(super) fn count(&self, report: &mut LedgerReport) {
        let events = self.present.count(&self.present, &[]);
        report.events += events;
        report.erased += self.last.0 - self.first.0 + 1 - events;
        for (place, books) in self.books.iter().enumerate() {
            let Books { waiting, tried, delivered, dead, .. } = books;
            let counted = [
                waiting.count(&self.present, &[]),
                delivered.count(&self.present, &[waiting]),
                dead.count(&self.present, &[waiting, delivered]),
                tried.count(&self.present, &[waiting, delivered, dead]),
            ];
            let id = Some(books.of.endpoint.id);
            for seq in tried.places(&self.present, &[waiting, delivered, dead]) {
                report.blame(Wrong::Forgotten, seq, id);
            }
            let tally = &mut report.endpoints[place];
            tally.waiting += counted[0];
            tally.delivered += counted[1];
            tally.dead += counted[2];
            tally.lost += counted[3];
        }
        for tally in &mut report.endpoints {
            let told = tally.before
                + tally.delivered
                + tally.waiting
                + tally.queued
                + tally.dead
                + tally.unknown
                + tally.lost;
            tally.filtered = report.events - told;
        }
    }
}

/// Whether the event stood in the log before the endpoint listened.
fn is_before(of: &Checked, logged: &LoggedEvent) -> bool {
    let is_older = logged.event.received_at < of.endpoint.created_at;
    is_older || of.opened_at.is_none_or(|opened_at| logged.seq <= opened_at)
}

/// Whether the event came when the endpoint was removed already, in the same moment too: as a burial has it.
fn is_late(of: &Checked, logged: &LoggedEvent) -> bool {
    matches!(of.endpoint.state, EndpointState::Removed { since, .. } if logged.event.received_at >= since)
}
