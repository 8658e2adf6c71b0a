//! Encryption of secrets at rest.
//!
//! Stored form: one byte naming the key, 24 random bytes of nonce, the ciphertext with its tag (XChaCha20-Poly1305). The
//! associated data say whose secrets they are, so that a record put in the place of another does not decrypt.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use rusqlite::{Connection, OptionalExtension as _};
use shopwire_core::Random;
use zeroize::Zeroizing;

use super::key::SecretKey;
use crate::StoreError;

/// Names the key; there is one so far.
const KEY_ID: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Encrypts and decrypts with the store's key.
#[derive(Clone)]
pub(super) struct Vault {
    cipher: XChaCha20Poly1305,
    random: Arc<dyn Random>,
}

impl Vault {
    pub(super) fn new(key: &SecretKey, random: Arc<dyn Random>) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.bytes().into()), random }
    }

    /// Encrypts what belongs to `owner`.
    pub(super) fn seal(&self, owner: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        self.random.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: owner };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("only texts beyond 256 GiB can't be encrypted");
        [&[KEY_ID][..], &nonce, &sealed].concat()
    }

    /// Decrypts what belongs to `owner`; `None` if it is another's, damaged, or encrypted with another key.
    pub(super) fn open(&self, owner: &[u8], stored: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = stored.strip_prefix(&[KEY_ID])?.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: owner };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    /// Leaves a sample in a fresh store, and in a known one tries the key on the sample there.
    pub(super) fn check(&self, db: &Connection) -> Result<(), StoreError> {
        const NAME: &str = "key_check";
        let sample = db.query_row("SELECT value FROM meta WHERE name = ?1", [NAME], |row| row.get(0));
        match sample.optional()? {
            Some(sample) => {
                let sample: Vec<u8> = sample;
                self.open(NAME.as_bytes(), &sample).map(drop).ok_or(StoreError::WrongKey)
            }
            None => {
                let sample = self.seal(NAME.as_bytes(), b"shopwire");
                db.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", (NAME, sample))?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopwire_testkit::SeededRandom;

    fn vault(key: u8) -> Vault {
        Vault::new(&SecretKey::new([key; 32]), Arc::new(SeededRandom::new(1)))
    }

    #[test]
    fn opens_for_its_owner_with_its_key_only() {
        let vault = vault(1);
        let sealed = vault.seal(b"endpoint/1", b"swordfish");
        assert_eq!(vault.open(b"endpoint/1", &sealed).unwrap().as_slice(), b"swordfish");
        assert!(vault.open(b"endpoint/2", &sealed).is_none());
        assert!(super::tests::vault(2).open(b"endpoint/1", &sealed).is_none());
        assert_ne!(sealed, vault.seal(b"endpoint/1", b"swordfish"), "no nonce is used twice");
    }

    #[test]
    fn nothing_that_was_touched_opens() {
        let vault = vault(1);
        let sealed = vault.seal(b"a", b"swordfish");
        for place in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[place] ^= 1;
            assert!(vault.open(b"a", &touched).is_none(), "byte {place}");
            assert!(vault.open(b"a", &sealed[..place]).is_none(), "cut at {place}");
        }
    }
}
