//! What BigCommerce demands of a receiver.

use crate::registration::{Once, Registration, Shops, Wording};
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

/// What BigCommerce lets an app register (BigCommerce docs: webhooks overview, limits since 2025-04; API: hooks). A prefix that
/// ends in `/*` counts as a scope of its own.
pub(super) const REGISTRATION: Registration = Registration {
    https_only: true,
    ports: Some(&[(443, 443)]),
    url_chars_max: None,
    shops: Shops::One,
    once: Once::TopicAtUrl,
    endpoints_per_topic_max: Some(10),
    topics_per_call_max: None,
    scope_aliases: &[],
    scopes_of_every_app: &[],
    identity: &["store_id", "store_hash"],
    wording: Wording::MessageByField,
};
