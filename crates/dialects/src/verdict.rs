//! Whether a request is genuine, and what it says.

use shopwire_core::Timestamp;
use shopwire_core::commerce::{EventType, Subject};

use crate::{Key, ShopIdentity};

/// Why a request is not accepted as genuine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A header the scheme needs is not there.
    #[error("header `{name}` is missing: a genuine request carries it")]
    MissingHeader {
        /// The header's name in the platform's spelling.
        name: String,
    },
    /// A header is there, but not in the form the scheme prescribes.
    #[error("header `{name}` is not {expected}")]
    BadEncoding {
        /// The header's name in the platform's spelling.
        name: String,
        /// The form it should have.
        expected: &'static str,
    },
    /// The body lacks what the signature covers.
    #[error("the body can't be verified: {0}")]
    BadBody(String),
    /// No active secret gives this signature.
    #[error(
        "the signature does not match any active secret of this source: the secret is wrong or the request was altered"
    )]
    WrongSignature,
    /// Signed too long ago.
    #[error("signed {age_s} s ago, more than the {past_s} s allowed: a replay, or a clock is wrong")]
    TooOld {
        /// Its age in seconds.
        age_s: i64,
        /// How old it may be, in seconds.
        past_s: i64,
    },
    /// Signed in the future.
    #[error("signed {ahead_s} s in the future, more than the {future_s} s allowed: a clock is wrong")]
    TooNew {
        /// How far ahead, in seconds.
        ahead_s: i64,
        /// How far ahead it may be, in seconds.
        future_s: i64,
    },
    /// The source has no secret this scheme could use.
    #[error("the source has no secret that fits this request: add one")]
    NoKey,
}

impl Rejection {
    /// A stable word for it, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingHeader { .. } => "missing_header",
            Self::BadEncoding { .. } => "bad_encoding",
            Self::BadBody(_) => "bad_body",
            Self::WrongSignature => "wrong_signature",
            Self::TooOld { .. } => "too_old",
            Self::TooNew { .. } => "too_new",
            Self::NoKey => "no_key",
        }
    }
}

/// How old or new a signed timestamp may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Seconds into the past.
    pub past_s: i64,
    /// Seconds into the future.
    pub future_s: i64,
}

impl Window {
    /// Whether a request signed at `signed` may still be accepted at `now`.
    pub fn admits(self, signed: Timestamp, now: Timestamp) -> Result<(), Rejection> {
        let age_s = now.since_ms(signed).div_euclid(1000);
        if age_s > self.past_s {
            return Err(Rejection::TooOld { age_s, past_s: self.past_s });
        }
        let ahead_s = signed.since_ms(now).div_euclid(1000);
        if ahead_s > self.future_s {
            return Err(Rejection::TooNew { ahead_s, future_s: self.future_s });
        }
        Ok(())
    }
}

/// A request that passed: which of the given keys it passed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Index into the keys it was verified against.
    pub key: usize,
}

impl Verified {
    /// The first of the signing secrets that `fits`: several are active while a secret is changed.
    pub(crate) fn by_secret(keys: &[Key], fits: impl Fn(&[u8]) -> bool) -> Result<Self, Rejection> {
        let signing = keys.iter().enumerate().filter_map(|(index, key)| match key {
            Key::Signing(secret) => Some((index, secret.expose().as_bytes())),
            Key::Header { .. } => None,
        });
        let mut signing = signing.peekable();
        signing.peek().ok_or(Rejection::NoKey)?;
        let found = signing.find(|(_, secret)| fits(secret));
        found.map(|(key, _)| Self { key }).ok_or(Rejection::WrongSignature)
    }
}

/// Why a genuine request can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a {dialect} webhook: {what}")]
pub struct Unreadable {
    /// The dialect that was expected.
    pub dialect: shopwire_core::DialectId,
    /// What is missing or wrong.
    pub what: String,
}

/// What a request says at first sight: all that is needed to append it to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The shop it speaks of.
    pub shop: ShopIdentity,
    /// The platform's own topic, as received (another spelling of a catalogued topic is brought to the documented one).
    pub topic: String,
    /// The event type it stands for.
    pub event_type: EventType,
    /// What it is about.
    pub subject: Subject,
    /// Equal for two requests of one source exactly if they are copies of one webhook.
    pub identity_key: String,
    /// The platform's own id of the event, where it has one.
    pub platform_event_id: Option<String>,
    /// When it happened, where the platform says so.
    pub occurred_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_holds_to_the_second() {
        let window = Window { past_s: 300, future_s: 60 };
        let now = Timestamp::from_secs(1_000_000);
        for (offset_s, fits) in [(-300, true), (-301, false), (0, true), (60, true), (61, false)] {
            let signed = now.plus_ms(offset_s * 1000);
            assert_eq!(window.admits(signed, now).is_ok(), fits, "{offset_s}");
        }
        assert_eq!(window.admits(now.plus_ms(-301_000), now).expect_err("old").code(), "too_old");
        assert_eq!(window.admits(now.plus_ms(99_000), now).expect_err("new").code(), "too_new");
        assert_eq!(window.admits(Timestamp::from_ms(i64::MIN), now).expect_err("old").code(), "too_old");
    }
}
