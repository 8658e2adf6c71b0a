//! One run of a lane: from taking it up where it stood to leaving it where it stands.
//!
//! The lane machine ([`Lane`]) decides what may be sent; this drives it, always the same way round: events come in
//! ([`supply`]), deliveries go out ([`flight`]), what comes back is judged ([`landing`]) and recorded ([`record`]).

mod flight;
mod landing;
mod record;
mod supply;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::OptionFuture;
use shopwire_core::delivery::{Endpoint, Lane, LaneBounds, Offer, SendPolicy, Waiting};
use shopwire_store::StoreError;
use tokio::sync::{mpsc, watch};

use self::flight::Flights;
use self::record::Recorder;
use self::supply::{Supply, next_of};
use super::cares::InCare;
use super::closing::Closing;
use super::gate::Gate;
use super::hollow::is_hollow;
use super::lanes::Stop;
use crate::deliver::{Courier, policy_of};

/// Deliveries held behind a first attempt of their subject.
const HELD_MAX: usize = 1_024;
/// Milliseconds before recording or reading is tried again after the store has failed.
const STORE_RETRY_MS: u64 = 1_000;
/// How often a lane looks after what a quiet one would never come to: its cursor, and connections that nobody uses.
const TIDY_MS: u64 = 30_000;
/// A quiet lane's cursor is stored if it is so far ahead, so that a crash does not make it read far back.
const QUIET_CURSOR_EVENTS: u64 = 5_000;

/// Why a run ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The endpoint changed, or the lane is stopped.
    Asked,
    /// The endpoint is to be sent nothing more.
    Closed(Closing),
}

/// A lane in motion.
pub(super) struct Run {
    courier: Arc<Courier>,
    gate: Arc<Gate>,
    endpoint: Arc<Endpoint>,
    policy: SendPolicy,
    care: InCare,
    lane: Lane,
    supply: Supply,
    flights: Flights,
    recorder: Recorder,
    ended: Option<Ended>,
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
        let (policy, now) = (policy_of(&endpoint), courier.timer().now());
        let care = courier.cares().take(&endpoint, &policy, courier.limits(), now);
        let bounds = LaneBounds {
            in_flight_max: care.with(|care| care.limit(0, now)),
            held_max: HELD_MAX,
            waiting_max: courier.limits().waiting_per_endpoint_max,
        };
        Ok(Self {
            lane: Lane::restore(&record, endpoint.ordering, bounds),
            supply: Supply::new(Arc::clone(courier), Arc::clone(&endpoint), Arc::clone(&gate)),
            flights: Flights::new(Arc::clone(courier), &endpoint),
            recorder: Recorder::new(Arc::clone(courier), endpoint.id, stop.clone(), record.cursor),
            courier: Arc::clone(courier),
            gate,
            policy,
            care,
            endpoint,
            ended: None,
            stop,
        })
    }

    /// Runs until the endpoint changes, the lane is stopped, or the receiver wants no more; then lets what is on its way land
    /// and records where the lane stands.
    pub(super) async fn run(
        mut self,
        wish: &mut watch::Receiver<Arc<Endpoint>>,
        orders: &mut mpsc::Receiver<Waiting>,
    ) -> Ended {
        let (stop, gate) = (self.stop.clone(), Arc::clone(&self.gate));
        let mut tidy = self.courier.timer().sleep_ms(TIDY_MS);
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
                // What comes to a run that ends is stored already: the next run finds it there.
                Some(order) = orders.recv() => if is_running { self.lane.revive(&order) },
                () = gate.asked_to_let_go(), if is_running => {
                    self.supply.let_go();
                    self.flights.let_all_go();
                }
                Some(()) = OptionFuture::from(self.recorder.recording.as_mut()) => self.recorder.recording = None,
                Some(page) = OptionFuture::from(self.supply.reading.as_mut()) => self.supply.take_page(page),
                Some(landed) = self.flights.next() => {
                    self.land(landed);
                    self.land_others();
                }
                parcel = next_of(&mut self.supply.feed), if is_running && self.has_room() => {
                    self.supply.take_parcel(parcel);
                }
                () = wake, if is_running => {}
                () = &mut tidy, if is_running => {
                    self.move_quiet_cursor();
                    self.flights.close_expired();
                    tidy = self.courier.timer().sleep_ms(TIDY_MS);
                }
            }
        }
    }

    /// Lets those land that have arrived meanwhile: going round once for all of them is cheaper than once for each.
    fn land_others(&mut self) {
        while self.ended.is_none()
            && let Some(Some(landed)) = self.flights.next().now_or_never()
        {
            self.land(landed);
        }
    }

    /// Takes no more, and sends no more.
    fn end(&mut self, ended: Ended) {
        // What did not concern the endpoint so far must not do so because of a change.
        self.pass_quiet();
        self.supply.end();
        // What has not begun would go to the endpoint as it was.
        self.flights.ground();
        // Who is closed stays closed, whatever is asked meanwhile.
        if !matches!(self.ended, Some(Ended::Closed(_))) {
            self.ended = Some(ended);
        }
    }

    /// Waits for nothing that is in flight any more.
    fn break_off(&mut self) {
        self.end(Ended::Asked);
        self.flights.break_off();
    }

    fn is_at_rest(&self) -> bool {
        let is_recorded = !self.recorder.has_more() && self.lane.cursor() == self.recorder.cursor();
        self.flights.is_empty() && !self.recorder.is_busy() && is_recorded
    }

    fn has_room(&self) -> bool {
        self.supply.is_drained() && !self.recorder.is_full()
    }

    /// Sends whatever may be sent, and sees to it that there is more.
    fn launch(&mut self) {
        if self.recorder.is_full() {
            return;
        }
        let (now, before) = (self.courier.timer().now(), self.lane.in_flight());
        let (limit, is_open) = self.care.with(|care| (care.limit(before, now), care.is_open()));
        self.lane.limit(limit);
        for seq in self.lane.wake(now) {
            self.flights.start(seq);
        }
        if is_open {
            // What comes meanwhile stays in the log, and takes no memory from others.
            self.supply.rest();
        } else {
            self.take_events();
        }
        let begun = self.lane.in_flight() - before;
        self.care.with(|care| care.began(begun));
    }

    /// Takes up what the lane has room for, and sees to it that there is more.
    fn take_events(&mut self) {
        loop {
            if !self.take_stash() {
                return self.supply.read_ahead();
            }
            if let Some(end) = self.supply.take_page_end() {
                self.lane.skip_to(end);
            }
            match self.supply.turn_page(self.lane.taken()) {
                Ok(true) => {}
                Ok(false) => return self.supply.refill(self.lane.taken()),
                Err((seq, why)) => self.pass_over(seq, &why),
            }
        }
    }

    /// Takes up what has been fetched; answers whether there was room for all of it.
    fn take_stash(&mut self) -> bool {
        while let Some(parcel) = self.supply.front() {
            let seq = parcel.logged().seq;
            let offer = self.lane.offer(seq, parcel.key());
            if offer == Offer::Full {
                return false;
            }
            let may_keep = offer == Offer::Send || offer == Offer::Held && self.courier.may_keep();
            if let Some(parcel) = self.supply.pop().filter(|parcel| may_keep && !is_hollow(parcel.logged())) {
                self.flights.keep(seq, parcel);
            }
            if offer == Offer::Send {
                self.flights.start(seq);
            }
        }
        true
    }

    /// Records what has gathered, unless a record is under way.
    fn record(&mut self) {
        if self.recorder.is_busy() {
            return;
        }
        let is_last = self.ended.is_some() && self.lane.cursor() != self.recorder.cursor();
        if self.lane.has_changes() || self.recorder.has_more() || is_last {
            self.pass_quiet();
            self.record_now();
        }
    }

    fn record_now(&mut self) {
        let (cursor, done, changes) = self.lane.changes();
        // What waits for long is read from the log again when its time comes.
        for waiting in &changes.wait {
            self.flights.let_go(waiting.seq);
        }
        self.recorder.start(cursor, done, changes);
    }

    /// Moves the cursor of a lane that has taken all that passed its gate to where the dispatcher is.
    fn pass_quiet(&mut self) {
        if let Some(passed) = self.supply.passed() {
            self.lane.skip_to(passed);
        }
    }

    fn move_quiet_cursor(&mut self) {
        self.pass_quiet();
        let behind = self.lane.cursor().0.saturating_sub(self.recorder.cursor().0);
        if !self.recorder.is_busy() && behind >= QUIET_CURSOR_EVENTS {
            self.record_now();
        }
    }

    /// Ends when the first waiting delivery is due, or when breaker or rate may let the next one through.
    fn next_wake(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let timer = self.courier.timer();
        let free_at = self.care.look(self.lane.first_due(), timer.now());
        match self.lane.next_due().into_iter().chain(free_at).min() {
            Some(at) if !self.recorder.is_full() => timer.sleep_until(at),
            _ => Box::pin(std::future::pending()),
        }
    }
}
