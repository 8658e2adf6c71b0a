//! What the endpoints have still to get.

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, EndpointState};
use shopwire_core::{LoggedEvent, Seq, Timestamp};
use shopwire_store::{LaneStand, LogSpan, StoreError};

use super::lapse::Lapsing;
use super::policy::Owed;
use crate::Engine;
use crate::dispatch::{Parcel, TopicIndex, permitted};
use crate::ledger_check::LogPage;

/// Events that are looked at for the first one that somebody has still to get; where none is found among them, it counts as
/// lying behind.
const LOOK_EVENTS_MAX: usize = 200_000;

/// The lanes of all endpoints that get anything.
pub(super) struct Debtors {
    lanes: Vec<Debtor>,
    index: TopicIndex<usize>,
}

/// One lane.
struct Debtor {
    endpoint: Arc<Endpoint>,
    stand: LaneStand,
}

impl Debtors {
    /// Where the lanes stand now.
    pub(super) async fn of(engine: &Engine) -> Result<Self, StoreError> {
        let endpoint = |stand: &LaneStand| engine.directory().endpoints.get(stand.endpoint);
        let is_served = |endpoint: &Arc<Endpoint>| !matches!(endpoint.state, EndpointState::Removed { .. });
        let stands = engine.ledger().lane_stands().await?.into_iter();
        let lanes: Vec<Debtor> = stands
            .filter_map(|stand| Some(Debtor { endpoint: endpoint(&stand).filter(is_served)?, stand }))
            .collect();
        let mut index = TopicIndex::default();
        for (place, lane) in lanes.iter().enumerate() {
            index.put(&lane.endpoint, place);
        }
        Ok(Self { lanes, index })
    }

    /// The first event of the log that somebody has still to get.
    pub(super) async fn first_owed(
        &self,
        engine: &Engine,
        span: LogSpan,
    ) -> Result<Option<Owed>, StoreError> {
        let named = self.first_named(engine, span.first).await?;
        let behind = self.lanes.iter().map(|lane| lane.stand.cursor).min();
        let from = behind.map_or(span.head, |cursor| cursor.max(Seq(span.first.0.saturating_sub(1))));
        let until = named.map_or(span.head, |named| Seq(named.0 - 1).min(span.head));
        let unnamed = self.first_unnamed(engine, from, until).await?;
        match (unnamed, named) {
            (Some(owed), _) => Ok(Some(owed)),
            (None, Some(seq)) => Ok(Some(Owed { seq, received_at: received_at(engine, seq).await? })),
            (None, None) => Ok(None),
        }
    }

    /// The first event from `first` on that waits by name.
    async fn first_named(&self, engine: &Engine, first: Seq) -> Result<Option<Seq>, StoreError> {
        let mut named: Option<Seq> = None;
        for lane in &self.lanes {
            let mut waiting = lane.stand.first_waiting;
            // What has gone already hides what comes behind it.
            if waiting.is_some_and(|seq| seq < first) {
                let record = engine.ledger().lane(lane.stand.endpoint).await?.unwrap_or_default();
                waiting = record.waiting.iter().map(|waiting| waiting.seq).find(|seq| *seq >= first);
            }
            named = [named, waiting].into_iter().flatten().min();
        }
        Ok(named)
    }

    /// The first event behind `from`, and not behind `until`, that a lane has yet to come to and will take.
    async fn first_unnamed(
        &self,
        engine: &Engine,
        from: Seq,
        until: Seq,
    ) -> Result<Option<Owed>, StoreError> {
        let (mut after, mut looked, mut received_at) = (from, 0, Timestamp::EPOCH);
        while after < until {
            if looked >= LOOK_EVENTS_MAX {
                return Ok(Some(Owed { seq: after.next(), received_at }));
            }
            match LogPage::behind(engine.ledger(), after).await? {
                LogPage::Events(events) => {
                    let found = events.iter().find(|logged| {
                        logged.seq <= until && self.creditors(engine, logged).next().is_some()
                    });
                    if let Some(logged) = found {
                        let received_at = logged.event.received_at;
                        return Ok(Some(Owed { seq: logged.seq, received_at }));
                    }
                    looked += events.len();
                    let last = events.last().expect("a page of events has one");
                    (after, received_at) = (last.seq, last.event.received_at);
                }
                LogPage::Damaged(seq) => after = seq,
                LogPage::End => break,
            }
        }
        Ok(None)
    }

    /// The lanes that have yet to come to this event and will take it.
    fn creditors<'a>(
        &'a self,
        engine: &'a Engine,
        logged: &'a Arc<LoggedEvent>,
    ) -> impl Iterator<Item = usize> + 'a {
        let behind =
            self.index.matching(logged).copied().filter(|place| self.lanes[*place].stand.cursor < logged.seq);
        let mut parcel = None;
        behind.filter(move |place| {
            let parcel =
                parcel.get_or_insert_with(|| Parcel::new(Arc::clone(logged), Arc::clone(&engine.0.metrics)));
            permitted(&self.lanes[*place].endpoint, parcel, engine.directory()).is_ok()
        })
    }

    /// What would be lost to whom if the events from `first` on and before `end` went now.
    pub(super) async fn lapsing(&self, engine: &Engine, first: Seq, end: Seq) -> Result<Lapsing, StoreError> {
        let mut lapsing = Lapsing::between(first, Seq(end.0 - 1));
        for lane in self.lanes.iter().filter(|lane| lane.stand.first_waiting.is_some_and(|seq| seq < end)) {
            let record = engine.ledger().lane(lane.stand.endpoint).await?.unwrap_or_default();
            for waiting in record.waiting.iter().filter(|waiting| waiting.seq >= first) {
                lapsing.add(&lane.endpoint, waiting.seq);
            }
        }
        let mut after = Seq(first.0 - 1);
        while after.next() < end {
            match LogPage::behind(engine.ledger(), after).await? {
                LogPage::Events(events) => {
                    for logged in &events {
                        for place in self.creditors(engine, logged) {
                            lapsing.add(&self.lanes[place].endpoint, logged.seq);
                        }
                    }
                    after = events.last().map_or(end, |logged| logged.seq);
                }
                LogPage::Damaged(seq) => after = seq,
                LogPage::End => break,
            }
        }
        Ok(lapsing)
    }
}

/// When an event was received; if it can't be read, the one behind it.
async fn received_at(engine: &Engine, seq: Seq) -> Result<Timestamp, StoreError> {
    let mut after = Seq(seq.0 - 1);
    loop {
        match LogPage::behind(engine.ledger(), after).await? {
            LogPage::Events(events) => {
                let first = events.first().expect("a page of events has one");
                return Ok(first.event.received_at);
            }
            LogPage::Damaged(damaged) => after = damaged,
            LogPage::End => return Ok(engine.timer().now()),
        }
    }
}
