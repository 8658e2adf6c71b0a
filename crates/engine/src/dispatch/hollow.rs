//! Events that were erased before a lane came to them: hollow ones stand for them, so that whoever would have got them is told.
//!
//! The log leaves erased events out. What is left of them (shop, type, times) is enough to say who wanted them; what they
//! said is gone, and so is the delivery: the lane finds nothing to send, and makes a dead letter of it.

use std::sync::Arc;

use bytes::Bytes;
use shopwire_core::{Event, LoggedEvent, Origin, RecordedChange, Seq};
use shopwire_store::{EventFilter, EventHead, Ledger, PageRequest, StoreError};

/// Hollow events of one page of the log.
const HOLLOW_MAX: u64 = 256;

/// Whether nothing but its head is left of an event.
pub(super) fn is_hollow(logged: &LoggedEvent) -> bool {
    matches!(&logged.event.origin, Origin::Change(change) if change.data.is_empty())
}

/// Puts hollow events where the log, read from behind `after` up to `end`, has left some out. The page may end earlier then.
pub(super) async fn with_hollow(
    ledger: &dyn Ledger,
    after: Seq,
    events: Vec<Arc<LoggedEvent>>,
    end: Seq,
) -> Result<(Vec<Arc<LoggedEvent>>, Seq), StoreError> {
    let places = end.0.saturating_sub(after.0);
    if u64::try_from(events.len()).is_ok_and(|read| read >= places) {
        return Ok((events, end));
    }
    // Before its first place nothing was erased: retention has taken it.
    let first = ledger.span().await?.first;
    let from = Seq(after.0.max(first.0.saturating_sub(1)));
    let cut = Seq(from.0.saturating_add(HOLLOW_MAX).saturating_add(events.len() as u64)).min(end);
    let mut filled: Vec<_> = events.into_iter().filter(|logged| logged.seq <= cut).collect();
    let known: Vec<Seq> = filled.iter().map(|logged| logged.seq).collect();
    let heads = heads_between(ledger, from, cut).await?;
    let missing = heads.into_iter().filter(|head| known.binary_search(&head.seq).is_err());
    filled.extend(missing.map(hollow));
    filled.sort_by_key(|logged| logged.seq);
    Ok((filled, cut))
}

/// The heads of the events behind `from`, up to `end`; those that can't be read are left out.
async fn heads_between(ledger: &dyn Ledger, from: Seq, end: Seq) -> Result<Vec<EventHead>, StoreError> {
    let size = usize::try_from(end.0.saturating_sub(from.0)).unwrap_or(usize::MAX);
    let page = PageRequest { size, before: Some(end.next().0), scan_rows_max: size };
    let found = ledger.search(&EventFilter::default(), page).await?;
    Ok(found.items.into_iter().filter(|head| head.seq > from).collect())
}

fn hollow(head: EventHead) -> Arc<LoggedEvent> {
    let EventHead { seq, id, shop, event_type, subject, occurred_at, received_at, .. } = head;
    let nothing = RecordedChange { cause: None, actor: None, version: 0, data: Bytes::new() };
    let event =
        Event { id, shop, event_type, subject, occurred_at, received_at, origin: Origin::Change(nothing) };
    Arc::new(LoggedEvent { seq, event })
}
