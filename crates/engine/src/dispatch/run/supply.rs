//! Where a lane's events come from: what passed its gate while hot, pages of the log while cold.
//!
//! **Invariant.** What is let go of here lies behind what the lane has taken, and is read from the log again.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use shopwire_core::delivery::Endpoint;
use shopwire_core::{LoggedEvent, Seq};
use shopwire_store::StoreError;
use tokio::sync::mpsc;

use super::STORE_RETRY_MS;
use crate::deliver::Courier;
use crate::dispatch::gate::Gate;
use crate::dispatch::hollow::with_hollow;
use crate::dispatch::{Parcel, permitted, wants};

/// Parcels that may wait in memory for a hot lane.
const FEED_MAX: usize = 1_024;
/// What a cold lane reads at a time: little, since many lanes may be cold together.
const PAGE_EVENTS: usize = 64;
const PAGE_BYTES: usize = 128 << 10;

type Feed = mpsc::Receiver<Arc<Parcel>>;
type Reading = BoxFuture<'static, Result<LogPage, StoreError>>;

/// A page of the log.
pub(super) struct LogPage {
    events: Vec<Arc<LoggedEvent>>,
    /// Everything up to here was looked at.
    end: Seq,
}

/// What a lane may take next, and where more of it comes from.
pub(super) struct Supply {
    courier: Arc<Courier>,
    endpoint: Arc<Endpoint>,
    gate: Arc<Gate>,
    /// The open gate's other side; `None` while the lane is cold.
    pub(super) feed: Option<Feed>,
    pub(super) reading: Option<Reading>,
    /// Fetched, but not yet taken by the lane.
    stash: VecDeque<Arc<Parcel>>,
    /// Where the page in the stash ends: everything up to here was looked at.
    page_end: Option<Seq>,
}

impl Supply {
    pub(super) fn new(courier: Arc<Courier>, endpoint: Arc<Endpoint>, gate: Arc<Gate>) -> Self {
        Self { courier, endpoint, gate, feed: None, reading: None, stash: VecDeque::new(), page_end: None }
    }

    /// What the lane is to be offered next.
    pub(super) fn front(&self) -> Option<&Arc<Parcel>> {
        self.stash.front()
    }

    /// Hands out what [`front`](Self::front) showed.
    pub(super) fn pop(&mut self) -> Option<Arc<Parcel>> {
        self.stash.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stash.is_empty()
    }

    /// The end of a page of which everything was handed out; told once.
    pub(super) fn take_page_end(&mut self) -> Option<Seq> {
        self.page_end.take()
    }

    /// Sees to it that there is more: opens the gate if the lane, having taken everything up to `taken`, has caught up,
    /// else reads on.
    pub(super) fn refill(&mut self, taken: Seq) {
        if self.feed.is_none() && self.reading.is_none() {
            self.feed = self.gate.open(taken, FEED_MAX);
            if self.feed.is_none() {
                self.reading = Some(self.read_on(taken));
            }
        }
    }

    /// Reads the next page of the log.
    fn read_on(&self, after: Seq) -> Reading {
        let courier = Arc::clone(&self.courier);
        // Where the log is empty behind the cursor (retention may have taken it), it is empty up to here at least.
        let begun = self.gate.begun();
        Box::pin(async move {
            let events = courier.ledger().read_after(after, PAGE_EVENTS, PAGE_BYTES).await?;
            let end = events.last().map_or(begun, |logged| logged.seq);
            let (events, end) = with_hollow(courier.ledger().as_ref(), after, events, end).await?;
            Ok(LogPage { events, end })
        })
    }

    /// Takes the page that was read behind `taken`. The answer is the event there that can't be read, and why, if it is
    /// that which came back.
    pub(super) fn take_page(
        &mut self,
        page: Result<LogPage, StoreError>,
        taken: Seq,
    ) -> Option<(Seq, StoreError)> {
        self.reading = None;
        match page {
            Ok(LogPage { events, end }) => {
                self.page_end = Some(end);
                let wanted = events.into_iter().filter(|logged| wants(&self.endpoint, logged));
                let metrics = self.courier.metrics();
                let parcels: Vec<_> = wanted.map(|logged| Parcel::new(logged, Arc::clone(metrics))).collect();
                self.keep_permitted(parcels);
            }
            Err(error @ StoreError::Damaged { seq, .. }) => return Some((seq, error)),
            Err(error) => {
                tracing::error!(endpoint.id = %self.endpoint.id, %error, "a lane can't read the log, trying again");
                let (pause, retry) = (self.courier.timer().sleep_ms(STORE_RETRY_MS), self.read_on(taken));
                self.reading = Some(Box::pin(async move {
                    pause.await;
                    retry.await
                }));
            }
        }
        None
    }

    /// Takes what passed the gate, with what has gathered behind it.
    pub(super) fn take_parcel(&mut self, parcel: Option<Arc<Parcel>>) {
        match parcel {
            Some(parcel) => {
                let waiting =
                    self.feed.iter_mut().flat_map(|feed| std::iter::from_fn(|| feed.try_recv().ok()));
                let parcels: Vec<_> = std::iter::once(parcel).chain(waiting.take(PAGE_EVENTS)).collect();
                self.keep_permitted(parcels);
            }
            // The gate has closed and what had passed it is taken: read on from the log.
            None => self.feed = None,
        }
    }

    /// Keeps what the endpoint, which asks for all of it, may have as things are now; the rest does not concern the lane.
    fn keep_permitted(&mut self, parcels: Vec<Arc<Parcel>>) {
        let (endpoint, directory) = (&self.endpoint, self.courier.directory());
        let permitted = parcels.into_iter().filter(|parcel| permitted(endpoint, parcel, directory).is_ok());
        self.stash.extend(permitted);
    }

    /// Up to where the lane has taken everything that concerns it, if it is hot and has.
    pub(super) fn passed(&self) -> Option<Seq> {
        let feed = self.feed.as_ref().filter(|_| self.stash.is_empty())?;
        self.gate.passed(feed)
    }

    /// Lets go of all that waits in memory to be taken; it is read from the log when there is room for it.
    pub(super) fn let_go(&mut self) {
        self.feed = None;
        self.reading = None;
        self.stash.clear();
        self.page_end = None;
    }

    /// Supplies nothing for now: what comes is read from the log later.
    pub(super) fn rest(&mut self) {
        if self.feed.is_some() || self.reading.is_some() || !self.stash.is_empty() {
            self.end();
        }
    }

    /// Supplies nothing more.
    pub(super) fn end(&mut self) {
        self.gate.shut();
        self.let_go();
    }
}

/// The next parcel that passes the gate; never, while the lane is cold.
pub(super) async fn next_of(feed: &mut Option<Feed>) -> Option<Arc<Parcel>> {
    match feed {
        Some(feed) => feed.recv().await,
        None => std::future::pending().await,
    }
}
