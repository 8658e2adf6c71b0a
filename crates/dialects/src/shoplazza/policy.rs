//! What Shoplazza demands of a receiver.

use crate::ReceivePolicy;
use crate::registration::{Once, Registration, Shops, Wording};

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

/// What Shoplazza lets an app register (Shoplazza docs: webhook overview; API: webhooks). What it does with a topic that has the
/// same address already, and how many there may be, is not documented.
pub(super) const REGISTRATION: Registration = Registration {
    https_only: true,
    ports: None,
    url_chars_max: None,
    shops: Shops::One,
    once: Once::Nothing,
    endpoints_per_topic_max: None,
    topics_per_call_max: None,
    scope_aliases: &[],
    scopes_of_every_app: &[],
    identity: &["shop_domain"],
    wording: Wording::MessagesByField,
};
