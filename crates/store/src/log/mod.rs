//! The log: append-only segment files that hold all events and attempts.
//!
//! ```text
//!  EncodedEvent ─┐ staged   ┌─────────┐ one write, one sync   00…1-00…1.log        (sealed)  events 1 …
//!  EncodedUpdate ┴─────────▶│  Log    │──────────┐            00…1-00…1.idx
//!                           │(writer) │          │            00…90001-00…88321.log (sealed)
//!                           └────┬────┘          │            00…90001-00…88321.idx
//!                     what is settled            └──────────▶ 00…180001-….log       (active)
//!                                ▼                                  ▲      ▲
//!                  memory index of the active one ── roll ──▶ Sealer ┘      │ pread
//!                                └──────────────▶ LogReader (any thread) ───┘
//! ```
//!
//! | part | files |
//! |---|---|
//! | bytes | `record` (the frame), `event`, `origin`, `attempt`, `lane` (what is framed), `encode` (before they have a place), `group` (what is committed together), `wire` |
//! | files | `file`, `open_files`, `window` (reading), `scan` (from the beginning) with `damage`, `segments` (the list), `open`, `journal`, `config`, `fault` (the disk's errors) |
//! | what is known of a segment | `index` (the questions), `memory`, `index_file`, `table`, `filter`, `seal` |
//! | verbs | `writer` with `staged`, `reader`, `search`, `attempts`, `paging`, `retain`, `erase`, `check` |
//! | for fuzz targets | `fuzzing` |
//!
//! **Invariants.**
//! - What [`Log::commit`] answered `Ok` is on the disk, and stays there unless [`Log::take_back`] follows.
//! - Events and attempts have places without holes, each from 1, in the order in which they were put. Readers see whole
//!   groups, in order, and none that may still be taken back.
//! - A group is written once and never moved. Records in it are overwritten by an erasure only, with the same length.
//! - An index is a function of its segment: the same bytes come about whether it was sealed or made anew.
//! - A record that can't be read costs itself alone as long as its neighbours can be found, which the index of a sealed
//!   segment sees to.
//! - Opening cuts off the last group alone, and only if it can't be read whole or its transaction never committed: a crash
//!   leaves that of a group nobody was told of, and from damage in it, that can't be told. What can't be read further in front
//!   is damage (`damage`): nothing is cut off, and the log does not open if going on would cost events.

mod attempt;
mod attempts;
mod check;
mod config;
mod damage;
mod encode;
mod erase;
mod event;
mod fault;
mod file;
mod filter;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod group;
mod index;
mod index_file;
mod journal;
mod lane;
mod memory;
mod open;
mod open_files;
pub(crate) mod origin;
mod paging;
mod reader;
mod record;
mod retain;
mod scan;
mod seal;
mod search;
mod segments;
mod staged;
mod table;
#[cfg(test)]
mod tests;
mod window;
mod wire;
mod writer;

pub use self::config::LogConfig;
#[cfg(test)]
pub(crate) use self::config::{Broken, Faults};
pub(crate) use self::encode::{EncodedEvent, EncodedUpdate};
pub(crate) use self::erase::Emptied;
pub(crate) use self::event::Head;
pub(crate) use self::reader::LogReader;
pub(crate) use self::writer::{Log, Opened};

/// A hash of what makes copies of the same webhook recognisable. Uniformly distributed: half of a SHA-256.
pub(crate) type DedupKey = [u8; 16];
