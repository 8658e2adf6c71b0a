//! The gate between the dispatcher and a lane: open while the lane keeps up.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::Seq;
use tokio::sync::mpsc;

use super::Parcel;
use crate::Metrics;

/// How far the dispatcher has come.
///
/// `begun` is raised before an event is handed to any gate, `finished` after it was handed to all. A lane that has read
/// the log up to `begun` misses nothing by opening its gate; up to `finished`, every event that concerns an
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

/// One lane's gate.
#[derive(Debug)]
pub(super) struct Gate {
    /// Where parcels go while the gate is open; `None` while it is closed.
    feed: Mutex<Option<mpsc::Sender<Arc<Parcel>>>>,
    progress: Arc<Progress>,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(super) fn closed(progress: Arc<Progress>, metrics: Arc<Metrics>) -> Self {
        Self { feed: Mutex::new(None), progress, metrics }
    }

    fn lock(&self) -> MutexGuard<'_, Option<mpsc::Sender<Arc<Parcel>>>> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a parcel to the lane; closes the gate if the lane has no room for it.
    pub(super) fn pass(&self, parcel: &Arc<Parcel>) {
        let mut feed = self.lock();
        if let Some(open) = feed.as_ref()
            && open.try_send(Arc::clone(parcel)).is_err()
        {
            self.shut(&mut feed);
        }
    }

    /// Closes the gate: the lane will read on from the log.
    pub(super) fn close(&self) {
        self.shut(&mut self.lock());
    }

    fn shut(&self, feed: &mut Option<mpsc::Sender<Arc<Parcel>>>) {
        if feed.take().is_some() {
            self.metrics.lanes_hot.add(-1);
        }
    }

    /// Opens the gate if the lane, having taken everything up to `taken`, has caught up with the dispatcher.
    pub(super) fn open(&self, taken: Seq, capacity: usize) -> Option<mpsc::Receiver<Arc<Parcel>>> {
        let mut feed = self.lock();
        if self.progress.begun() > taken {
            return None;
        }
        let (sender, receiver) = mpsc::channel(capacity);
        if feed.replace(sender).is_none() {
            self.metrics.lanes_hot.add(1);
        }
        Some(receiver)
    }

    /// How far the dispatcher has come at most: what it hands out from now on lies behind.
    pub(super) fn begun(&self) -> Seq {
        self.progress.begun()
    }

    /// Up to where an open gate has let everything pass, if `feed` is empty: a quiet lane may move its cursor there.
    pub(super) fn passed(&self, feed: &mpsc::Receiver<Arc<Parcel>>) -> Option<Seq> {
        // Read before looking whether the feed is empty: what was finished by then is in the feed or taken.
        let finished = self.progress.finished();
        let is_open = self.lock().is_some();
        (is_open && feed.is_empty()).then_some(finished)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.close();
    }
}
