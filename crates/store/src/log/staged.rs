//! What is put and not yet committed: the bytes of the next group, and what will be known of it.

use std::sync::PoisonError;

use shopwire_core::EventId;

use super::attempt::AttemptMark;
use super::event::EventMark;
use super::file::{First, SegmentFile};
use super::group::{Group, HEADER};
use super::index::LOST;
use super::memory::{self, ByKey, MemoryIndex};
use super::{DedupKey, EncodedEvent, EncodedUpdate};
use crate::StoreError;

/// A buffer that has become larger than this for one group is not kept.
const BUFFER_BYTES_MAX: usize = 4 << 20;
/// More than a group may have, so that offsets in a segment fit into 32 bits.
const GROUP_BYTES_MAX: usize = 1 << 30;

/// The group that is being gathered.
pub(super) struct Staged {
    /// Where its places begin.
    next: First,
    /// Room for the header, then the records.
    bytes: Vec<u8>,
    events: Vec<(u32, EventMark)>,
    attempts: Vec<(u32, AttemptMark)>,
    keys: ByKey<u64>,
}

impl Staged {
    /// What is put behind what is in a segment.
    pub(super) fn behind(file: &SegmentFile, index: &memory::Shared) -> Self {
        let index = index.read().unwrap_or_else(PoisonError::into_inner);
        let next = First {
            event: file.first.event + index.events.len() as u64,
            attempt: file.first.attempt + index.attempts.len() as u64,
        };
        Self {
            next,
            bytes: vec![0; HEADER],
            events: Vec::new(),
            attempts: Vec::new(),
            keys: ByKey::default(),
        }
    }

    /// Puts an event; answers its place.
    pub(super) fn put(&mut self, event: &EncodedEvent) -> u64 {
        let seq = self.next_event();
        if let Some(key) = event.mark.key {
            self.keys.insert(key, seq);
        }
        self.events.push((self.bytes.len() as u32, event.mark));
        self.bytes.extend_from_slice(&event.bytes);
        seq
    }

    pub(super) fn put_update(&mut self, update: &EncodedUpdate) {
        let start = self.bytes.len() as u32;
        self.attempts
            .extend(update.attempts.iter().map(|(within, mark)| (start.wrapping_add(*within), *mark)));
        self.bytes.extend_from_slice(&update.bytes);
    }

    /// The place that the next event gets.
    pub(super) fn next_event(&self) -> u64 {
        self.next.event + self.events.len() as u64
    }

    /// Where the places behind it begin.
    pub(super) fn next_first(&self) -> First {
        First { event: self.next_event(), attempt: self.next.attempt + self.attempts.len() as u64 }
    }

    pub(super) fn find(&self, key: &DedupKey) -> Option<u64> {
        self.keys.get(key).copied()
    }

    pub(super) fn event_id(&self, seq: u64) -> Option<EventId> {
        let number = usize::try_from(seq.checked_sub(self.next.event)?).ok()?;
        self.events.get(number).map(|(_, mark)| mark.id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER
    }

    /// Bytes of the group.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The bytes of the whole group, as they are to stand at `at`.
    pub(super) fn finish(&mut self, at: u64, stamp: u64) -> Result<&[u8], StoreError> {
        let too_long =
            || StoreError::Full(format!("{} bytes are too many to be committed together", self.bytes.len()));
        if self.bytes.len() > GROUP_BYTES_MAX || at + self.bytes() >= u64::from(LOST) {
            return Err(too_long());
        }
        let group = Group {
            at: u32::try_from(at).map_err(|_| too_long())?,
            bytes: (self.bytes.len() - HEADER) as u32,
            events: self.events.len() as u32,
            attempts: self.attempts.len() as u32,
            first_event: self.next.event,
            first_attempt: self.next.attempt,
            stamp,
        };
        self.bytes[..HEADER].copy_from_slice(&group.encode());
        Ok(&self.bytes)
    }

    /// Tells the index of what stands at `at` now, and begins the next group.
    pub(super) fn publish(&mut self, at: u64, index: &mut MemoryIndex) {
        let at = at as u32;
        for (within, mark) in &self.events {
            index.push_event(at + within, mark);
        }
        for (within, mark) in &self.attempts {
            index.push_attempt(at + within, mark);
        }
        self.next = self.next_first();
        self.clear();
    }

    /// Forgets what was put.
    pub(super) fn clear(&mut self) {
        self.bytes.truncate(HEADER);
        self.bytes.shrink_to(BUFFER_BYTES_MAX);
        self.events.clear();
        self.attempts.clear();
        self.keys.clear();
    }
}
