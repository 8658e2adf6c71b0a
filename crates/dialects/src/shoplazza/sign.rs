//! Makes a request that Shoplazza's receivers accept.

use super::verify::{SIGNATURE, TOPIC, mac_of, secret_of};
use crate::{Draft, Key, Outgoing, mac};

/// Puts the signature behind the topic. Shoplazza knows no other way than its signature: with another kind of key the
/// request stays unsigned, and its receivers refuse it for the missing header.
pub(super) fn sign(draft: Draft, key: &Key) -> Outgoing {
    let Some(secret) = secret_of(key) else { return draft };
    let signature = mac::base64(&mac_of(secret, &draft.body));
    let fields = draft.headers.iter().flat_map(|(name, value)| {
        let behind = (name == TOPIC).then_some((SIGNATURE, signature.as_str()));
        [Some((name, value)), behind].into_iter().flatten()
    });
    let headers = fields.collect();
    Draft { headers, ..draft }
}
