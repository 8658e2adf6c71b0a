//! What was erased while deliveries of it were on their way.
//!
//! The store erases what it holds, and lanes let go of what they have read. What is left are flights: one that has not begun has
//! its event at hand, and what comes back from one that has may repeat what the event said.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use shopwire_core::commerce::Subject;
use shopwire_core::delivery::{SubjectKey, subject_key};
use shopwire_core::{Seq, ShopId};

use crate::dispatch::Parcel;

/// Subjects that were erased since the process began, each up to a place of the log: what comes later is news. An entry has 16
/// bytes, and erasures are rare.
#[derive(Debug, Default)]
pub(crate) struct Erased(RwLock<HashMap<SubjectKey, Seq>>);

impl Erased {
    /// What stands in the log up to `head` about this subject is being erased.
    pub(crate) fn add(&self, shop: ShopId, subject: &Subject, head: Seq) {
        let mut erased = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let upto = erased.entry(subject_key(shop, subject)).or_insert(head);
        *upto = head.max(*upto);
    }

    /// Whether this event was.
    pub(crate) fn covers(&self, parcel: &Parcel) -> bool {
        let erased = self.0.read().unwrap_or_else(PoisonError::into_inner);
        erased.get(&parcel.key()).is_some_and(|upto| parcel.logged().seq <= *upto)
    }
}
