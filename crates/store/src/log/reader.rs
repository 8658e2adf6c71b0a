//! Reading: from any thread, without ever waiting for the writer.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use shopwire_core::{EventId, LoggedEvent, Seq};

use super::event::EventView;
use super::index::LOST;
use super::segments::{Segment, Shared, index_path, with_event};
use super::window::Window;
use super::{fault, journal};
use crate::{EventHead, LogSpan, StoreError};

/// Offsets that are fetched at a time.
const OFFSETS: u32 = 1024;

/// Reads the log. Sees what is committed and settled, nothing else.
#[derive(Clone)]
pub(crate) struct LogReader {
    pub(super) shared: Arc<Shared>,
}

impl LogReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The place of the last event.
    pub(crate) fn head(&self) -> Seq {
        Seq(self.shared.list().last().map_or(0, |active| active.events_end() - 1))
    }

    /// See [`Ledger::read_after`](crate::Ledger::read_after). Events that were dropped or erased are left out.
    pub(crate) fn read_after(
        &self,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        let Some(mut next) = after.0.checked_add(1) else { return Ok(Vec::new()) };
        let list = self.shared.list();
        let mut batch = Batch { events: Vec::new(), bytes: 0, limit, bytes_max };
        let begin = list.partition_point(|segment| segment.first().event <= next).saturating_sub(1);
        for segment in &list[begin..] {
            next = next.max(segment.first().event);
            let Some(number) = segment.event(next) else { continue };
            if !self.read_on(segment, number, &mut batch)? {
                break;
            }
            next = segment.events_end();
        }
        Ok(batch.events)
    }

    /// Reads a segment to its end, unless the batch is full before; answers whether there is room for more.
    fn read_on(&self, segment: &Segment, from: u32, batch: &mut Batch) -> Result<bool, StoreError> {
        let mut window = Window::new(&segment.file);
        let events = segment.index.events();
        let mut number = from;
        while number < events {
            let count = u32::try_from(batch.room()).unwrap_or(OFFSETS).clamp(1, OFFSETS);
            let upto = events.min(number.saturating_add(count));
            for offset in segment.index.offsets(number..upto).map_err(fault::of_disk)? {
                if batch.room() == 0 {
                    return Ok(false);
                }
                match self.event(segment, &mut window, number, offset) {
                    Err(_) if !batch.events.is_empty() => return Ok(false),
                    read => {
                        if !batch.add(read?) {
                            return Ok(false);
                        }
                    }
                }
                number += 1;
            }
        }
        Ok(batch.room() > 0)
    }

    /// See [`Ledger::read_at`](crate::Ledger::read_at). Events that were dropped or erased are left out.
    pub(crate) fn read_at(&self, places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
        let mut places = places.to_vec();
        places.sort_unstable();
        places.dedup();
        let list = self.shared.list();
        let mut events = Vec::with_capacity(places.len());
        let mut window: Option<(Seq, Window<'_>)> = None;
        for place in places {
            let Some((segment, number)) = with_event(&list, place.0) else { continue };
            let first = Seq(segment.first().event);
            let (_, window) = match &mut window {
                Some(open) if open.0 == first => open,
                other => other.insert((first, Window::new(&segment.file))),
            };
            let offset = offset_of(segment, number)?;
            events.extend(self.event(segment, window, number, offset)?);
        }
        Ok(events)
    }

    fn event(
        &self,
        segment: &Segment,
        window: &mut Window<'_>,
        number: u32,
        offset: u32,
    ) -> Result<Option<Arc<LoggedEvent>>, StoreError> {
        let seq = segment.first().event + u64::from(number);
        let read = self.record(segment, window, offset, |record| {
            let view = EventView::open(record)?;
            if view.is_erased { Ok(None) } else { view.event().map(Some) }
        });
        let event = read.map_err(fault::of_disk)?.map_err(|why| fault::damaged(seq, why))?;
        Ok(event.map(|event| Arc::new(LoggedEvent { seq: Seq(seq), event })))
    }

    /// Reads a record. If that fails, it may have been overwritten at that moment: it is read again when that has ended.
    pub(super) fn record<T>(
        &self,
        segment: &Segment,
        window: &mut Window<'_>,
        offset: u32,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> io::Result<Result<T, String>> {
        if offset == LOST {
            return Ok(Err("what stands before it is damaged".to_owned()));
        }
        let once = |window: &mut Window<'_>| -> io::Result<Result<T, String>> {
            Ok(window.record(u64::from(offset))?.map_err(str::to_owned).and_then(&read))
        };
        if let Ok(found) = once(window)? {
            return Ok(Ok(found));
        }
        drop(self.shared.overwriting());
        once(&mut Window::new(&segment.file))
    }

    /// The id of the event at a place; `None` if none is there.
    pub(crate) fn event_id(&self, seq: Seq) -> Result<Option<EventId>, StoreError> {
        let list = self.shared.list();
        let Some((segment, number)) = with_event(&list, seq.0) else { return Ok(None) };
        segment.index.id(number).map(Some).map_err(fault::of_disk)
    }

    /// The head of the event at a place; `None` if none is there or it was erased, `Damaged` if it can't be read.
    pub(crate) fn head_at(&self, seq: Seq) -> Result<Option<EventHead>, StoreError> {
        let list = self.shared.list();
        let Some((segment, number)) = with_event(&list, seq.0) else { return Ok(None) };
        let offset = offset_of(segment, number)?;
        let mut window = Window::new(&segment.file);
        let head = self.record(segment, &mut window, offset, |record| {
            let view = EventView::open(record)?;
            if view.is_erased { Ok(None) } else { view.head(seq).map(Some) }
        });
        head.map_err(fault::of_disk)?.map_err(|why| fault::damaged(seq.0, why))
    }

    /// The place of an event.
    pub(crate) fn place_of(&self, id: EventId) -> Result<Option<Seq>, StoreError> {
        for segment in self.shared.list().iter().rev() {
            if let Some(event) = segment.index.find_id(id).map_err(fault::of_disk)? {
                return Ok(Some(Seq(segment.first().event + u64::from(event))));
            }
        }
        Ok(None)
    }

    /// See [`Ledger::span`](crate::Ledger::span).
    pub(crate) fn span(&self) -> LogSpan {
        let list = self.shared.list();
        let first = list.first().map_or(1, |oldest| oldest.first().event);
        let head = list.last().map_or(0, |active| active.events_end() - 1);
        LogSpan { first: Seq(first), head: Seq(head), bytes: list.iter().map(disk_bytes).sum() }
    }

    /// Its files, each with the number of bytes that are final: a copy of them up to there opens as a log. All that was visible
    /// when this was asked is in them. Segments may be dropped while they are copied: those are the oldest, and a copy
    /// without them opens all the same.
    pub(crate) fn files(&self) -> Vec<(PathBuf, u64)> {
        let mut files = Vec::new();
        for segment in self.shared.list().iter() {
            files.push((segment.file.path.clone(), segment.file.settled()));
            if let Some(bytes) = index_bytes(segment) {
                files.push((index_path(&segment.file.path), bytes));
            }
        }
        files.extend(journal::file(&self.shared.directory));
        files
    }
}

/// Where the record of an event stands.
pub(super) fn offset_of(segment: &Segment, event: u32) -> Result<u32, StoreError> {
    let offsets = segment.index.offsets(event..event + 1).map_err(fault::of_disk)?;
    Ok(offsets.first().copied().unwrap_or(LOST))
}

/// Where the records of these events stand, which are in ascending order.
pub(super) fn offsets_of(segment: &Segment, events: &[u32]) -> Result<Vec<u32>, StoreError> {
    let mut offsets = Vec::with_capacity(events.len());
    for run in events.chunk_by(|one, next| *next == one + 1) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        offsets.extend(segment.index.offsets(*first..last + 1).map_err(fault::of_disk)?);
    }
    Ok(offsets)
}

/// Bytes of the index's file, if there is one.
fn index_bytes(segment: &Segment) -> Option<u64> {
    let path = index_path(&segment.file.path);
    segment.is_sealed.then(|| path.metadata().ok()).flatten().map(|found| found.len())
}

/// Bytes that a segment takes on the disk.
pub(super) fn disk_bytes(segment: &Segment) -> u64 {
    segment.file.settled() + index_bytes(segment).unwrap_or(0)
}

/// Events that are being gathered.
struct Batch {
    events: Vec<Arc<LoggedEvent>>,
    bytes: usize,
    limit: usize,
    bytes_max: usize,
}

impl Batch {
    fn room(&self) -> usize {
        self.limit - self.events.len()
    }

    /// Adds an event, unless it is the one too many; an erased one takes no room.
    fn add(&mut self, event: Option<Arc<LoggedEvent>>) -> bool {
        let Some(event) = event else { return true };
        self.bytes += event.weight_bytes();
        if self.bytes > self.bytes_max && !self.events.is_empty() {
            return false;
        }
        self.events.push(event);
        true
    }
}
