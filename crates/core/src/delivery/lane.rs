//! The lane: which events of one endpoint may be sent now.
//!
//! A lane is a cursor into the log, a window of deliveries in flight, and a few deliveries known by name.
//!
//! - Everything up to the **cursor** is settled, except what is known by name.
//! - Known **by name** are deliveries that wait for a retry, and those held behind one of them because they share
//!   its subject. Names are bounded: a lane that knows too many takes no further event.
//! - What is finished ahead of the cursor is remembered until the cursor has passed it.
//!
//! The machine is pure: it is offered events and told outcomes, and says what may be sent and what must be stored.
//! After a crash [`Lane::restore`] continues from what was stored; deliveries whose end was not stored are sent again.
//!
//! **Invariants.** Of one subject at most one delivery is in flight, and always the earliest unfinished one. No more come
//! to be in flight than there may be; where that becomes less, those that are remain. The cursor never passes an unfinished delivery that has no name.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use sha2::{Digest as _, Sha256};

use super::{Ordering, Progress};
use crate::commerce::Subject;
use crate::{Seq, ShopId, Timestamp};

/// Stands for a subject of a shop. Different subjects with the same key only wait for each other needlessly.
pub type SubjectKey = u64;

/// The key of a subject of a shop. Stored with what waits, so it never changes: the first eight bytes, little-endian, of the
/// SHA-256 of the shop's sixteen bytes and the subject's text.
pub fn subject_key(shop: ShopId, subject: &Subject) -> SubjectKey {
    let digest = Sha256::new().chain_update(shop.as_bytes()).chain_update(subject.as_str()).finalize();
    SubjectKey::from_le_bytes(std::array::from_fn(|place| digest[place]))
}

/// How much one lane may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneBounds {
    /// Deliveries in flight, unless one says otherwise ([`Lane::limit`]).
    pub in_flight_max: usize,
    /// Deliveries held behind one that is in flight for the first time.
    pub held_max: usize,
    /// Deliveries known by name.
    pub waiting_max: usize,
}

/// A delivery known by name: as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Its event.
    pub seq: Seq,
    /// Its subject, whatever the ordering: the lane may be taken up with another one.
    pub key: SubjectKey,
    /// When it is to be tried again; `None` for one that only waits for others of its subject.
    pub due: Option<Timestamp>,
    /// How far it has come; `None` before its first attempt.
    pub progress: Option<Progress>,
}

/// The stored form of a lane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneRecord {
    /// Everything up to here is settled or waiting by name.
    pub cursor: Seq,
    /// Finished beyond the cursor.
    pub done: Vec<Seq>,
    /// Known by name, in the order of the log.
    pub waiting: Vec<Waiting>,
}

/// What a lane says to an event it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Send it now.
    Send,
    /// It waits for an earlier one of its subject.
    Held,
    /// It was dealt with before the crash this lane was restored from.
    Known,
    /// No room: offer it again later.
    Full,
}

/// How a delivery that was in flight ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Finished for good: delivered, or given up.
    Finished,
    /// To be tried again.
    Waits {
        /// When.
        due: Timestamp,
        /// Its progress.
        progress: Progress,
    },
}

/// What must be stored since the last time one asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneChanges {
    /// Newly known by name, or known with other values.
    pub wait: Vec<Waiting>,
    /// No longer known by name.
    pub forget: Vec<Seq>,
}

impl LaneChanges {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.wait.is_empty() && self.forget.is_empty()
    }
}

#[derive(Debug, Clone, Copy)]
enum Place {
    InFlight,
    /// Behind an earlier one of its subject.
    Held,
    /// Until its moment.
    Due(Timestamp),
}

#[derive(Debug, Clone, Copy)]
struct Item {
    /// Its subject, as it is stored; where it queues is [`Lane::queue_key`].
    key: SubjectKey,
    place: Place,
    progress: Option<Progress>,
    named: bool,
}

/// The state of one lane.
#[derive(Debug)]
pub struct Lane {
    ordering: Ordering,
    bounds: LaneBounds,
    taken: Seq,
    items: BTreeMap<Seq, Item>,
    in_flight: usize,
    held_unnamed: usize,
    named: usize,
    /// Of every queue key with unfinished deliveries, these in the order of the log (revived ones behind the others);
    /// the first one is never held.
    queues: HashMap<u64, VecDeque<Seq>>,
    due: BTreeSet<(Timestamp, Seq)>,
    /// Unfinished deliveries without a name: the cursor stays before the first of them.
    unnamed: BTreeSet<Seq>,
    done: BTreeSet<Seq>,
    changes: LaneChanges,
}

impl Lane {
    /// Continues from what was stored.
    pub fn restore(record: &LaneRecord, ordering: Ordering, bounds: LaneBounds) -> Self {
        let mut lane = Self {
            ordering,
            bounds,
            taken: record.cursor,
            items: BTreeMap::new(),
            in_flight: 0,
            held_unnamed: 0,
            named: 0,
            queues: HashMap::new(),
            due: BTreeSet::new(),
            unnamed: BTreeSet::new(),
            done: record.done.iter().copied().filter(|seq| *seq > record.cursor).collect(),
            changes: LaneChanges::default(),
        };
        for waiting in &record.waiting {
            lane.restore_waiting(waiting);
        }
        lane
    }

    fn restore_waiting(&mut self, waiting: &Waiting) {
        let queue = self.queues.entry(self.queue_key(waiting.seq, waiting.key)).or_default();
        queue.push_back(waiting.seq);
        let is_first = queue.len() == 1;
        let place = match waiting.due {
            _ if !is_first => Place::Held,
            // A first one without a moment was about to be sent when the process ended.
            due => Place::Due(due.unwrap_or(Timestamp::EPOCH)),
        };
        if let Place::Due(at) = place {
            self.due.insert((at, waiting.seq));
        }
        let Waiting { key, progress, .. } = *waiting;
        self.items.insert(waiting.seq, Item { key, place, progress, named: true });
        self.named += 1;
    }

    /// Deliveries with the same queue key wait for each other: those of one subject, and without an order nobody.
    const fn queue_key(&self, seq: Seq, key: SubjectKey) -> u64 {
        match self.ordering {
            Ordering::Subject => key,
            Ordering::None => seq.0,
        }
    }

    /// Up to where events have been offered or skipped.
    pub const fn taken(&self) -> Seq {
        self.taken
    }

    /// Everything up to `seq` has been looked at and does not concern this lane.
    pub fn skip_to(&mut self, seq: Seq) {
        self.taken = self.taken.max(seq);
    }

    /// Offers the next event that concerns this lane.
    pub fn offer(&mut self, seq: Seq, key: SubjectKey) -> Offer {
        if seq <= self.taken || self.done.contains(&seq) || self.items.contains_key(&seq) {
            self.skip_to(seq);
            return Offer::Known;
        }
        let first = self
            .queues
            .get(&self.queue_key(seq, key))
            .and_then(|queue| queue.front())
            .map(|first| self.items[first]);
        let offer = match first {
            _ if self.named >= self.bounds.waiting_max => Offer::Full,
            None if self.in_flight >= self.bounds.in_flight_max => Offer::Full,
            None => Offer::Send,
            Some(first) if !first.named && self.held_unnamed >= self.bounds.held_max => Offer::Full,
            Some(_) => Offer::Held,
        };
        if offer != Offer::Full {
            self.take(seq, key, offer, first.is_some_and(|first| first.named));
        }
        offer
    }

    /// The next event can't be sent to anybody: it is finished without having been in flight. Answers whether that is news,
    /// and not about one that was dealt with before or is known by name.
    pub fn pass_over(&mut self, seq: Seq) -> bool {
        let is_news = seq > self.taken && !self.items.contains_key(&seq) && self.done.insert(seq);
        self.skip_to(seq);
        is_news
    }

    fn take(&mut self, seq: Seq, key: SubjectKey, offer: Offer, named: bool) {
        self.taken = seq;
        self.queues.entry(self.queue_key(seq, key)).or_default().push_back(seq);
        let place = if offer == Offer::Send { Place::InFlight } else { Place::Held };
        self.items.insert(seq, Item { key, place, progress: None, named: false });
        self.unnamed.insert(seq);
        match place {
            Place::InFlight => self.in_flight += 1,
            _ => self.held_unnamed += 1,
        }
        if named {
            self.name(seq);
        }
    }

    /// Makes a delivery known by name, so that the cursor may pass it.
    fn name(&mut self, seq: Seq) {
        let item = self.items.get_mut(&seq).expect("only unfinished deliveries are named");
        if !item.named {
            item.named = true;
            self.named += 1;
            self.unnamed.remove(&seq);
            if matches!(item.place, Place::Held) {
                self.held_unnamed -= 1;
            }
        }
        self.store(seq);
    }

    fn store(&mut self, seq: Seq) {
        let item = self.items[&seq];
        let due = match item.place {
            Place::Due(at) => Some(at),
            Place::Held | Place::InFlight => None,
        };
        self.changes.wait.push(Waiting { seq, key: item.key, due, progress: item.progress });
    }

    /// A delivery that had been given up waits again, behind whatever of its subject is unfinished. That it waits is already
    /// stored.
    pub fn revive(&mut self, waiting: &Waiting) {
        if !self.items.contains_key(&waiting.seq) {
            self.done.remove(&waiting.seq);
            self.restore_waiting(waiting);
        }
    }

    /// So many may be in flight from now on.
    pub const fn limit(&mut self, in_flight_max: usize) {
        self.bounds.in_flight_max = in_flight_max;
    }

    /// The deliveries whose moment has come and for which there is room; they are in flight from now on.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Seq> {
        let mut woken = Vec::new();
        while self.in_flight < self.bounds.in_flight_max
            && let Some(&(at, seq)) = self.due.first()
            && at <= now
        {
            self.due.pop_first();
            self.items.get_mut(&seq).expect("what is due is unfinished").place = Place::InFlight;
            self.in_flight += 1;
            woken.push(seq);
        }
        woken
    }

    /// When [`wake`](Self::wake) is next worth calling; `None` while there is no room or nothing waits.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.in_flight >= self.bounds.in_flight_max {
            return None;
        }
        self.due.first().map(|(at, _)| *at)
    }

    /// The progress of a delivery, once it has made an attempt.
    pub fn progress(&self, seq: Seq) -> Option<Progress> {
        self.items.get(&seq).and_then(|item| item.progress)
    }

    /// When the first of those that wait for a moment is due, whether or not there is room for it.
    pub fn first_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Tells how a delivery that was in flight ended. The answer is the next one of its subject, to be sent now; if there is
    /// no room for it, it is woken as soon as there is.
    pub fn settle(&mut self, seq: Seq, settled: Settled) -> Option<Seq> {
        self.in_flight -= 1;
        match settled {
            Settled::Waits { due, progress } => {
                let item = self.items.get_mut(&seq).expect("only what is in flight is settled");
                item.place = Place::Due(due);
                item.progress = Some(progress);
                self.due.insert((due, seq));
                self.name(seq);
                self.name_followers(seq);
                None
            }
            Settled::Finished => self.finish(seq),
        }
    }

    /// A delivery that was in flight has not begun: it waits for room as before. Nothing is to be stored for it.
    pub fn give_back(&mut self, seq: Seq) {
        self.in_flight -= 1;
        self.items.get_mut(&seq).expect("only what is in flight is given back").place =
            Place::Due(Timestamp::EPOCH);
        self.due.insert((Timestamp::EPOCH, seq));
    }

    fn name_followers(&mut self, seq: Seq) {
        let queue = &self.queues[&self.queue_key(seq, self.items[&seq].key)];
        let unnamed: Vec<Seq> = queue.iter().copied().filter(|other| !self.items[other].named).collect();
        for follower in unnamed {
            self.name(follower);
        }
    }

    fn finish(&mut self, seq: Seq) -> Option<Seq> {
        let item = self.items.remove(&seq).expect("only what is in flight is settled");
        if item.named {
            self.named -= 1;
            self.changes.forget.push(seq);
        }
        self.unnamed.remove(&seq);
        self.done.insert(seq);
        let queue_key = self.queue_key(seq, item.key);
        let queue = self.queues.get_mut(&queue_key).expect("an unfinished delivery stands in its queue");
        queue.pop_front();
        let Some(&next) = queue.front() else {
            self.queues.remove(&queue_key);
            return None;
        };
        let has_room = self.in_flight < self.bounds.in_flight_max;
        let follower = self.items.get_mut(&next).expect("what stands in a queue is unfinished");
        follower.place = if has_room { Place::InFlight } else { Place::Due(Timestamp::EPOCH) };
        if !follower.named {
            self.held_unnamed -= 1;
        }
        if !has_room {
            self.due.insert((Timestamp::EPOCH, next));
            return None;
        }
        self.in_flight += 1;
        Some(next)
    }

    /// Everything up to here is settled or known by name.
    pub fn cursor(&self) -> Seq {
        match self.unnamed.first() {
            Some(first) => Seq(first.0 - 1),
            None => self.taken,
        }
    }

    /// Whether names have changed since [`changes`](Self::changes) was last called.
    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// What must be stored now: the cursor with what is finished beyond it, and the changes since the last call.
    pub fn changes(&mut self) -> (Seq, Vec<Seq>, LaneChanges) {
        let cursor = self.cursor();
        self.done = self.done.split_off(&cursor.next());
        (cursor, self.done.iter().copied().collect(), std::mem::take(&mut self.changes))
    }

    /// Deliveries in flight.
    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Deliveries known by name.
    #[cfg(test)]
    const fn waiting(&self) -> usize {
        self.named
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
