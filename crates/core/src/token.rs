//! Who may call the API.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Random, Secret, Timestamp, TokenId};

/// What the bearer of a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Look, change nothing.
    ReadOnly,
}

/// An API token. Only a hash of it is kept: the token itself is 32 random bytes, so a plain hash can't be guessed back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Names the token without being it.
    pub id: TokenId,
    /// A name for people.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

impl Token {
    /// What every token's text begins with.
    pub const PREFIX: &'static str = "swt_";

    /// A new token and its text, which is to be shown once.
    pub fn new(name: impl Into<String>, role: Role, now: Timestamp, random: &dyn Random) -> (Self, Secret) {
        let mut key = [0; 32];
        random.fill(&mut key);
        let text = key.iter().fold(Self::PREFIX.to_owned(), |text, byte| text + &format!("{byte:02x}"));
        let id = TokenId::new(now, random);
        (Self { id, name: name.into(), role, hash: Self::hash(&text), created_at: now }, Secret::new(text))
    }

    /// The hash under which a token's text is kept.
    pub fn hash(text: &str) -> [u8; 32] {
        Sha256::digest(text.as_bytes()).into()
    }

    /// Whether `hash` is this token's, compared in constant time.
    pub fn is(&self, hash: &[u8; 32]) -> bool {
        self.hash.ct_eq(hash).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n);
        }
    }

    #[test]
    fn only_the_text_itself_opens() {
        let (token, text) = Token::new("first", Role::Admin, Timestamp::EPOCH, &Counting);
        assert!(token.is(&Token::hash(text.expose())));
        assert!(!token.is(&Token::hash("swt_00")));
        assert!(text.expose().starts_with("swt_0102") && text.expose().len() == 68);
        assert!(!format!("{token:?}").contains(text.expose()));
    }
}
