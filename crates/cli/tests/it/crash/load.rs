//! The load: several who send webhooks, several who write entities, none of them minding whether the server is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use shopwire_testkit::SeededRandom;
use tokio::task::JoinHandle;

use super::changes::Changes;
use super::house::House;
use super::plan::Plan;
use super::record::Record;
use super::webhooks::Webhooks;

const WEBHOOK_SENDERS: u64 = 4;
const WRITERS: u64 = 2;
/// How long somebody waits whose request was not answered.
pub(super) const DOWN_MS: u64 = 20;
/// How long somebody waits between two requests at most.
pub(super) const PAUSE_MS: u64 = 12;

/// Those who send.
pub(super) struct Load {
    stopping: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
}

impl Load {
    pub(super) fn start(plan: &Plan, house: &House, record: &Arc<Record>) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let seeded = |number: u64| SeededRandom::new(plan.seed.wrapping_mul(1_000).wrapping_add(number));
        let mut workers = Vec::new();
        for number in 1..=WEBHOOK_SENDERS {
            let sender = Webhooks::new(house, Arc::clone(record), number, seeded(number));
            workers.push(tokio::spawn(sender.send_until(Arc::clone(&stopping))));
        }
        for number in 1..=WRITERS {
            let writer = Changes::new(house, Arc::clone(record), number, seeded(100 + number));
            workers.push(tokio::spawn(writer.write_until(Arc::clone(&stopping))));
        }
        Self { stopping, workers }
    }

    /// Ends when nobody sends any more.
    pub(super) async fn stop(self) {
        self.stopping.store(true, Relaxed);
        for worker in self.workers {
            worker.await.unwrap();
        }
    }
}
