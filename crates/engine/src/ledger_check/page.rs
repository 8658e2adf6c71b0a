//! The log, page by page, whatever is the matter with it.

use std::sync::Arc;

use shopwire_core::{LoggedEvent, Seq};
use shopwire_store::{Ledger, StoreError};

/// What is read of the log at a time.
const EVENTS: usize = 1_024;
const BYTES: usize = 4 << 20;

/// What stands behind a place.
pub(crate) enum LogPage {
    /// Events, at least one.
    Events(Vec<Arc<LoggedEvent>>),
    /// An event that can't be read.
    Damaged(Seq),
    /// Nothing.
    End,
}

impl LogPage {
    /// Reads what stands behind `after`.
    pub(crate) async fn behind(ledger: &dyn Ledger, after: Seq) -> Result<Self, StoreError> {
        match ledger.read_after(after, EVENTS, BYTES).await {
            Ok(events) if events.is_empty() => Ok(Self::End),
            Ok(events) => Ok(Self::Events(events)),
            Err(StoreError::Damaged { seq, .. }) => Ok(Self::Damaged(seq)),
            Err(error) => Err(error),
        }
    }
}
