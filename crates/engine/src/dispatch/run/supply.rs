//! Where a lane's events come from: what passed its gate while hot, pages of the log while cold.
//!
//! **Invariant.** What is let go of here lies behind what the lane has taken, and is read from the log again.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use shopwire_core::Seq;
use shopwire_core::delivery::Endpoint;
use shopwire_store::StoreError;
use tokio::sync::mpsc;

use super::STORE_RETRY_MS;
use crate::deliver::Courier;
use crate::dispatch::gate::Gate;
use crate::dispatch::pages::{LogPage, PAGE_EVENTS, Reader};
use crate::dispatch::{Parcel, permitted, wants};

/// Parcels that may wait in memory for a hot lane.
const FEED_MAX: usize = 2_048;
/// Events between a cold lane and the dispatcher that are few enough to open the gate at once and read them meanwhile: under a
/// steady load a lane that only chases the end of the log never gets there.
const JOIN_MAX: u64 = 1_024;

type Feed = mpsc::Receiver<Arc<Parcel>>;
type Page = Result<Arc<LogPage>, StoreError>;

/// What a lane may take next, and where more of it comes from.
pub(super) struct Supply {
    courier: Arc<Courier>,
    endpoint: Arc<Endpoint>,
    gate: Arc<Gate>,
    /// The open gate's other side; `None` while the lane is cold.
    pub(super) feed: Option<Feed>,
    /// Up to where the log is to be read before what passes the gate may be taken.
    join: Option<Seq>,
    pub(super) reading: Option<BoxFuture<'static, Page>>,
    /// The page that follows what is in the stash.
    ahead: Option<Page>,
    /// Fetched, but not yet taken by the lane.
    stash: VecDeque<Arc<Parcel>>,
    /// Where the page in the stash ends: everything up to here was looked at.
    page_end: Option<Seq>,
    /// While it reads the log.
    reader: Option<Arc<Reader>>,
}

impl Supply {
    pub(super) fn new(courier: Arc<Courier>, endpoint: Arc<Endpoint>, gate: Arc<Gate>) -> Self {
        Self {
            courier,
            endpoint,
            gate,
            feed: None,
            join: None,
            reading: None,
            ahead: None,
            stash: VecDeque::new(),
            page_end: None,
            reader: None,
        }
    }

    /// What the lane is to be offered next.
    pub(super) fn front(&self) -> Option<&Arc<Parcel>> {
        self.stash.front()
    }

    /// Hands out what [`front`](Self::front) showed.
    pub(super) fn pop(&mut self) -> Option<Arc<Parcel>> {
        self.stash.pop_front()
    }

    /// Whether what passes the gate is what comes next.
    pub(super) fn is_drained(&self) -> bool {
        self.stash.is_empty() && self.join.is_none()
    }

    /// The end of a page of which everything was handed out; told once.
    pub(super) fn take_page_end(&mut self) -> Option<Seq> {
        self.page_end.take()
    }

    /// Everything up to `taken` is handed out: sees to it that there is more. Opens the gate if the lane has caught up, or nearly
    /// so, and reads on as long as it has not.
    pub(super) fn refill(&mut self, taken: Seq) {
        if self.reading.is_some() {
            return;
        }
        if self.feed.is_none() {
            // Who has not come through a page yet may be one that hangs: its gate would only let memory fill up.
            let is_moving = self.reader.is_some() && self.courier.may_keep();
            let join_max = if is_moving { JOIN_MAX } else { 0 };
            (self.feed, self.join) = self.gate.open(taken, join_max, FEED_MAX).unzip();
        }
        self.join = self.join.filter(|join| *join > taken);
        if self.feed.is_none() || self.join.is_some() {
            self.reading = Some(self.read_on(taken));
        } else {
            self.reader = None;
        }
    }

    /// Reads the next page while the lane is still busy with this one. One that hangs stays where it is.
    pub(super) fn read_ahead(&mut self) {
        let Some(end) = self.page_end else { return };
        let is_last = self.join.is_some_and(|join| join <= end);
        if self.stash.len() <= PAGE_EVENTS / 2 && !is_last && self.ahead.is_none() && self.reading.is_none() {
            self.reading = Some(self.read_on(end));
        }
    }

    /// Reads the next page of the log.
    fn read_on(&mut self, after: Seq) -> BoxFuture<'static, Page> {
        let reader = self.reader.get_or_insert_with(|| Arc::new(Reader::new(self.courier.pages())));
        let (courier, reader) = (Arc::clone(&self.courier), Arc::clone(reader));
        let begun = self.gate.begun();
        Box::pin(async move { reader.read(&courier, after, begun).await })
    }

    /// Takes the page that was read.
    pub(super) fn take_page(&mut self, page: Page) {
        (self.reading, self.ahead) = (None, Some(page));
    }

    /// Everything up to `taken` is handed out: goes on with the page that was read ahead. Answers whether there is one; the error
    /// is the event there that can't be read, and why.
    pub(super) fn turn_page(&mut self, taken: Seq) -> Result<bool, (Seq, StoreError)> {
        match self.ahead.take() {
            None => return Ok(false),
            Some(Ok(page)) => {
                self.page_end = Some(page.end);
                let wanted = |parcel: &&Arc<Parcel>| {
                    parcel.logged().seq > taken && wants(&self.endpoint, parcel.logged())
                };
                let parcels: Vec<_> = page.parcels.iter().filter(wanted).cloned().collect();
                self.keep_permitted(parcels);
            }
            Some(Err(error @ StoreError::Damaged { seq, .. })) => return Err((seq, error)),
            Some(Err(error)) => {
                tracing::error!(endpoint.id = %self.endpoint.id, %error, "a lane can't read the log, trying again");
                let (pause, retry) = (self.courier.timer().sleep_ms(STORE_RETRY_MS), self.read_on(taken));
                self.reading = Some(Box::pin(async move {
                    pause.await;
                    retry.await
                }));
                return Ok(false);
            }
        }
        Ok(true)
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
        let feed = self.feed.as_ref().filter(|_| self.is_drained())?;
        self.gate.passed(feed)
    }

    /// Lets go of all that waits in memory to be taken; it is read from the log when there is room for it.
    pub(super) fn let_go(&mut self) {
        (self.feed, self.join, self.reading, self.ahead, self.reader) = Default::default();
        self.stash.clear();
        self.page_end = None;
    }

    /// Supplies nothing for now: what comes is read from the log later.
    pub(super) fn rest(&mut self) {
        let is_reading = self.reading.is_some() || self.ahead.is_some();
        if self.feed.is_some() || is_reading || !self.stash.is_empty() {
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
