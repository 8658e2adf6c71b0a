//! What Duda demands of a receiver.

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
