//! Times inside entities: with the zone they came with.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Timestamp;

/// A time as a platform states it: with its offset, or without any zone where the platform gives none.
/// Serialised as text: RFC 3339 with the original offset (`2018-10-31T13:02:19-04:00`), or a local
/// date-time without one (`2024-12-26T00:00:00`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct When {
    text: String,
    moment: Option<Timestamp>,
}

impl When {
    /// Reads ISO 8601 with `Z`, with an offset (colon or not), or without a zone; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(pieces) = jiff::fmt::temporal::DateTimeParser::new().parse_timestamp(text) {
            return Some(Self {
                text: with_colon(text),
                moment: Some(Timestamp::from_ms(pieces.as_millisecond())),
            });
        }
        if let Some(never) = Self::at_the_end_of_time(text) {
            return Some(never);
        }
        let local: jiff::civil::DateTime = text.parse().ok()?;
        Some(Self { text: local.to_string(), moment: None })
    }

    /// Many write the last day of the year 9999 for "never". Its moment is beyond the last one there is, which stands for it.
    fn at_the_end_of_time(text: &str) -> Option<Self> {
        let a_year_before = format!("9998-{}", text.strip_prefix("9999-")?);
        jiff::fmt::temporal::DateTimeParser::new().parse_timestamp(&a_year_before).ok()?;
        Some(Self { text: with_colon(text), moment: Some(Timestamp::MAX) })
    }

    /// The moment, where a zone is known.
    pub const fn moment(&self) -> Option<Timestamp> {
        self.moment
    }

    /// The text it is serialised as.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// RFC 3339 wants `+01:00` where ISO 8601 also allows `+0100`, and a `T` where some write a space.
fn with_colon(text: &str) -> String {
    let mut text = text.replacen(' ', "T", 1);
    let bytes = text.as_bytes();
    let tail = bytes.len().saturating_sub(5);
    let is_basic_offset =
        matches!(bytes.get(tail), Some(b'+' | b'-')) && bytes[tail + 1..].iter().all(u8::is_ascii_digit);
    if is_basic_offset && text.contains('T') {
        text.insert(tail + 3, ':');
    }
    text
}

impl From<Timestamp> for When {
    fn from(moment: Timestamp) -> Self {
        Self { text: moment.to_string(), moment: Some(moment) }
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| {
            let given: String = text.chars().take(40).collect();
            de::Error::custom(format!(
                "`{given}` is not an ISO 8601 time: write it as in `2026-01-31T12:00:00Z`"
            ))
        })
    }
}

impl schemars::JsonSchema for When {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "When".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "ISO 8601 with the offset the platform gave, or without one where it gave none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_zone_it_came_with() {
        for (given, kept, zoned) in [
            ("2018-10-31T13:02:19-04:00", "2018-10-31T13:02:19-04:00", true),
            ("2019-01-08T15:13:39+0100", "2019-01-08T15:13:39+01:00", true),
            ("2024-07-20T00:00:46Z", "2024-07-20T00:00:46Z", true),
            ("2024-12-26T17:55:50.9563306+00:00", "2024-12-26T17:55:50.9563306+00:00", true),
            ("2024-12-26T00:00:00", "2024-12-26T00:00:00", false),
        ] {
            let when = When::parse(given).expect(given);
            assert_eq!((when.as_str(), when.moment().is_some()), (kept, zoned));
        }
    }

    #[test]
    fn never_is_the_last_moment_there_is() {
        for never in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999+01:00"] {
            let when = When::parse(never).expect(never);
            assert_eq!((when.as_str(), when.moment()), (never, Some(Timestamp::MAX)));
        }
    }

    #[test]
    fn refuses_fake_times() {
        for fake in ["", "9999-12-32T00:00:00Z", "2019-10-01 10:00:00 xxxx", "yesterday", "1735232979085"] {
            assert_eq!(When::parse(fake), None, "{fake}");
        }
    }
}
