//! Tells at once, by one look into memory, of nearly every key that is not in a segment that it is not.
//!
//! A split-block Bloom filter as the Parquet format has it: a hash chooses a block of eight words and one bit in each of
//! them. With twelve bits a key, about one key of 250 that is not there is taken to be.

/// The odd numbers that choose a bit in each word; those of the Parquet format.
const SALT: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];
const BITS_PER_KEY: usize = 12;
/// Bytes of a block.
pub(super) const BLOCK: usize = 32;

type Block = [u32; 8];

/// Which keys may be in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter(Vec<Block>);

impl Filter {
    /// Of these hashes, which must be spread evenly.
    pub(super) fn of(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        let blocks = (hashes.len() * BITS_PER_KEY).div_ceil(BLOCK * 8);
        let mut filter = Self(vec![[0; 8]; blocks]);
        for hash in hashes {
            let place = filter.place(hash);
            for (word, bit) in filter.0[place].iter_mut().zip(bits(hash)) {
                *word |= bit;
            }
        }
        filter
    }

    /// Whether it may be there; `false` is certain.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        let Some(block) = self.0.get(self.place(hash)) else { return false };
        let missing = block.iter().zip(bits(hash)).fold(0, |missing, (word, bit)| missing | (!word & bit));
        missing == 0
    }

    fn place(&self, hash: u64) -> usize {
        (((hash >> 32) * self.0.len() as u64) >> 32) as usize
    }

    pub(super) fn blocks(&self) -> usize {
        self.0.len()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.0.iter().flatten().flat_map(|word| word.to_le_bytes()));
    }

    /// What [`encode`](Self::encode) wrote.
    pub(super) fn decode(bytes: &[u8]) -> Self {
        let block = |block: &[u8; BLOCK]| -> Block {
            let (words, _) = block.as_chunks::<4>();
            std::array::from_fn(|place| u32::from_le_bytes(words[place]))
        };
        Self(bytes.as_chunks::<BLOCK>().0.iter().map(block).collect())
    }
}

fn bits(hash: u64) -> Block {
    let low = hash as u32;
    SALT.map(|salt| 1 << (low.wrapping_mul(salt) >> 27))
}

/// Spreads a number evenly (the finalizer of SplitMix64).
pub(super) const fn spread(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_all_that_was_put_and_little_else() {
        let filter = Filter::of((0..10_000_u32).map(|number| spread(number.into())));
        assert!((0..10_000).all(|number| filter.may_have(spread(number))));
        let wrong = (10_000..110_000).filter(|number| filter.may_have(spread(*number))).count();
        assert!(wrong < 1_000, "{wrong} of 100000");
        let mut bytes = Vec::new();
        filter.encode(&mut bytes);
        assert_eq!((bytes.len(), Filter::decode(&bytes)), (filter.blocks() * BLOCK, filter));
        assert!(!Filter::of([].into_iter()).may_have(7));
    }
}
