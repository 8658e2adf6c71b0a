//! One run of a lane: from taking it up where it stood to leaving it where it stands.
//!
//! The lane machine ([`Lane`]) decides what may be sent; this drives it: fetches events (from the gate while hot, from
//! the log while cold), makes attempts, and records what came of them off the sending path, one record at a time with
//! all that has gathered meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use shopwire_core::delivery::{
    DeadReason, Decision, Endpoint, Lane, LaneBounds, Offer, Outcome, Progress, Settled, Waiting,
};
use shopwire_core::{LoggedEvent, Seq};
use shopwire_store::{AttemptRecord, LaneUpdate, StoreError};
use tokio::sync::{mpsc, watch};

use super::gate::Gate;
use super::lanes::Stop;
use super::{Parcel, wants};
use crate::deliver::{Address, Attempted, Courier, Places};

/// Parcels that may wait in memory for a hot lane.
const FEED_MAX: usize = 1_024;
/// What a cold lane reads at a time: little, since many lanes may be cold together.
const PAGE_EVENTS: usize = 64;
const PAGE_BYTES: usize = 128 << 10;
/// Deliveries held behind a first attempt of their subject.
const HELD_MAX: usize = 1_024;
/// Attempts that may wait to be recorded before the lane sends no more.
const UNRECORDED_MAX: usize = 2_048;
/// Milliseconds before recording or reading is tried again after the store has failed.
const STORE_RETRY_MS: u64 = 1_000;
/// A quiet lane's cursor is stored now and then, so that a crash does not make it read far back.
const QUIET_CURSOR_MS: u64 = 30_000;
const QUIET_CURSOR_EVENTS: u64 = 5_000;

/// Why a run ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The endpoint changed, or the lane is stopped.
    Asked,
    /// The receiver wants nothing more.
    Gone {
        /// Its words, for people.
        reason: String,
    },
}

/// What became of a delivery that was in flight.
enum Landed {
    Attempted(Seq, Attempted),
    /// It can't be delivered, now or ever, and why.
    Undeliverable(Seq, String),
    /// It could not be read from the store.
    Unread(Seq, StoreError),
}

type Flight = BoxFuture<'static, Landed>;
type Reading = BoxFuture<'static, Result<LogPage, StoreError>>;

/// A page of the log.
struct LogPage {
    events: Vec<Arc<LoggedEvent>>,
    /// Everything up to here was looked at.
    end: Seq,
}

/// A lane in motion.
pub(super) struct Run {
    courier: Arc<Courier>,
    gate: Arc<Gate>,
    endpoint: Arc<Endpoint>,
    address: Arc<Address>,
    lane: Lane,
    /// The open gate's other side; `None` while the lane is cold.
    feed: Option<mpsc::Receiver<Arc<Parcel>>>,
    /// Fetched, but not yet taken by the lane.
    stash: VecDeque<Arc<Parcel>>,
    /// Where the page in the stash ends: everything up to here was looked at.
    page_end: Option<Seq>,
    reading: Option<Reading>,
    /// Parcels of some of those that wait for an earlier one of their subject: who is not here is read again.
    held: BTreeMap<Seq, Arc<Parcel>>,
    flights: FuturesUnordered<Flight>,
    unrecorded: Vec<AttemptRecord>,
    recording: Option<BoxFuture<'static, ()>>,
    recorded: Seq,
    ended: Option<Ended>,
    places: Places,
    stop: Stop,
}

impl Run {
    /// Takes the lane up where the store says it stands.
    pub(super) async fn take_up(
        courier: &Arc<Courier>,
        gate: Arc<Gate>,
        endpoint: Arc<Endpoint>,
        stop: Stop,
    ) -> Result<Self, StoreError> {
        let record = match courier.ledger().lane(endpoint.id).await? {
            Some(record) => record,
            // A lane is opened when its endpoint is made; one that is missing starts at the end of the log.
            None => courier.ledger().open_lane(endpoint.id, courier.ledger().head().await?).await?,
        };
        let bounds = LaneBounds {
            in_flight_max: endpoint.in_flight_max.clamp(1, courier.limits().in_flight_per_endpoint_max),
            held_max: HELD_MAX,
            waiting_max: courier.limits().waiting_per_endpoint_max,
        };
        Ok(Self {
            courier: Arc::clone(courier),
            gate,
            address: Arc::new(courier.address(&endpoint)),
            lane: Lane::restore(&record, endpoint.ordering, bounds),
            endpoint,
            feed: None,
            stash: VecDeque::new(),
            page_end: None,
            reading: None,
            held: BTreeMap::new(),
            flights: FuturesUnordered::new(),
            unrecorded: Vec::new(),
            recording: None,
            recorded: record.cursor,
            ended: None,
            places: courier.places(),
            stop,
        })
    }

    /// Runs until the endpoint changes, the lane is stopped, or the receiver wants no more; then lets what is in flight land
    /// and records where the lane stands.
    pub(super) async fn run(
        mut self,
        wish: &mut watch::Receiver<Arc<Endpoint>>,
        orders: &mut mpsc::Receiver<Waiting>,
    ) -> Ended {
        let (stop, gate) = (self.stop.clone(), Arc::clone(&self.gate));
        let mut quiet = self.courier.timer().sleep_ms(QUIET_CURSOR_MS);
        loop {
            if self.ended.is_none() {
                self.launch();
            } else if self.is_at_rest() {
                return self.ended.take().unwrap_or(Ended::Asked);
            }
            self.record();
            let is_running = self.ended.is_none();
            let wake = self.next_wake();
            // In this order: a page that was read after the endpoint changed must not be taken by its former wishes.
            tokio::select! {
                biased;
                () = stop.now.cancelled(), if !self.flights.is_empty() => self.break_off(),
                () = stop.soon.cancelled(), if is_running => self.end(Ended::Asked),
                _ = wish.changed(), if is_running => self.end(Ended::Asked),
                Some(order) = orders.recv(), if is_running => self.lane.revive(&order),
                () = gate.asked_to_let_go(), if is_running => self.let_go(),
                Some(()) = OptionFuture::from(self.recording.as_mut()) => self.recording = None,
                Some(page) = OptionFuture::from(self.reading.as_mut()) => self.take_page(page),
                Some(landed) = self.flights.next() => self.land(landed),
                parcel = from(&mut self.feed), if is_running && self.has_room() => self.take_parcel(parcel),
                () = wake, if is_running => {}
                () = &mut quiet, if is_running => {
                    self.move_quiet_cursor();
                    quiet = self.courier.timer().sleep_ms(QUIET_CURSOR_MS);
                }
            }
        }
    }

    /// Takes no more, and sends no more.
    fn end(&mut self, ended: Ended) {
        // What did not concern the endpoint so far must not do so because of a change.
        self.pass_quiet();
        self.gate.shut();
        // Whoever is gone stays gone, whatever is asked meanwhile.
        if !matches!(self.ended, Some(Ended::Gone { .. })) {
            self.ended = Some(ended);
        }
        self.let_go();
        self.reading = None;
    }

    /// Lets go of all that waits in memory to be taken; it is read from the log when there is room for it.
    fn let_go(&mut self) {
        self.feed = None;
        self.stash.clear();
        self.page_end = None;
    }

    /// Waits for nothing that is in flight any more.
    fn break_off(&mut self) {
        self.end(Ended::Asked);
        self.flights.clear();
    }

    fn is_at_rest(&self) -> bool {
        let is_recorded = self.unrecorded.is_empty() && self.lane.cursor() == self.recorded;
        self.flights.is_empty() && self.recording.is_none() && is_recorded
    }

    fn has_room(&self) -> bool {
        self.stash.is_empty() && self.unrecorded.len() < UNRECORDED_MAX
    }

    /// Sends whatever may be sent, and sees to it that there is more.
    fn launch(&mut self) {
        if self.unrecorded.len() >= UNRECORDED_MAX {
            return;
        }
        for seq in self.lane.wake(self.courier.timer().now()) {
            self.fly(seq);
        }
        while let Some(parcel) = self.stash.front() {
            let seq = parcel.logged().seq;
            match self.lane.offer(seq, parcel.key()) {
                Offer::Full => return,
                Offer::Known => drop(self.stash.pop_front()),
                offer => {
                    let kept =
                        self.stash.pop_front().filter(|_| offer == Offer::Send || self.courier.may_keep());
                    self.held.extend(kept.map(|parcel| (seq, parcel)));
                    if offer == Offer::Send {
                        self.fly(seq);
                    }
                }
            }
        }
        if let Some(end) = self.page_end.take() {
            self.lane.skip_to(end);
        }
        if self.feed.is_none() && self.reading.is_none() {
            self.feed = self.gate.open(self.lane.taken(), FEED_MAX);
            if self.feed.is_none() {
                self.reading = Some(self.read_on());
            }
        }
    }

    /// Reads the next page of the log.
    fn read_on(&self) -> Reading {
        let (courier, after) = (Arc::clone(&self.courier), self.lane.taken());
        // Where the log is empty behind the cursor (retention may have taken it), it is empty up to here at least.
        let begun = self.gate.begun();
        Box::pin(async move {
            let events = courier.ledger().read_after(after, PAGE_EVENTS, PAGE_BYTES).await?;
            let end = events.last().map_or(begun, |logged| logged.seq);
            Ok(LogPage { events, end })
        })
    }

    fn take_page(&mut self, page: Result<LogPage, StoreError>) {
        self.reading = None;
        match page {
            Ok(LogPage { events, end }) => {
                self.page_end = Some(end);
                let wanted = events.into_iter().filter(|logged| wants(&self.endpoint, logged));
                let metrics = self.courier.metrics();
                self.stash.extend(wanted.map(|logged| Parcel::new(logged, Arc::clone(metrics))));
            }
            Err(error) => {
                tracing::error!(endpoint.id = %self.endpoint.id, %error, "a lane can't read the log, trying again");
                let (pause, retry) = (self.courier.timer().sleep_ms(STORE_RETRY_MS), self.read_on());
                self.reading = Some(Box::pin(async move {
                    pause.await;
                    retry.await
                }));
            }
        }
    }

    fn take_parcel(&mut self, parcel: Option<Arc<Parcel>>) {
        match parcel {
            Some(parcel) => {
                self.stash.push_back(parcel);
                let waiting =
                    self.feed.iter_mut().flat_map(|feed| std::iter::from_fn(|| feed.try_recv().ok()));
                self.stash.extend(waiting.take(PAGE_EVENTS));
            }
            // The gate has closed and what had passed it is taken: read on from the log.
            None => self.feed = None,
        }
    }

    /// Starts an attempt of a delivery that the lane counts as in flight.
    fn fly(&mut self, seq: Seq) {
        let (courier, address) = (Arc::clone(&self.courier), Arc::clone(&self.address));
        let (at_hand, places) = (self.held.remove(&seq), self.places.clone());
        let flight = async move {
            let _place = places.take().await;
            let parcel = match at_hand {
                Some(parcel) => parcel,
                None => match courier.fetch(seq).await {
                    Ok(Some(parcel)) => parcel,
                    Ok(None) => {
                        return Landed::Undeliverable(seq, "the event is no longer in the log".to_owned());
                    }
                    Err(error @ StoreError::Unreadable(_)) => {
                        return Landed::Undeliverable(seq, error.to_string());
                    }
                    Err(error) => return Landed::Unread(seq, error),
                },
            };
            Landed::Attempted(seq, courier.attempt(&address, &parcel).await)
        };
        // An event that we stumble over costs itself, not the lane.
        let stumbled = move |_| Landed::Undeliverable(seq, "a fault in Shopwire: see its log".to_owned());
        self.flights.push(Box::pin(
            AssertUnwindSafe(flight).catch_unwind().map(move |landed| landed.unwrap_or_else(stumbled)),
        ));
    }

    fn land(&mut self, landed: Landed) {
        let (seq, attempted) = match landed {
            Landed::Attempted(seq, attempted) => (seq, attempted),
            Landed::Undeliverable(seq, why) => return self.bury(seq, why),
            Landed::Unread(seq, error) => {
                let at = self.courier.timer().now();
                let detail = Some(error.to_string());
                let outcome = Outcome::OurFault;
                (seq, Attempted { at, latency_us: 0, outcome, detail, response: Bytes::new() })
            }
        };
        let before =
            self.lane.progress(seq).unwrap_or(Progress { attempts: 0, steps: 0, first_at: attempted.at });
        let progress = Progress { attempts: before.attempts + 1, ..before };
        let decision = self.courier.decide(&attempted.outcome, progress, &self.endpoint.retry);
        let settled = match &decision {
            Decision::Delivered | Decision::Dead { .. } => Settled::Finished,
            Decision::Retry { at, progress } => Settled::Waits { due: *at, progress: *progress },
            // It is sent again as soon as the endpoint is resumed.
            Decision::Disable => Settled::Waits { due: attempted.at, progress },
        };
        if decision == Decision::Disable {
            self.end(Ended::Gone { reason: "the receiver answered 410 Gone".to_owned() });
        }
        let dead = if let Decision::Dead { reason } = decision { Some(reason) } else { None };
        self.write_down(seq, progress.attempts, attempted, settled, dead);
        self.settle(seq, settled);
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
        self.unrecorded.push(AttemptRecord {
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

    /// An event that retention has taken or that can't be read is not delivered: that is told, not passed over.
    fn bury(&mut self, seq: Seq, why: String) {
        let at = self.courier.timer().now();
        let number = self.lane.progress(seq).map_or(1, |progress| progress.attempts + 1);
        let attempted = Attempted {
            at,
            latency_us: 0,
            outcome: Outcome::OurFault,
            detail: Some(why),
            response: Bytes::new(),
        };
        self.write_down(seq, number, attempted, Settled::Finished, Some(DeadReason::Unrenderable));
        self.settle(seq, Settled::Finished);
    }

    fn settle(&mut self, seq: Seq, settled: Settled) {
        let next = self.lane.settle(seq, settled);
        // When the run is ending, the next of its subject stays unsent: the next run offers or wakes it again, since
        // neither its end nor a cursor beyond it is recorded.
        if let Some(next) = next
            && self.ended.is_none()
        {
            self.fly(next);
        }
    }

    /// Records what has gathered, unless a record is under way.
    fn record(&mut self) {
        if self.recording.is_some() {
            return;
        }
        let is_last = self.ended.is_some() && self.lane.cursor() != self.recorded;
        if self.lane.has_changes() || !self.unrecorded.is_empty() || is_last {
            self.pass_quiet();
            self.record_now();
        }
    }

    fn record_now(&mut self) {
        let (cursor, done, changes) = self.lane.changes();
        self.recorded = cursor;
        // What waits for long is read from the log again when its time comes.
        for waiting in &changes.wait {
            self.held.remove(&waiting.seq);
        }
        let attempts = std::mem::take(&mut self.unrecorded);
        let update = LaneUpdate { endpoint: self.endpoint.id, cursor, done, changes, attempts };
        self.recording = Some(Box::pin(persist(Arc::clone(&self.courier), update, self.stop.clone())));
    }

    /// Moves the cursor of a lane that has taken all that passed its gate to where the dispatcher is.
    fn pass_quiet(&mut self) {
        if let Some(feed) = &self.feed
            && self.stash.is_empty()
            && let Some(passed) = self.gate.passed(feed)
        {
            self.lane.skip_to(passed);
        }
    }

    fn move_quiet_cursor(&mut self) {
        self.pass_quiet();
        let behind = self.lane.cursor().0.saturating_sub(self.recorded.0);
        if self.recording.is_none() && behind >= QUIET_CURSOR_EVENTS {
            self.record_now();
        }
    }

    /// Ends when the first waiting delivery is due.
    fn next_wake(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self.lane.next_due() {
            Some(at) if self.unrecorded.len() < UNRECORDED_MAX => self.courier.timer().sleep_until(at),
            _ => Box::pin(std::future::pending()),
        }
    }
}

/// The next parcel that passes the gate; never, while the lane is cold.
async fn from(feed: &mut Option<mpsc::Receiver<Arc<Parcel>>>) -> Option<Arc<Parcel>> {
    match feed {
        Some(feed) => feed.recv().await,
        None => std::future::pending().await,
    }
}

/// Records an update, however often it takes: what was sent must not be sent again. Only a lane that is stopped gives
/// up, and then its deliveries are made again by the next run.
async fn persist(courier: Arc<Courier>, update: LaneUpdate, stop: Stop) {
    let endpoint = update.endpoint;
    loop {
        let Err(error) = courier.ledger().record(vec![update.clone()]).await else { return };
        tracing::error!(endpoint.id = %endpoint, %error, "attempts can't be recorded, trying again");
        if stop.soon.is_cancelled() {
            return;
        }
        tokio::select! { () = courier.timer().sleep_ms(STORE_RETRY_MS) => {}, () = stop.soon.cancelled() => {} }
    }
}
