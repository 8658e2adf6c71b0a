//! All lanes, and the dispatcher that feeds them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use shopwire_core::delivery::{Endpoint, Waiting};
use shopwire_core::{EndpointId, LoggedEvent, Seq};
use shopwire_store::{Tail, TailItem};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::closing::Closing;
use super::gate::{Gate, Progress};
use super::supervise::{Supervised, supervise};
use super::{Parcel, TopicIndex};
use crate::Metrics;
use crate::deliver::Courier;

/// Word from a lane that its endpoint, as it was sent to, is to be sent nothing more.
pub(crate) type Closed = (Arc<Endpoint>, Closing);

/// Commands that may wait for one lane.
const COMMANDS_MAX: usize = 256;

/// One endpoint's lane as the dispatcher sees it.
pub(super) struct Berth {
    gate: Arc<Gate>,
    wanted: watch::Sender<Arc<Endpoint>>,
    commands: mpsc::Sender<Waiting>,
    stop: Stop,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// How a lane is told to end.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// In order: what is in flight lands.
    pub(super) soon: CancellationToken,
    /// At once: nobody waits for what is in flight any more.
    pub(super) now: CancellationToken,
}

/// All lanes. Each endpoint has one, whatever its state.
pub struct Lanes {
    courier: Arc<Courier>,
    progress: Arc<Progress>,
    index: Arc<RwLock<TopicIndex<Arc<Berth>>>>,
    closed: (mpsc::Sender<Closed>, Mutex<Option<mpsc::Receiver<Closed>>>),
    stop: CancellationToken,
}

impl Lanes {
    pub(crate) fn new(courier: Courier) -> Self {
        let (sender, receiver) = mpsc::channel(COMMANDS_MAX);
        Self {
            courier: Arc::new(courier),
            progress: Arc::default(),
            index: Arc::default(),
            closed: (sender, Mutex::new(Some(receiver))),
            stop: CancellationToken::new(),
        }
    }

    /// What all lanes share.
    pub(crate) fn courier(&self) -> &Courier {
        &self.courier
    }

    /// The words that endpoints are to be closed. There is one listener.
    pub(crate) fn closed(&self) -> mpsc::Receiver<Closed> {
        let mut held = self.closed.1.lock().unwrap_or_else(PoisonError::into_inner);
        held.take().unwrap_or_else(|| mpsc::channel(1).1)
    }

    /// Begins to follow the log from `head` on.
    pub(crate) fn follow(&self, mut tail: Tail, head: Seq) {
        self.progress.begin(head);
        self.progress.finish(head);
        let (index, progress) = (Arc::clone(&self.index), Arc::clone(&self.progress));
        let (metrics, bytes_max) =
            (Arc::clone(self.courier.metrics()), self.courier.limits().queued_event_bytes_max);
        tokio::spawn(async move {
            while let Some(item) = tail.next().await {
                dispatch(item, &index, &progress, &metrics, bytes_max);
            }
        });
    }

    /// Makes or changes the lane of an endpoint.
    pub(crate) fn put(&self, endpoint: Arc<Endpoint>) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let berth = match index.get(endpoint.id) {
            Some(berth) => {
                berth.wanted.send_replace(Arc::clone(&endpoint));
                Arc::clone(berth)
            }
            None => self.berth(&endpoint),
        };
        index.put(&endpoint, berth);
    }

    fn berth(&self, endpoint: &Arc<Endpoint>) -> Arc<Berth> {
        let gate = Arc::new(Gate::closed(Arc::clone(&self.progress), Arc::clone(self.courier.metrics())));
        let (wanted, wish) = watch::channel(Arc::clone(endpoint));
        let (commands, orders) = mpsc::channel(COMMANDS_MAX);
        let stop = Stop { soon: self.stop.child_token(), now: CancellationToken::new() };
        let lane = Supervised {
            courier: Arc::clone(&self.courier),
            gate: Arc::clone(&gate),
            wish,
            orders,
            closed: self.closed.0.clone(),
            stop: stop.clone(),
        };
        let task = tokio::spawn(supervise(lane));
        Arc::new(Berth { gate, wanted, commands, stop, task: Mutex::new(Some(task)) })
    }

    /// Ends the lane of an endpoint; nothing is recorded for it afterwards. What is in flight is broken off: an endpoint that
    /// hangs must not hold up whoever removes it.
    pub(crate) async fn take(&self, id: EndpointId) {
        let taken = self.index.write().unwrap_or_else(PoisonError::into_inner).take(id);
        let Some(berth) = taken else { return };
        berth.stop.now.cancel();
        berth.stop.soon.cancel();
        let task = lock(&berth.task).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(endpoint.id = %id, %error, "a lane ended badly");
        }
    }

    /// Tells a lane that one of its dead deliveries waits again; that it does is already stored.
    pub(crate) async fn revive(&self, id: EndpointId, waiting: Waiting) {
        let commands = {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            index.get(id).map(|berth| berth.commands.clone())
        };
        // A lane that has ended reads what waits from the store when it starts again.
        if let Some(commands) = commands
            && commands.send(waiting).await.is_err()
        {
            tracing::debug!(endpoint.id = %id, "the lane is not running");
        }
    }

    /// Has all lanes let go of events they keep in memory: what they have not sent yet, they read again.
    pub(crate) fn let_go(&self) {
        self.courier.pages().clear();
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.values().for_each(|berth| berth.gate.let_go());
    }

    /// Ends all lanes: what is in flight lands, where each lane stands is stored.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let tasks: Vec<_> = {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            index.values().filter_map(|berth| lock(&berth.task).take()).collect()
        };
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a lane ended badly");
            }
        }
    }
}

/// An engine that is dropped without being shut down leaves nothing running.
impl Drop for Lanes {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands what was committed to the gates of those who want it.
fn dispatch(
    item: TailItem,
    index: &RwLock<TopicIndex<Arc<Berth>>>,
    progress: &Progress,
    metrics: &Arc<Metrics>,
    bytes_max: usize,
) {
    let index = index.read().unwrap_or_else(PoisonError::into_inner);
    match item {
        TailItem::Gap(head) => {
            progress.begin(head);
            index.values().for_each(|berth| berth.gate.close());
            progress.finish(head);
        }
        TailItem::Events(events) => {
            for logged in events {
                let seq = logged.seq;
                progress.begin(seq);
                let is_full = usize::try_from(metrics.queued_bytes.get()).is_ok_and(|held| held > bytes_max);
                if is_full {
                    index.matching(&logged).for_each(|berth| berth.gate.close());
                    // Whoever lags gives its memory back, lest the others be kept from theirs.
                    index.values().for_each(|berth| berth.gate.shed());
                } else {
                    pass(&index, logged, metrics);
                }
                progress.finish(seq);
            }
        }
    }
}

fn pass(index: &TopicIndex<Arc<Berth>>, logged: Arc<LoggedEvent>, metrics: &Arc<Metrics>) {
    let mut parcel = None;
    for berth in index.matching(&logged) {
        let parcel = parcel.get_or_insert_with(|| Parcel::new(Arc::clone(&logged), Arc::clone(metrics)));
        berth.gate.pass(parcel);
    }
}
