//! The segments there are, as writer and readers share them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::file::{First, SegmentFile};
use super::index::Index;
use super::open_files::OpenFiles;

/// A segment and what is known of it.
#[derive(Clone)]
pub(super) struct Segment {
    pub(super) file: Arc<SegmentFile>,
    pub(super) index: Arc<dyn Index>,
    /// Whether its index is a file.
    pub(super) is_sealed: bool,
}

impl Segment {
    pub(super) fn first(&self) -> First {
        self.file.first
    }

    /// The place behind its last event.
    pub(super) fn events_end(&self) -> u64 {
        self.first().event + u64::from(self.index.events())
    }

    /// The place behind its last attempt.
    pub(super) fn attempts_end(&self) -> u64 {
        self.first().attempt + u64::from(self.index.attempts())
    }

    /// The places behind its last ones.
    pub(super) fn places_end(&self) -> First {
        First { event: self.events_end(), attempt: self.attempts_end() }
    }

    /// The number within the segment of the event at a place.
    pub(super) fn event(&self, seq: u64) -> Option<u32> {
        let number = u32::try_from(seq.checked_sub(self.first().event)?).ok()?;
        (number < self.index.events()).then_some(number)
    }
}

/// Where the index of a segment is.
pub(super) fn index_path(log: &Path) -> PathBuf {
    log.with_extension("idx")
}

/// All segments, in order; the last one is the active one.
pub(super) type List = Arc<Vec<Segment>>;

/// What writer, sealer and readers share.
pub(super) struct Shared {
    pub(super) directory: PathBuf,
    pub(super) files: Arc<OpenFiles>,
    list: RwLock<List>,
    care: Mutex<()>,
    overwriting: Mutex<()>,
}

impl Shared {
    pub(super) fn new(directory: PathBuf, files: Arc<OpenFiles>, list: Vec<Segment>) -> Self {
        Self {
            directory,
            files,
            list: RwLock::new(Arc::new(list)),
            care: Mutex::default(),
            overwriting: Mutex::default(),
        }
    }

    /// The segments at this moment. Who has them can read them whatever becomes of them.
    pub(super) fn list(&self) -> List {
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes another list of it. The lock is held for a copy of a list of pointers, never for the disk.
    fn change(&self, change: impl FnOnce(&mut Vec<Segment>)) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = Vec::clone(&list);
        change(&mut changed);
        *list = Arc::new(changed);
    }

    pub(super) fn push(&self, segment: Segment) {
        self.change(|list| list.push(segment));
    }

    /// Puts a segment in the place of what stands there under the same name, if it is still there.
    pub(super) fn replace(&self, segment: Segment) {
        self.change(|list| {
            if let Some(known) = list.iter_mut().find(|known| known.first() == segment.first()) {
                *known = segment;
            }
        });
    }

    pub(super) fn remove(&self, gone: First) {
        self.change(|list| list.retain(|segment| segment.first() != gone));
    }

    /// Who seals, erases or drops segments does so alone. Neither writing nor reading waits for it, however long it takes.
    pub(super) fn care(&self) -> MutexGuard<'_, ()> {
        self.care.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while records of one segment are overwritten, never while the disk is waited for: who finds a record that can't
    /// be read waits for it, and looks again.
    pub(super) fn overwriting(&self) -> MutexGuard<'_, ()> {
        self.overwriting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The segment that holds the event at a place.
pub(super) fn with_event(list: &[Segment], seq: u64) -> Option<(&Segment, u32)> {
    let behind = list.partition_point(|segment| segment.first().event <= seq);
    let segment = list.get(behind.checked_sub(1)?)?;
    Some((segment, segment.event(seq)?))
}

/// The names of the segments in a directory, in order.
pub(super) fn found_in(directory: &Path) -> io::Result<Vec<First>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let is_log = path.extension().is_some_and(|extension| extension == "log");
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        found.extend(stem.filter(|_| is_log).and_then(First::of_stem));
    }
    found.sort_unstable();
    Ok(found)
}
