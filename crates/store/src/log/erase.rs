//! Erasing what is known of a subject: its records are overwritten in place.
//!
//! Places, ids, types and times stay, so that nobody who counts is led astray. First everything is noted in the journal, so
//! that after a crash it is finished on opening; then the records are overwritten and synced; then the indexes of sealed
//! segments are made anew without the subject; then the journal is forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;

use shopwire_core::commerce::Subject;
use shopwire_core::{Seq, ShopId};

use super::event::{self, EventView, subject_hash};
use super::file::First;
use super::journal::{self, Overwrite};
use super::reader::{LogReader, offset_of};
use super::seal::seal;
use super::segments::Segment;
use super::window::Window;
use super::{attempt, fault, open};
use crate::StoreError;

/// What an erasure emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Emptied {
    /// Events.
    pub(crate) events: u64,
    /// Attempts that had kept an answer or a detail.
    pub(crate) attempts: u64,
}

impl LogReader {
    /// Empties the events of a shop about a subject, and what was kept of answers to them: synced. Asked again after a crash it
    /// finds nothing that it had begun with, since that was finished on opening. Attempts recorded later keep what they say:
    /// ask again when those in flight have ended.
    pub(crate) fn erase(&self, shop: ShopId, subject: &Subject) -> Result<Emptied, StoreError> {
        let _alone = self.shared.care();
        let list = self.shared.list();
        let mut emptied = Emptied::default();
        // An erasure that failed midway is finished with this one.
        let mut overwrites = journal::noted(&self.shared.directory).map_err(fault::of_disk)?;
        let mut places = Vec::new();
        for segment in list.iter() {
            places.extend(events_about(segment, shop, subject, &mut overwrites)?);
        }
        emptied.events = places.len() as u64;
        for segment in list.iter() {
            emptied.attempts += attempts_of(segment, &places, &mut overwrites)?;
        }
        if !overwrites.is_empty() {
            journal::note(&self.shared.directory, &overwrites).map_err(fault::of_disk)?;
            overwrite(&list, &overwrites).map_err(fault::of_disk)?;
            self.forget(&list, &overwrites)?;
            journal::forget(&self.shared.directory).map_err(fault::of_disk)?;
        }
        Ok(emptied)
    }

    /// Lets the indexes forget what is overwritten.
    fn forget(&self, list: &[Segment], overwrites: &[Overwrite]) -> Result<(), StoreError> {
        for (place, segment) in list.iter().enumerate() {
            let of_segment = overwrites.iter().filter(|overwrite| overwrite.first == segment.first());
            let mut offsets: Vec<u32> = of_segment.map(|overwrite| overwrite.offset).collect();
            offsets.sort_unstable();
            if segment.index.forget(&offsets) {
                continue;
            }
            let next = list.get(place + 1).map(Segment::first);
            let remade = open::remake(&segment.file, next).map_err(fault::of_disk)?;
            let sealed = seal(Arc::clone(&segment.file), &remade).map_err(fault::of_disk)?;
            self.shared.replace(sealed);
        }
        Ok(())
    }
}

/// The places of a segment's events that are to be emptied. Those that can't be read are left: what they said can't be told.
fn events_about(
    segment: &Segment,
    shop: ShopId,
    subject: &Subject,
    overwrites: &mut Vec<Overwrite>,
) -> Result<Vec<Seq>, StoreError> {
    let mut window = Window::new(&segment.file);
    let mut found = Vec::new();
    for number in segment.index.about(subject_hash(subject.as_str())).map_err(fault::of_disk)? {
        let offset = offset_of(segment, number)?;
        let Ok(record) = window.record(u64::from(offset)).map_err(fault::of_disk)? else { continue };
        let is_it = EventView::open(record)
            .is_ok_and(|view| !view.is_erased && view.shop == shop && view.subject == subject.as_str());
        if is_it && let Ok(record) = event::erased(record) {
            overwrites.push(Overwrite { first: segment.first(), offset, record });
            found.push(Seq(segment.first().event + u64::from(number)));
        }
    }
    Ok(found)
}

/// The attempts in a segment of events to be emptied, so far as they have kept anything; answers how many.
fn attempts_of(
    segment: &Segment,
    places: &[Seq],
    overwrites: &mut Vec<Overwrite>,
) -> Result<u64, StoreError> {
    let mut window = Window::new(&segment.file);
    let mut found = 0;
    for place in places {
        for number in segment.index.attempts_of(place.0).map_err(fault::of_disk)? {
            for row in segment.index.rows(number..number + 1).map_err(fault::of_disk)? {
                let Ok(record) = window.record(u64::from(row.offset)).map_err(fault::of_disk)? else {
                    continue;
                };
                if let Ok(Some(record)) = attempt::erased(record) {
                    overwrites.push(Overwrite { first: segment.first(), offset: row.offset, record });
                    found += 1;
                }
            }
        }
    }
    Ok(found)
}

fn overwrite(list: &[Segment], overwrites: &[Overwrite]) -> std::io::Result<()> {
    let touched: BTreeSet<First> = overwrites.iter().map(|overwrite| overwrite.first).collect();
    for segment in list.iter().filter(|segment| touched.contains(&segment.first())) {
        for Overwrite { offset, record, .. } in overwrites.iter().filter(|o| o.first == segment.first()) {
            segment.file.overwrite(u64::from(*offset), record)?;
        }
        segment.file.sync()?;
    }
    Ok(())
}
