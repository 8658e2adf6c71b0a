//! How long events are kept, and what follows when they are let go of although somebody had still to get them.
//!
//! Now and then the lanes are asked where they stand. Ranges of the log that nobody has still to get go when they are old or
//! the log is large. What an endpoint has still to get stays, whether it is active, paused or disabled: until it is too old
//! even for that, or the log far too large. Then it **lapses**, and that is told: in the log of the process, in the metrics,
//! and to whoever listens to `endpoint.lapsed`.
//!
//! **Invariants.** Nothing that is owed goes but by the harsh bounds, and then it is counted exactly. Nothing here waits in
//! the way of whoever appends: the store drops whole files.

mod erase;
mod lapse;
mod owed;
mod policy;

use std::sync::{Arc, Weak};

use shopwire_core::Seq;
use shopwire_store::{Dropped, LogSpan, StoreError};
use tokio_util::sync::CancellationToken;

pub use self::erase::EraseError;
pub(crate) use self::erase::finish as finish_erasures;
use self::owed::Debtors;
use self::policy::Policy;
use crate::Engine;
use crate::engine::Running;

/// Milliseconds between two looks.
const EVERY_MS: u64 = 60_000;
/// Places that may lapse at once: more than one file of the log has.
const LAPSE_PLACES_MAX: u64 = 1 << 20;

/// Lets events go when their time has come, until `stop`.
pub(crate) async fn run(engine: Weak<Running>, stop: CancellationToken) {
    loop {
        let Some(running) = engine.upgrade() else { return };
        if let Err(error) = Engine(Arc::clone(&running)).retain().await {
            tracing::warn!(%error, "what is too old could not be let go of, trying again later");
        }
        let pause = running.timer.sleep_ms(EVERY_MS);
        // A clone of the engine that only waits would keep it alive.
        drop(running);
        tokio::select! { () = pause => {}, () = stop.cancelled() => return }
    }
}

impl Engine {
    /// Looks once what may be let go of, and lets it go.
    pub(crate) async fn retain(&self) -> Result<(), StoreError> {
        let (policy, now) = (Policy::of(self.limits()), self.timer().now());
        let debtors = Debtors::of(self).await?;
        let owed = debtors.first_owed(self, self.ledger().span().await?).await?;
        let gentle = policy.gentle(now, owed);
        self.count_dropped(self.ledger().retain(gentle).await?);
        let span = self.ledger().span().await?;
        if let Some(owed) = owed {
            let keep_from = Seq(owed.seq.0.saturating_add(LAPSE_PLACES_MAX));
            if let Some(harsh) = policy.harsh(now, span, owed, keep_from) {
                let lapsing = debtors.lapsing(self, owed.seq, keep_from).await?;
                let dropped = self.ledger().retain(harsh).await?;
                self.count_dropped(dropped);
                self.tell_lapsed(&lapsing, dropped.first).await?;
            }
        }
        self.measure(self.ledger().span().await?).await
    }

    fn count_dropped(&self, dropped: Dropped) {
        if dropped.events > 0 {
            let Dropped { events, bytes, first } = dropped;
            tracing::info!(events, bytes, log.first = first.0, "events were let go of");
        }
        self.metrics().log.let_go_events.add(dropped.events);
        self.metrics().log.let_go_bytes.add(dropped.bytes);
    }

    async fn measure(&self, span: LogSpan) -> Result<(), StoreError> {
        let log = &self.metrics().log;
        let level = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        log.bytes.set(level(span.bytes));
        log.events.set(level(span.head.next().0.saturating_sub(span.first.0)));
        log.first_place.set(level(span.first.0));
        let before_first = Seq(span.first.0.saturating_sub(1));
        let first = match self.ledger().read_after(before_first, 1, 1).await {
            Ok(events) => events.first().map_or(0, |logged| logged.event.received_at.as_ms()),
            // How old it is can't be read either.
            Err(StoreError::Damaged { .. }) => 0,
            Err(error) => return Err(error),
        };
        log.first_received_ms.set(first);
        Ok(())
    }
}
