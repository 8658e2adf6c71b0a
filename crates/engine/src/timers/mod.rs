//! What shall be looked at later: carts left alone, apps whose time ends.
//!
//! Timers are set by changes and stand in the store. One task sleeps until the earliest is due, asks the
//! [diff](shopwire_core::commerce::diff) what follows, and commits that together with the end of the timer, provided that
//! neither the entity nor the timer has changed meanwhile.
//!
//! **Invariants.** A timer fires once, whatever is restarted when. One that was called off or set anew does not fire for
//! its former time. A failing store costs time, no timer.

mod alarm;
mod fire;

use std::sync::{Arc, Weak};

use futures_util::{StreamExt as _, stream};
use shopwire_core::Timestamp;
use shopwire_store::StoreError;
use tokio_util::sync::CancellationToken;

pub(crate) use alarm::Alarm;

use crate::Engine;
use crate::engine::Running;

/// Timers read at once.
const PAGE: usize = 256;
/// Timers that fire at the same time: they share the store's syncs.
const AT_ONCE: usize = 32;
/// Milliseconds before what the store refused is tried again.
const RETRY_MS: u64 = 1_000;

/// Lets timers fire when they are due, until `stop`.
pub(crate) async fn run(engine: Weak<Running>, stop: CancellationToken) {
    loop {
        let Some(running) = engine.upgrade() else { return };
        let pause = match step(&Engine(Arc::clone(&running))).await {
            Ok(next) => until(&running, next),
            Err(error) => {
                tracing::warn!(%error, "timers can't fire, trying again");
                running.alarm.mute();
                running.timer.sleep_ms(RETRY_MS)
            }
        };
        let alarm = Arc::clone(&running.alarm);
        // A clone of the engine that only waits would keep it alive.
        drop(running);
        tokio::select! {
            () = pause => {}
            () = alarm.rung() => {}
            () = stop.cancelled() => return,
        }
    }
}

fn until(running: &Running, next: Option<Timestamp>) -> crate::Sleep {
    match next {
        Some(at) => running.timer.sleep_until(at),
        None => Box::pin(std::future::pending()),
    }
}

/// Fires what is due; answers when the next one is.
async fn step(engine: &Engine) -> Result<Option<Timestamp>, StoreError> {
    loop {
        engine.0.alarm.listen();
        let due = engine.ledger().timers_due(engine.timer().now(), PAGE).await?;
        if due.is_empty() {
            let next = engine.ledger().next_timer().await?;
            // Whatever is set in between, and earlier, has rung.
            engine.0.alarm.sleep_until(next);
            return Ok(next);
        }
        let fired: Vec<_> =
            stream::iter(due).map(|due| engine.fire(due)).buffer_unordered(AT_ONCE).collect().await;
        fired.into_iter().collect::<Result<Vec<()>, _>>()?;
    }
}
