//! The Ledger: the durable log, the lanes, the configuration.
//!
//! What happened stands in the log: events, attempts, how far the lanes have come. What is so stands in a database beside it:
//! the state of shops with its timers, who waits, who was given up, the configuration. Neither can be made from the other; what
//! belongs to both is committed together. The [`Ledger`] speaks in domain verbs, answers conditional changes with enums, and
//! never holds a transaction while something else is waited for.
//!
//! **Invariants.** What a verb has answered `Ok` is synced to the disk. Places in the log are given in the order in
//! which events become visible: who has read up to a place will never see an event appear before it. No secret stands
//! in clear on the disk.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod disk;
mod error;
mod ledger;
mod log;
mod sqlite;

pub use error::StoreError;
pub use ledger::{
    Appended, AttemptFilter, AttemptPlace, AttemptRecord, AttemptWalk, Backup, Blob, Committed,
    Configuration, DeadLetter, DeadLetterFilter, Dropped, DueTimer, EntityChange, EntityKey, Erasure,
    EventFilter, EventHead, HealthReport, IdempotencyKey, LaneStand, LaneUpdate, Ledger, LogSpan, Merges,
    NewEvent, Noun, NounId, Page, PageRequest, Redelivery, RejectedRequest, Retention, Snapshot,
    StoredAttempt, Tail, TailBounds, TailFeed, TailItem,
};
pub use log::LogConfig;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use log::fuzzing;
pub use sqlite::{SecretKey, SecretKeyError, SqliteConfig, SqliteLedger, WriteCounts};
