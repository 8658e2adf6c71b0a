//! One endpoint's lane through its changes: run while the endpoint is active, rest while it is not.

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, Waiting};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use super::lanes::Disabled;
use super::run::{Ended, Run};
use crate::deliver::Courier;

/// Milliseconds before a lane is tried again that could not be read from the store.
const STORE_RETRY_MS: u64 = 1_000;

/// What a lane's supervisor holds.
pub(super) struct Supervised {
    pub(super) courier: Arc<Courier>,
    pub(super) gate: Arc<Gate>,
    pub(super) wish: watch::Receiver<Arc<Endpoint>>,
    pub(super) orders: mpsc::Receiver<Waiting>,
    pub(super) disabled: mpsc::Sender<Disabled>,
    pub(super) stop: CancellationToken,
}

/// Runs the lane again and again, each time as the endpoint is configured then. One run has ended before the next
/// begins, so order is kept over changes.
pub(super) async fn supervise(mut lane: Supervised) {
    while !lane.stop.is_cancelled() {
        let endpoint = Arc::clone(&lane.wish.borrow_and_update());
        if endpoint.is_active() {
            run_once(&mut lane, endpoint).await;
        } else {
            rest(&mut lane).await;
        }
    }
    lane.gate.close();
}

async fn run_once(lane: &mut Supervised, endpoint: Arc<Endpoint>) {
    let id = endpoint.id;
    let run = match Run::take_up(&lane.courier, Arc::clone(&lane.gate), endpoint, lane.stop.clone()).await {
        Ok(run) => run,
        Err(error) => {
            tracing::error!(endpoint.id = %id, %error, "a lane can't be taken up, trying again");
            let pause = lane.courier.timer().sleep_ms(STORE_RETRY_MS);
            tokio::select! { () = pause => {}, () = lane.stop.cancelled() => {} }
            return;
        }
    };
    lane.courier.metrics().lanes_running.add(1);
    let ended = run.run(&mut lane.wish, &mut lane.orders).await;
    lane.courier.metrics().lanes_running.add(-1);
    lane.gate.close();
    if let Ended::Gone { reason } = ended {
        // The engine stores it and changes the endpoint; until then the lane rests.
        if lane.disabled.send((id, reason)).await.is_ok() {
            rest(lane).await;
        }
    }
}

/// Waits until the endpoint is changed or the lane is stopped. Orders that come meanwhile are already in the store.
async fn rest(lane: &mut Supervised) {
    loop {
        tokio::select! {
            changed = lane.wish.changed() => {
                if changed.is_err() {
                    lane.stop.cancel();
                }
                return;
            }
            () = lane.stop.cancelled() => return,
            order = lane.orders.recv() => if order.is_none() { return },
        }
    }
}
