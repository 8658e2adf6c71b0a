//! The gate between the dispatcher and a lane: open while the lane keeps up.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::Seq;
use tokio::sync::{Notify, mpsc};

use super::Parcel;
use crate::Metrics;

/// How far the dispatcher has come.
///
/// `begun` is raised before an event is handed to any gate, `finished` after it was handed to all. A lane that has read
/// the log up to what `begun` is when its gate opens misses nothing; up to `finished`, every event that concerns an
/// open gate lies behind it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    begun: AtomicU64,
    finished: AtomicU64,
}

impl Progress {
    pub(super) fn begin(&self, seq: Seq) {
        self.begun.store(seq.0, SeqCst);
    }

    pub(super) fn finish(&self, seq: Seq) {
        self.finished.store(seq.0, SeqCst);
    }

    fn begun(&self) -> Seq {
        Seq(self.begun.load(SeqCst))
    }

    fn finished(&self) -> Seq {
        Seq(self.finished.load(SeqCst))
    }
}

/// Where parcels go.
#[derive(Debug)]
enum Feed {
    /// To the lane.
    Open(mpsc::Sender<Arc<Parcel>>),
    /// Nowhere, but what went before may still wait for the lane.
    Left,
    /// Nowhere.
    Shut,
}

/// One lane's gate.
#[derive(Debug)]
pub(super) struct Gate {
    feed: Mutex<Feed>,
    let_go: Notify,
    progress: Arc<Progress>,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(super) fn closed(progress: Arc<Progress>, metrics: Arc<Metrics>) -> Self {
        Self { feed: Mutex::new(Feed::Shut), let_go: Notify::new(), progress, metrics }
    }

    fn lock(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a parcel to the lane; closes the gate if the lane has no room for it.
    pub(super) fn pass(&self, parcel: &Arc<Parcel>) {
        let mut feed = self.lock();
        if let Feed::Open(open) = &*feed
            && open.try_send(Arc::clone(parcel)).is_err()
        {
            self.turn(&mut feed, Feed::Left);
        }
    }

    /// Closes the gate: the lane takes what has passed and then reads on from the log.
    pub(super) fn close(&self) {
        let mut feed = self.lock();
        if matches!(*feed, Feed::Open(_)) {
            self.turn(&mut feed, Feed::Left);
        }
    }

    /// Closes the gate for a lane that takes nothing more.
    pub(super) fn shut(&self) {
        self.turn(&mut self.lock(), Feed::Shut);
    }

    /// Memory is short: closes the gate if the lane lags behind it, and has the lane let go of what waits there.
    pub(super) fn shed(&self) {
        let mut feed = self.lock();
        let lags = match &*feed {
            Feed::Open(open) => open.capacity() < open.max_capacity(),
            Feed::Left => true,
            Feed::Shut => false,
        };
        if lags {
            self.turn(&mut feed, Feed::Shut);
            self.let_go.notify_one();
        }
    }

    /// Closes the gate, and has the lane let go of all that it keeps in memory: what it has not sent yet, it reads again.
    pub(super) fn let_go(&self) {
        self.shut();
        self.let_go.notify_one();
    }

    /// Ends when the lane is to let go of what waits for it in memory, to read it from the log later.
    pub(super) async fn asked_to_let_go(&self) {
        self.let_go.notified().await;
    }

    fn turn(&self, feed: &mut Feed, to: Feed) {
        let hot = |feed: &Feed| i64::from(matches!(feed, Feed::Open(_)));
        self.metrics.lanes_hot.add(hot(&to) - hot(feed));
        *feed = to;
    }

    /// Opens the gate if the lane, having taken everything up to `taken`, has caught up with the dispatcher but for so many
    /// events. The answer is also up to where it is to read the log itself: what lies behind that passes the gate.
    pub(super) fn open(
        &self,
        taken: Seq,
        behind_max: u64,
        capacity: usize,
    ) -> Option<(mpsc::Receiver<Arc<Parcel>>, Seq)> {
        let mut feed = self.lock();
        let begun = self.progress.begun();
        if begun.0.saturating_sub(taken.0) > behind_max {
            return None;
        }
        let (sender, receiver) = mpsc::channel(capacity);
        self.turn(&mut feed, Feed::Open(sender));
        Some((receiver, begun))
    }

    /// How far the dispatcher has come at most: what it hands out from now on lies behind.
    pub(super) fn begun(&self) -> Seq {
        self.progress.begun()
    }

    /// Up to where an open gate has let everything pass, if `feed` is empty: a quiet lane may move its cursor there.
    pub(super) fn passed(&self, feed: &mpsc::Receiver<Arc<Parcel>>) -> Option<Seq> {
        // Read before looking whether the feed is empty: what was finished by then is in the feed or taken.
        let finished = self.progress.finished();
        let is_open = matches!(*self.lock(), Feed::Open(_));
        (is_open && feed.is_empty()).then_some(finished)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut();
    }
}
