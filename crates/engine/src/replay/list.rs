//! Lists that name the places of few events, so that the log need not be gone through for them.

use shopwire_core::{EventId, PastOutcome, PastState, Replay, Selection, Seq};
use shopwire_store::{DeadLetterFilter, EventFilter, Ledger, Page, PageRequest, StoreError};

/// Entries of a list looked at in one go.
const PAGE: usize = 1_000;

/// A list of places, in no order that matters.
pub(super) enum List {
    /// The events that were named.
    Named(Vec<EventId>),
    /// The dead letters of an endpoint.
    Dead(PastOutcome),
    /// The events about a subject.
    OfSubject(EventFilter),
}

/// A part of a list.
pub(super) struct Part {
    pub(super) places: Vec<Seq>,
    /// Entries looked at.
    pub(super) looked_at: u64,
    /// Entries that have no place any more.
    pub(super) missing: u64,
    /// Where the next part begins.
    pub(super) next: Option<u64>,
}

impl List {
    /// The list that names what is selected, if there is one.
    pub(super) fn of(selection: &Selection) -> Option<Self> {
        let Selection { shop, dialect, since, until, .. } = *selection;
        if !selection.events.is_empty() {
            return Some(Self::Named(selection.events.clone()));
        }
        if let Some(outcome) = selection.outcome.as_ref().filter(|outcome| outcome.is == PastState::Dead) {
            return Some(Self::Dead(outcome.clone()));
        }
        let subject = selection.subject.clone()?;
        let filter =
            EventFilter { shop, subject: Some(subject), dialect, since, until, ..EventFilter::default() };
        Some(Self::OfSubject(filter))
    }

    /// One page of it.
    pub(super) async fn page(
        &self,
        ledger: &dyn Ledger,
        replay: &Replay,
        before: Option<u64>,
    ) -> Result<Part, StoreError> {
        let page = PageRequest { size: PAGE, before, scan_rows_max: PAGE };
        match self {
            Self::Named(ids) => named(ledger, ids).await,
            Self::OfSubject(filter) => {
                let heads = ledger.search(filter, page).await?;
                Ok(part(heads, |head| Some(head.seq)))
            }
            Self::Dead(outcome) => {
                let filter = DeadLetterFilter { endpoint: Some(outcome.endpoint), event: None };
                let letters = ledger.dead_letters(&filter, page).await?;
                Ok(part(letters, |letter| {
                    let is_asked_for = outcome.reason.is_none_or(|reason| reason == letter.reason);
                    // Who dies of the replay itself is not replayed by it.
                    let is_wanted =
                        is_asked_for && outcome.is_within(letter.at) && letter.at <= replay.created_at;
                    is_wanted.then_some(letter.seq)
                }))
            }
        }
    }
}

fn part<T>(page: Page<T>, wanted: impl FnMut(T) -> Option<Seq>) -> Part {
    let looked_at = page.items.len() as u64;
    Part {
        places: page.items.into_iter().filter_map(wanted).collect(),
        looked_at,
        missing: 0,
        next: page.next,
    }
}

async fn named(ledger: &dyn Ledger, ids: &[EventId]) -> Result<Part, StoreError> {
    let mut part = Part { places: Vec::new(), looked_at: ids.len() as u64, missing: 0, next: None };
    for id in ids {
        match ledger.event(*id).await {
            Ok(Some(logged)) => part.places.push(logged.seq),
            Ok(None) | Err(StoreError::Damaged { .. }) => part.missing += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(part)
}
