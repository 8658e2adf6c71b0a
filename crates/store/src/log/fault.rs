//! What the disk's errors mean for whoever asked.

use std::fmt::Display;
use std::io;

use shopwire_core::Seq;

use crate::{StoreError, disk};

/// The disk has no room, or can't be used for another reason.
pub(super) fn of_disk(error: io::Error) -> StoreError {
    disk::failed("the log's files", &error)
}

/// One event can't be understood.
pub(super) fn damaged(seq: u64, why: impl Display) -> StoreError {
    StoreError::Damaged { seq: Seq(seq), why: why.to_string() }
}

/// An error's words.
pub(super) fn text(error: impl Display) -> String {
    error.to_string()
}
