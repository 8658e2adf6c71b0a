//! What the check has found.

use shopwire_core::delivery::Endpoint;
use shopwire_core::{EndpointId, EventId, Seq};
use shopwire_store::{Ledger, LogSpan, StoreError};

use super::VIOLATIONS_TOLD;

/// What the whole ledger comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerReport {
    /// How far the log reaches: what lies before its first place, retention has let go of.
    pub span: LogSpan,
    /// Events that were read.
    pub events: u64,
    /// Places whose event was erased.
    pub erased: u64,
    /// Attempts that were read: every one that is recorded, of whatever event.
    pub attempts: u64,
    /// What became of the events at each endpoint.
    pub endpoints: Vec<EndpointTally>,
    /// How many things are wrong.
    pub violations: u64,
    /// The first of them.
    pub told: Vec<Violation>,
}

/// What became of the events of the log at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointTally {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its name.
    pub name: String,
    /// In the log before the endpoint listened.
    pub before: u64,
    /// Not wanted, or not permitted.
    pub filtered: u64,
    /// Delivered, and no longer waiting to be sent again.
    pub delivered: u64,
    /// Waiting by name, for a retry or behind another of their subject.
    pub waiting: u64,
    /// Yet to be taken by the lane.
    pub queued: u64,
    /// Given up, and told so.
    pub dead: u64,
    /// Not delivered although the endpoint would get it now; but what it gets was changed since then.
    pub unknown: u64,
    /// Wanted, and without a trace; or tried, and forgotten. There must be none.
    pub lost: u64,
    /// Successful attempts beyond the first of a delivery: at least once is promised, once is wished for.
    pub repeated: u64,
}

impl EndpointTally {
    fn of(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.id,
            name: endpoint.name.clone(),
            before: 0,
            filtered: 0,
            delivered: 0,
            waiting: 0,
            queued: 0,
            dead: 0,
            unknown: 0,
            lost: 0,
            repeated: 0,
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What.
    pub wrong: Wrong,
    /// The event's place.
    pub seq: Seq,
    /// The event's id, if it can be read.
    pub event: Option<EventId>,
    /// The endpoint, if it is about one.
    pub endpoint: Option<EndpointId>,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The endpoint wanted it, its lane has passed it, and there is no trace of it.
    Lost,
    /// Attempts were made, and it is neither delivered nor waiting nor given up.
    Forgotten,
    /// The event can't be read.
    Damaged,
    /// The lane stands behind the end of the log, or something in it does that waits.
    Ahead,
}

impl Wrong {
    /// A stable word for it, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Forgotten => "forgotten",
            Self::Damaged => "damaged",
            Self::Ahead => "ahead",
        }
    }

    /// What it means, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Lost => "the endpoint wanted it, and nothing tells of a delivery",
            Self::Forgotten => "it was tried, and is neither delivered nor waiting nor given up",
            Self::Damaged => "the event can't be read",
            Self::Ahead => "the lane stands behind the end of the log",
        }
    }
}

impl LedgerReport {
    /// Nothing has been read yet.
    pub(super) fn of<'a>(span: LogSpan, endpoints: impl Iterator<Item = &'a Endpoint>) -> Self {
        Self {
            span,
            events: 0,
            erased: 0,
            attempts: 0,
            endpoints: endpoints.map(EndpointTally::of).collect(),
            violations: 0,
            told: Vec::new(),
        }
    }

    /// Whether the books balance.
    pub fn is_sound(&self) -> bool {
        self.violations == 0
    }

    /// Counts something wrong, and tells it if there is room.
    pub(super) fn blame(&mut self, wrong: Wrong, seq: Seq, endpoint: Option<EndpointId>) {
        self.violations += 1;
        if self.told.len() < VIOLATIONS_TOLD {
            self.told.push(Violation { wrong, seq, event: None, endpoint });
        }
    }

    /// Looks up the ids of the events that are told.
    pub(super) async fn name_events(&mut self, ledger: &dyn Ledger) -> Result<(), StoreError> {
        for violation in self.told.iter_mut().filter(|violation| violation.wrong != Wrong::Damaged) {
            let found = ledger.read_at(&[violation.seq]).await?;
            violation.event = found.first().map(|logged| logged.event.id);
        }
        Ok(())
    }
}
