//! Makes a request that Duda's receivers accept.

use shopwire_core::Timestamp;

use super::verify::{SIGNATURE, TIMESTAMP, mac_of, secret_of};
use crate::{Draft, Key, Outgoing, mac};

/// Adds the signature and the time it was made at. Without a secret in base64 there is no key to sign with: the request
/// stays unsigned, as it is on accounts where signing is not enabled.
pub(super) fn sign(mut draft: Draft, key: &Key, now: Timestamp) -> Outgoing {
    if let Some(secret) = secret_of(key) {
        let timestamp = now.as_ms().to_string();
        let signature = mac::base64(&mac_of(&secret, &timestamp, &draft.body));
        draft.headers.push(SIGNATURE, signature);
        draft.headers.push(TIMESTAMP, timestamp);
    }
    draft
}
