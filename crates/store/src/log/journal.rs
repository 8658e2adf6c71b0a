//! Overwriting records so that a crash amid it does no harm: what is to be written is noted first, and done again on opening.
//!
//! ```text
//! of each record: u64 u64 the first places of its segment, u32 where it stands, u32 its length,
//!                 u32 a length and so many bytes; what is left of the record is zeros
//! u32 crc32 of all that
//! ```
//!
//! A record without any bytes names a segment whose index may know what should be forgotten, and nothing else.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::file::{First, SegmentFile, replace};
use super::segments::index_path;
use super::wire::{Reader, put_length};
use crate::disk::sync;

/// A record that is to take the place of another one of the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overwrite {
    pub(super) first: First,
    pub(super) offset: u32,
    pub(super) record: Vec<u8>,
}

impl Overwrite {
    /// Names a segment whose index is to be made anew.
    pub(super) const fn of_index(first: First) -> Self {
        Self { first, offset: 0, record: Vec::new() }
    }
}

fn path(directory: &Path) -> PathBuf {
    directory.join("overwrites")
}

/// The journal and its length, if something stands in it: whoever copies the log amid an erasure copies it, too, or what was
/// being erased would come back with the copy.
pub(super) fn file(directory: &Path) -> Option<(PathBuf, u64)> {
    let path = path(directory);
    let bytes = path.metadata().ok()?.len();
    Some((path, bytes))
}

/// Notes what is to be overwritten, in the place of what was noted before.
pub(super) fn note(directory: &Path, overwrites: &[Overwrite]) -> io::Result<()> {
    let mut out = Vec::new();
    for Overwrite { first, offset, record } in overwrites {
        out.extend(first.event.to_le_bytes());
        out.extend(first.attempt.to_le_bytes());
        out.extend(offset.to_le_bytes());
        put_length(&mut out, record.len());
        let said = record.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        put_length(&mut out, said);
        out.extend(&record[..said]);
    }
    out.extend(crc32fast::hash(&out).to_le_bytes());
    replace(&path(directory), |mut file| file.write_all(&out))
}

/// Forgets what was noted, if anything was, once it is done and synced.
pub(super) fn forget(directory: &Path) -> io::Result<()> {
    match std::fs::remove_file(path(directory)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync(directory)),
    }
}

/// What was noted and not forgotten.
pub(super) fn noted(directory: &Path) -> io::Result<Vec<Overwrite>> {
    let path = path(directory);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    read(&bytes).map_err(|why| {
        let path = path.display();
        io::Error::other(format!("`{path}` {why}: remove it, and ask for the last erasure again"))
    })
}

/// Does what was noted before a crash. Indexes of the segments are removed: they may know what should be forgotten.
pub(super) fn redo(directory: &Path) -> io::Result<()> {
    let overwrites = noted(directory)?;
    if overwrites.is_empty() {
        return Ok(());
    }
    for Overwrite { first, offset, record } in overwrites {
        // Its segment may have been dropped meanwhile.
        if !directory.join(first.stem()).with_extension("log").exists() {
            continue;
        }
        let file = SegmentFile::open(directory, first)?;
        if u64::from(offset) + record.len() as u64 <= file.len()? {
            file.overwrite(u64::from(offset), &record)?;
            file.sync()?;
        }
        let index = index_path(&file.path);
        if index.exists() {
            std::fs::remove_file(index)?;
        }
    }
    forget(directory)
}

fn read(bytes: &[u8]) -> Result<Vec<Overwrite>, &'static str> {
    let (bytes, crc) = bytes.split_last_chunk().ok_or("is cut")?;
    if crc32fast::hash(bytes) != u32::from_le_bytes(*crc) {
        return Err("is damaged");
    }
    let mut rest = Reader(bytes);
    let mut overwrites = Vec::new();
    while !rest.0.is_empty() {
        let first = First { event: rest.u64()?, attempt: rest.u64()? };
        let (offset, length, said) = (rest.u32()?, rest.u32()?, rest.u32()?);
        let mut record = rest.take(said as usize)?.to_vec();
        record.resize(length as usize, 0);
        overwrites.push(Overwrite { first, offset, record });
    }
    Ok(overwrites)
}
