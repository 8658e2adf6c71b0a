//! What Shoptet demands of a receiver (Shoptet docs: webhooks).

use crate::ReceivePolicy;
use crate::registration::{Once, Registration, Shops, Wording};

/// Shoptet wants a 200 within 4 s; whether another 2xx counts is not documented. After three attempts in half an hour the
/// notification is dropped for good. Nothing signed tells a time, so there is no window.
pub(super) const RECEIVE: ReceivePolicy =
    ReceivePolicy { answer_within_ms: 4_000, success: 200, window: None, headers: &[], query: &[] };

/// What Shoptet lets an add-on register (Shoptet API: webhooks; webhook guide). The guide speaks of HTTPS and allows the ports of
/// plain HTTP as well, so that `https://` is no rule here.
pub(super) const REGISTRATION: Registration = Registration {
    https_only: false,
    ports: Some(&[(80, 80), (443, 443), (8080, 8080), (8443, 8443)]),
    url_chars_max: Some(2000),
    shops: Shops::One,
    once: Once::Topic,
    endpoints_per_topic_max: None,
    topics_per_call_max: Some(50),
    scope_aliases: &[],
    scopes_of_every_app: &[],
    identity: &["eshop_id"],
    wording: Wording::ErrorList,
};
