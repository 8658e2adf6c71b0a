//! Pages of the log for lanes that read on from it: shared by all that come by at about the same time.
//!
//! Where one event goes to many endpoints and none keeps up, each page is read, decoded and rendered once and not once for
//! each lane. Kept are the last few pages, and only while somebody reads.
//!
//! **Invariant.** What the log said before it was changed ([`clear`](Pages::clear)) is handed to nobody who asks afterwards.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::Seq;
use shopwire_store::StoreError;
use tokio::sync::OnceCell;

use super::Parcel;
use super::hollow::with_hollow;
use crate::deliver::Courier;

/// Events of a page: few, since many lanes may be cold together.
pub(super) const PAGE_EVENTS: usize = 64;
pub(super) const PAGE_BYTES: usize = 128 << 10;
/// Pages kept for those who come later, and where memory is short.
const PAGES_MAX: usize = 16;
const PAGES_MIN: usize = 2;

/// A page of the log.
#[derive(Debug)]
pub(super) struct LogPage {
    /// What was read, in order.
    pub(super) parcels: Vec<Arc<Parcel>>,
    /// Everything up to here was looked at.
    pub(super) end: Seq,
}

/// The pages that were read last, or are being read.
#[derive(Debug, Default)]
pub(crate) struct Pages(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    slots: VecDeque<Slot>,
    readers: usize,
}

#[derive(Debug)]
struct Slot {
    after: Seq,
    page: Arc<OnceCell<Arc<LogPage>>>,
}

impl Slot {
    /// Whether it holds, or will, what comes next behind `after`.
    fn continues(&self, after: Seq) -> bool {
        match self.page.get() {
            Some(page) => self.after <= after && after < page.end,
            None => self.after == after,
        }
    }
}

impl Pages {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all pages: the log is no longer what it was.
    pub(super) fn clear(&self) {
        self.lock().slots.clear();
    }

    fn slot(&self, after: Seq, pages_max: usize) -> Arc<OnceCell<Arc<LogPage>>> {
        let slots = &mut self.lock().slots;
        if let Some(slot) = slots.iter().find(|slot| slot.continues(after)) {
            return Arc::clone(&slot.page);
        }
        let surplus = (slots.len() + 1).saturating_sub(pages_max);
        slots.drain(..surplus);
        let page = Arc::default();
        slots.push_back(Slot { after, page: Arc::clone(&page) });
        page
    }
}

/// Somebody who reads pages. With the last one they go.
#[derive(Debug)]
pub(super) struct Reader(Arc<Pages>);

impl Reader {
    pub(super) fn new(pages: &Arc<Pages>) -> Self {
        pages.lock().readers += 1;
        Self(Arc::clone(pages))
    }

    /// The page in which the log goes on behind `after`; it may begin before that. Where the log is empty there (retention may
    /// have taken it), it is so up to `begun` at least.
    pub(super) async fn read(
        &self,
        courier: &Courier,
        after: Seq,
        begun: Seq,
    ) -> Result<Arc<LogPage>, StoreError> {
        let slot = self.0.slot(after, if courier.may_keep() { PAGES_MAX } else { PAGES_MIN });
        slot.get_or_try_init(|| read(courier, after, begun)).await.cloned()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut kept = self.0.lock();
        kept.readers -= 1;
        if kept.readers == 0 {
            kept.slots.clear();
        }
    }
}

async fn read(courier: &Courier, after: Seq, begun: Seq) -> Result<Arc<LogPage>, StoreError> {
    let ledger = courier.ledger().as_ref();
    let events = ledger.read_after(after, PAGE_EVENTS, PAGE_BYTES).await?;
    let end = events.last().map_or(begun, |logged| logged.seq);
    let (events, end) = with_hollow(ledger, after, events, end).await?;
    let metrics = courier.metrics();
    let parcels = events.into_iter().map(|logged| Parcel::new(logged, Arc::clone(metrics))).collect();
    Ok(Arc::new(LogPage { parcels, end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(slot: &OnceCell<Arc<LogPage>>, end: u64) {
        slot.set(Arc::new(LogPage { parcels: Vec::new(), end: Seq(end) })).expect("it is empty");
    }

    #[test]
    fn a_page_is_for_all_who_stand_within_it() {
        let pages = Arc::<Pages>::default();
        let _reader = Reader::new(&pages);
        let slot = pages.slot(Seq(10), PAGES_MAX);
        let same = |after| Arc::ptr_eq(&pages.slot(Seq(after), PAGES_MAX), &slot);
        // Who comes while it is being read knows not yet where it ends.
        assert!(same(10) && !same(11));
        fill(&slot, 74);
        assert!(same(10) && same(73) && !same(9) && !same(74));
    }

    #[test]
    fn the_end_of_the_log_is_read_again() {
        let pages = Arc::<Pages>::default();
        let _reader = Reader::new(&pages);
        let slot = pages.slot(Seq(10), PAGES_MAX);
        fill(&slot, 10);
        assert!(!Arc::ptr_eq(&pages.slot(Seq(10), PAGES_MAX), &slot));
    }

    #[test]
    fn nothing_is_kept_beyond_its_time() {
        let pages = Arc::<Pages>::default();
        let (reader, other) = (Reader::new(&pages), Reader::new(&pages));
        let slot = pages.slot(Seq(0), PAGES_MAX);
        fill(&slot, 5);
        drop(other);
        assert!(Arc::ptr_eq(&pages.slot(Seq(0), PAGES_MAX), &slot), "somebody still reads");
        pages.clear();
        assert!(!Arc::ptr_eq(&pages.slot(Seq(0), PAGES_MAX), &slot), "the log has changed");
        for after in 1..100 {
            pages.slot(Seq(after), PAGES_MAX);
        }
        assert_eq!(pages.lock().slots.len(), PAGES_MAX);
        pages.slot(Seq(100), PAGES_MIN);
        assert_eq!(pages.lock().slots.len(), PAGES_MIN, "memory is short");
        drop(reader);
        assert!(pages.lock().slots.is_empty(), "nobody reads");
    }
}
