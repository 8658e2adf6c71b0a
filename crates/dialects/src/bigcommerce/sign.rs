//! Makes a request that BigCommerce's receivers accept.

use shopwire_core::Timestamp;

use super::decode;
use super::verify::{ID, SIGNATURE, TIMESTAMP, mac_of};
use crate::{Draft, Key, Outgoing, mac};

/// Adds the three Standard Webhooks headers, in the order real requests have them; with the older kind of key its header
/// instead. `webhook-id` is the body's `hash`, so it stays the same whenever the same body is signed again.
pub(super) fn sign(mut draft: Draft, key: &Key, now: Timestamp) -> Outgoing {
    match key {
        Key::Signing(secret) => {
            let id = decode::identity_key(&draft.body);
            let timestamp = now.as_secs().to_string();
            let signature = mac::base64(&mac_of(secret.expose().as_bytes(), &id, &timestamp, &draft.body));
            draft.headers.push(ID, id);
            draft.headers.push(TIMESTAMP, timestamp);
            draft.headers.push(SIGNATURE, format!("v1,{signature}"));
        }
        Key::Header { name, value } => draft.headers.push(name, value.expose()),
    }
    draft
}
