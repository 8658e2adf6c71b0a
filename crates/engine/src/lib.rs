//! Receive, dispatch, deliver: the engine of Shopwire.
//!
//! A shop's change is [captured](capture): compared with what was known, state and events on disk before the answer.
//! A webhook is [received](receive) (verified, deduplicated, appended: on disk before the answer), [dispatched](dispatch)
//! (matched by topic, taken by the lanes of the endpoints that want it) and [delivered](deliver) (rendered, signed,
//! sent through the [egress] guard, its outcome recorded). The log is the only truth: whatever the engine holds in
//! memory can be rebuilt from it.
//!
//! **Invariants.** Nothing is answered before it is synced. Memory is bounded whatever the backlog. A lane has one
//! owner. Time, randomness and names resolved come in as parameters.

pub mod backup;
mod bits;
pub mod capture;
pub mod configure;
pub mod deliver;
mod directory;
pub mod dispatch;
pub mod egress;
mod engine;
pub mod ledger_check;
pub mod metrics;
mod operational;
mod ready;
pub mod receive;
pub mod replay;
mod retention;
mod story;
mod sweep;
mod system;
mod timer;
mod timers;

pub use directory::{Directory, Shelf};
pub use dispatch::EndpointHealth;
pub use engine::{Engine, EngineParts};
pub use metrics::Metrics;
pub use retention::EraseError;
pub use story::{DeliveryState, DeliveryStory, Story};
pub use system::{SystemRandom, SystemTimer};
pub use timer::{Sleep, Timer};
