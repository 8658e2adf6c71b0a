//! What Shoptet demands of a receiver (Shoptet docs: webhooks).

use std::borrow::Cow;

use shopwire_core::delivery::{CountedFrom, Delay, Exhaustion, SendPolicy, Success};

use crate::ReceivePolicy;
use crate::registration::{Once, Registration, Shops, Wording};

/// Shoptet wants a 200 within 4 s; whether another 2xx counts is not documented. After three attempts in half an hour the
/// notification is dropped for good. Nothing signed tells a time, so there is no window.
pub(super) const RECEIVE: ReceivePolicy =
    ReceivePolicy { answer_within_ms: 4_000, success: 200, window: None, headers: &[], query: &[] };

/// What Shoptet does as a sender (Shoptet docs: webhooks): a 200 within 4 seconds, else two more tries 15 minutes apart, and
/// then the notification is inactive for good; the registration stays. Whether another 2xx counts is not documented: it does
/// not here, so that a receiver that passes here passes there.
pub(super) const SEND: SendPolicy = SendPolicy {
    success: Success::Only(&[200]),
    connect_timeout_ms: None,
    answer_timeout_ms: Some(4_000),
    delays: Cow::Borrowed(&[Delay::exact_s(900), Delay::exact_s(900)]),
    counted_from: CountedFrom::Failure,
    exhaustion: Exhaustion::GiveUp,
    heeds_receiver: false,
    is_documented: true,
    block: None,
};

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
