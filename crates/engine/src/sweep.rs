//! Forgetting what has been remembered long enough.

use std::sync::Arc;

use shopwire_core::Limits;
use shopwire_store::Ledger;
use tokio_util::sync::CancellationToken;

use crate::Timer;

/// Milliseconds between two sweeps.
const EVERY_MS: u64 = 10 * 60_000;
/// Milliseconds between the bounded steps of one sweep: others want to write too.
const STEP_MS: u64 = 50;

/// Sweeps answers to requests with an idempotency key now and then, until `stop`.
pub(crate) async fn sweep(
    ledger: Arc<dyn Ledger>,
    timer: Arc<dyn Timer>,
    limits: Limits,
    stop: CancellationToken,
) {
    let mut pause_ms = EVERY_MS;
    loop {
        tokio::select! {
            () = timer.sleep_ms(pause_ms) => {}
            () = stop.cancelled() => return,
        }
        let keep_ms = i64::try_from(limits.idempotency_keep_ms).unwrap_or(i64::MAX);
        pause_ms = match ledger.sweep(timer.now().plus_ms(-keep_ms)).await {
            Ok(true) => STEP_MS,
            Ok(false) => EVERY_MS,
            Err(error) => {
                tracing::warn!(%error, "what is out of date could not be swept, trying again later");
                EVERY_MS
            }
        };
    }
}
