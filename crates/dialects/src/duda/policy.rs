//! What Duda demands of a receiver.

use std::borrow::Cow;

use shopwire_core::delivery::{CountedFrom, Delay, Exhaustion, SendPolicy, Success};

use crate::registration::{Once, Registration, Shops, Wording};
use crate::{ReceivePolicy, Window};

/// How far a signed time may be off. Duda documents none. It retries for up to 520 s, and whether a retry is signed anew
/// is not known, so the past has to cover all of that.
pub(super) const WINDOW: Window = Window { past_s: 15 * 60, future_s: 5 * 60 };

/// Duda asks for a 200. The time-out is not documented: this one is our caution, not Duda's word.
pub(super) const RECEIVE: ReceivePolicy = ReceivePolicy {
    answer_within_ms: 5_000,
    success: 200,
    window: Some(WINDOW),
    headers: &["x-duda-signature-timestamp"],
    query: &[],
};

/// Duda's four random waits; the last band is as wide as documented, not doubled.
const RETRIES: [Delay; 4] =
    [Delay::band_s(20, 40), Delay::band_s(40, 80), Delay::band_s(80, 160), Delay::band_s(160, 240)];

/// What Duda does as a sender (Duda docs: webhooks introduction; webhooks of apps). It says that a receiver "should return
/// 200" and not whether another 2xx counts: only 200 does here, so that a receiver that passes here passes there. The
/// time-out is not documented: this one is our caution. Nothing is documented to follow the last retry.
pub(super) const SEND: SendPolicy = SendPolicy {
    success: Success::Only(&[200]),
    connect_timeout_ms: None,
    answer_timeout_ms: Some(10_000),
    delays: Cow::Borrowed(&RETRIES),
    counted_from: CountedFrom::Failure,
    exhaustion: Exhaustion::GiveUp,
    heeds_receiver: false,
    is_documented: true,
    block: None,
};

/// What Duda takes from an app's manifest (Duda docs: app manifest, webhooks): one endpoint, for all sites that install the app.
pub(super) const REGISTRATION: Registration = Registration {
    https_only: true,
    ports: None,
    url_chars_max: None,
    shops: Shops::All,
    once: Once::Endpoint,
    endpoints_per_topic_max: None,
    topics_per_call_max: None,
    scope_aliases: &[],
    scopes_of_every_app: &[],
    identity: &["site_name"],
    wording: Wording::Undocumented,
};
