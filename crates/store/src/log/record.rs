//! The frame that every record has.
//!
//! ```text
//! u32  crc32 of all that follows
//! u32  how many bytes follow this number
//! u8   kind, which tells the form of the rest as well
//! …    the rest
//! ```
//!
//! A form that was once written stays readable: a new one gets a new kind.

/// Bytes in front of the kind.
pub(super) const FRAME: usize = 8;
/// More than any record has: a length beyond is damage.
const RECORD_BYTES_MAX: usize = 1 << 30;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An event ([`event`](super::event)).
    Event = 1,
    /// An event whose content was erased.
    ErasedEvent = 2,
    /// Where a lane stands ([`lane`](super::lane)).
    Lane = 3,
    /// An attempt ([`attempt`](super::attempt)).
    Attempt = 4,
    /// An attempt of an event that was erased: without answer and detail.
    ErasedAttempt = 5,
}

impl Kind {
    pub(super) const fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Event,
            2 => Self::ErasedEvent,
            3 => Self::Lane,
            4 => Self::Attempt,
            5 => Self::ErasedAttempt,
            _ => return None,
        })
    }
}

/// Begins a record in `out`; answers what [`end`] wants to know.
pub(super) fn begin(out: &mut Vec<u8>, kind: Kind) -> usize {
    let start = out.len();
    out.extend([0; FRAME]);
    out.push(kind as u8);
    start
}

/// Ends the record that began at `start` with the end of `out`.
pub(super) fn end(out: &mut [u8], start: usize) {
    let record = &mut out[start..];
    let length = u32::try_from(record.len() - FRAME).expect("a record is limited far below 4 GiB");
    record[4..FRAME].copy_from_slice(&length.to_le_bytes());
    let crc = crc32fast::hash(&record[4..]);
    record[..4].copy_from_slice(&crc.to_le_bytes());
}

/// How long the record is whose first [`FRAME`] bytes these are, frame included; `None` if its length can't be right.
pub(super) fn length(frame: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*frame.get(4..)?.first_chunk()?) as usize;
    (1..=RECORD_BYTES_MAX).contains(&length).then_some(FRAME + length)
}

/// The kind and the rest of a whole record. The error says what is wrong with it.
pub(super) fn open(record: &[u8]) -> Result<(Kind, &[u8]), &'static str> {
    let (crc, rest) = record.split_first_chunk::<4>().ok_or("it ends too early")?;
    if length(record) != Some(record.len()) {
        return Err("its length is wrong");
    }
    if crc32fast::hash(rest) != u32::from_le_bytes(*crc) {
        return Err("its checksum is wrong");
    }
    let kind = Kind::of(rest[4]).ok_or("it was written by a later version")?;
    Ok((kind, &rest[5..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_opens_and_no_changed_one_does(
            rest in proptest::collection::vec(any::<u8>(), 0..40), place in any::<prop::sample::Index>(), bit in 0..8_u32,
        ) {
            let mut out = vec![7; 3];
            let start = begin(&mut out, Kind::Lane);
            out.extend(&rest);
            end(&mut out, start);
            let mut record = out.split_off(start);
            prop_assert_eq!(length(&record), Some(record.len()));
            prop_assert_eq!(open(&record), Ok((Kind::Lane, &rest[..])));
            prop_assert!(open(&record[..place.index(record.len())]).is_err());
            let place = place.index(record.len());
            record[place] ^= 1_u8 << bit;
            prop_assert!(open(&record).is_err());
        }

        #[test]
        fn any_bytes_are_opened_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(open(&bytes).is_err() || bytes.len() > FRAME);
        }
    }
}
