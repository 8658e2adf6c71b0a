//! Dead letters that nobody wants to send again: dismissed by somebody who has seen to them, or kept long enough.

use std::sync::Arc;

use shopwire_core::delivery::DeadReason;
use shopwire_core::{EndpointId, EventId, Limits, Timestamp};
use shopwire_store::{DeadLetter, DeadLetterFilter, Ledger, PageRequest, StoreError};
use tokio_util::sync::CancellationToken;

use crate::{Engine, Metrics, Timer};

/// Dead letters looked at in one go.
const PAGE: usize = 1_000;
/// Milliseconds between two looks whether some were kept long enough.
const EVERY_MS: u64 = 10 * 60_000;
/// Milliseconds between the bounded steps of one look: others want to write too.
const STEP_MS: u64 = 50;

/// Which dead letters of an endpoint. Everything that is given must hold.
#[derive(Debug, Clone, Copy)]
pub struct DeadLetterChoice {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Given up for this reason.
    pub reason: Option<DeadReason>,
    /// Given up at this moment or later.
    pub since: Option<Timestamp>,
    /// Given up before this moment.
    pub until: Option<Timestamp>,
}

impl DeadLetterChoice {
    fn covers(&self, letter: &DeadLetter) -> bool {
        self.reason.is_none_or(|reason| reason == letter.reason)
            && self.since.is_none_or(|since| letter.at >= since)
            && self.until.is_none_or(|until| letter.at < until)
    }
}

impl Engine {
    /// Takes one delivery off the dead-letter list without sending it again; answers whether it stood there.
    pub async fn dismiss_dead_letter(
        &self,
        endpoint: EndpointId,
        event: EventId,
    ) -> Result<bool, StoreError> {
        let Some(logged) = self.ledger().event(event).await? else { return Ok(false) };
        let dismissed = self.ledger().dismiss(endpoint, &[logged.seq]).await?;
        self.0.metrics.dead_letters_dismissed.add(dismissed as u64);
        Ok(dismissed > 0)
    }

    /// Takes many off the list without sending them again; answers how many. They stay known by their attempts.
    pub async fn dismiss_dead_letters(&self, choice: &DeadLetterChoice) -> Result<u64, StoreError> {
        let filter = DeadLetterFilter { endpoint: Some(choice.endpoint), event: None };
        let (mut before, mut count) = (None, 0);
        loop {
            let page = PageRequest { size: PAGE, before, scan_rows_max: PAGE };
            let page = self.ledger().dead_letters(&filter, page).await?;
            let covered = page.items.iter().filter(|letter| choice.covers(letter));
            let places: Vec<_> = covered.map(|letter| letter.seq).collect();
            if !places.is_empty() {
                count += self.ledger().dismiss(choice.endpoint, &places).await? as u64;
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        self.0.metrics.dead_letters_dismissed.add(count);
        Ok(count)
    }
}

/// Takes dead letters off the list that were kept long enough, now and then, until `stop`.
pub(crate) async fn expire(
    ledger: Arc<dyn Ledger>,
    timer: Arc<dyn Timer>,
    limits: Limits,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let mut pause_ms = EVERY_MS;
    loop {
        tokio::select! {
            () = timer.sleep_ms(pause_ms) => {}
            () = stop.cancelled() => return,
        }
        let keep_ms = i64::try_from(limits.dead_letter_keep_ms).unwrap_or(i64::MAX);
        let expired = ledger.expire_dead_letters(timer.now().plus_ms(-keep_ms), PAGE).await;
        pause_ms = match expired {
            Ok(count) => {
                metrics.dead_letters_expired.add(count as u64);
                if count == PAGE { STEP_MS } else { EVERY_MS }
            }
            Err(error) => {
                tracing::warn!(%error, "dead letters can't be expired, trying again later");
                EVERY_MS
            }
        };
    }
}
