//! Typed ids: a prefix that tells the noun, and a UUIDv7 that sorts by time.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Random, Timestamp};

/// Text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {article} {noun} id: expected `{prefix}` followed by 32 hexadecimal digits")]
pub struct IdError {
    given: String,
    article: &'static str,
    noun: &'static str,
    prefix: &'static str,
}

/// A fresh UUIDv7 for the moment `now`.
fn fresh(now: Timestamp, random: &dyn Random) -> Uuid {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    uuid::Builder::from_unix_timestamp_millis(now.as_ms().max(0).unsigned_abs(), &bytes).into_uuid()
}

/// Reads `prefix` and 32 lower-case hexadecimal digits.
fn read(given: &str, prefix: &str) -> Option<Uuid> {
    let digits = given.strip_prefix(prefix)?;
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digits.len() != 32 || !digits.bytes().all(lower_hex) {
        return None;
    }
    Uuid::try_parse(digits).ok()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $article:literal $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this noun begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id for the moment `now`.
            pub fn new(now: Timestamp, random: &dyn Random) -> Self {
                Self(fresh(now, random))
            }

            /// The sixteen bytes that are stored.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the sixteen bytes that were stored.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.as_simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(given: &str) -> Result<Self, IdError> {
                read(given, $prefix).map(Self).ok_or_else(|| IdError {
                    given: given.chars().take(80).collect(),
                    article: $article,
                    noun: $noun,
                    prefix: $prefix,
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "[0-9a-f]{32}$"),
                })
            }
        }
    )*};
}

ids! {
    /// Names a shop (a tenant).
    ShopId = "shop_", "a" "shop";
    /// Names an installed application of one dialect.
    AppId = "app_", "an" "app";
    /// Names a source: an inbound address of one shop on one platform.
    SourceId = "src_", "a" "source";
    /// Names an endpoint: an outbound address.
    EndpointId = "ep_", "an" "endpoint";
    /// Names an event in the log.
    EventId = "evt_", "an" "event";
    /// Names an API token (not the token itself).
    TokenId = "tok_", "a" "token";
    /// Names a rejected request.
    RejectionId = "rej_", "a" "rejection";
    /// Names a replay.
    ReplayId = "rpl_", "a" "replay";
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn carries_its_prefix_and_its_time() {
        let id = EventId::new(Timestamp::from_ms(0x0190_0000_0000), &Fixed(0xff));
        assert_eq!(id.to_string(), "evt_0190000000007fffbfffffffffffffff");
        assert_eq!(id.to_string().parse::<EventId>(), Ok(id));
        assert_eq!(EventId::from_bytes(*id.as_bytes()), id);
    }

    #[test]
    fn sorts_by_time() {
        let early = EventId::new(Timestamp::from_ms(1_700_000_000_000), &Fixed(0xff));
        let late = EventId::new(Timestamp::from_ms(1_700_000_000_001), &Fixed(0));
        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn refuses_what_is_not_its_kind() {
        for wrong in [
            "",
            "evt_",
            "src_0190000000007fffbfffffffffffffff",
            "evt_0190",
            "evt_0190000000007FFFBFFFFFFFFFFFFFFF",
        ] {
            let error = wrong.parse::<EventId>().expect_err(wrong).to_string();
            assert!(error.contains("an event id: expected `evt_`"), "{error}");
        }
    }
}
