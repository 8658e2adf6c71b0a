//! Erasing what is known of a subject: a customer asks for it, and the law is on their side.

use std::sync::{Arc, Weak};

use shopwire_core::ShopId;
use shopwire_core::commerce::Subject;
use shopwire_store::{Erasure, EventFilter, PageRequest, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::Engine;
use crate::engine::Running;

/// Milliseconds before an erasure that the store refused is gone on with.
const RETRY_MS: u64 = 60_000;
/// Records of erasures that are looked through at the start for unfinished ones.
const RECORDS_MAX: usize = 10_000;

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// No such shop, and no event of one about this.
    #[error("there is no shop `{0}`, and the log has nothing of it about this subject")]
    UnknownShop(ShopId),
    /// Nothing was named.
    #[error("no subject is given: name at least one, as in `customer/42`")]
    Nothing,
    /// More than one request may ask for.
    #[error("{given} subjects are given, at most {max} can be erased at once (limit `erasure_subjects_max`)")]
    TooMany {
        /// How many were given.
        given: usize,
        /// How many may be.
        max: usize,
    },
    /// It broke off; what was begun is gone on with at the next start.
    #[error("the erasure broke off: the log of the process says why")]
    Broken,
    /// The store failed. What was begun is gone on with when it is asked for again, and at the next start.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Erases all that the log and the snapshots hold about these subjects of a shop. The events stand where they stood, without
    /// what they said. What of them was still to be delivered is given up, but for what is on its way at that moment. `Ok`
    /// means that nothing of it is left, and that records of it are kept.
    ///
    /// # Errors
    /// If nothing can be meant by it, or the store fails.
    pub async fn erase(&self, shop: ShopId, subjects: Vec<Subject>) -> Result<Vec<Erasure>, EraseError> {
        let max = self.limits().erasure_subjects_max;
        if subjects.is_empty() {
            return Err(EraseError::Nothing);
        }
        if subjects.len() > max {
            return Err(EraseError::TooMany { given: subjects.len(), max });
        }
        self.check_known(shop, &subjects).await?;
        let engine = self.clone();
        // It is finished even if nobody waits for it.
        let work = async move {
            let mut erased = Vec::with_capacity(subjects.len());
            for subject in &subjects {
                erased.push(engine.erase_one(shop, subject).await?);
            }
            Ok(erased)
        };
        tokio::spawn(work.in_current_span()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "an erasure broke off");
            Err(EraseError::Broken)
        })
    }

    /// A mistyped shop must not look like one of which nothing was known; a shop that was forgotten may still be in the log.
    async fn check_known(&self, shop: ShopId, subjects: &[Subject]) -> Result<(), EraseError> {
        if self.directory().shops.get(shop).is_some() {
            return Ok(());
        }
        for subject in subjects {
            let filter =
                EventFilter { shop: Some(shop), subject: Some(subject.clone()), ..EventFilter::default() };
            let page = PageRequest { size: 1, before: None, scan_rows_max: self.limits().scan_rows_max };
            if self.ledger().search(&filter, page).await?.items.is_empty() {
                return Err(EraseError::UnknownShop(shop));
            }
        }
        Ok(())
    }

    async fn erase_one(&self, shop: ShopId, subject: &Subject) -> Result<Erasure, StoreError> {
        // Before anything is: what is on its way must not bring back what it says.
        let head = self.ledger().head().await?;
        self.0.lanes.courier().erased().add(shop, subject, head);
        let erasure = self.ledger().erase(shop, subject, self.timer().now()).await?;
        // What lanes have read of it, they read again, and find nothing.
        self.0.lanes.let_go();
        let Erasure { events, attempts, snapshots, .. } = erasure;
        // The subject stands in the record; a log is read by more people, and kept elsewhere.
        tracing::info!(%shop, events, attempts, snapshots, "a subject was erased");
        Ok(erasure)
    }
}

/// Goes on with what was begun before the process ended.
pub(crate) async fn finish(engine: Weak<Running>, stop: CancellationToken) {
    loop {
        let Some(running) = engine.upgrade() else { return };
        let engine = Engine(Arc::clone(&running));
        let Err(error) = engine.finish_erasures().await else { return };
        tracing::error!(%error, "erasures that were begun can't be finished, trying again");
        let pause = running.timer.sleep_ms(RETRY_MS);
        drop((running, engine));
        tokio::select! { () = pause => {}, () = stop.cancelled() => return }
    }
}

impl Engine {
    async fn finish_erasures(&self) -> Result<(), StoreError> {
        let records = self.ledger().erasures(RECORDS_MAX).await?;
        for Erasure { shop, subject, .. } in records.iter().filter(|record| record.finished_at.is_none()) {
            self.erase_one(*shop, subject).await?;
        }
        Ok(())
    }
}
