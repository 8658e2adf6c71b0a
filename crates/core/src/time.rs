//! Time as a value, and the one door to the present.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment in UTC, in whole milliseconds since 1970. Printed and serialised as RFC 3339 (`2026-11-22T01:31:00.123Z`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest moment that can be printed.
    pub const MAX: Self = Self(253_402_207_200_000);
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since 1970; values beyond the printable years are brought to the nearest one inside.
    pub const fn from_ms(ms: i64) -> Self {
        if ms > Self::MAX.0 {
            Self::MAX
        } else if ms < -62_135_596_800_000 {
            Self(-62_135_596_800_000)
        } else {
            Self(ms)
        }
    }

    /// From whole seconds since 1970.
    pub const fn from_secs(secs: i64) -> Self {
        Self::from_ms(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded towards the past.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and `ms` more (or less, if negative).
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative if it lies before.
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339 (`2026-11-22T01:31:00Z`, `…+01:00`, `…+0100`).
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self::from_ms(t.as_millisecond()))
    }

    fn printable(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.printable())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is not an RFC 3339 time")))
    }
}

impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// Where the present comes from: the operating system in the product, a hand-moved clock in tests.
pub trait Clock: Send + Sync {
    /// The present moment. May jump in either direction; rules that need order use the log's sequence instead.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_rfc_3339() {
        let t = Timestamp::from_ms(1_764_000_000_123);
        assert_eq!(t.to_string(), "2025-11-24T16:00:00.123Z");
        assert_eq!(Timestamp::parse("2025-11-24T16:00:00.123Z"), Some(t));
        assert_eq!(Timestamp::parse("2025-11-24T17:00:00.123+01:00"), Some(t));
        assert_eq!(Timestamp::parse("2025-11-24T17:00:00.123+0100"), Some(t));
        assert_eq!(Timestamp::parse("2019-10-01 10:00:00 xxxx"), None);
    }

    #[test]
    fn never_leaves_the_printable_years() {
        for ms in [i64::MAX, i64::MIN, 0, -1] {
            let t = Timestamp::from_ms(ms);
            assert_eq!(Timestamp::parse(&t.to_string()), Some(t), "{ms}");
        }
        assert_eq!(Timestamp::from_ms(-1).as_secs(), -1);
    }
}
