//! Delivery: where events go, what comes of it, and when it is tried again. Pure rules.

mod blocklist;
mod decision;
mod endpoint;
mod lane;
mod outcome;
mod policy;
mod retry;
mod topic_pattern;

pub use blocklist::{BlockRule, Blocklist};
pub use decision::{DeadReason, Decision, DeliveryBounds, decide};
pub use endpoint::{ContentMode, CustomHeader, Endpoint, EndpointState, Ordering};
pub use lane::{Lane, LaneBounds, LaneChanges, LaneRecord, Offer, Settled, SubjectKey, Waiting, subject_key};
pub use outcome::{Outcome, retry_after_ms};
pub use policy::{CountedFrom, Delay, Exhaustion, SendPolicy, Success};
pub use retry::{Progress, RetryPolicy, RetryPolicyError};
pub use topic_pattern::{PatternError, TopicPattern, WildcardRule};
