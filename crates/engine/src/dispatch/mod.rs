//! From the log to the lanes.
//!
//! The dispatcher ([`Lanes`]) follows the log's tail and hands every event to the gates of the endpoints whose
//! topics it matches (an index of topics is asked, endpoints are not scanned). Behind each gate runs one lane, the only
//! owner of its endpoint's cursor:
//!
//! - a **hot** lane gets events from memory, as shared values;
//! - a lane that can't keep up goes **cold**: its gate closes, and it reads on from the log by its cursor, page by page, which
//!   it shares with other cold lanes. Once it has nearly caught up with the dispatcher its gate opens again, and it reads
//!   what lies between.
//!
//! So memory is bounded whatever the backlog, and the normal case reads nothing back.
//!
//! **Invariant.** An event that matches is in the lane's hands, or behind its cursor's reach in the log; never neither.

mod burial;
mod cares;
mod closing;
mod gate;
mod hollow;
mod index;
mod lanes;
mod matching;
mod pages;
mod parcel;
mod run;
mod supervise;
mod tell;

pub(crate) use cares::Cares;
pub use cares::EndpointHealth;
pub(crate) use closing::Closing;
pub use index::TopicIndex;
pub use lanes::Lanes;
pub use matching::{Filtered, wants};
pub(crate) use matching::{admitted, permitted};
pub(crate) use pages::Pages;
pub use parcel::Parcel;
pub(crate) use tell::keep_telling;
