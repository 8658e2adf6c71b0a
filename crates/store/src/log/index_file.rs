//! The index of a sealed segment: a file beside it, made once, and made anew from the segment if it is missing or damaged.
//!
//! ```text
//! header     what it is the index of, how many rows each section has, times, the least and the greatest id
//! filters    of keys, and of deliveries with more than one attempt: kept in memory, like the header
//! u32        crc32 of all that
//! offsets    u32 of each event            ids     16 of each event
//! by id      u32 event, sorted by id      keys    16 key, u32 event; sorted
//! subjects   u64 hash, u32 event; sorted  rows    of each attempt (24)
//! by event   u64 place, u32 attempt; sorted
//! repeats    u64 place, u32 endpoint, u32 last attempt; sorted
//! endpoints  16 each, by number
//! ```
//!
//! The sections have no checksum of their own: what they lead to has.

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use shopwire_core::{EndpointId, EventId, Timestamp};

use super::DedupKey;
use super::file::First;
use super::filter::{BLOCK, Filter, spread};
use super::index::{AttemptRow, Index};
use super::memory::MemoryIndex;
use super::open_files::{Handle, OpenFiles};
use super::table::Table;
use super::wire::Reader;

const MAGIC: [u8; 8] = *b"SWIDX\0\0\x01";
/// Bytes of the header.
pub(super) const HEADER: usize = 120;
/// Rows around the place where a key is expected that are read at once: keys are spread evenly, so it is nearly always
/// among them.
const KEY_ROWS: u32 = 400;

/// The bytes of the index of a segment of so many bytes.
pub(super) fn encode(index: &MemoryIndex, first: First, log_bytes: u64) -> Vec<u8> {
    let mut keys: Vec<_> = index.keys.iter().collect();
    keys.sort_unstable();
    let mut repeats: Vec<_> = index.repeats.iter().collect();
    repeats.sort_unstable();
    let endpoint_of = |number: u32| index.endpoints[number as usize];
    let key_filter = Filter::of(keys.iter().map(|(key, _)| key_hash(key)));
    let repeat_filter =
        Filter::of(repeats.iter().map(|((seq, number), _)| delivery_hash(*seq, endpoint_of(*number))));
    let mut by_id: Vec<u32> = (0..).take(index.events.len()).collect();
    by_id.sort_unstable_by_key(|event| (index.events[*event as usize].id, *event));
    let mut subjects: Vec<(u64, u32)> = index.events.iter().map(|row| row.subject).zip(0..).collect();
    subjects.retain(|(hash, _)| *hash != 0);
    subjects.sort_unstable();
    let mut by_event: Vec<(u64, u32)> = index.attempts.iter().map(|row| row.seq).zip(0..).collect();
    by_event.sort_unstable();

    let mut out = Vec::with_capacity(1024 + index.events.len() * 60 + index.attempts.len() * 40);
    out.extend(MAGIC);
    for number in [log_bytes, first.event, first.attempt] {
        out.extend(number.to_le_bytes());
    }
    let counts = [
        index.events.len(),
        keys.len(),
        subjects.len(),
        index.attempts.len(),
        repeats.len(),
        index.endpoints.len(),
        key_filter.blocks(),
        repeat_filter.blocks(),
    ];
    out.extend(counts.into_iter().flat_map(|count| (count as u32).to_le_bytes()));
    let (received_first, received_last) = index.received.unwrap_or_default();
    out.extend(u64::from(index.received.is_some()).to_le_bytes());
    out.extend(received_first.as_ms().to_le_bytes());
    out.extend(received_last.as_ms().to_le_bytes());
    for event in [by_id.first(), by_id.last()] {
        out.extend(event.map_or([0; 16], |event| *index.events[*event as usize].id.as_bytes()));
    }
    key_filter.encode(&mut out);
    repeat_filter.encode(&mut out);
    out.extend(crc32fast::hash(&out).to_le_bytes());

    out.extend(index.events.iter().flat_map(|row| row.offset.to_le_bytes()));
    out.extend(index.events.iter().flat_map(|row| *row.id.as_bytes()));
    out.extend(by_id.iter().flat_map(|event| event.to_le_bytes()));
    for (key, event) in keys {
        out.extend(key);
        out.extend(event.to_le_bytes());
    }
    put_pairs(&mut out, &subjects);
    for row in &index.attempts {
        out.extend(row.seq.to_le_bytes());
        for number in [row.offset, row.endpoint, row.number, u32::from(row.outcome)] {
            out.extend(number.to_le_bytes());
        }
    }
    put_pairs(&mut out, &by_event);
    for ((seq, endpoint), attempt) in repeats {
        put_pairs(&mut out, &[(*seq, *endpoint)]);
        out.extend(attempt.to_le_bytes());
    }
    out.extend(index.endpoints.iter().flat_map(|endpoint| *endpoint.as_bytes()));
    out
}

fn put_pairs(out: &mut Vec<u8>, pairs: &[(u64, u32)]) {
    for (large, small) in pairs {
        out.extend(large.to_le_bytes());
        out.extend(small.to_le_bytes());
    }
}

fn key_hash(key: &DedupKey) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|place| key[place]))
}

fn delivery_hash(seq: u64, endpoint: EndpointId) -> u64 {
    // The last half of an id is random.
    spread(seq ^ u64::from_le_bytes(std::array::from_fn(|place| endpoint.as_bytes()[place + 8])))
}

/// An index file, opened when it is asked.
#[derive(Debug)]
pub(super) struct IndexFile {
    file: Handle,
    received: Option<(Timestamp, Timestamp)>,
    ids_from: EventId,
    ids_to: EventId,
    key_filter: Filter,
    repeat_filter: Filter,
    offsets: Table<4>,
    ids: Table<16>,
    by_id: Table<4>,
    keys: Table<20>,
    subjects: Table<12>,
    rows: Table<24>,
    by_event: Table<12>,
    repeats: Table<16>,
    endpoints: Table<16>,
}

impl IndexFile {
    /// Opens the index of a segment; the inner error says what is wrong with it.
    pub(super) fn open(
        path: &Path,
        first: First,
        log_bytes: u64,
        files: &Arc<OpenFiles>,
    ) -> io::Result<Result<Self, &'static str>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err("it is missing")),
            file => file?,
        };
        let length = file.metadata()?.len();
        let Some(start) = read_start(&file, length)? else { return Ok(Err("it is damaged")) };
        let read = Self::read(&start, Handle::on_demand(path, false, files), first, log_bytes);
        Ok(read.and_then(|index| {
            if index.endpoints.end() == length { Ok(index) } else { Err("its length is wrong") }
        }))
    }

    /// Reads header and filters, whose checksum was found right.
    fn read(start: &[u8], file: Handle, first: First, log_bytes: u64) -> Result<Self, &'static str> {
        let mut rest = Reader(start.strip_prefix(&MAGIC).ok_or("another version wrote it")?);
        if [rest.u64()?, rest.u64()?, rest.u64()?] != [log_bytes, first.event, first.attempt] {
            return Err("it is the index of something else");
        }
        let mut counts = [0; 8];
        for count in &mut counts {
            *count = rest.u32()?;
        }
        let [events, keys, subjects, attempts, repeats, endpoints, key_blocks, repeat_blocks] = counts;
        let has_received = rest.u64()? != 0;
        let received = (Timestamp::from_ms(rest.i64()?), Timestamp::from_ms(rest.i64()?));
        let (ids_from, ids_to) = (EventId::from_bytes(rest.array()?), EventId::from_bytes(rest.array()?));
        let key_filter = Filter::decode(rest.take(key_blocks as usize * BLOCK)?);
        let repeat_filter = Filter::decode(rest.take(repeat_blocks as usize * BLOCK)?);
        let offsets = Table { at: start.len() as u64 + 4, rows: events };
        let ids = Table { at: offsets.end(), rows: events };
        let by_id = Table { at: ids.end(), rows: events };
        let keys = Table { at: by_id.end(), rows: keys };
        let subjects = Table { at: keys.end(), rows: subjects };
        let rows = Table { at: subjects.end(), rows: attempts };
        let by_event = Table { at: rows.end(), rows: attempts };
        let repeats = Table { at: by_event.end(), rows: repeats };
        let endpoints = Table { at: repeats.end(), rows: endpoints };
        let received = has_received.then_some(received);
        Ok(Self {
            file,
            received,
            ids_from,
            ids_to,
            key_filter,
            repeat_filter,
            offsets,
            ids,
            by_id,
            keys,
            subjects,
            rows,
            by_event,
            repeats,
            endpoints,
        })
    }

    fn id_in(&self, file: &File, event: u32) -> io::Result<EventId> {
        let row = self.ids.row(file, event)?;
        row.map(EventId::from_bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// The event of the row of a key.
    fn key_event(row: &[u8; 20]) -> u32 {
        small(row, 16)
    }
}

/// Header and filters, if their checksum is right.
fn read_start(file: &File, length: u64) -> io::Result<Option<Vec<u8>>> {
    use std::os::unix::fs::FileExt as _;
    if length < HEADER as u64 {
        return Ok(None);
    }
    let mut header = vec![0; HEADER];
    file.read_exact_at(&mut header, 0)?;
    let blocks = u64::from(small(&header, 56)) + u64::from(small(&header, 60));
    let bytes = HEADER as u64 + blocks * BLOCK as u64;
    if bytes + 4 > length {
        return Ok(None);
    }
    let mut start = vec![0; usize::try_from(bytes).map_err(io::Error::other)? + 4];
    file.read_exact_at(&mut start, 0)?;
    let crc = small(&start, start.len() - 4);
    start.truncate(start.len() - 4);
    Ok((crc32fast::hash(&start) == crc).then_some(start))
}

fn small(row: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|place| row[at + place]))
}

fn large(row: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|place| row[at + place]))
}

impl Index for IndexFile {
    fn events(&self) -> u32 {
        self.offsets.rows
    }

    fn attempts(&self) -> u32 {
        self.rows.rows
    }

    fn received(&self) -> Option<(Timestamp, Timestamp)> {
        self.received
    }

    fn offsets(&self, events: Range<u32>) -> io::Result<Vec<u32>> {
        let rows = self.file.with(|file| self.offsets.read(file, events))?;
        Ok(rows.into_iter().map(u32::from_le_bytes).collect())
    }

    fn id(&self, event: u32) -> io::Result<EventId> {
        self.file.with(|file| self.id_in(file, event))
    }

    fn find_id(&self, id: EventId) -> io::Result<Option<u32>> {
        if id < self.ids_from || id > self.ids_to {
            return Ok(None);
        }
        let event = |row: &[u8; 4]| u32::from_le_bytes(*row);
        self.file.with(|file| {
            let rank = self.by_id.rank(file, |row| Ok(self.id_in(file, event(row))?.cmp(&id)))?;
            let Some(found) = self.by_id.row(file, rank)?.map(|row| event(&row)) else { return Ok(None) };
            Ok((self.id_in(file, found)? == id).then_some(found))
        })
    }

    fn find_key(&self, key: &DedupKey) -> io::Result<Option<u32>> {
        if !self.key_filter.may_have(key_hash(key)) {
            return Ok(None);
        }
        let prefix = u128::from(u64::from_be_bytes(std::array::from_fn(|place| key[place])));
        let expected = ((prefix * u128::from(self.keys.rows)) >> 64) as u32;
        let around = expected.saturating_sub(KEY_ROWS)..expected.saturating_add(KEY_ROWS);
        self.file.with(|file| {
            let rows = self.keys.read(file, around)?;
            let found = match rows.binary_search_by(|row| row[..16].cmp(key)) {
                Ok(place) => Some(Self::key_event(&rows[place])),
                Err(place) if place > 0 && place < rows.len() => None,
                // It would stand beyond what was read.
                Err(_) => {
                    let equal = self.keys.equal(file, |row| row[..16].cmp(key))?;
                    equal.last().map(Self::key_event)
                }
            };
            Ok(found)
        })
    }

    fn about(&self, subject: u64) -> io::Result<Vec<u32>> {
        let rows = self.file.with(|file| self.subjects.equal(file, |row| large(row, 0).cmp(&subject)))?;
        Ok(rows.iter().map(|row| small(row, 8)).collect())
    }

    fn forget(&self, offsets: &[u32]) -> bool {
        offsets.is_empty()
    }

    fn hold(&self) -> io::Result<()> {
        self.file.hold()
    }

    fn rows(&self, attempts: Range<u32>) -> io::Result<Vec<AttemptRow>> {
        let row = |row: &[u8; 24]| AttemptRow {
            seq: large(row, 0),
            offset: small(row, 8),
            endpoint: small(row, 12),
            number: small(row, 16),
            outcome: row[20],
        };
        Ok(self.file.with(|file| self.rows.read(file, attempts))?.iter().map(row).collect())
    }

    fn attempts_of(&self, seq: u64) -> io::Result<Vec<u32>> {
        let rows = self.file.with(|file| self.by_event.equal(file, |row| large(row, 0).cmp(&seq)))?;
        Ok(rows.iter().map(|row| small(row, 8)).collect())
    }

    fn last_repeat(&self, seq: u64, endpoint: EndpointId) -> io::Result<Option<u32>> {
        if !self.repeat_filter.may_have(delivery_hash(seq, endpoint)) {
            return Ok(None);
        }
        let Some(number) = self.endpoint_number(endpoint)? else { return Ok(None) };
        let compare = |row: &[u8; 16]| -> Ordering { (large(row, 0), small(row, 8)).cmp(&(seq, number)) };
        let found = self.file.with(|file| self.repeats.equal(file, compare))?;
        Ok(found.last().map(|row| small(row, 12)))
    }

    fn endpoint(&self, number: u32) -> io::Result<Option<EndpointId>> {
        Ok(self.file.with(|file| self.endpoints.row(file, number))?.map(EndpointId::from_bytes))
    }

    fn endpoint_number(&self, endpoint: EndpointId) -> io::Result<Option<u32>> {
        let all = self.file.with(|file| self.endpoints.read(file, 0..self.endpoints.rows))?;
        Ok((0..).zip(all).find(|(_, known)| known == endpoint.as_bytes()).map(|(number, _)| number))
    }
}
