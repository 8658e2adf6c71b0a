//! Is this request BigCommerce's?
//!
//! The signature is Standard Webhooks' (BigCommerce docs: HTTPS webhook overview): HMAC-SHA256 over
//! `{webhook-id}.{webhook-timestamp}.{body}`, keyed with the plain bytes of the client secret. The older way is a header
//! that was registered with the webhook and comes back on every request.

use shopwire_core::{Headers, Timestamp};

use super::policy::WINDOW;
use crate::{Incoming, Key, Rejection, Verified, mac};

/// Names one event; the same as the body's `hash`.
pub(super) const ID: &str = "webhook-id";
/// When the request was sent, in UNIX seconds.
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
/// Signatures separated by blanks, each `v1,` and base64.
pub(super) const SIGNATURE: &str = "webhook-signature";

/// The bytes that are authenticated: one HMAC over these parts.
pub(super) fn mac_of(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    mac::hmac_sha256(secret, &parts)
}

/// By signature if a client secret is known, else by the registered header: who has both keys must not be fooled by a
/// request that comes with the weaker proof only.
pub(super) fn verify(incoming: &Incoming<'_>, keys: &[Key], now: Timestamp) -> Result<Verified, Rejection> {
    if keys.iter().any(|key| matches!(key, Key::Signing(_))) {
        by_signature(incoming, keys, now)
    } else {
        by_header(incoming.headers, keys)
    }
}

/// The signature is judged before the time, so that "too old" is only ever said of a genuine request.
fn by_signature(incoming: &Incoming<'_>, keys: &[Key], now: Timestamp) -> Result<Verified, Rejection> {
    let id = required(incoming.headers, ID)?;
    let timestamp = required(incoming.headers, TIMESTAMP)?;
    let given = signatures(required(incoming.headers, SIGNATURE)?)?;
    let signed_at = moment(timestamp)?;
    let verified = Verified::by_secret(keys, |secret| {
        let ours = mac_of(secret, id, timestamp, incoming.body);
        given.iter().any(|theirs| mac::equal(theirs, &ours))
    })?;
    WINDOW.admits(signed_at, now)?;
    Ok(verified)
}

fn by_header(headers: &Headers, keys: &[Key]) -> Result<Verified, Rejection> {
    let mut why = None;
    for (index, key) in keys.iter().enumerate() {
        let Key::Header { name, value } = key else { continue };
        match headers.get(name) {
            Some(given) if mac::equal(given.as_bytes(), value.expose().as_bytes()) => {
                return Ok(Verified { key: index });
            }
            Some(_) => why = Some(Rejection::WrongSignature),
            None => {
                why.get_or_insert_with(|| Rejection::MissingHeader { name: name.clone() });
            }
        }
    }
    Err(why.unwrap_or(Rejection::NoKey))
}

fn required<'a>(headers: &'a Headers, name: &str) -> Result<&'a str, Rejection> {
    headers.get(name).ok_or_else(|| Rejection::MissingHeader { name: name.to_owned() })
}

fn moment(timestamp: &str) -> Result<Timestamp, Rejection> {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let secs = digits.then(|| timestamp.parse().ok()).flatten();
    secs.map(Timestamp::from_secs).ok_or_else(|| Rejection::BadEncoding {
        name: TIMESTAMP.to_owned(),
        expected: "a UNIX time in whole seconds",
    })
}

/// The signatures of the version we know; others are passed over, so that a new version can be introduced beside it.
fn signatures(list: &str) -> Result<Vec<[u8; 32]>, Rejection> {
    let known = list.split_ascii_whitespace().filter_map(|item| item.strip_prefix("v1,"));
    let macs: Vec<_> = known.filter_map(|base64| mac::from_base64(base64)?.try_into().ok()).collect();
    if macs.is_empty() {
        return Err(Rejection::BadEncoding {
            name: SIGNATURE.to_owned(),
            expected: "`v1,` and the base64 of an HMAC-SHA256, or several of these with blanks between",
        });
    }
    Ok(macs)
}
