//! Chance that repeats itself.

use std::sync::atomic::{AtomicU64, Ordering};

use shopwire_core::Random;

/// A deterministic generator (SplitMix64): the same seed gives the same bytes. Predictable, so for tests only.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    /// A generator that starts from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            piece.copy_from_slice(&self.next().to_le_bytes()[..piece.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
        let numbers = |seed| {
            let random = SeededRandom::new(seed);
            [random.number(), random.number(), random.number()]
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        // The first output of SplitMix64 from 0, as its authors publish it.
        assert_eq!(SeededRandom::new(0).number(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn fills_any_length() {
        let mut bytes = [0; 13];
        SeededRandom::new(1).fill(&mut bytes);
        assert!(bytes[8..].iter().any(|b| *b != 0));
    }
}
