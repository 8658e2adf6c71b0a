//! One bit for each place of a window of the log.

use shopwire_core::Seq;

/// A set of places of a window; places outside are in no set.
#[derive(Debug, Clone)]
pub(crate) struct Bits {
    first: u64,
    places: u64,
    words: Vec<u64>,
}

impl Bits {
    /// The empty set of the places from `first` to `last`.
    pub(crate) fn between(first: Seq, last: Seq) -> Self {
        let places = last.0.saturating_sub(first.0).saturating_add(1);
        let words = usize::try_from(places.div_ceil(64)).unwrap_or(usize::MAX);
        Self { first: first.0, places, words: vec![0; words] }
    }

    fn at(&self, seq: Seq) -> Option<(usize, u64)> {
        let place = seq.0.checked_sub(self.first).filter(|place| *place < self.places)?;
        Some((usize::try_from(place / 64).ok()?, 1 << (place % 64)))
    }

    /// Puts a place into the set; answers whether it was in it before.
    pub(crate) fn put(&mut self, seq: Seq) -> bool {
        let Some((word, bit)) = self.at(seq) else { return false };
        let was = self.words[word] & bit != 0;
        self.words[word] |= bit;
        was
    }

    /// Whether the place is in the set.
    pub(crate) fn has(&self, seq: Seq) -> bool {
        self.at(seq).is_some_and(|(word, bit)| self.words[word] & bit != 0)
    }

    /// How many of its places lie before this one.
    pub(crate) fn count_before(&self, seq: Seq) -> u64 {
        let mut window = Self { words: vec![0; self.words.len()], ..*self };
        let before = seq.0.saturating_sub(self.first).min(self.places);
        for (place, word) in (0..before).step_by(64).zip(&mut window.words) {
            let bits = before - place;
            *word = if bits < 64 { (1 << bits) - 1 } else { u64::MAX };
        }
        self.count(&window, &[])
    }

    /// How many places are in this set and in `in_all`, and in none of `in_none`.
    pub(crate) fn count(&self, in_all: &Self, in_none: &[&Self]) -> u64 {
        (0..self.words.len()).map(|word| u64::from(self.word(word, in_all, in_none).count_ones())).sum()
    }

    /// These places, in order.
    pub(crate) fn places<'a>(
        &'a self,
        in_all: &'a Self,
        in_none: &'a [&'a Self],
    ) -> impl Iterator<Item = Seq> + 'a {
        (0..self.words.len()).flat_map(move |word| {
            let bits = self.word(word, in_all, in_none);
            let first = self.first + 64 * word as u64;
            (0..64).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| Seq(first + bit))
        })
    }

    fn word(&self, word: usize, in_all: &Self, in_none: &[&Self]) -> u64 {
        let left_out = in_none.iter().fold(0, |bits, set| bits | set.words[word]);
        self.words[word] & in_all.words[word] & !left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(places: &[u64]) -> Bits {
        let mut bits = Bits::between(Seq(100), Seq(299));
        for place in places {
            assert!(!bits.put(Seq(*place)));
        }
        bits
    }

    #[test]
    fn places_are_found_again_and_those_outside_are_not_taken() {
        let mut bits = set(&[100, 163, 164, 299]);
        assert!(bits.put(Seq(163)), "it was in it");
        for outside in [0, 99, 300, u64::MAX] {
            assert!(!bits.put(Seq(outside)) && !bits.has(Seq(outside)), "{outside}");
        }
        assert_eq!((bits.has(Seq(299)), bits.has(Seq(298))), (true, false));
        assert_eq!(bits.count(&bits, &[]), 4);
    }

    #[test]
    fn places_before_one_are_counted() {
        let bits = set(&[100, 163, 164, 299]);
        for (before, count) in
            [(0, 0), (100, 0), (101, 1), (163, 1), (164, 2), (165, 3), (299, 3), (300, 4), (u64::MAX, 4)]
        {
            assert_eq!(bits.count_before(Seq(before)), count, "{before}");
        }
    }

    #[test]
    fn sets_are_cut_and_taken_away() {
        let (all, some, none) = (set(&[100, 101, 200, 250]), set(&[100, 200, 250]), set(&[200]));
        assert_eq!(all.count(&some, &[&none]), 2);
        assert_eq!(all.places(&some, &[&none]).collect::<Vec<_>>(), [Seq(100), Seq(250)]);
    }
}
