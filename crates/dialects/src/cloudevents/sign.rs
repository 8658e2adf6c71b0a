//! Signing by Standard Webhooks.

use shopwire_core::{Headers, Secret, Timestamp};
use zeroize::Zeroizing;

use crate::mac;

/// A secret that is no Standard Webhooks secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Standard Webhooks secret: expected `whsec_` followed by 24 to 64 bytes in base64")]
pub struct WhsecError;

/// The key inside a `whsec_…` secret.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<Vec<u8>>);

impl SigningKey {
    /// Reads `whsec_` and 24 to 64 bytes in base64.
    pub fn parse(secret: &Secret) -> Result<Self, WhsecError> {
        let encoded = secret.expose().strip_prefix("whsec_").ok_or(WhsecError)?;
        let key = mac::from_base64(encoded).map(Zeroizing::new).ok_or(WhsecError)?;
        if (24..=64).contains(&key.len()) { Ok(Self(key)) } else { Err(WhsecError) }
    }

    /// The signature over id, seconds and body.
    pub(super) fn signature(&self, id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
        mac::hmac_sha256(&self.0, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body])
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// What one signature takes: its version and 32 bytes in base64.
const SIGNATURE_CHARS: usize = 47;

/// Adds the three headers of a message signed at `now` with each of the keys: during a rotation, both are among them.
pub fn sign<'a>(
    headers: &mut Headers,
    id: &str,
    body: &[u8],
    keys: impl IntoIterator<Item = &'a SigningKey>,
    now: Timestamp,
) {
    let timestamp = now.as_secs().to_string();
    let mut signatures = String::with_capacity(SIGNATURE_CHARS);
    for key in keys {
        signatures.push_str(if signatures.is_empty() { "v1," } else { " v1," });
        signatures.push_str(&mac::base64(&key.signature(id, &timestamp, body)));
    }
    headers.push("webhook-id", id);
    headers.push("webhook-timestamp", timestamp);
    headers.push("webhook-signature", signatures);
}
