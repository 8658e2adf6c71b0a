//! Erasing what is known of a subject: its records are overwritten in place.
//!
//! Places, ids, types and times stay, so that nobody who counts is led astray. It is done piece by piece, so that it does not
//! matter how much is known. Each piece is noted in the journal first, so that after a crash it is finished on opening; then
//! its records are overwritten and synced. The attempts of an event come before the event itself: until that is
//! overwritten, whoever asks again finds it, and them. In the end the indexes of sealed segments are made anew
//! without the subject, and the journal is forgotten; until then it names these indexes with each piece.

use std::collections::BTreeSet;
use std::io;

use shopwire_core::commerce::Subject;
use shopwire_core::{Seq, ShopId};

use super::event::{self, EventView, subject_hash};
use super::file::First;
use super::journal::{self, Overwrite};
use super::reader::{LogReader, offset_of};
use super::seal::seal;
use super::segments::{Segment, Shared};
use super::window::Window;
use super::{attempt, fault, open};
use crate::StoreError;

/// Bytes of records that are overwritten together.
const PIECE_BYTES: usize = 4 << 20;

/// What an erasure emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Emptied {
    /// Events.
    pub(crate) events: u64,
    /// Attempts that had kept an answer or a detail.
    pub(crate) attempts: u64,
}

impl LogReader {
    /// Empties the events of a shop about a subject, and what was kept of answers to them: synced. Asked again after it broke
    /// off it empties what is left. Attempts that are recorded later keep what they say.
    pub(crate) fn erase(&self, shop: ShopId, subject: &Subject) -> Result<Emptied, StoreError> {
        self.erase_by_pieces(shop, subject, PIECE_BYTES)
    }

    pub(super) fn erase_by_pieces(
        &self,
        shop: ShopId,
        subject: &Subject,
        piece_bytes: usize,
    ) -> Result<Emptied, StoreError> {
        let _alone = self.shared.care();
        let list = self.shared.list();
        let mut pieces = Pieces::new(&self.shared, &list, piece_bytes);
        // An erasure that failed midway is finished with this one.
        pieces.redo()?;
        let mut emptied = Emptied::default();
        for (place, segment) in list.iter().enumerate() {
            let mut window = Window::new(&segment.file);
            for number in segment.index.about(subject_hash(subject.as_str())).map_err(fault::of_disk)? {
                let overwrite = event_about(segment, &mut window, number, shop, subject)?;
                let Some(overwrite) = overwrite else { continue };
                let seq = Seq(segment.first().event + u64::from(number));
                for later in &list[place..] {
                    emptied.attempts += pieces.put_attempts_of(later, seq)?;
                }
                pieces.put(overwrite)?;
                emptied.events += 1;
            }
        }
        pieces.end()?;
        Ok(emptied)
    }
}

/// What empties an event of a segment if it is meant. One that can't be read is left: what it said can't be told.
fn event_about(
    segment: &Segment,
    window: &mut Window<'_>,
    number: u32,
    shop: ShopId,
    subject: &Subject,
) -> Result<Option<Overwrite>, StoreError> {
    let offset = offset_of(segment, number)?;
    let Ok(record) = window.record(u64::from(offset)).map_err(fault::of_disk)? else { return Ok(None) };
    let is_meant = EventView::open(record)
        .is_ok_and(|view| !view.is_erased && view.shop == shop && view.subject == subject.as_str());
    let erased = if is_meant { event::erased(record).ok() } else { None };
    Ok(erased.map(|record| Overwrite { first: segment.first(), offset, record }))
}

/// What is to be overwritten, piece by piece.
struct Pieces<'a> {
    shared: &'a Shared,
    list: &'a [Segment],
    piece_bytes: usize,
    /// The next piece.
    piece: Vec<Overwrite>,
    bytes: usize,
    /// Sealed segments in which something was overwritten: their indexes still know of it.
    stale: BTreeSet<First>,
}

impl<'a> Pieces<'a> {
    fn new(shared: &'a Shared, list: &'a [Segment], piece_bytes: usize) -> Self {
        Self { shared, list, piece_bytes, piece: Vec::new(), bytes: 0, stale: BTreeSet::new() }
    }

    /// Does what was noted and not forgotten.
    fn redo(&mut self) -> Result<(), StoreError> {
        let noted = journal::noted(&self.shared.directory).map_err(fault::of_disk)?;
        self.overwrite(&noted).map_err(fault::of_disk)
    }

    fn put(&mut self, overwrite: Overwrite) -> Result<(), StoreError> {
        self.bytes += overwrite.record.len();
        self.piece.push(overwrite);
        if self.bytes >= self.piece_bytes { self.write() } else { Ok(()) }
    }

    /// Puts the attempts in a segment of an event, so far as they have kept anything; answers how many.
    fn put_attempts_of(&mut self, segment: &Segment, seq: Seq) -> Result<u64, StoreError> {
        let mut window = Window::new(&segment.file);
        let mut found = 0;
        for number in segment.index.attempts_of(seq.0).map_err(fault::of_disk)? {
            for row in segment.index.rows(number..number + 1).map_err(fault::of_disk)? {
                let offset = row.offset;
                let Ok(record) = window.record(u64::from(offset)).map_err(fault::of_disk)? else { continue };
                if let Ok(Some(record)) = attempt::erased(record) {
                    self.put(Overwrite { first: segment.first(), offset, record })?;
                    found += 1;
                }
            }
        }
        Ok(found)
    }

    /// Notes the piece and does it.
    fn write(&mut self) -> Result<(), StoreError> {
        let mut noted = std::mem::take(&mut self.piece);
        self.bytes = 0;
        let piece = noted.len();
        noted.extend(self.stale.iter().copied().map(Overwrite::of_index));
        journal::note(&self.shared.directory, &noted).map_err(fault::of_disk)?;
        self.overwrite(&noted[..piece]).map_err(fault::of_disk)
    }

    fn overwrite(&mut self, piece: &[Overwrite]) -> io::Result<()> {
        let touched: BTreeSet<First> = piece.iter().map(|overwrite| overwrite.first).collect();
        for segment in self.list.iter().filter(|segment| touched.contains(&segment.first())) {
            let of_segment = || piece.iter().filter(|overwrite| overwrite.first == segment.first());
            {
                let _unread = self.shared.overwriting();
                for Overwrite { offset, record, .. } in of_segment() {
                    segment.file.overwrite(u64::from(*offset), record)?;
                }
            }
            segment.file.sync()?;
            let mut offsets: Vec<u32> = of_segment().map(|overwrite| overwrite.offset).collect();
            offsets.sort_unstable();
            if !segment.index.forget(&offsets) {
                self.stale.insert(segment.first());
            }
        }
        Ok(())
    }

    /// Does what is left, lets the indexes forget it, and then the journal.
    fn end(mut self) -> Result<(), StoreError> {
        if !self.piece.is_empty() {
            self.write()?;
        }
        for (place, segment) in self.list.iter().enumerate() {
            if self.stale.contains(&segment.first()) {
                let next = self.list.get(place + 1).map(Segment::first);
                let remade = open::remake(&segment.file, next).map_err(fault::of_disk)?;
                // Who has the list of before goes on with the index of before.
                segment.index.hold().map_err(fault::of_disk)?;
                let sealed = seal(&segment.file, &remade, &self.shared.files).map_err(fault::of_disk)?;
                self.shared.replace(sealed);
            }
        }
        journal::forget(&self.shared.directory).map_err(fault::of_disk)
    }
}
