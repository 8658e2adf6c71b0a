//! Whether a request is Duda's: base64 of HMAC-SHA256 over the timestamp, a dot and the raw body, keyed with the bytes
//! that the secret is the base64 of (Duda docs: webhooks authentication).

use shopwire_core::Timestamp;
use zeroize::Zeroizing;

use super::policy::WINDOW;
use crate::{Incoming, Key, Rejection, Verified, mac};

pub(super) const SIGNATURE: &str = "x-duda-signature";
pub(super) const TIMESTAMP: &str = "x-duda-signature-timestamp";

/// A secret that is not base64 can't be one of Duda's: no request fits it. If no other is there either, the request is
/// refused for want of a key.
pub(super) fn verify(incoming: &Incoming<'_>, keys: &[Key], now: Timestamp) -> Result<Verified, Rejection> {
    let (signature, timestamp) = (header(incoming, SIGNATURE)?, header(incoming, TIMESTAMP)?);
    let signature = mac::from_base64(signature.trim())
        .filter(|bytes| bytes.len() == 32)
        .ok_or_else(|| bad_encoding(SIGNATURE, "the base64 of 32 bytes"))?;
    let signed_ms: i64 = timestamp
        .parse()
        .map_err(|_| bad_encoding(TIMESTAMP, "a whole number of milliseconds since 1970"))?;
    let mut some_key_fits = false;
    for (key, secret) in keys.iter().enumerate().filter_map(|(at, key)| Some((at, secret_of(key)?))) {
        some_key_fits = true;
        if mac::equal(&mac_of(&secret, timestamp, incoming.body), &signature) {
            // Only now: the time is worth nothing before the signature over it holds.
            return WINDOW.admits(Timestamp::from_ms(signed_ms), now).map(|()| Verified { key });
        }
    }
    Err(if some_key_fits { Rejection::WrongSignature } else { Rejection::NoKey })
}

fn header<'a>(incoming: &Incoming<'a>, name: &str) -> Result<&'a str, Rejection> {
    incoming.headers.get(name).ok_or_else(|| Rejection::MissingHeader { name: name.to_owned() })
}

fn bad_encoding(name: &str, expected: &'static str) -> Rejection {
    Rejection::BadEncoding { name: name.to_owned(), expected }
}

/// The key that a secret is the base64 of, with or without its padding.
pub(super) fn secret_of(key: &Key) -> Option<Zeroizing<Vec<u8>>> {
    let Key::Signing(secret) = key else { return None };
    let digits = secret.expose().trim().trim_end_matches('=');
    let padding = "=".repeat(digits.len().wrapping_neg() % 4);
    let padded = Zeroizing::new(format!("{digits}{padding}"));
    mac::from_base64(&padded).filter(|key| !key.is_empty()).map(Zeroizing::new)
}

pub(super) fn mac_of(secret: &[u8], timestamp: &str, body: &[u8]) -> [u8; 32] {
    mac::hmac_sha256(secret, &[timestamp.as_bytes(), b".", body])
}
