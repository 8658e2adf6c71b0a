//! What Shoptet demands of a receiver (Shoptet docs: webhooks).

use crate::ReceivePolicy;

/// Shoptet wants a 200 within 4 s; whether another 2xx counts is not documented. After three attempts in half an hour the
/// notification is dropped for good. Nothing signed tells a time, so there is no window.
pub(super) const RECEIVE: ReceivePolicy =
    ReceivePolicy { answer_within_ms: 4_000, success: 200, window: None, headers: &[], query: &[] };
