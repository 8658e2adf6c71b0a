//! What Shoplazza demands of a receiver.

use std::borrow::Cow;

use shopwire_core::delivery::{CountedFrom, Delay, Exhaustion, SendPolicy, Success};

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

/// Shoplazza's 19 waits between attempts: 1, 2, 2, 5, 20 and 30 minutes, 1 and 2 hours, then eleven times 4 hours: 48 hours.
const RETRIES: [Delay; 19] = {
    let mut retries = [Delay::exact_s(4 * 3_600); 19];
    let first_min = [1, 2, 2, 5, 20, 30, 60, 120];
    let mut number = 0;
    while number < first_min.len() {
        retries[number] = Delay::exact_s(60 * first_min[number]);
        number += 1;
    }
    retries
};

/// What Shoplazza does as a sender (Shoplazza docs: webhooks, older portal for the intervals): any 2xx counts, and after the
/// last retry the subscription is deleted and has to be made again. What it means by "always failed" is not said: here, one
/// notification that failed on every attempt.
pub(super) const SEND: SendPolicy = SendPolicy {
    success: Success::Any2xx,
    connect_timeout_ms: None,
    answer_timeout_ms: Some(5_000),
    delays: Cow::Borrowed(&RETRIES),
    counted_from: CountedFrom::Failure,
    exhaustion: Exhaustion::Remove,
    heeds_receiver: false,
    is_documented: true,
    block: None,
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
