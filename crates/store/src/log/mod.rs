//! The log: append-only segment files.
#![expect(dead_code, reason = "the ledger is moving to it")]

mod config;
mod encode;
mod reader;
mod writer;

pub use self::config::LogConfig;
pub(crate) use self::encode::{EncodedEvent, EncodedUpdate};
pub(crate) use self::reader::{Emptied, LogReader};
pub(crate) use self::writer::{LaneMark, Log, Opened};

/// A hash of what makes copies of the same webhook recognisable. Uniformly distributed: half of a SHA-256.
pub(crate) type DedupKey = [u8; 16];
