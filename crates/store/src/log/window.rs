//! Reading a segment through a window that is moved over it: who reads on gets more at a time.

use std::io;

use super::file::SegmentFile;
use super::record::{self, FRAME};

/// What is read at first: a record of usual size.
const FIRST_BYTES: usize = 4 << 10;
/// What is read at a time by who reads on and on.
const BYTES_MAX: usize = 1 << 20;

/// A part of a segment in memory.
pub(super) struct Window<'a> {
    file: &'a SegmentFile,
    at: u64,
    bytes: Vec<u8>,
    ahead: usize,
}

impl<'a> Window<'a> {
    pub(super) fn new(file: &'a SegmentFile) -> Self {
        Self { file, at: 0, bytes: Vec::new(), ahead: FIRST_BYTES }
    }

    /// Up to `count` bytes from `at` on; fewer only at the file's end.
    pub(super) fn bytes(&mut self, at: u64, count: usize) -> io::Result<&[u8]> {
        if let Some(start) = self.holds(at, count) {
            return Ok(&self.bytes[start..start + count]);
        }
        let reads_on = at >= self.at && at <= self.at + (self.bytes.len() + self.ahead) as u64;
        if reads_on && !self.bytes.is_empty() {
            self.ahead = (self.ahead * 4).min(BYTES_MAX);
        }
        let left = usize::try_from(self.file.len()?.saturating_sub(at)).unwrap_or(usize::MAX);
        self.bytes.resize(count.max(self.ahead).min(left), 0);
        let read = self.file.read(at, &mut self.bytes)?;
        self.bytes.truncate(read);
        self.at = at;
        Ok(&self.bytes[..count.min(read)])
    }

    fn holds(&self, at: u64, count: usize) -> Option<usize> {
        let start = usize::try_from(at.checked_sub(self.at)?).ok()?;
        (start.checked_add(count)? <= self.bytes.len()).then_some(start)
    }

    /// The bytes of the record at `at`, as its length says; `Err` within if that can't be right.
    pub(super) fn record(&mut self, at: u64) -> io::Result<Result<&[u8], &'static str>> {
        let Some(length) = record::length(self.bytes(at, FRAME)?) else {
            return Ok(Err("its length is wrong"));
        };
        let record = self.bytes(at, length)?;
        Ok(if record.len() == length { Ok(record) } else { Err("it ends too early") })
    }
}
