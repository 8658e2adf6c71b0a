//! What Ecwid demands of a receiver (Ecwid docs: how to process webhooks).

use crate::registration::{Once, Registration, Shops, Wording};
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

/// What Ecwid sets up for an app (Ecwid docs: set up webhooks, access scopes): there is no call for it, its support enters one URL
/// for the app. The older event list has two scopes under names that the list of scopes does not have.
pub(super) const REGISTRATION: Registration = Registration {
    https_only: true,
    ports: Some(&[(80, 80), (443, 443), (1024, 65_535)]),
    url_chars_max: None,
    shops: Shops::All,
    once: Once::Endpoint,
    endpoints_per_topic_max: None,
    topics_per_call_max: None,
    scope_aliases: &[("read_profile", "read_store_profile"), ("read_products", "read_catalog")],
    scopes_of_every_app: &["read_store_profile"],
    identity: &["store_id"],
    wording: Wording::Undocumented,
};
