//! The names of the dialects.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How webhooks are named, shaped, signed, retried and registered: one of the five platforms, or our own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum DialectId {
    /// Ecwid by Lightspeed.
    Ecwid,
    /// BigCommerce.
    BigCommerce,
    /// Shoptet.
    Shoptet,
    /// Shoplazza.
    Shoplazza,
    /// Duda's native ecommerce.
    Duda,
    /// Ours: CloudEvents 1.0, signed by Standard Webhooks.
    CloudEvents,
}

impl DialectId {
    /// The five platforms, in the order of the event map.
    pub const PLATFORMS: [Self; 5] =
        [Self::Ecwid, Self::BigCommerce, Self::Shoptet, Self::Shoplazza, Self::Duda];

    /// The name used in code, API, CLI and configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ecwid => "ecwid",
            Self::BigCommerce => "bigcommerce",
            Self::Shoptet => "shoptet",
            Self::Shoplazza => "shoplazza",
            Self::Duda => "duda",
            Self::CloudEvents => "cloudevents",
        }
    }
}

impl fmt::Display for DialectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is not a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a dialect: use ecwid, bigcommerce, shoptet, shoplazza, duda or cloudevents")]
pub struct UnknownDialect(String);

impl FromStr for DialectId {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        Self::PLATFORMS
            .into_iter()
            .chain([Self::CloudEvents])
            .find(|d| d.as_str() == name)
            .ok_or_else(|| UnknownDialect(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_serialise_alike() {
        for dialect in DialectId::PLATFORMS.into_iter().chain([DialectId::CloudEvents]) {
            assert_eq!(dialect.as_str().parse(), Ok(dialect));
            assert_eq!(serde_json::to_string(&dialect).expect("json"), format!("\"{dialect}\""));
        }
        assert!("shopify".parse::<DialectId>().is_err());
    }
}
