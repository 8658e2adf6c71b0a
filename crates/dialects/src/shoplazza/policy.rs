//! What Shoplazza demands of a receiver.

use crate::ReceivePolicy;

/// Any 2xx counts. The time-out is not documented in what could be read; receivers in production keep to 5 s. Nothing
/// signed tells the time, so there is no window; and topic, shop and deduplication id stand in headers that the signature
/// does not cover, so that a captured body can be replayed under other ones.
pub(super) const RECEIVE: ReceivePolicy = ReceivePolicy {
    answer_within_ms: 5_000,
    success: 200,
    window: None,
    headers: &[
        "x-shoplazza-topic",
        "x-shoplazza-shop-domain",
        "x-shoplazza-api-version",
        "x-shoplazza-deduplication-id",
    ],
    query: &[],
};
