//! Delivery: where events go, what comes of it, and when it is tried again. Pure rules.

mod blocklist;
mod breaker;
mod bucket;
mod care;
mod decision;
mod endpoint;
mod health;
mod lane;
mod outcome;
mod policy;
mod retry;
mod share;
mod topic_pattern;
mod window;

pub use blocklist::{BlockRule, Blocklist};
pub use breaker::{Breaker, BreakerRule, BreakerState, Passage, Sign};
pub use bucket::{Bucket, Rate, RateError};
pub use care::{Care, CareRule, CareView, Ending, Turned};
pub use decision::{DeadReason, Decision, DeliveryBounds, decide};
pub use endpoint::{ContentMode, CustomHeader, Endpoint, EndpointState, Ordering};
pub use health::{Health, HealthRule, Standing, Trouble};
pub use lane::{Lane, LaneBounds, LaneChanges, LaneRecord, Offer, Settled, SubjectKey, Waiting, subject_key};
pub use outcome::{Outcome, retry_after_ms};
pub use policy::{CountedFrom, Delay, Exhaustion, SendPolicy, Success};
pub use retry::{Progress, RetryPolicy, RetryPolicyError};
pub use share::{Share, ShareId};
pub use topic_pattern::{PatternError, TopicPattern, WildcardRule};
pub use window::{Load, Window};
