//! Whether a request is Ecwid's. A request without the signature header never is (Ecwid docs: authenticate webhooks
//! with signature).

use shopwire_core::Timestamp;

use super::decode::Envelope;
use super::policy;
use super::sign::{Covered, HEADER};
use crate::{Incoming, Key, Rejection, Verified, mac};

/// Checks the signature first and the age after it, so that a wrong age is only told of genuine requests.
pub(super) fn verify(incoming: &Incoming<'_>, keys: &[Key], now: Timestamp) -> Result<Verified, Rejection> {
    let given = given_mac(incoming)?;
    let envelope = Envelope::parse(incoming.body).map_err(Rejection::BadBody)?;
    let covered = Covered::of(&envelope).map_err(Rejection::BadBody)?;
    let verified = Verified::by_secret(keys, |secret| mac::equal(&covered.mac(secret), &given))?;
    if let Some(window) = policy::RECEIVE.window {
        window.admits(Timestamp::from_secs(covered.created_s), now)?;
    }
    Ok(verified)
}

fn given_mac(incoming: &Incoming<'_>) -> Result<Vec<u8>, Rejection> {
    let text =
        incoming.headers.get(HEADER).ok_or_else(|| Rejection::MissingHeader { name: HEADER.to_owned() })?;
    let bytes = mac::from_base64(text).filter(|bytes| bytes.len() == 32);
    bytes.ok_or_else(|| Rejection::BadEncoding {
        name: HEADER.to_owned(),
        expected: "the base64 of 32 bytes, with padding",
    })
}
