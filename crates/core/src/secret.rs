//! Secrets that do not print.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::Random;

/// A secret text. It never appears in `Debug`, and is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself: only for computing with it, or for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A new Standard Webhooks secret: `whsec_` and 32 random bytes in base64.
    pub fn new_whsec(random: &dyn Random) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        random.fill(&mut key[..]);
        Self::new(format!("whsec_{}", BASE64_STANDARD.encode(&key[..])))
    }
}

/// Something that holds secrets beside what may be shown. What may be shown is serialised; the secrets travel apart, so
/// that a store can encrypt them and an answer can't show them by accident.
pub trait HoldsSecrets {
    /// The secrets, in a fixed order.
    fn secrets(&self) -> Vec<&Secret>;

    /// Where the secrets belong, in the same order.
    fn secrets_mut(&mut self) -> Vec<&mut Secret>;
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_print() {
        let shown = format!("{:?}", Secret::new("swordfish"));
        assert!(!shown.contains("swordfish"), "{shown}");
    }
}
