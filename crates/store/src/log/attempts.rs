//! Finding attempts: newest first for people, oldest first for who counts them.
//!
//! An attempt is superseded if a later one of the same delivery is known. The numbers of a delivery's attempts go on, so
//! that only an attempt that is not the first can supersede another: these alone are looked for, and segments without any are
//! passed over by a look into their filter.

use shopwire_core::{EndpointId, Seq};

use super::attempt;
use super::attempt::outcome_named;
use super::fault;
use super::index::AttemptRow;
use super::paging::{Filling, Rows};
use super::reader::LogReader;
use super::segments::Segment;
use super::window::Window;
use crate::{AttemptFilter, AttemptPlace, AttemptWalk, Page, PageRequest, StoreError, StoredAttempt};

/// Attempts that are walked over together.
const STEP: u32 = 1024;

/// What is looked for within one segment.
#[derive(Clone, Copy)]
struct Wanted {
    endpoint: Option<u32>,
    outcome: Option<u8>,
    latest: bool,
}

impl LogReader {
    /// See [`Ledger::attempts`](crate::Ledger::attempts). Attempts of events that are gone, and such as can't be read, are left
    /// out.
    pub(crate) fn attempts(
        &self,
        filter: &AttemptFilter,
        page: PageRequest,
    ) -> Result<Page<StoredAttempt>, StoreError> {
        let mut filling = Filling::new(page);
        let outcome = match filter.outcome.as_deref().map(outcome_named) {
            Some(None) => return Ok(filling.ended()),
            known => known.flatten(),
        };
        let list = self.shared.list();
        let before = page.before.unwrap_or(u64::MAX);
        for place in (0..list.len()).rev() {
            let segment = &list[place];
            let Some(mut rows) = rows(segment, filter, before)? else { continue };
            let Some(endpoint) = endpoint_in(segment, filter)? else { continue };
            let wanted = Wanted { endpoint, outcome, latest: filter.latest };
            while !rows.is_empty() {
                if !filling.has_room() {
                    return Ok(filling.unfinished());
                }
                let step = rows.take_last(filling.step());
                if !self.fill(&list[place..], &step, wanted, &mut filling)? {
                    return Ok(filling.unfinished());
                }
            }
        }
        Ok(filling.ended())
    }

    /// Looks at these attempts of the first of the segments, the last one first; answers whether all were looked at.
    fn fill(
        &self,
        segments: &[Segment],
        attempts: &[u32],
        wanted: Wanted,
        filling: &mut Filling<StoredAttempt>,
    ) -> Result<bool, StoreError> {
        let segment = &segments[0];
        let mut window = Window::new(&segment.file);
        for (number, row) in rows_of(segment, attempts)?.into_iter().rev() {
            if !filling.has_room() {
                return Ok(false);
            }
            let is_wanted = row.outcome != 0
                && wanted.endpoint.is_none_or(|endpoint| row.endpoint == endpoint)
                && wanted.outcome.is_none_or(|outcome| row.outcome == outcome);
            let item = if is_wanted {
                let superseded = is_superseded(segments, number, &row)?;
                let is_left_out = wanted.latest && superseded;
                if is_left_out { None } else { self.stored(segment, &mut window, &row, superseded)? }
            } else {
                None
            };
            filling.look(segment.first().attempt + u64::from(number), item);
        }
        Ok(true)
    }

    /// The whole attempt; `None` if it can't be read or its event is gone.
    fn stored(
        &self,
        segment: &Segment,
        window: &mut Window<'_>,
        row: &AttemptRow,
        superseded: bool,
    ) -> Result<Option<StoredAttempt>, StoreError> {
        let Some(event) = self.event_id(Seq(row.seq))? else { return Ok(None) };
        let read =
            self.record(segment, window, row.offset, |record| attempt::open(record).map_err(str::to_owned));
        let read = read.map_err(fault::of_disk)?.ok();
        Ok(read.map(|(endpoint, attempt)| StoredAttempt { event, endpoint, attempt, superseded }))
    }

    /// The number of the last attempt of a delivery; 0 if none is known.
    pub(crate) fn last_attempt_number(&self, endpoint: EndpointId, seq: Seq) -> Result<u32, StoreError> {
        for segment in self.shared.list().iter().rev() {
            let attempts = segment.index.attempts_of(seq.0).map_err(fault::of_disk)?;
            if attempts.is_empty() {
                continue;
            }
            let Some(endpoint) = segment.index.endpoint_number(endpoint).map_err(fault::of_disk)? else {
                continue;
            };
            let rows = rows_of(segment, &attempts)?.into_iter().map(|(_, row)| row);
            if let Some(last) = rows.filter(|row| row.endpoint == endpoint).map(|row| row.number).max() {
                return Ok(last);
            }
        }
        Ok(0)
    }

    /// See [`Ledger::walk_attempts`](crate::Ledger::walk_attempts).
    pub(crate) fn walk_attempts(&self, after: AttemptPlace, limit: usize) -> Result<AttemptWalk, StoreError> {
        let limit = limit.max(1);
        let mut walk = AttemptWalk::default();
        let Some(mut next) = after.0.checked_add(1) else { return Ok(walk) };
        let list = self.shared.list();
        for segment in list.iter().filter(|segment| segment.attempts_end() > after.0) {
            let first = segment.first().attempt;
            next = next.max(first);
            let mut window = Window::new(&segment.file);
            while next < segment.attempts_end() {
                let from = u32::try_from(next - first).unwrap_or(u32::MAX);
                let upto = from.saturating_add(STEP).min(segment.index.attempts());
                for row in segment.index.rows(from..upto).map_err(fault::of_disk)? {
                    if walk.attempts.len() >= limit {
                        walk.next = Some(AttemptPlace(next - 1));
                        return Ok(walk);
                    }
                    walk.attempts.extend(self.stored(segment, &mut window, &row, false)?);
                    next += 1;
                }
            }
        }
        Ok(walk)
    }
}

/// The attempts of a segment before a place that come into question; `None` if there are none.
fn rows(segment: &Segment, filter: &AttemptFilter, before: u64) -> Result<Option<Rows>, StoreError> {
    let Some(end) = before.checked_sub(segment.first().attempt).filter(|end| *end > 0) else {
        return Ok(None);
    };
    let mut rows = match filter.event {
        Some(seq) => Rows::Of(segment.index.attempts_of(seq.0).map_err(fault::of_disk)?),
        None => Rows::Below(segment.index.attempts()),
    };
    rows.cut(u32::try_from(end).unwrap_or(u32::MAX));
    Ok(Some(rows))
}

/// The number that the wanted endpoint has in a segment, if one is wanted; `None` if no attempt in it was made to it.
fn endpoint_in(segment: &Segment, filter: &AttemptFilter) -> Result<Option<Option<u32>>, StoreError> {
    let Some(endpoint) = filter.endpoint else { return Ok(Some(None)) };
    Ok(segment.index.endpoint_number(endpoint).map_err(fault::of_disk)?.map(Some))
}

/// What is known of these attempts, which are in ascending order.
fn rows_of(segment: &Segment, attempts: &[u32]) -> Result<Vec<(u32, AttemptRow)>, StoreError> {
    let mut rows = Vec::with_capacity(attempts.len());
    for run in attempts.chunk_by(|one, next| *next == one + 1) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let found = segment.index.rows(*first..last + 1).map_err(fault::of_disk)?;
        rows.extend(run.iter().copied().zip(found));
    }
    Ok(rows)
}

/// Whether there is a later attempt of the same delivery than this one of the first of the segments.
fn is_superseded(segments: &[Segment], number: u32, row: &AttemptRow) -> Result<bool, StoreError> {
    let Some(endpoint) = segments[0].index.endpoint(row.endpoint).map_err(fault::of_disk)? else {
        return Ok(false);
    };
    for (place, segment) in segments.iter().enumerate() {
        let last = segment.index.last_repeat(row.seq, endpoint).map_err(fault::of_disk)?;
        if last.is_some_and(|last| place > 0 || last > number) {
            return Ok(true);
        }
    }
    Ok(false)
}
