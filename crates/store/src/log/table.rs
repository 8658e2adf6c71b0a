//! Sections of an index file: rows of one width, read one by one or sought through.

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

/// Rows that are read at once when little is left to be sought through.
const BLOCK_ROWS: u32 = 256;

/// Rows of `W` bytes in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<const W: usize> {
    /// Where they begin.
    pub(super) at: u64,
    /// How many there are.
    pub(super) rows: u32,
}

impl<const W: usize> Table<W> {
    /// Where they end.
    pub(super) const fn end(&self) -> u64 {
        self.at + self.rows as u64 * W as u64
    }

    pub(super) fn read(&self, file: &File, rows: Range<u32>) -> io::Result<Vec<[u8; W]>> {
        let rows = rows.start.min(self.rows)..rows.end.min(self.rows);
        let mut out = vec![[0; W]; rows.len()];
        file.read_exact_at(out.as_flattened_mut(), self.at + u64::from(rows.start) * W as u64)?;
        Ok(out)
    }

    pub(super) fn row(&self, file: &File, row: u32) -> io::Result<Option<[u8; W]>> {
        Ok(self.read(file, row..row.saturating_add(1))?.pop())
    }

    /// How many rows stand before the wanted one, in a sorted table.
    pub(super) fn rank(
        &self,
        file: &File,
        mut compare: impl FnMut(&[u8; W]) -> io::Result<Ordering>,
    ) -> io::Result<u32> {
        let mut left = 0..self.rows;
        while left.end - left.start > BLOCK_ROWS {
            let middle = left.start + (left.end - left.start) / 2;
            let Some(row) = self.row(file, middle)? else { break };
            match compare(&row)? {
                Ordering::Less => left.start = middle + 1,
                Ordering::Equal | Ordering::Greater => left.end = middle,
            }
        }
        let mut rank = left.start;
        for row in self.read(file, left)? {
            if compare(&row)? != Ordering::Less {
                break;
            }
            rank += 1;
        }
        Ok(rank)
    }

    /// The rows that are equal to the wanted one, in a sorted table.
    pub(super) fn equal(
        &self,
        file: &File,
        compare: impl Fn(&[u8; W]) -> Ordering,
    ) -> io::Result<Vec<[u8; W]>> {
        let mut next = self.rank(file, |row| Ok(compare(row)))?;
        let mut found = Vec::new();
        loop {
            let rows = self.read(file, next..next.saturating_add(BLOCK_ROWS))?;
            let equal = rows.iter().take_while(|row| compare(row) == Ordering::Equal).count();
            found.extend_from_slice(&rows[..equal]);
            if equal < BLOCK_ROWS as usize {
                return Ok(found);
            }
            next += BLOCK_ROWS;
        }
    }
}
