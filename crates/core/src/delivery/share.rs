//! Sharing a number of places fairly among those who want them.
//!
//! Whoever holds the fewest gets the next one that is free; among equals, who has waited longest since it last got one. So
//! one who wants many gets all that nobody else wants, and gives way as soon as somebody does. The machine is pure: who waits
//! how is the caller's matter.

use std::collections::BTreeMap;

/// Names one of those who share.
pub type ShareId = u64;

#[derive(Debug, Clone, Copy, Default)]
struct Sharer {
    held: usize,
    waiting: usize,
    /// The turn in which it last got a place.
    served: u64,
}

/// So many places, and who holds and wants them.
#[derive(Debug, Clone)]
pub struct Share {
    places: usize,
    held: usize,
    waiting: usize,
    turn: u64,
    sharers: BTreeMap<ShareId, Sharer>,
}

impl Share {
    /// All places free.
    pub const fn new(places: usize) -> Self {
        Self { places, held: 0, waiting: 0, turn: 0, sharers: BTreeMap::new() }
    }

    /// Somebody wants a place. Answers whether it has one now; otherwise it waits for one.
    pub fn take(&mut self, id: ShareId) -> bool {
        let sharer = self.sharers.entry(id).or_default();
        // Whoever waits has not been passed over: places that are free while somebody waits do not exist.
        if self.held < self.places {
            self.turn += 1;
            (sharer.held, sharer.served) = (sharer.held + 1, self.turn);
            self.held += 1;
            return true;
        }
        sharer.waiting += 1;
        self.waiting += 1;
        false
    }

    /// One who waits for a place wants it no longer.
    pub fn leave(&mut self, id: ShareId) {
        if let Some(sharer) = self.sharers.get_mut(&id).filter(|sharer| sharer.waiting > 0) {
            sharer.waiting -= 1;
            self.waiting -= 1;
        }
        self.forget(id);
    }

    /// A place is given back. Answers who, of those who wait, has it now.
    pub fn give_back(&mut self, id: ShareId) -> Option<ShareId> {
        if let Some(sharer) = self.sharers.get_mut(&id).filter(|sharer| sharer.held > 0) {
            sharer.held -= 1;
            self.held -= 1;
        }
        let next = if self.waiting > 0 { self.next() } else { None };
        if let Some(next) = next {
            self.turn += 1;
            let sharer = self.sharers.entry(next).or_default();
            sharer.waiting -= 1;
            (sharer.held, sharer.served) = (sharer.held + 1, self.turn);
            self.waiting -= 1;
            self.held += 1;
        }
        self.forget(id);
        next
    }

    fn next(&self) -> Option<ShareId> {
        let waiting = self.sharers.iter().filter(|(_, sharer)| sharer.waiting > 0);
        waiting.min_by_key(|(_, sharer)| (sharer.held, sharer.served)).map(|(id, _)| *id)
    }

    fn forget(&mut self, id: ShareId) {
        if self.sharers.get(&id).is_some_and(|sharer| sharer.held == 0 && sharer.waiting == 0) {
            self.sharers.remove(&id);
        }
    }

    /// Places that are held.
    #[cfg(test)]
    const fn held(&self) -> usize {
        self.held
    }

    /// Whether nobody holds or wants a place.
    #[cfg(test)]
    fn is_idle(&self) -> bool {
        self.sharers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_wants_many_gets_all_that_nobody_else_wants_and_then_gives_way() {
        let mut share = Share::new(8);
        assert_eq!((0..20).filter(|_| share.take(1)).count(), 8);
        assert_eq!((0..20).filter(|_| share.take(2)).count(), 0);
        // All that comes free goes to the other until both have as many; from then on they take turns.
        let next: Vec<_> = (0..8).map(|n| share.give_back(if n < 4 { 1 } else { 1 + n % 2 })).collect();
        assert_eq!(next[..4], [Some(2); 4]);
        assert_eq!(share.held(), 8);
        assert_eq!(next[4..].iter().filter(|next| **next == Some(1)).count(), 2);
    }

    #[test]
    fn one_who_no_longer_waits_is_passed_over() {
        let mut share = Share::new(1);
        assert!(share.take(1) && !share.take(2) && !share.take(3));
        share.leave(2);
        assert_eq!(share.give_back(1), Some(3));
        assert_eq!((share.give_back(3), share.is_idle()), (None, true));
    }

    #[derive(Debug, Clone, Copy)]
    enum Act {
        Take(ShareId),
        Leave(ShareId),
        GiveBack(ShareId),
    }

    fn act() -> impl Strategy<Value = Act> {
        (0u64..4, 0..6).prop_map(|(id, what)| match what {
            0..=2 => Act::Take(id),
            3 => Act::Leave(id),
            _ => Act::GiveBack(id),
        })
    }

    proptest! {
        /// Against plain counts of who holds and who waits.
        #[test]
        fn no_place_is_lost_or_idle_and_none_is_given_to_one_who_holds_more(
            places in 1usize..6,
            acts in proptest::collection::vec(act(), 0..200),
        ) {
            let mut share = Share::new(places);
            let (mut held, mut waiting) = ([0usize; 4], [0usize; 4]);
            for act in acts {
                match act {
                    Act::Take(id) => {
                        let at = id as usize;
                        if share.take(id) { held[at] += 1 } else { waiting[at] += 1 }
                    }
                    Act::Leave(id) if waiting[id as usize] > 0 => {
                        share.leave(id);
                        waiting[id as usize] -= 1;
                    }
                    Act::GiveBack(id) if held[id as usize] > 0 => {
                        held[id as usize] -= 1;
                        let next = share.give_back(id);
                        let fewest = (0..4).filter(|other| waiting[*other] > 0).map(|other| held[other]).min();
                        prop_assert_eq!(next.map(|next| held[next as usize]), fewest);
                        if let Some(next) = next {
                            held[next as usize] += 1;
                            waiting[next as usize] -= 1;
                        }
                    }
                    _ => {}
                }
                let (in_use, wanted) = (held.iter().sum::<usize>(), waiting.iter().sum::<usize>());
                prop_assert_eq!(share.held(), in_use);
                prop_assert!(in_use <= places && (wanted == 0 || in_use == places));
                prop_assert_eq!(share.is_idle(), in_use + wanted == 0);
            }
        }
    }
}
