//! Ecwid's signature: base64 of HMAC-SHA256, keyed with the app's client secret, over `eventCreated.eventId`
//! (Ecwid docs: authenticate webhooks with signature).

use std::borrow::Cow;

use super::decode::Envelope;
use crate::{Key, Outgoing, lenient, mac};

/// The header that carries it. Some receivers compare its letter case.
pub(super) const HEADER: &str = "X-Ecwid-Webhook-Signature";

/// What the signature covers, as the body has it.
pub(super) struct Covered<'a> {
    /// The decimal text of `eventCreated`, digit for digit.
    created: &'a str,
    /// `eventCreated` in seconds.
    pub(super) created_s: i64,
    id: Cow<'a, str>,
}

impl<'a> Covered<'a> {
    /// Finds it in an envelope, or says what is missing.
    pub(super) fn of(envelope: &Envelope<'a>) -> Result<Self, String> {
        let created = envelope.event_created.map(|raw| raw.get());
        let digits = created.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let (created, created_s) = digits
            .and_then(|text| Some((text, text.parse().ok()?)))
            .ok_or("`eventCreated` must be a number of whole seconds, and the signature covers it")?;
        let id = envelope
            .event_id
            .and_then(lenient::raw_id)
            .ok_or("`eventId` must be a string, and the signature covers it")?;
        Ok(Self { created, created_s, id })
    }

    /// Its keyed hash.
    pub(super) fn mac(&self, secret: &[u8]) -> [u8; 32] {
        mac::hmac_sha256(secret, &[self.created.as_bytes(), b".", self.id.as_bytes()])
    }
}

/// Adds the signature. It is the same for every attempt, so the moment of signing plays no part. A body that lacks what
/// the signature covers, or a key of another scheme, leaves the draft unsigned.
pub(super) fn sign(mut draft: Outgoing, key: &Key) -> Outgoing {
    let Key::Signing(secret) = key else { return draft };
    let signature = Envelope::parse(&draft.body)
        .and_then(|envelope| Covered::of(&envelope))
        .map(|covered| mac::base64(&covered.mac(secret.expose().as_bytes())));
    if let Ok(signature) = signature {
        draft.headers.push(HEADER, signature);
    }
    draft
}
