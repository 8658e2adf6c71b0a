//! Reading: from any thread, without ever waiting for the writer.

use std::path::PathBuf;
use std::sync::Arc;

use shopwire_core::commerce::Subject;
use shopwire_core::{EndpointId, EventId, LoggedEvent, Seq, ShopId};

use crate::{
    AttemptFilter, AttemptPlace, AttemptWalk, Dropped, EventFilter, EventHead, LogSpan, Page, PageRequest,
    Retention, StoreError, StoredAttempt,
};

/// Reads the log. Sees what is committed and settled, nothing else.
#[derive(Clone)]
pub(crate) struct LogReader {}

/// What an erasure emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Emptied {
    /// Events.
    pub(crate) events: u64,
    /// Attempts that had kept an answer or a detail.
    pub(crate) attempts: u64,
}

impl LogReader {
    /// The place of the last event.
    pub(crate) fn head(&self) -> Seq {
        Seq::START
    }

    /// See [`Ledger::read_after`](crate::Ledger::read_after).
    pub(crate) fn read_after(
        &self,
        _after: Seq,
        _limit: usize,
        _bytes_max: usize,
    ) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        Ok(Vec::new())
    }

    /// See [`Ledger::read_at`](crate::Ledger::read_at).
    pub(crate) fn read_at(&self, _places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        Ok(Vec::new())
    }

    /// The id of the event at a place; `None` if none is there.
    pub(crate) fn event_id(&self, _seq: Seq) -> Result<Option<EventId>, StoreError> {
        Ok(None)
    }

    /// The head of the event at a place; `None` if none is there, `Damaged` if it can't be read.
    pub(crate) fn head_at(&self, _seq: Seq) -> Result<Option<EventHead>, StoreError> {
        Ok(None)
    }

    /// The place of an event.
    pub(crate) fn place_of(&self, _id: EventId) -> Result<Option<Seq>, StoreError> {
        Ok(None)
    }

    /// See [`Ledger::search`](crate::Ledger::search). Events that can't be read are left out.
    pub(crate) fn search(
        &self,
        _filter: &EventFilter,
        _page: PageRequest,
    ) -> Result<Page<EventHead>, StoreError> {
        Ok(Page { items: Vec::new(), next: None })
    }

    /// Whether an event of this shop is about this subject.
    pub(crate) fn is_subject(&self, _shop: ShopId, _subject: &Subject) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// The id of the newest subject of this kind, in this shop, that `is_it` says yes to. Looks at so many events at most.
    pub(crate) fn subject_id(
        &self,
        _shop: ShopId,
        _kind: &str,
        _events_max: usize,
        _is_it: impl FnMut(&str) -> bool,
    ) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// See [`Ledger::attempts`](crate::Ledger::attempts). Attempts of events that are gone are left out.
    pub(crate) fn attempts(
        &self,
        _filter: &AttemptFilter,
        _page: PageRequest,
    ) -> Result<Page<StoredAttempt>, StoreError> {
        Ok(Page { items: Vec::new(), next: None })
    }

    /// The number of the last attempt of a delivery; 0 if none is known.
    pub(crate) fn last_attempt_number(&self, _endpoint: EndpointId, _seq: Seq) -> Result<u32, StoreError> {
        Ok(0)
    }

    /// See [`Ledger::walk_attempts`](crate::Ledger::walk_attempts).
    pub(crate) fn walk_attempts(
        &self,
        _after: AttemptPlace,
        _limit: usize,
    ) -> Result<AttemptWalk, StoreError> {
        Ok(AttemptWalk::default())
    }

    /// See [`Ledger::span`](crate::Ledger::span).
    pub(crate) fn span(&self) -> LogSpan {
        LogSpan::default()
    }

    /// See [`Ledger::retain`](crate::Ledger::retain). Who is reading a segment that goes reads on.
    pub(crate) fn retain(&self, _retention: &Retention) -> Result<Dropped, StoreError> {
        Ok(Dropped::default())
    }

    /// Empties the events of a shop about a subject, and what was kept of answers to them: synced. Asked again after a crash it
    /// finishes what it began.
    pub(crate) fn erase(&self, _shop: ShopId, _subject: &Subject) -> Result<Emptied, StoreError> {
        Ok(Emptied::default())
    }

    /// What is wrong with the log; empty if all is well. `thorough` reads everything.
    pub(crate) fn check(&self, _thorough: bool) -> Vec<String> {
        Vec::new()
    }

    /// Its files, each with the number of bytes that are final: a copy of them up to there opens as a log. All that was visible
    /// when this was asked is in them.
    pub(crate) fn files(&self) -> Vec<(PathBuf, u64)> {
        Vec::new()
    }
}
