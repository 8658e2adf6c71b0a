//! Letting go of the oldest segments, whole.

use std::io;

use shopwire_core::Seq;

use super::fault;
use super::reader::{LogReader, disk_bytes};
use super::segments::{Segment, index_path};
use crate::disk::sync;
use crate::{Dropped, Retention, StoreError};

impl LogReader {
    /// See [`Ledger::retain`](crate::Ledger::retain). Who is reading a segment that goes reads on. A segment that is still to be sealed
    /// stays for now.
    pub(crate) fn retain(&self, retention: &Retention) -> Result<Dropped, StoreError> {
        let _alone = self.shared.care();
        let mut left: u64 = self.shared.list().iter().map(disk_bytes).sum();
        let mut dropped = Dropped::default();
        let mut is_changed = false;
        // The list is asked for anew each time: held on to, it would keep open all that goes.
        while let Some(oldest) = self.shared.list().first().cloned()
            && oldest.is_sealed
            && may_go(&oldest, retention, left)
        {
            let bytes = disk_bytes(&oldest);
            unlink(&oldest).map_err(fault::of_disk)?;
            self.shared.remove(oldest.first());
            left = left.saturating_sub(bytes);
            dropped.bytes += bytes;
            dropped.events += u64::from(oldest.index.events());
            is_changed = true;
        }
        if is_changed {
            sync(&self.shared.directory).map_err(fault::of_disk)?;
        }
        Ok(Dropped { first: self.span().first, ..dropped })
    }
}

/// Whether a segment may go, with so many bytes in all that are left.
fn may_go(segment: &Segment, retention: &Retention, left: u64) -> bool {
    let is_kept = retention.keep_from.is_some_and(|Seq(from)| segment.events_end() > from);
    // One without events goes with those around it.
    let newest = segment.index.received().map(|(_, last)| last);
    let is_old = retention.received_before.is_some_and(|before| newest.is_none_or(|newest| newest < before));
    let is_too_much = retention.bytes_max.is_some_and(|most| left > most);
    !is_kept && (is_old || is_too_much)
}

/// The records first: an index without them is cleared away on opening, while they without it would come back.
fn unlink(segment: &Segment) -> io::Result<()> {
    segment.file.hold()?;
    segment.index.hold()?;
    for path in [&segment.file.path, &index_path(&segment.file.path)] {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
