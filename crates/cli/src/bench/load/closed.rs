//! As fast as it goes: each connection sends its next request when the last one is answered.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use anyhow::Context as _;

use super::super::clock::now_us;
use super::super::order::{Latency, Load, Sent, Until};
use super::sender::Sender;

/// What the workers of a load share.
struct Shared {
    sender: Sender,
    until: Until,
    started_us: u64,
    next: Cell<u64>,
    latencies_us: RefCell<Vec<u64>>,
}

impl Shared {
    /// The place of the next event; `None` at the end. Places are given without a gap.
    fn next(&self) -> Option<u64> {
        let place = self.next.get();
        let goes_on = match self.until {
            Until::Count(count) => place < count,
            Until::Seconds(seconds) => (now_us() - self.started_us) as f64 / 1e6 < seconds,
        };
        goes_on.then(|| {
            self.next.set(place + 1);
            place
        })
    }

    async fn work(&self) -> anyhow::Result<()> {
        while let Some(place) = self.next() {
            let sent_us = now_us();
            self.sender.send(place).await?;
            self.latencies_us.borrow_mut().push(now_us() - sent_us);
        }
        Ok(())
    }
}

/// Sends until the end.
pub(super) async fn run(load: &Load, until: Until) -> anyhow::Result<Sent> {
    let shared = Rc::new(Shared {
        sender: Sender::of(load)?,
        until,
        started_us: now_us(),
        next: Cell::new(0),
        latencies_us: RefCell::default(),
    });
    let worker = || {
        let shared = Rc::clone(&shared);
        tokio::task::spawn_local(async move { shared.work().await })
    };
    let workers: Vec<_> = (0..load.connections.max(1)).map(|_| worker()).collect();
    for worker in workers {
        worker.await.context("a connection's worker ended badly")??;
    }
    let ended_us = now_us();
    let latency = Latency::of(shared.latencies_us.take());
    Ok(Sent { count: shared.next.get(), started_us: shared.started_us, ended_us, latency })
}
