//! Writing: what is staged becomes one group, with one write and one sync.

use std::path::Path;

use shopwire_core::{EndpointId, Seq};

use super::{DedupKey, EncodedEvent, EncodedUpdate, LogConfig, LogReader};
use crate::StoreError;

/// Where a lane stands, as its newest update in the active segment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaneMark {
    /// The lane's endpoint.
    pub(crate) endpoint: EndpointId,
    /// Where it stands.
    pub(crate) cursor: Seq,
    /// What is finished beyond.
    pub(crate) done: Vec<Seq>,
}

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
///                         │ │                              └──take_back()──▶ cut off again
///                         │ └──commit fails──▶ cut off again, nothing staged
///                         └──undo()──▶ nothing staged
/// ```
pub(crate) struct Log {
    reader: LogReader,
}

impl Log {
    /// Opens the log in a directory, which is made if it is not there (its parent must be). Cuts off what was not written
    /// whole, and all from the first group on that has a stamp beyond `committed_stamp`; rebuilds indexes that are missing
    /// or damaged.
    ///
    /// # Errors
    ///
    /// `Unavailable` or `Full` if the disk does not do its part, `Unreadable` if a later version wrote it.
    pub(crate) fn open(
        _directory: &Path,
        _config: LogConfig,
        _committed_stamp: u64,
    ) -> Result<Opened, StoreError> {
        Err(StoreError::Unavailable("the log is being built".to_owned()))
    }

    /// The place of the last event, staged ones included.
    pub(crate) fn head(&self) -> Seq {
        Seq::START
    }

    /// The place of the newest event with this key: staged, or in any segment that is still there.
    ///
    /// # Errors
    ///
    /// `Unavailable` if an index can't be read.
    pub(crate) fn find(&self, _key: &DedupKey) -> Result<Option<Seq>, StoreError> {
        Ok(None)
    }

    /// The id of an event, staged ones included; `None` if there is none at this place. What [`find`](Self::find) found has one,
    /// even if its record is damaged.
    ///
    /// # Errors
    ///
    /// `Unavailable` if an index can't be read.
    pub(crate) fn event_id(&self, _seq: Seq) -> Result<Option<shopwire_core::EventId>, StoreError> {
        Ok(None)
    }

    /// Stages an event; answers the place that it gets.
    pub(crate) fn put(&mut self, _event: &EncodedEvent) -> Seq {
        Seq::START
    }

    /// Stages a lane's update.
    pub(crate) fn put_update(&mut self, _update: &EncodedUpdate) {}

    /// Forgets what is staged.
    pub(crate) fn undo(&mut self) {}

    /// Writes what is staged as one group, and syncs. Without a stamp it is visible to readers from here on. With the
    /// number of the SQL transaction that it belongs to, it waits for [`settle`](Self::settle) or [`take_back`](Self::take_back).
    /// With nothing staged nothing is written.
    ///
    /// # Errors
    ///
    /// `Full` if there is no room, else `Unavailable`. Nothing is staged any more then, and the file is as it was; if that
    /// can't be brought about, every further call fails.
    pub(crate) fn commit(&mut self, _stamp: Option<u64>) -> Result<(), StoreError> {
        Ok(())
    }

    /// The transaction of the group committed last has committed, too: makes it visible to readers. Does nothing if no group waits
    /// for it. What is put next settles it as well.
    pub(crate) fn settle(&mut self) {}

    /// The transaction of the group committed last has failed: cuts it off. Does nothing if no group waits for it.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it can't be cut off; so will be every further call.
    pub(crate) fn take_back(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether it is time to begin a new segment.
    pub(crate) fn is_long(&self) -> bool {
        false
    }

    /// Begins a new segment. The former one is sealed on a thread of its own. Nothing may be staged. Lanes' progress must be kept
    /// elsewhere **before**: on opening only the updates in the active segment are looked at.
    ///
    /// # Errors
    ///
    /// `Full` or `Unavailable` if the file can't be made; the log goes on in the segment it has then.
    pub(crate) fn roll(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Reads the same log, from any thread.
    pub(crate) fn reader(&self) -> LogReader {
        self.reader.clone()
    }

    /// Waits for what is being sealed. The active segment stays as it is. Dropping does the same.
    pub(crate) fn close(self) {}
}
