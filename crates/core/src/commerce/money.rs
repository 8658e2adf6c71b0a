//! Money: exact decimals with their currency.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// An amount of money or a quantity: an exact decimal, serialised as text (`"19.99"`), its trailing zeros kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(Decimal);

impl Amount {
    /// Reads a decimal as platforms write it: `19.99`, `-3`, `1e3`; surrounding space is passed over. `None` for what
    /// is no decimal, or has more digits than can be kept exactly (28).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // The library would pass over `_` between digits, and round what stands before an exponent.
        let mantissa = text.split(['e', 'E']).next().filter(|digits| !digits.contains('_'))?;
        let exact = Decimal::from_str_exact(mantissa).ok()?;
        if mantissa.len() == text.len() {
            return Some(Self(exact));
        }
        Decimal::from_scientific(text).ok().map(Self)
    }

    /// The decimal itself.
    pub const fn decimal(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for Amount {
    fn from(decimal: Decimal) -> Self {
        Self(decimal)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // People write `2` as readily as `"2"`; the digits stand in both.
        let text = match Value::deserialize(d)? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Self::parse(&text).ok_or_else(|| {
            let given: String = text.chars().take(40).collect();
            de::Error::custom(format!(
                "`{given}` is not a decimal: write it as in `12.50`, with 28 digits at most"
            ))
        })
    }
}

impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" })
    }
}

/// A three-letter currency code as the platform wrote it, upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is no currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a currency code of three letters")]
pub struct CurrencyError(String);

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(code: &str) -> Result<Self, CurrencyError> {
        let code = code.trim();
        if code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic()) {
            Ok(Self(code.to_ascii_uppercase()))
        } else {
            Err(CurrencyError(code.chars().take(20).collect()))
        }
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// An amount with its currency, where the body tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The exact amount.
    pub amount: Amount,
    /// The currency; absent where neither the value nor the entity around it names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub currency: Option<Currency>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_exact() {
        for text in ["0.10", "19.990", "-3", "12345678901234567890.12", "0"] {
            assert_eq!(Amount::parse(text).expect(text).to_string(), text);
        }
        assert_eq!(Amount::parse("1e3").expect("scientific").to_string(), "1000");
        assert_eq!(Amount::parse(" 5 ").expect("spaces").to_string(), "5");
    }

    #[test]
    fn refuses_what_is_no_decimal() {
        let too_exact = "0.1234567890123456789012345678901e1";
        for text in ["", "12.34 USD", "NaN", "1,5", "--1", "0x10", "1_000", "1e", "1e99", too_exact] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
        for code in ["", "US", "USDT", "12a"] {
            assert!(code.parse::<Currency>().is_err(), "{code}");
        }
        assert_eq!("usd".parse::<Currency>().expect("a code").as_str(), "USD");
    }
}
