//! `[secrets]`: what the secrets in the store are encrypted with.

use std::path::{Path, PathBuf};

use serde_json::Value;
use shopwire_core::Random;
use shopwire_store::disk::make_directory;
use shopwire_store::{SecretKey, SecretKeyError};

use super::{Raw, Setting, section};

section! {
    /// What the secrets in the store are encrypted with.
    Secrets "secrets" {
        /// File with the key; made if it is not there. Without it, `secret.key` in the data directory.
        key_file: Option<PathBuf> = None;
        /// The key itself, instead of a file. Best given as `SHOPWIRE_SECRETS_KEY`.
        key: Option<GivenKey> = None;
    }
    check one_key
}

fn one_key(secrets: &Secrets) -> Vec<(&'static str, String)> {
    let both = secrets.key.is_some() && secrets.key_file.is_some();
    let said = || ("key_file", "`secrets.key` is set too: keep one of them".to_owned());
    both.then(said).into_iter().collect()
}

/// A key that was given in the configuration.
#[derive(Debug, Clone)]
pub(crate) struct GivenKey(SecretKey);

impl Setting for GivenKey {
    const FORM: &'static str = "32 random bytes in base64, as `openssl rand -base64 32` prints them";
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Result<Self, String> {
        let key = raw.text().and_then(|text| SecretKey::from_base64(text).ok());
        key.map(Self).ok_or_else(|| format!("expected {}", Self::FORM))
    }

    fn show(&self) -> Value {
        "(hidden)".into()
    }
}

impl Secrets {
    /// The key's file, for a store in `data`; `None` if the key was given itself.
    pub(crate) fn file(&self, data: &Path) -> Option<PathBuf> {
        let named = || self.key_file.clone().unwrap_or_else(|| data.join("secret.key"));
        self.key.is_none().then(named)
    }

    /// The key for a store in `data`, made on the first start.
    pub(crate) fn open(&self, data: &Path, random: &dyn Random) -> Result<SecretKey, SecretKeyError> {
        match &self.key {
            Some(GivenKey(key)) => Ok(key.clone()),
            None => {
                let file = self.file(data).unwrap_or_default();
                let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
                directory
                    .map_or(Ok(()), make_directory)
                    .map_err(|source| SecretKeyError::Io { path: file.display().to_string(), source })?;
                SecretKey::load_or_create(&file, random)
            }
        }
    }
}
