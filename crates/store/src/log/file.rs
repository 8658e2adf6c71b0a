//! One segment's file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::open_files::{Handle, OpenFiles};
use crate::disk::{owners, sync, sync_name};

/// What a segment begins with; the last byte is the version of its form.
pub(super) const MAGIC: [u8; 8] = *b"SWLOG\0\0\x01";

/// Where the places of a segment begin. Its name is made of it, so that no place is given twice even if all others are
/// gone. Two segments may begin with the same event: the first of them has attempts only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct First {
    pub(super) event: u64,
    pub(super) attempt: u64,
}

impl First {
    pub(super) fn stem(self) -> String {
        format!("{:020}-{:020}", self.event, self.attempt)
    }

    pub(super) fn of_stem(stem: &str) -> Option<Self> {
        let (event, attempt) = stem.split_once('-')?;
        let first = Self { event: event.parse().ok()?, attempt: attempt.parse().ok()? };
        (first.stem() == stem).then_some(first)
    }
}

/// A segment's file: held open while it is the active one, and else opened when it is read.
#[derive(Debug)]
pub(super) struct SegmentFile {
    file: Handle,
    pub(super) path: PathBuf,
    pub(super) first: First,
    /// Bytes that are final: written, synced, and not to be taken back.
    settled: AtomicU64,
    #[cfg(test)]
    broken: super::config::Broken,
}

impl SegmentFile {
    /// Makes an empty segment and sees to it that its name is on the disk. What an attempt that failed has left under this
    /// name is taken over; a file that holds anything is not.
    pub(super) fn create(directory: &Path, first: First) -> io::Result<Self> {
        let path = directory.join(first.stem()).with_extension("log");
        let file =
            owners(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(&path)?;
        if file.metadata()?.len() > MAGIC.len() as u64 {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let made = file.write_all_at(&MAGIC, 0).and_then(|()| file.sync_all()).and_then(|()| sync(directory));
        if let Err(error) = made {
            // So that no empty segment stands in the way. If it stays, opening sees to that.
            std::fs::remove_file(&path).and_then(|()| sync(directory)).ok();
            return Err(error);
        }
        Ok(Self::new(file, path, first, MAGIC.len() as u64))
    }

    /// Opens a segment. One that was killed while it was made gets its beginning.
    pub(super) fn open(directory: &Path, first: First) -> io::Result<Self> {
        let path = directory.join(first.stem()).with_extension("log");
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let bytes = file.metadata()?.len();
        if bytes < MAGIC.len() as u64 {
            file.write_all_at(&MAGIC, 0)?;
            file.sync_all()?;
        }
        Ok(Self::new(file, path, first, bytes.max(MAGIC.len() as u64)))
    }

    fn new(file: File, path: PathBuf, first: First, settled: u64) -> Self {
        Self {
            file: Handle::Held(file),
            path,
            first,
            settled: AtomicU64::new(settled),
            #[cfg(test)]
            broken: super::config::Broken::default(),
        }
    }

    /// The same once it gets no more bytes: not held open.
    pub(super) fn at_rest(self: &Arc<Self>, files: &Arc<OpenFiles>) -> Arc<Self> {
        if let Handle::OnDemand(_) = self.file {
            return Arc::clone(self);
        }
        Arc::new(Self {
            file: Handle::on_demand(&self.path, true, files),
            path: self.path.clone(),
            first: self.first,
            settled: AtomicU64::new(self.settled()),
            #[cfg(test)]
            broken: self.broken.clone(),
        })
    }

    /// Keeps it open from now on, since its name is to go.
    pub(super) fn hold(&self) -> io::Result<()> {
        self.file.hold()
    }

    /// The same on a disk that tests break.
    #[cfg(test)]
    pub(super) fn on(self, broken: super::config::Broken) -> Self {
        Self { broken, ..self }
    }

    /// Whether this version can read it.
    pub(super) fn is_known(&self) -> io::Result<bool> {
        let mut magic = [0; MAGIC.len()];
        self.file.with(|file| file.read_exact_at(&mut magic, 0))?;
        Ok(magic == MAGIC)
    }

    /// Whether nothing has been written to it yet.
    pub(super) fn is_empty(&self) -> bool {
        self.settled() <= MAGIC.len() as u64
    }

    /// Bytes that are final.
    pub(super) fn settled(&self) -> u64 {
        self.settled.load(Ordering::Acquire)
    }

    pub(super) fn settle(&self, bytes: u64) {
        self.settled.store(bytes, Ordering::Release);
    }

    /// Writes behind what is there and syncs.
    pub(super) fn append(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.with(|file| {
            #[cfg(test)]
            self.broken.check_write(|part| file.write_all_at(&bytes[..bytes.len() * part / 100], at))?;
            file.write_all_at(bytes, at)?;
            #[cfg(test)]
            self.broken.check_sync()?;
            file.sync_data()
        })
    }

    /// Writes in place; to be followed by [`sync`](Self::sync).
    pub(super) fn overwrite(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        self.broken.check_overwrite()?;
        self.file.with(|file| file.write_all_at(bytes, at))
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        #[cfg(test)]
        self.broken.check_overwrite()?;
        self.file.with(File::sync_data)
    }

    /// Cuts off what is behind so many bytes.
    pub(super) fn cut(&self, bytes: u64) -> io::Result<()> {
        #[cfg(test)]
        self.broken.check_cut()?;
        self.file.with(|file| file.set_len(bytes).and_then(|()| file.sync_all()))
    }

    /// Bytes that the file has.
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.with(File::metadata)?.len())
    }

    /// Reads as many bytes as there are, up to what fits.
    pub(super) fn read(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.file.with(|file| read(file, at, into))
    }
}

fn read(file: &File, mut at: u64, mut into: &mut [u8]) -> io::Result<usize> {
    let wanted = into.len();
    while !into.is_empty() {
        match file.read_at(into, at) {
            Ok(0) => break,
            Ok(count) => {
                at += count as u64;
                into = &mut into[count..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted - into.len())
}

/// Writes a whole file so that it is there with all its bytes or not at all, under a name that may be taken.
pub(super) fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let draft = path.with_extension("tmp");
    let file = owners(OpenOptions::new().write(true).create(true).truncate(true)).open(&draft)?;
    let written = write(&file).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        // The draft of a file that could not be written is of no use; that it stays behind would do no harm.
        std::fs::remove_file(&draft).ok();
    }
    written?;
    sync_name(path)
}
