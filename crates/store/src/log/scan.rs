//! Going through a segment from its beginning: how its index comes about again.

use std::collections::HashMap;
use std::io;

use shopwire_core::EndpointId;

use super::attempt::{self, AttemptMark};
use super::damage;
use super::event::EventView;
use super::file::{First, MAGIC, SegmentFile};
use super::group::{Group, HEADER};
use super::index::LOST;
use super::lane::{self, LaneMark};
use super::memory::MemoryIndex;
use super::record::{self, FRAME, Kind};
use super::window::Window;

/// What was found in a segment.
#[derive(Default)]
pub(super) struct Scanned {
    pub(super) index: MemoryIndex,
    /// The newest update of each endpoint.
    pub(super) lanes: HashMap<EndpointId, LaneMark>,
    /// Where the last whole group ends.
    pub(super) end: u64,
    /// Records and headers that can't be read.
    pub(super) damaged: u64,
    /// Whether the transactions that are known are older than what stands here.
    pub(super) is_ahead: bool,
    /// Where a group stands behind the end: what is between was synced, and has been spoiled since.
    pub(super) behind: Option<u64>,
}

/// What a scan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To go on writing behind it: a group at the end that is not whole was never synced, and ends the scan, as does a
    /// group whose stamp is beyond what was committed.
    GoOn {
        /// The stamp of the last transaction that was committed.
        committed_stamp: u64,
    },
    /// To read it only: what is there is there, and if it can't be read, that is damage.
    ReadOnly,
}

/// Goes through a segment.
pub(super) fn scan(file: &SegmentFile, purpose: Purpose) -> io::Result<Scanned> {
    let mut scanned = Scanned { end: MAGIC.len() as u64, ..Scanned::default() };
    let mut window = Window::new(file);
    let length = file.len()?;
    // What is being written behind that is not looked at.
    while scanned.end < file.settled() {
        let Some(group) = scanned.next_group(file, &mut window)? else { break };
        if group.end() > length && matches!(purpose, Purpose::GoOn { .. }) {
            break;
        }
        let records = window.bytes(scanned.end + HEADER as u64, group.bytes as usize)?;
        if let Purpose::GoOn { committed_stamp } = purpose {
            let is_torn = group.end() == length && tally(records).is_none();
            // Only the last group can have waited for its transaction.
            let is_unsettled = group.stamp > committed_stamp;
            scanned.is_ahead = is_unsettled && (group.stamp != committed_stamp + 1 || group.end() < length);
            if is_torn || is_unsettled {
                break;
            }
        }
        scanned.add(&group, records);
    }
    Ok(scanned)
}

/// How many events and attempts a group's records are; `None` if not all of them can be read.
fn tally(mut records: &[u8]) -> Option<(u64, u64)> {
    let (mut events, mut attempts) = (0, 0);
    while !records.is_empty() {
        let (record, rest) = records.split_at_checked(record::length(records)?)?;
        match record::open(record).ok()?.0 {
            Kind::Event | Kind::ErasedEvent => events += 1,
            Kind::Attempt | Kind::ErasedAttempt => attempts += 1,
            Kind::Lane => {}
        }
        records = rest;
    }
    Some((events, attempts))
}

impl Scanned {
    /// The places behind what was found.
    pub(super) fn places_end(&self, first: First) -> First {
        First {
            event: first.event + self.index.events.len() as u64,
            attempt: first.attempt + self.index.attempts.len() as u64,
        }
    }

    /// The group that comes next; `None` if nothing more can be understood.
    fn next_group(&mut self, file: &SegmentFile, window: &mut Window<'_>) -> io::Result<Option<Group>> {
        let next = self.places_end(file.first);
        match Group::decode(window.bytes(self.end, HEADER)?, self.end) {
            Some(group) if group.first() == next => return Ok(Some(group)),
            // Whole, and still not what should be there: no crash leaves that.
            Some(_) => self.behind = Some(self.end),
            None => {
                let Some(behind) = damage::header_behind(window, self.end, next)? else { return Ok(None) };
                if let Some(group) = self.group_before(&behind, next, window)? {
                    self.damaged += 1;
                    return Ok(Some(group));
                }
                self.behind = Some(u64::from(behind.at));
            }
        }
        Ok(None)
    }

    /// The group whose header can't be read, as its records and the header behind it tell; `None` if these don't agree.
    fn group_before(
        &self,
        behind: &Group,
        next: First,
        window: &mut Window<'_>,
    ) -> io::Result<Option<Group>> {
        let start = self.end + HEADER as u64;
        let Some(bytes) = u64::from(behind.at).checked_sub(start) else { return Ok(None) };
        let records = window.bytes(start, bytes as usize)?;
        let Some((events, attempts)) = tally(records) else { return Ok(None) };
        let end = First { event: next.event + events, attempt: next.attempt + attempts };
        Ok((end == behind.first()).then_some(Group {
            at: self.end as u32,
            bytes: bytes as u32,
            events: events as u32,
            attempts: attempts as u32,
            first_event: next.event,
            first_attempt: next.attempt,
            // The next group was written only once this one was settled.
            stamp: 0,
        }))
    }

    fn add(&mut self, group: &Group, records: &[u8]) {
        let events = self.index.events.len() + group.events as usize;
        let attempts = self.index.attempts.len() + group.attempts as usize;
        let mut at = group.at + HEADER as u32;
        let mut rest = records;
        while !rest.is_empty() {
            let record = record::length(rest).and_then(|length| rest.split_at_checked(length));
            let Some((record, behind)) = record else {
                self.damaged += 1;
                break;
            };
            self.add_record(at, record, events, attempts);
            at += record.len() as u32;
            rest = behind;
        }
        self.index.pad(events, attempts);
        self.end = group.end();
    }

    /// Adds one record of a group after which there will be so many events and attempts.
    fn add_record(&mut self, at: u32, record: &[u8], events: usize, attempts: usize) {
        let added = match record::open(record) {
            Ok((Kind::Event | Kind::ErasedEvent, _)) => {
                EventView::open(record).map(|view| self.index.push_event(at, &view.mark))
            }
            Ok((kind @ (Kind::Attempt | Kind::ErasedAttempt), rest)) => {
                attempt::read(kind, rest).map(|(endpoint, attempt)| {
                    self.index.push_attempt(at, &AttemptMark::new(endpoint, &attempt));
                })
            }
            Ok((Kind::Lane, rest)) => lane::read(rest).map(|lane| self.note(lane)),
            Err(why) => Err(why),
        };
        if added.is_err() {
            self.damaged += 1;
            match Kind::of(record[FRAME]) {
                Some(Kind::Event | Kind::ErasedEvent) if self.index.events.len() < events => {
                    self.index.push_damaged_event(at);
                }
                Some(Kind::Attempt | Kind::ErasedAttempt) if self.index.attempts.len() < attempts => {
                    self.index.push_damaged_attempt(at);
                }
                // A lane's, or what it was can't be told: then it is among those that are missing in the end.
                _ => {}
            }
        }
    }

    /// A lane never goes back.
    fn note(&mut self, lane: LaneMark) {
        match self.lanes.get_mut(&lane.endpoint) {
            Some(known) if known.cursor > lane.cursor => {}
            Some(known) => *known = lane,
            None => {
                self.lanes.insert(lane.endpoint, lane);
            }
        }
    }

    /// Fills up to where the next segment begins, if the scan ended before the file did: events behind damage can't be
    /// found any more.
    pub(super) fn pad_to(&mut self, first: First, next: First, length: u64) {
        if self.end >= length {
            return;
        }
        self.damaged += 1;
        let missing = |from: u64, to: u64| usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let events = missing(first.event, next.event);
        let attempts = missing(first.attempt, next.attempt);
        if events.max(attempts) < LOST as usize {
            self.index.pad(events, attempts);
        }
    }
}
