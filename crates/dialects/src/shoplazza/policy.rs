//! What Shoplazza demands of a receiver.

use crate::ReceivePolicy;

/// Any 2xx counts. The time-out is not documented in what could be read; receivers in production keep to 5 s. Nothing
/// signed tells the time, so there is no window.
pub(super) const RECEIVE: ReceivePolicy =
    ReceivePolicy { answer_within_ms: 5_000, success: 200, window: None };
