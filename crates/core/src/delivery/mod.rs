//! Delivery: where events go, what comes of it, and when it is tried again. Pure rules.

mod decision;
mod endpoint;
mod lane;
mod outcome;
mod retry;
mod topic_pattern;

pub use decision::{DeadReason, Decision, DeliveryBounds, decide};
pub use endpoint::{ContentMode, CustomHeader, Endpoint, EndpointState, Ordering};
pub use lane::{Lane, LaneBounds, LaneChanges, LaneRecord, Offer, Settled, SubjectKey, Waiting, subject_key};
pub use outcome::{Outcome, retry_after_ms};
pub use retry::{Progress, RetryPolicy, RetryPolicyError};
pub use topic_pattern::{PatternError, TopicPattern, WildcardRule};
