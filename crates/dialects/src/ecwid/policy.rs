//! What Ecwid demands of a receiver (Ecwid docs: how to process webhooks).

use std::borrow::Cow;

use shopwire_core::delivery::{CountedFrom, Delay, Exhaustion, SendPolicy, Success};

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

/// The moments of Ecwid's 27 retries, counted from the first attempt: 15, 30 and 45 minutes, then every full hour up to 24.
/// The documentation leaves out the rows in the middle of its table; first and last ones give the rest.
const RETRIES: [Delay; 27] = {
    let mut retries = [Delay::exact_s(0); 27];
    let mut number = 0;
    while number < 27 {
        let minutes = if number < 3 { 15 * (number as u64 + 1) } else { 60 * (number as u64 - 2) };
        retries[number] = Delay::exact_s(60 * minutes);
        number += 1;
    }
    retries
};

/// What Ecwid does as a sender (Ecwid docs: how to process webhooks): only these statuses count, redirects are failures, and
/// after the last retry the webhook is dropped. Whether its moments are exact is not documented; ours are. That an app's
/// webhooks are blocked when its URL "fails to respond" for two weeks is not done: what that means is not documented.
pub(super) const SEND: SendPolicy = SendPolicy {
    success: Success::Only(&[200, 201, 202, 204, 209]),
    connect_timeout_ms: Some(3_000),
    answer_timeout_ms: Some(10_000),
    delays: Cow::Borrowed(&RETRIES),
    counted_from: CountedFrom::FirstAttempt,
    exhaustion: Exhaustion::GiveUp,
    heeds_receiver: false,
    is_documented: true,
    block: None,
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
