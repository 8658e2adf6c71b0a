//! What BigCommerce demands of a receiver.

use std::borrow::Cow;

use shopwire_core::delivery::{BlockRule, CountedFrom, Delay, Exhaustion, SendPolicy, Success};

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

/// BigCommerce's eleven waits, each from the most recent failure: a little over 48 hours together.
const RETRIES: [Delay; 11] = [
    Delay::exact_s(60),
    Delay::exact_s(180),
    Delay::exact_s(300),
    Delay::exact_s(600),
    Delay::exact_s(900),
    Delay::exact_s(1_800),
    Delay::exact_s(3_600),
    Delay::exact_s(7_200),
    Delay::exact_s(21_600),
    Delay::exact_s(50_400),
    Delay::exact_s(86_400),
];

/// A domain of which less than 90 % of at least 100 requests in two minutes succeed is left alone for three minutes, on all
/// paths, for that client id (BigCommerce docs: webhooks overview). Whether the window slides is not said: ours does.
const BLOCK: BlockRule =
    BlockRule { window_ms: 2 * 60_000, requests_min: 100, success_min_percent: 90, blocked_ms: 3 * 60_000 };

/// What BigCommerce does as a sender (BigCommerce docs: webhooks overview, HTTPS webhook overview). The time-out is measured,
/// not documented. After the last retry the hook is deactivated (`is_active: false`), until it is switched on again. That
/// hooks are also deactivated after 90 days of inactivity is not done: what activity is, is not documented.
pub(super) const SEND: SendPolicy = SendPolicy {
    success: Success::Any2xx,
    connect_timeout_ms: None,
    answer_timeout_ms: Some(10_000),
    delays: Cow::Borrowed(&RETRIES),
    counted_from: CountedFrom::Failure,
    exhaustion: Exhaustion::Deactivate,
    heeds_receiver: false,
    is_documented: true,
    block: Some(BLOCK),
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
