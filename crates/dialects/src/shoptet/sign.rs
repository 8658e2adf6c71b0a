//! Shoptet's signature: lower-case hexadecimal of HMAC-SHA1 over the raw body. The key is the text of the signature key
//! as it was given out, although it looks like hexadecimal (Shoptet's PHP SDK: `SignatureValidator`).

use crate::{Key, Outgoing, mac};

/// The header that carries it.
pub(super) const HEADER: &str = "Shoptet-Webhook-Signature";

/// The signature of a body.
pub(super) fn signature(secret: &[u8], body: &[u8]) -> String {
    mac::hex(&mac::hmac_sha1(secret, &[body]))
}

/// Adds the signature. A key of another scheme leaves the draft unsigned.
pub(super) fn sign(mut draft: Outgoing, key: &Key) -> Outgoing {
    let Key::Signing(secret) = key else { return draft };
    let signature = signature(secret.expose().as_bytes(), &draft.body);
    draft.headers.push(HEADER, signature);
    draft
}
