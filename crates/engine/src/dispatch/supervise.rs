//! One endpoint's lane through its changes: run while the endpoint is active, rest while it is not, and end in a burial
//! when it is removed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use shopwire_core::delivery::{DeadReason, Endpoint, EndpointState, Exhaustion, Waiting};
use shopwire_store::{DeadLetterFilter, PageRequest, StoreError};
use tokio::sync::{mpsc, watch};

use super::Closing;
use super::burial::Burial;
use super::gate::Gate;
use super::lanes::{Closed, Stop};
use super::run::{Ended, Run};
use crate::deliver::{Courier, policy_of};

/// Milliseconds before a lane is tried again that could not be read from the store, or broke down.
const RETRY_MS: u64 = 1_000;

/// What a lane's supervisor holds.
pub(super) struct Supervised {
    pub(super) courier: Arc<Courier>,
    pub(super) gate: Arc<Gate>,
    pub(super) wish: watch::Receiver<Arc<Endpoint>>,
    pub(super) orders: mpsc::Receiver<Waiting>,
    pub(super) closed: mpsc::Sender<Closed>,
    pub(super) stop: Stop,
}

/// Runs the lane again and again, each time as the endpoint is configured then. One run has ended before the next
/// begins, so order is kept over changes.
pub(super) async fn supervise(mut lane: Supervised) {
    while !lane.stop.soon.is_cancelled() {
        let endpoint = Arc::clone(&lane.wish.borrow_and_update());
        let id = endpoint.id;
        if let EndpointState::Removed { since, reason } = &endpoint.state {
            let burial = Burial { courier: &lane.courier, endpoint: &endpoint, since: *since, reason };
            match burial.run(&lane.stop.soon).await {
                Ok(()) => rest(&mut lane).await,
                Err(error) => {
                    tracing::error!(endpoint.id = %id, %error, "what a removed endpoint was owed can't be recorded, trying again");
                    pause(&lane).await;
                }
            }
        } else if !endpoint.is_active() {
            rest(&mut lane).await;
        } else if AssertUnwindSafe(run_once(&mut lane, endpoint)).catch_unwind().await.is_err() {
            // The lane goes on from where the store says it stands: a fault of ours must not silence an endpoint.
            tracing::error!(endpoint.id = %id, "a lane broke down, taking it up again");
            lane.gate.shut();
            pause(&lane).await;
        }
    }
    lane.gate.shut();
}

async fn pause(lane: &Supervised) {
    let pause = lane.courier.timer().sleep_ms(RETRY_MS);
    tokio::select! { () = pause => {}, () = lane.stop.soon.cancelled() => {} }
}

async fn run_once(lane: &mut Supervised, endpoint: Arc<Endpoint>) {
    let id = endpoint.id;
    match overdue(&lane.courier, &endpoint).await {
        Ok(None) => {}
        Ok(Some(closing)) => return close(lane, endpoint, closing).await,
        Err(error) => {
            tracing::error!(endpoint.id = %id, %error, "a lane's dead letters can't be read, trying again");
            return pause(lane).await;
        }
    }
    let run =
        match Run::take_up(&lane.courier, Arc::clone(&lane.gate), Arc::clone(&endpoint), lane.stop.clone())
            .await
        {
            Ok(run) => run,
            Err(error) => {
                tracing::error!(endpoint.id = %id, %error, "a lane can't be taken up, trying again");
                return pause(lane).await;
            }
        };
    let running = Running::count(&lane.courier);
    let ended = run.run(&mut lane.wish, &mut lane.orders).await;
    drop(running);
    lane.gate.shut();
    if let Ended::Closed(closing) = ended {
        close(lane, endpoint, closing).await;
    }
}

/// Has the engine store that an endpoint is closed, and change it; until then the lane rests. Who stops it does not wait for
/// that: the engine may be busy with just that.
async fn close(lane: &mut Supervised, endpoint: Arc<Endpoint>, closing: Closing) {
    tokio::select! {
        told = lane.closed.send((endpoint, closing)) => if told.is_ok() { rest(lane).await },
        () = lane.stop.soon.cancelled() => {}
    }
}

/// What the last run had no time to close: a delivery that used up its schedule is written down before its endpoint's new
/// state is, and the process may end in between.
async fn overdue(courier: &Courier, endpoint: &Endpoint) -> Result<Option<Closing>, StoreError> {
    let policy = policy_of(endpoint);
    if policy.exhaustion == Exhaustion::GiveUp {
        return Ok(None);
    }
    let filter = DeadLetterFilter { endpoint: Some(endpoint.id), event: None };
    let page = PageRequest { size: 1, before: None, scan_rows_max: courier.limits().scan_rows_max };
    let newest = courier.ledger().dead_letters(&filter, page).await?.items.pop();
    // Whoever resumed the endpoint since then has settled it.
    let overdue =
        newest.filter(|letter| letter.reason == DeadReason::Exhausted && letter.at > endpoint.updated_at);
    Ok(overdue.and_then(|letter| {
        Closing::by_exhaustion(endpoint, &policy, policy.exhaustion, letter.last_outcome.as_ref())
    }))
}

/// Counts a lane as running, however its run ends.
struct Running(Arc<Courier>);

impl Running {
    fn count(courier: &Arc<Courier>) -> Self {
        courier.metrics().lanes_running.add(1);
        Self(Arc::clone(courier))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.metrics().lanes_running.add(-1);
    }
}

/// Waits until the endpoint is changed or the lane is stopped. Orders that come meanwhile are already in the store.
async fn rest(lane: &mut Supervised) {
    loop {
        tokio::select! {
            changed = lane.wish.changed() => {
                if changed.is_err() {
                    lane.stop.soon.cancel();
                }
                return;
            }
            () = lane.stop.soon.cancelled() => return,
            order = lane.orders.recv() => if order.is_none() { return },
        }
    }
}
