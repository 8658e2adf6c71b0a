//! Whether a request is Shoptet's (Shoptet's PHP SDK: `SignatureValidator`).

use super::sign::{HEADER, signature};
use crate::{Incoming, Key, Rejection, Verified, mac};

/// Compares the text of the signature, so only the lower-case spelling that Shoptet sends can match.
pub(super) fn verify(incoming: &Incoming<'_>, keys: &[Key]) -> Result<Verified, Rejection> {
    let given =
        incoming.headers.get(HEADER).ok_or_else(|| Rejection::MissingHeader { name: HEADER.to_owned() })?;
    let is_lower_hex = given.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if given.len() != 40 || !is_lower_hex {
        return Err(Rejection::BadEncoding {
            name: HEADER.to_owned(),
            expected: "40 lower-case hexadecimal digits",
        });
    }
    Verified::by_secret(keys, |secret| {
        mac::equal(signature(secret, incoming.body).as_bytes(), given.as_bytes())
    })
}
