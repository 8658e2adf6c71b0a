//! Verifying what was signed by Standard Webhooks: what our receivers do, and what `shopwire receive` does for them.

use shopwire_core::{Headers, Timestamp};

use super::SigningKey;
use crate::{Rejection, Verified, Window, mac};

/// How far the clocks may differ: five minutes, as the libraries of Standard Webhooks have it.
pub const TOLERANCE: Window = Window { past_s: 300, future_s: 300 };

/// Whether a request is genuine under any of the keys at the moment `now`.
pub fn verify(
    headers: &Headers,
    body: &[u8],
    keys: &[SigningKey],
    now: Timestamp,
) -> Result<Verified, Rejection> {
    let id = field(headers, "webhook-id")?;
    let timestamp = field(headers, "webhook-timestamp")?;
    let given = field(headers, "webhook-signature")?;
    if keys.is_empty() {
        return Err(Rejection::NoKey);
    }
    let signed_s: i64 = timestamp.parse().map_err(|_| Rejection::BadEncoding {
        name: "webhook-timestamp".to_owned(),
        expected: "a number of seconds since 1970",
    })?;
    let signatures: Vec<Vec<u8>> =
        given.split(' ').filter_map(|item| item.strip_prefix("v1,").and_then(mac::from_base64)).collect();
    if signatures.is_empty() {
        return Err(Rejection::BadEncoding {
            name: "webhook-signature".to_owned(),
            expected: "a list of `v1,` and base64",
        });
    }
    let matches = |key: &SigningKey| {
        let expected = key.signature(id, timestamp, body);
        signatures.iter().any(|signature| mac::equal(signature, &expected))
    };
    let key = keys.iter().position(matches).ok_or(Rejection::WrongSignature)?;
    // Only a genuine timestamp is worth judging, so the window comes last.
    TOLERANCE.admits(Timestamp::from_secs(signed_s), now)?;
    Ok(Verified { key })
}

fn field<'a>(headers: &'a Headers, name: &str) -> Result<&'a str, Rejection> {
    headers.get(name).ok_or_else(|| Rejection::MissingHeader { name: name.to_owned() })
}
