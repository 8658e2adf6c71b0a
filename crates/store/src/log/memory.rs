//! The index of a segment in memory. About 80 bytes an event with a key, and 24 an attempt.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use shopwire_core::{EndpointId, EventId, Timestamp};

use super::DedupKey;
use super::attempt::AttemptMark;
use super::event::EventMark;
use super::index::{AttemptRow, Index, LOST};

/// Keys are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(hash) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*hash);
        }
    }

    fn write_usize(&mut self, _: usize) {
        // The length of a key, which is always the same.
    }
}

/// A map by keys that are spread evenly.
pub(super) type ByKey<V> = HashMap<DedupKey, V, BuildHasherDefault<AsItIs>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventRow {
    pub(super) offset: u32,
    pub(super) id: EventId,
    pub(super) subject: u64,
}

/// Everything that is known of a segment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct MemoryIndex {
    pub(super) events: Vec<EventRow>,
    pub(super) keys: ByKey<u32>,
    pub(super) received: Option<(Timestamp, Timestamp)>,
    pub(super) attempts: Vec<AttemptRow>,
    pub(super) endpoints: Vec<EndpointId>,
    numbers: HashMap<EndpointId, u32>,
    /// The last attempt of each delivery of which there is one that is not its first.
    pub(super) repeats: HashMap<(u64, u32), u32>,
}

impl MemoryIndex {
    /// With room for as many keys as the former segment had, since making room takes long.
    pub(super) fn like(former: &Self) -> Self {
        let keys = ByKey::with_capacity_and_hasher(former.keys.len(), BuildHasherDefault::default());
        Self { keys, ..Self::default() }
    }

    pub(super) fn push_event(&mut self, offset: u32, mark: &EventMark) {
        let place = self.events.len() as u32;
        if let Some(key) = mark.key {
            self.keys.insert(key, place);
        }
        let at = mark.received_at;
        let (first, last) = self.received.unwrap_or((at, at));
        self.received = Some((first.min(at), last.max(at)));
        self.events.push(EventRow { offset, id: mark.id, subject: mark.subject });
    }

    /// An event of which nothing is known, but perhaps where it stood.
    pub(super) fn push_damaged_event(&mut self, offset: u32) {
        self.events.push(EventRow { offset, id: EventId::from_bytes([0; 16]), subject: 0 });
    }

    pub(super) fn push_attempt(&mut self, offset: u32, mark: &AttemptMark) {
        let AttemptMark { endpoint, seq, number, outcome } = *mark;
        let endpoint = *self.numbers.entry(endpoint).or_insert_with(|| {
            self.endpoints.push(endpoint);
            self.endpoints.len() as u32 - 1
        });
        if number > 1 {
            self.repeats.insert((seq, endpoint), self.attempts.len() as u32);
        }
        self.attempts.push(AttemptRow { seq, offset, endpoint, number, outcome });
    }

    /// An attempt of which nothing is known, but perhaps where it stood.
    pub(super) fn push_damaged_attempt(&mut self, offset: u32) {
        let row = AttemptRow { seq: 0, offset, endpoint: u32::MAX, number: 0, outcome: 0 };
        self.attempts.push(row);
    }

    /// Fills up to so many events and attempts with such that can't be found.
    pub(super) fn pad(&mut self, events: usize, attempts: usize) {
        while self.events.len() < events {
            self.push_damaged_event(LOST);
        }
        while self.attempts.len() < attempts {
            self.push_damaged_attempt(LOST);
        }
    }
}

/// The active segment's index: one thread adds, many ask.
pub(super) type Shared = RwLock<MemoryIndex>;

fn read(shared: &Shared) -> RwLockReadGuard<'_, MemoryIndex> {
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

fn range(range: Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

fn places<T>(rows: &[T], is_it: impl Fn(&T) -> bool) -> Vec<u32> {
    (0..).zip(rows).filter(|(_, row)| is_it(row)).map(|(place, _)| place).collect()
}

impl Index for Shared {
    fn events(&self) -> u32 {
        read(self).events.len() as u32
    }

    fn attempts(&self) -> u32 {
        read(self).attempts.len() as u32
    }

    fn received(&self) -> Option<(Timestamp, Timestamp)> {
        read(self).received
    }

    fn offsets(&self, events: Range<u32>) -> io::Result<Vec<u32>> {
        Ok(read(self).events[range(events)].iter().map(|row| row.offset).collect())
    }

    fn id(&self, event: u32) -> io::Result<EventId> {
        Ok(read(self).events[event as usize].id)
    }

    /// Looks at all: it is asked for seldom, and a tenth of a millisecond is less than a map costs all appends.
    fn find_id(&self, id: EventId) -> io::Result<Option<u32>> {
        Ok(read(self).events.iter().rposition(|row| row.id == id).map(|place| place as u32))
    }

    fn find_key(&self, key: &DedupKey) -> io::Result<Option<u32>> {
        Ok(read(self).keys.get(key).copied())
    }

    fn about(&self, subject: u64) -> io::Result<Vec<u32>> {
        Ok(places(&read(self).events, |row| row.subject == subject))
    }

    fn forget(&self, offsets: &[u32]) -> bool {
        let mut index = self.write().unwrap_or_else(PoisonError::into_inner);
        for row in index.events.iter_mut().filter(|row| offsets.binary_search(&row.offset).is_ok()) {
            row.subject = 0;
        }
        true
    }

    fn rows(&self, attempts: Range<u32>) -> io::Result<Vec<AttemptRow>> {
        Ok(read(self).attempts[range(attempts)].to_vec())
    }

    fn attempts_of(&self, seq: u64) -> io::Result<Vec<u32>> {
        Ok(places(&read(self).attempts, |row| row.seq == seq))
    }

    fn last_repeat(&self, seq: u64, endpoint: EndpointId) -> io::Result<Option<u32>> {
        let index = read(self);
        let number = index.numbers.get(&endpoint);
        Ok(number.and_then(|number| index.repeats.get(&(seq, *number)).copied()))
    }

    fn endpoint(&self, number: u32) -> io::Result<Option<EndpointId>> {
        Ok(read(self).endpoints.get(number as usize).copied())
    }

    fn endpoint_number(&self, endpoint: EndpointId) -> io::Result<Option<u32>> {
        Ok(read(self).numbers.get(&endpoint).copied())
    }
}
