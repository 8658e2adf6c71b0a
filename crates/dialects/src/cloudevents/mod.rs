//! Our own dialect: canonical events as [CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md),
//! signed by [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
//!
//! An event in any dialect comes out in one shape: who (`source`, the shop), what (`type`), about what
//! (`subject`), when (`time`), its place in the log (`sequence`), and `data` with the entity as known, former values of
//! what changed, and where it came from.

mod envelope;
mod sign;
mod verify;

#[cfg(test)]
mod tests;

pub use envelope::{Rendered, TYPE_PREFIX, render, test_event};
pub use sign::{SigningKey, WhsecError, sign};
pub use verify::{TOLERANCE, verify};
