//! The header of a group: the records that were committed together, with one write and one sync.
//!
//! ```text
//! 4    "GRP1"
//! u32  where in the file it stands
//! u32  bytes of its records
//! u32  events   u32 attempts
//! u64  place of its first event, or of the one that would be
//! u64  the same of its first attempt
//! u64  stamp, 0 if it has none
//! u32  crc32 of all that
//! ```

use super::file::First;
use super::wire::Reader;

/// Bytes of a header.
pub(super) const HEADER: usize = 48;
const MAGIC: [u8; 4] = *b"GRP1";

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) at: u32,
    pub(super) bytes: u32,
    pub(super) events: u32,
    pub(super) attempts: u32,
    pub(super) first_event: u64,
    pub(super) first_attempt: u64,
    pub(super) stamp: u64,
}

impl Group {
    pub(super) fn encode(&self) -> [u8; HEADER] {
        let mut out = Vec::with_capacity(HEADER);
        out.extend(MAGIC);
        for number in [self.at, self.bytes, self.events, self.attempts] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.first_event, self.first_attempt, self.stamp] {
            out.extend(number.to_le_bytes());
        }
        out.extend(crc32fast::hash(&out).to_le_bytes());
        out.try_into().expect("the numbers add up to the header's length")
    }

    /// The header that stands at `at`; `None` if none does.
    pub(super) fn decode(bytes: &[u8], at: u64) -> Option<Self> {
        let (header, crc) = bytes.get(..HEADER)?.split_last_chunk()?;
        // First, since it is cheap: headers are looked for at every byte of what can't be read.
        let mut rest = Reader(header.strip_prefix(&MAGIC)?);
        if crc32fast::hash(header) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut small = || rest.u32().ok();
        let (own, bytes, events, attempts) = (small()?, small()?, small()?, small()?);
        let mut large = || rest.u64().ok();
        let (first_event, first_attempt, stamp) = (large()?, large()?, large()?);
        let group = Self { at: own, bytes, events, attempts, first_event, first_attempt, stamp };
        (u64::from(own) == at).then_some(group)
    }

    /// Where its places begin.
    pub(super) fn first(&self) -> First {
        First { event: self.first_event, attempt: self.first_attempt }
    }

    /// Where the group ends in the file.
    pub(super) fn end(&self) -> u64 {
        u64::from(self.at) + HEADER as u64 + u64::from(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_no_changed_or_moved_one_does() {
        let group =
            Group { at: 8, bytes: 1, events: 2, attempts: 3, first_event: 4, first_attempt: 5, stamp: 6 };
        let bytes = group.encode();
        assert_eq!(Group::decode(&bytes, 8), Some(group));
        assert_eq!(group.end(), 8 + 48 + 1);
        assert_eq!(Group::decode(&bytes, 9), None);
        for bit in 0..HEADER * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Group::decode(&changed, 8), None, "bit {bit}");
            assert_eq!(Group::decode(&bytes[..bit / 8], 8), None);
        }
    }
}
