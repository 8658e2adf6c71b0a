//! Writing: what is staged becomes one group, with one write and one sync.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use shopwire_core::{EventId, Seq, Timestamp};

use super::file::{First, SegmentFile};
use super::lane::LaneMark;
use super::memory::{self, MemoryIndex};
use super::open;
use super::seal::Sealer;
use super::segments::{Segment, Shared};
use super::staged::Staged;
use super::{DedupKey, EncodedEvent, EncodedUpdate, LogConfig, LogReader, fault};
use crate::StoreError;

/// From here on a new segment is begun whatever was configured: offsets have 32 bits.
const SEGMENT_BYTES_MAX: u64 = 1 << 30;

/// A log that was opened, and what was found in it.
pub(crate) struct Opened {
    /// The log.
    pub(crate) log: Log,
    /// The newest update of each endpoint in the active segment, to be applied over what is known of lanes otherwise.
    pub(crate) lanes: Vec<LaneMark>,
    /// Bytes that were cut off the end: a group that was not written whole, or whose transaction never committed.
    pub(crate) cut_bytes: u64,
}

/// The end of the log that is written to. Owned by one thread.
///
/// ```text
/// put, put_update … ──▶ staged ──commit(None)──────────────────────▶ on disk and visible
///                         │ │  ──commit(Some(stamp))──▶ on disk ──settle()──▶ visible
///                         │ │                              ├──take_back()──▶ cut off again
///                         │ │                              └──leave()──▶ there, unseen; opening decides
///                         │ └──commit fails──▶ cut off again, nothing staged
///                         └──undo()──▶ nothing staged
/// ```
pub(crate) struct Log {
    config: LogConfig,
    shared: Arc<Shared>,
    sealer: Sealer,
    file: Arc<SegmentFile>,
    index: Arc<memory::Shared>,
    staged: Staged,
    /// Whether what is staged stands in the file already, and waits for its transaction.
    is_written: bool,
    /// Why nothing can be written any more.
    poison: Option<StoreError>,
}

impl Log {
    /// Opens the log in a directory, which is made if it is not there. Cuts off the last group if it was not written whole, or
    /// has a stamp beyond `committed_stamp`; rebuilds indexes that are missing or damaged.
    ///
    /// # Errors
    ///
    /// `Unavailable` or `Full` if the disk does not do its part, `Unreadable` if a later version wrote it, if it is damaged
    /// amid the groups, or if it goes on behind the transaction `committed_stamp`.
    pub(crate) fn open(
        directory: &Path,
        config: LogConfig,
        committed_stamp: u64,
    ) -> Result<Opened, StoreError> {
        let files = Arc::default();
        let found = open::open(directory, &config, committed_stamp, &files)?;
        let (file, index) = (found.file, found.index);
        let mut list = found.sealed;
        list.push(active(&file, &index));
        let shared = Arc::new(Shared::new(directory.to_owned(), files, list));
        let sealer = Sealer::start(Arc::clone(&shared)).map_err(fault::of_disk)?;
        let staged = Staged::behind(&file, &index);
        let log = Self { config, shared, sealer, file, index, staged, is_written: false, poison: None };
        Ok(Opened { log, lanes: found.lanes, cut_bytes: found.cut_bytes })
    }

    /// The place of the last event, staged ones included.
    pub(crate) fn head(&self) -> Seq {
        Seq(self.staged.next_event() - 1)
    }

    /// The place of the newest event with this key: staged, or in any segment that is still there.
    ///
    /// # Errors
    ///
    /// `Unavailable` if an index can't be read.
    pub(crate) fn find(&self, key: &DedupKey) -> Result<Option<Seq>, StoreError> {
        if let Some(seq) = self.staged.find(key) {
            return Ok(Some(Seq(seq)));
        }
        for segment in self.shared.list().iter().rev() {
            if let Some(event) = segment.index.find_key(key).map_err(fault::of_disk)? {
                return Ok(Some(Seq(segment.first().event + u64::from(event))));
            }
        }
        Ok(None)
    }

    /// The id of an event, staged ones included; `None` if there is none at this place. What [`find`](Self::find) found
    /// has one, even if its record is damaged.
    ///
    /// # Errors
    ///
    /// `Unavailable` if an index can't be read.
    pub(crate) fn event_id(&self, seq: Seq) -> Result<Option<EventId>, StoreError> {
        match self.staged.event_id(seq.0) {
            Some(id) => Ok(Some(id)),
            None => self.reader().event_id(seq),
        }
    }

    /// Stages an event; answers the place that it gets.
    pub(crate) fn put(&mut self, event: &EncodedEvent) -> Seq {
        self.settle();
        Seq(self.staged.put(event))
    }

    /// Stages a lane's update.
    pub(crate) fn put_update(&mut self, update: &EncodedUpdate) {
        self.settle();
        self.staged.put_update(update);
    }

    /// Forgets what is staged. What is committed stays.
    pub(crate) fn undo(&mut self) {
        self.settle();
        self.staged.clear();
    }

    /// Writes what is staged as one group, and syncs. Without a stamp it is visible to readers from here on. With the number
    /// of the SQL transaction that it belongs to (from 1), it waits for [`settle`](Self::settle) or
    /// [`take_back`](Self::take_back). With nothing staged nothing is written.
    ///
    /// # Errors
    ///
    /// `Full` if there is no room, else `Unavailable`. Nothing is staged any more then, and the file is as it was; if that
    /// can't be brought about, every further call fails.
    pub(crate) fn commit(&mut self, stamp: Option<u64>) -> Result<(), StoreError> {
        self.settle();
        if let Some(poison) = &self.poison {
            self.staged.clear();
            return Err(poison.clone());
        }
        if self.staged.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.write(stamp.unwrap_or(0)) {
            self.cut();
            return Err(error);
        }
        self.is_written = true;
        if stamp.is_none() {
            self.settle();
        }
        Ok(())
    }

    fn write(&mut self, stamp: u64) -> Result<(), StoreError> {
        let at = self.file.settled();
        let bytes = self.staged.finish(at, stamp)?;
        self.file.append(at, bytes).map_err(fault::of_disk)
    }

    /// The transaction of the group committed last has committed, too: makes it visible to readers. Does nothing if no
    /// group waits for it. What is put next settles it as well.
    pub(crate) fn settle(&mut self) {
        if !std::mem::take(&mut self.is_written) {
            return;
        }
        let at = self.file.settled();
        // Before anybody sees the events: what is visible is final.
        self.file.settle(at + self.staged.bytes());
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        self.staged.publish(at, &mut index);
    }

    /// The transaction of the group committed last has failed: cuts it off. Does nothing if no group waits for it.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it can't be cut off; so will be every further call.
    pub(crate) fn take_back(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.is_written) {
            self.cut();
        }
        self.poison.clone().map_or(Ok(()), Err)
    }

    /// What became of the transaction of the group committed last can't be told until the log is opened again: leaves the group
    /// where it stands, unseen. Every further call fails with this error.
    pub(crate) fn leave(&mut self, poison: StoreError) {
        self.is_written = false;
        self.staged.clear();
        self.poison = Some(poison);
    }

    /// Lets the file end where it ended before what is staged, and forgets that.
    fn cut(&mut self) {
        self.staged.clear();
        if let Err(error) = self.file.cut(self.file.settled()) {
            let why = format!("a group that failed can't be cut off the log ({error}); restart to repair it");
            tracing::error!("{why}");
            self.poison = Some(StoreError::Unavailable(why));
        }
    }

    /// Whether it is time to begin a new segment.
    pub(crate) fn is_long(&self) -> bool {
        // Its name is made of the places, so that one without any can't be followed by another.
        let has_places = self.staged.next_first() != self.file.first;
        self.file.settled() >= self.config.segment_bytes.min(SEGMENT_BYTES_MAX) && has_places
    }

    /// Whether an event in the active segment was received before this moment.
    pub(crate) fn is_begun_before(&self, moment: Timestamp) -> bool {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.received.is_some_and(|(first, _)| first < moment)
    }

    /// Begins a new segment, unless nothing has got a place in this one yet. The former one is sealed on a thread of its own.
    /// Nothing may be staged. Lanes' progress must be kept elsewhere **before**: on opening only the updates in the active
    /// segment are looked at.
    ///
    /// # Errors
    ///
    /// `Full` or `Unavailable` if the file can't be made; the log goes on in the segment it has then.
    pub(crate) fn roll(&mut self) -> Result<(), StoreError> {
        self.settle();
        if let Some(poison) = &self.poison {
            return Err(poison.clone());
        }
        self.staged.clear();
        let first: First = self.staged.next_first();
        if first == self.file.first {
            return Ok(());
        }
        let file = open::create(&self.shared.directory, &self.config, first)?;
        let index = {
            let former = self.index.read().unwrap_or_else(PoisonError::into_inner);
            Arc::new(RwLock::new(MemoryIndex::like(&former)))
        };
        self.shared.push(active(&file, &index));
        let former = std::mem::replace(&mut self.file, file);
        let former_index = std::mem::replace(&mut self.index, index);
        self.sealer.seal(former, former_index);
        Ok(())
    }

    /// Reads the same log, from any thread.
    pub(crate) fn reader(&self) -> LogReader {
        LogReader::new(Arc::clone(&self.shared))
    }

    /// Waits for what is being sealed. The active segment stays as it is. Dropping does the same.
    pub(crate) fn close(mut self) {
        self.settle();
    }
}

fn active(file: &Arc<SegmentFile>, index: &Arc<memory::Shared>) -> Segment {
    let index: Arc<memory::Shared> = Arc::clone(index);
    Segment { file: Arc::clone(file), index, is_sealed: false }
}
