//! What Ecwid demands of a receiver (Ecwid docs: how to process webhooks).

use crate::{ReceivePolicy, Window};

/// Ecwid waits 3 s for the connection and 10 s for the answer. Only 200, 201, 202, 204 and 209 count as delivered, and
/// older documentation knows 200 alone. A webhook that failed is sent again, with the same time and signature, for up to
/// 24 hours: the window leaves an hour more for its queue.
pub(super) const RECEIVE: ReceivePolicy = ReceivePolicy {
    answer_within_ms: 10_000,
    success: 200,
    window: Some(Window { past_s: 25 * 3600, future_s: 5 * 60 }),
    headers: &[],
    query: &["eventtype"],
};
