//! Whether a request is Shoplazza's: base64 of HMAC-SHA256 over the raw body, keyed with the app's client secret
//! (Shoplazza docs: webhook overview, webhook properties).

use crate::{Incoming, Key, Rejection, Verified, mac};

pub(super) const TOPIC: &str = "X-Shoplazza-Topic";
pub(super) const SIGNATURE: &str = "X-Shoplazza-Hmac-Sha256";
pub(super) const SHOP_DOMAIN: &str = "X-Shoplazza-Shop-Domain";
pub(super) const API_VERSION: &str = "X-Shoplazza-Api-Version";
pub(super) const DEDUPLICATION_ID: &str = "X-Shoplazza-Deduplication-ID";

pub(super) fn verify(incoming: &Incoming<'_>, keys: &[Key]) -> Result<Verified, Rejection> {
    let header = incoming.headers.get(SIGNATURE);
    let header = header.ok_or_else(|| Rejection::MissingHeader { name: SIGNATURE.to_owned() })?;
    let signature = mac::from_base64(header.trim()).filter(|bytes| bytes.len() == 32).ok_or_else(|| {
        Rejection::BadEncoding { name: SIGNATURE.to_owned(), expected: "the base64 of 32 bytes" }
    })?;
    let mut some_key_fits = false;
    for (key, secret) in keys.iter().enumerate().filter_map(|(at, key)| Some((at, secret_of(key)?))) {
        some_key_fits = true;
        if mac::equal(&mac_of(secret, incoming.body), &signature) {
            return Ok(Verified { key });
        }
    }
    Err(if some_key_fits { Rejection::WrongSignature } else { Rejection::NoKey })
}

/// The client secret as it is: it is text, not an encoding of bytes.
pub(super) fn secret_of(key: &Key) -> Option<&[u8]> {
    match key {
        Key::Signing(secret) => Some(secret.expose().as_bytes()),
        Key::Header { .. } => None,
    }
}

pub(super) fn mac_of(secret: &[u8], body: &[u8]) -> [u8; 32] {
    mac::hmac_sha256(secret, &[body])
}
