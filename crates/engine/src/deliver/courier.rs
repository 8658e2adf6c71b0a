//! What all lanes share.

use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::delivery::{Decision, DeliveryBounds, Endpoint, Outcome, Progress, SendPolicy, decide};
use shopwire_core::{Limits, LoggedEvent, Random, Seq, Timestamp};
use shopwire_dialects::publish::Undraftable;
use shopwire_store::{Ledger, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::blocks::Blocks;
use super::hosts::{Guest, HostPlace, Hosts};
use super::{Address, Attempted, Erased};
use crate::dispatch::{Cares, Pages, Parcel};
use crate::egress::{Egress, Target};
use crate::{Directory, Metrics, Timer};

/// How many times the attempts of the longest retry policy any delivery may have: room for those the receiver asks to put
/// off and those that fail because of us, which use up no step of the policy.
const ATTEMPTS_PER_STEP: usize = 10;
/// Deliveries each lane may have in flight beyond the limits that it shares with others.
const IN_FLIGHT_OWN: usize = 2;

/// Store, time, chance, the way out, and the limits.
pub struct Courier {
    ledger: Arc<dyn Ledger>,
    timer: Arc<dyn Timer>,
    random: Arc<dyn Random>,
    egress: Egress,
    limits: Limits,
    metrics: Arc<Metrics>,
    directory: Arc<Directory>,
    cares: Arc<Cares>,
    blocks: Blocks,
    hosts: Hosts,
    in_flight: Arc<Semaphore>,
    pages: Arc<Pages>,
    erased: Erased,
}

/// What a courier is made of.
pub(crate) struct CourierParts {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) egress: Egress,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) cares: Arc<Cares>,
}

impl Courier {
    pub(crate) fn new(parts: CourierParts) -> Self {
        let CourierParts { ledger, timer, random, egress, limits, metrics, directory, cares } = parts;
        let in_flight = Arc::new(Semaphore::new(limits.in_flight_max));
        let (blocks, hosts) = (Blocks::new(Arc::clone(&metrics)), Hosts::new(limits.in_flight_per_host_max));
        let (pages, erased) = Default::default();
        Self {
            ledger,
            timer,
            random,
            egress,
            limits,
            metrics,
            directory,
            cares,
            blocks,
            hosts,
            in_flight,
            pages,
            erased,
        }
    }

    pub(crate) fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    pub(crate) fn timer(&self) -> &Arc<dyn Timer> {
        &self.timer
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// What is configured.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// How endpoints fare.
    pub(crate) fn cares(&self) -> &Cares {
        &self.cares
    }

    /// What lanes read of the log.
    pub(crate) fn pages(&self) -> &Arc<Pages> {
        &self.pages
    }

    /// What is erased while it may be on its way.
    pub(crate) fn erased(&self) -> &Erased {
        &self.erased
    }

    /// The endpoint as it is sent to.
    pub(crate) fn address(&self, endpoint: &Endpoint) -> Address {
        Address::new(&self.egress, endpoint)
    }

    /// The places of one lane.
    pub(crate) fn places(&self, endpoint: &Endpoint) -> Places {
        let host =
            Target::parse(&endpoint.url).ok().map(|target| self.hosts.join(&target.host().to_string()));
        Places { own: Arc::new(Semaphore::new(IN_FLIGHT_OWN)), host, shared: Arc::clone(&self.in_flight) }
    }

    /// Whether events may be kept in memory only to save reading them again. Half of what may be queued, so that what is
    /// kept never closes the gates.
    pub(crate) fn may_keep(&self) -> bool {
        let queued = usize::try_from(self.metrics.queued_bytes.get()).unwrap_or(0);
        queued < self.limits.queued_event_bytes_max / 2
    }

    /// Reads an event back that is no longer in memory; `None` if it is no longer in the log either.
    pub(crate) async fn fetch(&self, seq: Seq) -> Result<Option<Arc<Parcel>>, StoreError> {
        let found: Vec<Arc<LoggedEvent>> = self.ledger.read_at(&[seq]).await?;
        Ok(found.into_iter().next().map(|logged| Parcel::new(logged, Arc::clone(&self.metrics))))
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// If the event can't be said in the endpoint's dialect, now or ever.
    pub(crate) async fn attempt(&self, address: &Address, parcel: &Parcel) -> Result<Attempted, Undraftable> {
        self.metrics.in_flight.add(1);
        let landing = Landing(&self.metrics);
        let sending = address.send(parcel, &self.directory, &self.blocks, self.timer.as_ref());
        let mut attempted = sending.await?;
        drop(landing);
        self.count(&attempted, parcel.logged().event.received_at);
        if self.erased.covers(parcel) {
            // A receiver's answer may repeat what it was sent.
            (attempted.detail, attempted.response) = (None, Bytes::new());
        }
        Ok(attempted)
    }

    fn count(&self, attempted: &Attempted, received_at: Timestamp) {
        self.metrics.count_attempt(&attempted.outcome);
        if attempted.outcome != Outcome::Blocked {
            self.metrics.exchange.observe_us(attempted.latency_us);
        }
        if attempted.outcome.is_delivered() {
            let took_ms = u64::try_from(self.timer.now().since_ms(received_at)).unwrap_or(0);
            self.metrics.end_to_end.observe_us(took_ms.saturating_mul(1000));
        }
    }

    /// What follows from an outcome.
    pub(crate) fn decide(&self, outcome: &Outcome, progress: Progress, policy: &SendPolicy) -> Decision {
        let bounds = DeliveryBounds {
            age_max_ms: self.limits.delivery_age_max_ms,
            retry_after_max_ms: self.limits.retry_after_max_ms,
            attempts_max: u32::try_from(self.limits.attempts_max.saturating_mul(ATTEMPTS_PER_STEP))
                .unwrap_or(u32::MAX),
        };
        decide(outcome, progress, policy, bounds, self.timer.now(), self.random.as_ref())
    }
}

/// Where one lane's deliveries find a place in flight: a few places of its own, and those that all lanes share; of these, no
/// more than its host may have, which endpoints of the same host share fairly. However many endpoints hang, none can take the
/// last place from another: what waits for a shared place gets an own one as soon as one is free.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    own: Arc<Semaphore>,
    /// `None` for an address that is none: its attempts fail at once.
    host: Option<Guest>,
    shared: Arc<Semaphore>,
}

/// A place in flight, held until it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "held for the sake of dropping it")]
pub(crate) struct Place(Option<OwnedSemaphorePermit>, Option<HostPlace>);

impl Places {
    /// A place, as soon as there is one.
    pub(crate) async fn take(&self) -> Place {
        if let Ok(own) = Arc::clone(&self.own).try_acquire_owned() {
            return Place(Some(own), None);
        }
        // The semaphores are never closed; without a place the delivery would still be sent.
        tokio::select! {
            // Where there is a shared one at once, nobody queues for an own one.
            biased;
            place = self.shared() => place,
            own = Arc::clone(&self.own).acquire_owned() => Place(own.ok(), None),
        }
    }

    /// One of the shared places. The host's comes first: nobody may hold a place that all want while waiting for one that
    /// few do.
    async fn shared(&self) -> Place {
        let at_host = match &self.host {
            Some(host) => Some(host.take().await),
            None => None,
        };
        Place(Arc::clone(&self.shared).acquire_owned().await.ok(), at_host)
    }
}

/// Counts a delivery as no longer in flight, also when its future is dropped.
struct Landing<'a>(&'a Metrics);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.in_flight.add(-1);
    }
}
