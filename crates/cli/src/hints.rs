//! Why a signature may not fit: tries what usually goes wrong, and says what would have fitted.

use serde_json::Value;
use shopwire_core::{Secret, Timestamp};
use shopwire_dialects::style::{js, php};
use shopwire_dialects::{Incoming, Key, Rejection, mac};

use crate::keys::where_it_is;
use crate::speaker::Speaker;

/// What probably went wrong with a request that was rejected for `why`, likeliest first.
pub(crate) fn hints(
    speaker: Speaker,
    incoming: &Incoming<'_>,
    keys: &[Key],
    now: Timestamp,
    why: &Rejection,
) -> Vec<String> {
    match why {
        Rejection::WrongSignature | Rejection::NoKey | Rejection::BadBody(_) => {
            let found = what_would_fit(speaker, incoming, keys, now);
            if found.is_empty() { nothing_fits(speaker, why) } else { found }
        }
        Rejection::MissingHeader { name } => missing(incoming, name),
        Rejection::TooOld { .. } => vec![OLD.to_owned()],
        Rejection::TooNew { .. } => vec![NEW.to_owned()],
        Rejection::BadEncoding { .. } => vec![OTHER_ENCODING.to_owned()],
    }
}

const OLD: &str = "the signature itself is right: judge an old capture as of its time with `--at TIME`, or with \
                   `--ignore-age`";
const NEW: &str = "the signature itself is right: set this machine's clock, or the sender's";
const OTHER_ENCODING: &str = "the header may have been cut or decoded on the way, or be another platform's";
const NOTHING_FITS: &str = "neither another secret encoding nor a usual change of the body explains it: is it the \
                            secret of this very app, and the body as it came over the wire?";

/// The changes of body or secret with which the signature is right.
fn what_would_fit(speaker: Speaker, incoming: &Incoming<'_>, keys: &[Key], now: Timestamp) -> Vec<String> {
    let fits = |body: &[u8], keys: &[Key]| {
        let changed = Incoming { body, ..*incoming };
        is_signed(&speaker.verify(&changed, keys, now))
    };
    let bodies = bodies(incoming.body).into_iter().filter(|(body, _)| fits(body, keys)).map(|(_, hint)| hint);
    let secrets = secrets(keys).into_iter().filter(|(key, _)| fits(incoming.body, std::slice::from_ref(key)));
    let mut found: Vec<String> = bodies.chain(secrets.map(|(_, hint)| hint)).map(str::to_owned).collect();
    found.dedup();
    found
}

fn nothing_fits(speaker: Speaker, why: &Rejection) -> Vec<String> {
    match why {
        Rejection::WrongSignature => vec![NOTHING_FITS.to_owned()],
        Rejection::NoKey => vec![where_it_is(speaker.dialect()).to_owned()],
        _ => Vec::new(),
    }
}

/// The age is judged after the signature, so a wrong age means a right signature.
fn is_signed<T>(verified: &Result<T, Rejection>) -> bool {
    matches!(verified, Ok(_) | Err(Rejection::TooOld { .. } | Rejection::TooNew { .. }))
}

/// What may have been signed instead of this body.
fn bodies(body: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let trimmed = body.trim_ascii();
    let mut bodies = vec![
        (
            trimmed.to_vec(),
            "it fits without the space around the body: a line end was added to what came over the wire",
        ),
        (
            [trimmed, b"\n"].concat(),
            "it fits with one line end behind the body: it was removed from what came over the wire",
        ),
        (without_returns(body), "it fits with LF line ends: the body's line ends were changed to CRLF"),
        (with_returns(body), "it fits with CRLF line ends: the body's line ends were changed to LF"),
    ];
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let again = "the body was parsed and written again: verify the raw bytes before any parser sees them";
        let compact = serde_json::to_vec(&json).unwrap_or_default();
        let pretty = serde_json::to_vec_pretty(&json).unwrap_or_default();
        let styles = [compact, js::to_string(&json).into_bytes(), php::encode(&json).into_bytes(), pretty];
        bodies.extend(styles.map(|style| (style, again)));
    }
    let mut seen = vec![body.to_vec()];
    bodies.retain(|(candidate, _)| {
        let is_new = !seen.contains(candidate);
        seen.push(candidate.clone());
        is_new
    });
    bodies
}

/// What may be the secret instead of these.
fn secrets(keys: &[Key]) -> Vec<(Key, &'static str)> {
    let mut secrets = Vec::new();
    for secret in keys
        .iter()
        .filter_map(|key| if let Key::Signing(secret) = key { Some(secret.expose()) } else { None })
    {
        let mut add = |text: String, hint| {
            if text != secret {
                secrets.push((Key::Signing(Secret::new(text)), hint));
            }
        };
        add(secret.trim().to_owned(), "it fits without the space around the secret");
        add(
            mac::base64(secret.as_bytes()),
            "it fits with the secret in base64: the text given is the decoded one",
        );
        let text_of = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let bare = secret.strip_prefix("whsec_").unwrap_or(secret);
        add(bare.to_owned(), "it fits without `whsec_` before the secret");
        add(format!("whsec_{secret}"), "it fits with `whsec_` before the secret");
        text_of(mac::from_base64(bare)).into_iter().for_each(|text| {
            add(text, "it fits with the secret decoded from base64: the platform uses the decoded text");
        });
        text_of(mac::from_hex(secret)).into_iter().for_each(|text| {
            add(text, "it fits with the secret decoded from hexadecimal");
        });
    }
    secrets
}

fn missing(incoming: &Incoming<'_>, name: &str) -> Vec<String> {
    let similar = incoming.headers.iter().map(|(given, _)| given).find(|given| {
        let given = given.to_ascii_lowercase();
        // The signature's companions, as its timestamp, are named after it.
        !given.starts_with(&name.to_ascii_lowercase())
            && (given.contains("signature") || given.contains("hmac"))
    });
    vec![match similar {
        Some(other) => format!(
            "there is `{other}`: is it another platform's webhook, or was `{name}` renamed on the way?"
        ),
        None => format!("a proxy may have dropped `{name}`, or signing is not enabled for this webhook"),
    }]
}

fn without_returns(body: &[u8]) -> Vec<u8> {
    body.iter().copied().filter(|byte| *byte != b'\r').collect()
}

fn with_returns(body: &[u8]) -> Vec<u8> {
    without_returns(body)
        .into_iter()
        .flat_map(|byte| if byte == b'\n' { vec![b'\r', b'\n'] } else { vec![byte] })
        .collect()
}
