//! What the disk's errors mean for whoever asked.

use std::fmt::Display;
use std::io;

use shopwire_core::Seq;

use crate::StoreError;

/// The disk has no room, or can't be used for another reason.
pub(super) fn of_disk(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::Full(format!("the disk is full ({error})"))
        }
        _ => StoreError::Unavailable(format!("the log's files: {error}")),
    }
}

/// One event can't be understood.
pub(super) fn damaged(seq: u64, why: impl Display) -> StoreError {
    StoreError::Damaged { seq: Seq(seq), why: why.to_string() }
}

/// An error's words.
pub(super) fn text(error: impl Display) -> String {
    error.to_string()
}
