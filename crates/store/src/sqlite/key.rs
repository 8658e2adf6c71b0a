//! The key that secrets are encrypted with.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::{fmt, io};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use shopwire_core::Random;
use zeroize::Zeroizing;

use crate::disk;

/// 32 random bytes; wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

/// A key that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// Not base64.
    #[error("the key is not base64: expected 32 random bytes, as `openssl rand -base64 32` prints them")]
    Encoding,
    /// Too long or too short.
    #[error("the key has {0} bytes, expected 32 random ones, as `openssl rand -base64 32` prints them")]
    Length(usize),
    /// Others can read the key's file.
    #[error(
        "the key file `{path}` can be read by others (mode {mode:03o}): run `chmod 600 {path}`, and change \
             the secrets in the store if someone may have read it"
    )]
    Exposed {
        /// The file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
    /// The key's file holds something else.
    #[error("the key file `{path}`: {source}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with what it holds.
        source: Box<SecretKeyError>,
    },
    /// The key's file can't be read or made.
    #[error("the key file `{path}` can't be used: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// More than any key's text, less than any file put there by mistake.
const FILE_BYTES_MAX: u64 = 1024;

impl SecretKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a key from standard base64; space around it does not count.
    pub fn from_base64(text: &str) -> Result<Self, SecretKeyError> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| SecretKeyError::Encoding)?;
        let bytes = Zeroizing::new(bytes);
        let key = bytes.as_slice().try_into().map_err(|_| SecretKeyError::Length(bytes.len()))?;
        Ok(Self::new(key))
    }

    /// Reads the key in a file; if there is no such file, makes one that only its owner can read, with a new key.
    pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<Self, SecretKeyError> {
        let failed = |source| SecretKeyError::Io { path: path.display().to_string(), source };
        match File::open(path) {
            Ok(file) => Self::load(path, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::create(path, random).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn load(path: &Path, file: File) -> Result<Self, SecretKeyError> {
        let shown = || path.display().to_string();
        let failed = |source| SecretKeyError::Io { path: shown(), source };
        let mode = permissions(&file).map_err(failed)?;
        if mode & 0o077 != 0 {
            return Err(SecretKeyError::Exposed { path: shown(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        Self::from_base64(&text)
            .map_err(|source| SecretKeyError::File { path: shown(), source: Box::new(source) })
    }

    /// Synced with its directory before it is used: what a lost key has encrypted is lost too.
    fn create(path: &Path, random: &dyn Random) -> io::Result<Self> {
        let mut key = Self::new([0; 32]);
        random.fill(&mut key.0[..]);
        let text = Zeroizing::new(BASE64_STANDARD.encode(&key.0[..]) + "\n");
        let mut file = disk::new_file(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        disk::sync_name(path)?;
        Ok(key)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(unix)]
fn permissions(file: &File) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o777)
}

/// Elsewhere the directory's own access rules are all there is.
#[cfg(not(unix))]
fn permissions(_: &File) -> io::Result<u32> {
    Ok(0o600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopwire_testkit::SeededRandom;

    #[test]
    fn reads_what_openssl_prints_and_refuses_the_rest() {
        let text = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
        assert_eq!(SecretKey::from_base64(text).unwrap().bytes(), &[1; 32]);
        assert!(matches!(SecretKey::from_base64("AQEB"), Err(SecretKeyError::Length(3))));
        assert!(matches!(SecretKey::from_base64("not a key"), Err(SecretKeyError::Encoding)));
        assert!(matches!(SecretKey::from_base64(""), Err(SecretKeyError::Length(0))));
    }

    #[test]
    fn does_not_print() {
        assert_eq!(format!("{:?}", SecretKey::new([65; 32])), "SecretKey(…)");
    }

    #[test]
    fn a_made_key_is_its_owners_and_stays_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let made = SecretKey::load_or_create(&path, &SeededRandom::new(1)).unwrap();
        assert_eq!(permissions(&File::open(&path).unwrap()).unwrap(), 0o600);
        let read = SecretKey::load_or_create(&path, &SeededRandom::new(2)).unwrap();
        assert_eq!(made.bytes(), read.bytes());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_cure() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        SecretKey::load_or_create(&path, &SeededRandom::new(1)).unwrap();
        for mode in [0o640, 0o604, 0o644, 0o610] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let refused = SecretKey::load_or_create(&path, &SeededRandom::new(1)).unwrap_err().to_string();
            assert!(refused.contains("chmod 600"), "{refused}");
            assert!(refused.contains(&format!("mode {mode:o}")), "{refused}");
        }
    }

    #[test]
    fn a_file_that_holds_no_key_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let mut file = disk::new_file(&path).unwrap();
        file.write_all(b"AQEB").unwrap();
        let refused = SecretKey::load_or_create(&path, &SeededRandom::new(1)).unwrap_err().to_string();
        assert!(refused.contains(path.to_str().unwrap()) && refused.contains("3 bytes"), "{refused}");
    }
}
