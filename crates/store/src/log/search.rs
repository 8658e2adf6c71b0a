//! Finding events: newest first, through subjects' hashes if a subject is given, else through all heads.

use shopwire_core::commerce::Subject;
use shopwire_core::{Seq, ShopId};

use super::event::{EventView, subject_hash, type_name};
use super::fault;
use super::paging::{Filling, Rows};
use super::reader::{LogReader, offsets_of};
use super::segments::Segment;
use super::window::Window;
use crate::{EventFilter, EventHead, Page, PageRequest, StoreError};

/// Events about one subject that are looked at before the answer is that there is none of the shop.
const ABOUT_MAX: usize = 200_000;
/// Heads that are read together when subjects are walked.
const HEADS: usize = 2048;

impl LogReader {
    /// See [`Ledger::search`](crate::Ledger::search). Events that can't be read are left out. Erased ones are found by what is left
    /// of them: id, shop, type and times.
    pub(crate) fn search(
        &self,
        filter: &EventFilter,
        page: PageRequest,
    ) -> Result<Page<EventHead>, StoreError> {
        let before = page.before.unwrap_or(u64::MAX);
        let mut filling = Filling::new(page);
        for segment in self.shared.list().iter().rev() {
            let Some(mut rows) = rows(segment, filter, before)? else { continue };
            while !rows.is_empty() {
                if !filling.has_room() {
                    return Ok(filling.unfinished());
                }
                let step = rows.take_last(filling.step());
                for (seq, head) in self.heads(segment, &step, filter)?.into_iter().rev() {
                    if !filling.has_room() {
                        return Ok(filling.unfinished());
                    }
                    filling.look(seq.0, head);
                }
            }
        }
        Ok(filling.ended())
    }

    /// The heads of these events of a segment, where they are wanted and can be read.
    fn heads(
        &self,
        segment: &Segment,
        events: &[u32],
        filter: &EventFilter,
    ) -> Result<Vec<(Seq, Option<EventHead>)>, StoreError> {
        let event_type = filter.event_type.as_ref().map(type_name);
        let mut window = Window::new(&segment.file);
        let mut heads = Vec::with_capacity(events.len());
        for (event, offset) in events.iter().zip(offsets_of(segment, events)?) {
            let seq = Seq(segment.first().event + u64::from(*event));
            let read = self.record(segment, &mut window, offset, |record| {
                let view = EventView::open(record)?;
                view.is_wanted(filter, event_type.as_deref()).then(|| view.head(seq)).transpose()
            });
            heads.push((seq, read.map_err(fault::of_disk)?.ok().flatten()));
        }
        Ok(heads)
    }

    /// Whether an event of this shop is about this subject.
    pub(crate) fn is_subject(&self, shop: ShopId, subject: &Subject) -> Result<bool, StoreError> {
        let filter =
            EventFilter { shop: Some(shop), subject: Some(subject.clone()), ..EventFilter::default() };
        let page = PageRequest { size: 1, before: None, scan_rows_max: ABOUT_MAX };
        Ok(!self.search(&filter, page)?.items.is_empty())
    }

    /// The id of the newest subject of this kind, in this shop, that `is_it` says yes to. Looks at so many events at most.
    pub(crate) fn subject_id(
        &self,
        shop: ShopId,
        kind: &str,
        events_max: usize,
        mut is_it: impl FnMut(&str) -> bool,
    ) -> Result<Option<String>, StoreError> {
        let filter = EventFilter { shop: Some(shop), ..EventFilter::default() };
        let mut page = PageRequest { size: HEADS, before: None, scan_rows_max: HEADS };
        for _ in 0..events_max.div_ceil(HEADS) {
            let heads = self.search(&filter, page)?;
            let of_kind = heads.items.iter().map(|head| &head.subject).filter(|s| s.kind_name() == kind);
            if let Some(subject) = of_kind.into_iter().find(|subject| is_it(subject.id())) {
                return Ok(Some(subject.id().to_owned()));
            }
            if heads.next.is_none() {
                break;
            }
            page.before = heads.next;
        }
        Ok(None)
    }
}

/// The events of a segment before a place that come into question; `None` if there are none.
fn rows(segment: &Segment, filter: &EventFilter, before: u64) -> Result<Option<Rows>, StoreError> {
    let Some(end) = before.checked_sub(segment.first().event).filter(|end| *end > 0) else { return Ok(None) };
    if segment.is_sealed && !may_be_in_time(segment, filter) {
        return Ok(None);
    }
    let mut rows = match &filter.subject {
        Some(subject) => {
            Rows::Of(segment.index.about(subject_hash(subject.as_str())).map_err(fault::of_disk)?)
        }
        None => Rows::Below(segment.index.events()),
    };
    rows.cut(u32::try_from(end).unwrap_or(u32::MAX));
    Ok(Some(rows))
}

/// Clocks jump, so that a place tells nothing certain of times; but a sealed segment knows its first and last.
fn may_be_in_time(segment: &Segment, filter: &EventFilter) -> bool {
    let Some((first, last)) = segment.index.received() else { return true };
    filter.since.is_none_or(|since| last >= since) && filter.until.is_none_or(|until| first < until)
}
