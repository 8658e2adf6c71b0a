//! What BigCommerce demands of a receiver.

use crate::{ReceivePolicy, Window};

/// How far a signed time may be off: the tolerance of the Standard Webhooks libraries, which BigCommerce's guide uses.
pub(super) const WINDOW: Window = Window { past_s: 300, future_s: 300 };

/// The time-out is not documented. Measured, an answer after 9 s was accepted and one after 12 s was not.
pub(super) const RECEIVE: ReceivePolicy = ReceivePolicy {
    answer_within_ms: 10_000,
    success: 200,
    window: Some(WINDOW),
    headers: &["webhook-id", "webhook-timestamp"],
    query: &[],
};
