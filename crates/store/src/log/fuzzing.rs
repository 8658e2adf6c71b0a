//! A door for the fuzz targets to the forms of the log. Not part of the API.
//!
//! Checksums are set right here: noise gets no further than them, and they are no defence against what we write ourselves.

use std::path::Path;
use std::sync::Arc;

use shopwire_core::{EndpointId, Event};

use super::file::{First, MAGIC, SegmentFile};
use super::group::{Group, HEADER};
use super::index::Index as _;
use super::index_file::{self, IndexFile};
use super::record::{self, FRAME, Kind};
use super::scan::{Purpose, scan};
use super::segments::index_path;
use super::{attempt, event, lane};
use crate::AttemptRecord;

const DISK: &str = "a fuzz target's directory can be written to";
const FIRST: First = First { event: 1, attempt: 1 };
/// The stamp of groups that were committed.
const STAMP: u64 = 7;

/// Reads any bytes as a record of any kind. What can be read as an event is the same when it is written again, and what is
/// erased keeps its length.
pub fn record(kind: u8, rest: &[u8]) {
    let record = framed(kind, rest);
    if let Ok(view) = event::EventView::open(&record) {
        if let Ok(event) = view.event() {
            let again = event::encode(&event, view.mark.key.as_ref());
            let read = event::EventView::open(&again).expect("what was just written").event();
            assert_eq!(read, Ok(event));
        }
        if let Ok(erased) = event::erased(&record) {
            assert_eq!(erased.len(), record.len());
            assert!(event::EventView::open(&erased).is_ok_and(|view| view.is_erased));
        }
    }
    if let Ok((endpoint, read)) = attempt::open(&record) {
        let mut again = Vec::new();
        attempt::put(&mut again, endpoint, &read);
        assert_eq!(attempt::open(&again), Ok((endpoint, read)));
        if let Ok(Some(erased)) = attempt::erased(&record) {
            assert_eq!(erased.len(), record.len());
            assert!(attempt::open(&erased).is_ok());
        }
    }
    drop(lane::read(rest));
    assert!(record::open(rest).is_err() || record::length(rest) == Some(rest.len()));
}

/// An event as [`record`] reads it: its kind, and the rest.
pub fn form_of_event(event: &Event) -> Vec<u8> {
    event::encode(event, Some(&[7; 16]))[FRAME..].to_vec()
}

/// An attempt as [`record`] reads it.
pub fn form_of_attempt(endpoint: EndpointId, attempt: &AttemptRecord) -> Vec<u8> {
    let mut record = Vec::new();
    attempt::put(&mut record, endpoint, attempt);
    record[FRAME..].to_vec()
}

/// Opens a segment in `directory` that holds a group of the records in `input` (each a kind, a length in two bytes and so many
/// bytes) and whatever is left of it, makes its index, and opens that.
pub fn segment(directory: &Path, input: &[u8]) {
    let path = directory.join(FIRST.stem()).with_extension("log");
    std::fs::write(&path, forged(input)).expect(DISK);
    let file = SegmentFile::open(directory, FIRST).expect(DISK);
    let length = file.len().expect(DISK);
    let going_on = scan(&file, Purpose::GoOn { committed_stamp: STAMP }).expect(DISK);
    let found = scan(&file, Purpose::ReadOnly).expect(DISK);
    assert!((MAGIC.len() as u64..=length).contains(&going_on.end));
    assert!(going_on.index.events.len() <= found.index.events.len());
    let (events, attempts) = (found.index.events.len(), found.index.attempts.len());
    std::fs::write(index_path(&path), index_file::encode(&found.index, FIRST, length)).expect(DISK);
    let index = IndexFile::open(&index_path(&path), FIRST, length, &Arc::default())
        .expect(DISK)
        .expect("what was just written");
    assert_eq!((index.events() as usize, index.attempts() as usize), (events, attempts));
    let offsets = index.offsets(0..index.events()).expect(DISK);
    assert!(offsets.into_iter().eq(found.index.events.iter().map(|row| row.offset)));
}

/// Opens any bytes as the index of a segment.
pub fn index(directory: &Path, input: &[u8]) {
    let path = directory.join(FIRST.stem()).with_extension("idx");
    let mut bytes = input.to_vec();
    let blocks = |at: usize| {
        input.get(at..).and_then(|rest| rest.first_chunk()).map(|count| u32::from_le_bytes(*count))
    };
    if let (Some(keys), Some(repeats)) = (blocks(56), blocks(60)) {
        let end =
            (u64::from(keys) + u64::from(repeats)) * super::filter::BLOCK as u64 + index_file::HEADER as u64;
        let checksum = usize::try_from(end).ok().and_then(|end| bytes.split_at_mut_checked(end));
        if let Some((start, rest)) = checksum
            && let Some(crc) = rest.first_chunk_mut()
        {
            *crc = crc32fast::hash(start).to_le_bytes();
        }
    }
    std::fs::write(&path, bytes).expect(DISK);
    if let Ok(Ok(index)) = IndexFile::open(&path, FIRST, 8, &Arc::default()) {
        // Its tables may lead anywhere: that is an error, and not our end.
        drop(index.offsets(0..index.events().min(4)));
        drop(index.id(0));
    }
}

fn framed(kind: u8, rest: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    let start = record::begin(&mut record, Kind::Lane);
    record[start + FRAME] = kind;
    record.extend_from_slice(rest);
    record::end(&mut record, start);
    record
}

/// A segment with one group; its header counts what is there, unless the first byte says otherwise.
fn forged(input: &[u8]) -> Vec<u8> {
    let (lie, mut rest) = input.split_first().map_or((0, input), |(lie, rest)| (*lie, rest));
    let (mut records, mut events, mut attempts) = (Vec::new(), 0, 0);
    while let [kind, low, high, behind @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let Some((content, behind)) = behind.split_at_checked(length) else { break };
        match Kind::of(*kind) {
            Some(Kind::Event | Kind::ErasedEvent) => events += 1,
            Some(Kind::Attempt | Kind::ErasedAttempt) => attempts += 1,
            _ => {}
        }
        records.extend(framed(*kind, content));
        rest = behind;
    }
    let group = Group {
        at: MAGIC.len() as u32,
        bytes: records.len() as u32,
        events: events + u32::from(lie & 1),
        attempts: attempts + u32::from(lie >> 1 & 1),
        first_event: FIRST.event,
        first_attempt: FIRST.attempt,
        stamp: if lie & 4 == 0 { STAMP } else { STAMP + 1 },
    };
    debug_assert_eq!(group.encode().len(), HEADER);
    [MAGIC.as_slice(), &group.encode(), &records, rest].concat()
}
