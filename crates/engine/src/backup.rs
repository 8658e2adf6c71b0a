//! A copy of the whole store, with a list of what is in it.
//!
//! The end of a log that was written to when the power went looks like one whose last bytes were damaged since then: it is cut
//! off when it is opened, and nothing is amiss. Of a backup that must not be believed, so every file of it stands in a list
//! with its length and SHA-256, which is looked at **before** anything is opened.
//!
//! **Invariant.** The list is written last, and synced: a backup without one was not finished.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shopwire_core::Timestamp;
use shopwire_store::{Backup, Ledger, StoreError, disk};

/// The file with the list, in the backup's directory.
pub const MANIFEST: &str = "backup.json";
/// Read at one go.
const CHUNK_BYTES: usize = 1 << 20;
/// More than the list of any backup has.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When it was made.
    pub at: Timestamp,
    /// The place of the last event in it.
    pub head: u64,
    /// Its files, by their paths below its directory.
    pub files: BTreeMap<String, Listed>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Copies the whole store into a directory that is empty or not there, and lists what is in it.
///
/// # Errors
/// As [`Ledger::back_up`]; what was copied by then stays, without a list.
pub async fn back_up(ledger: &dyn Ledger, into: &Path, at: Timestamp) -> Result<Backup, StoreError> {
    let made = ledger.back_up(into).await?;
    let (directory, head) = (into.to_owned(), made.head.0);
    let listed = tokio::task::spawn_blocking(move || list(&directory, at, head)).await;
    let listed = listed.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    listed.map_err(|error| disk::failed_at(&into.join(MANIFEST), &error))?;
    Ok(made)
}

fn list(directory: &Path, at: Timestamp, head: u64) -> io::Result<()> {
    let files = files_below(directory)?.into_iter();
    let listed = files.map(|name| Ok((name.clone(), look(&directory.join(&name))?)));
    let manifest = Manifest { at, head, files: listed.collect::<io::Result<_>>()? };
    let mut file = disk::new_file(&directory.join(MANIFEST))?;
    file.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
    file.sync_all()?;
    disk::sync(directory)
}

/// The paths of all files below a directory, with slashes.
fn files_below(directory: &Path) -> io::Result<Vec<String>> {
    let (mut found, mut left) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(below) = left.pop() {
        for entry in std::fs::read_dir(directory.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                left.push(path);
            } else {
                let steps: Vec<_> = path.iter().map(|step| step.to_string_lossy().into_owned()).collect();
                found.push(steps.join("/"));
            }
        }
    }
    Ok(found)
}

fn look(path: &Path) -> io::Result<Listed> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
        bytes += read as u64;
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Listed { bytes, sha256 })
}

impl Manifest {
    /// Reads the list of the backup in a directory.
    ///
    /// # Errors
    /// `NotFound` if there is none; `InvalidData` if it is not one.
    pub fn read(directory: &Path) -> io::Result<Self> {
        let mut text = Vec::new();
        File::open(directory.join(MANIFEST))?.take(MANIFEST_BYTES_MAX).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Files that lie in the backup's directory and are not in the list: they came later, and whoever opened a store with
    /// them would get what was never backed up.
    ///
    /// # Errors
    /// If the directory can't be read.
    pub fn unlisted(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut found = files_below(directory)?;
        found.retain(|name| name != MANIFEST && !self.files.contains_key(name));
        found.sort_unstable();
        Ok(found)
    }

    /// What is not as it was listed, for people; empty if all is.
    ///
    /// # Errors
    /// If a file that is there can't be read.
    pub fn check(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut wrong = Vec::new();
        for (name, listed) in &self.files {
            match look(&directory.join(name)) {
                Ok(found) if found == *listed => {}
                Ok(found) if found.bytes != listed.bytes => {
                    wrong.push(format!("`{name}` has {} bytes, not {}", found.bytes, listed.bytes));
                }
                Ok(_) => wrong.push(format!("`{name}` is not what it was: its SHA-256 is another")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    wrong.push(format!("`{name}` is missing"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_as_it_was_is_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir(at("log")).expect("made");
        for name in ["shopwire.db", "log/1.log", "log/2.log"] {
            std::fs::write(at(name), name).expect("written");
        }
        assert_eq!(Manifest::read(directory.path()).expect_err("none").kind(), io::ErrorKind::NotFound);
        list(directory.path(), Timestamp::EPOCH, 7).expect("listed");
        let manifest = Manifest::read(directory.path()).expect("a list");
        assert_eq!((manifest.head, manifest.files.len()), (7, 3));
        assert_eq!(manifest.check(directory.path()).expect("read"), Vec::<String>::new());
        assert_eq!(manifest.unlisted(directory.path()).expect("read"), Vec::<String>::new());

        for name in ["shopwire.db-wal", "log/3.log"] {
            std::fs::write(at(name), name).expect("written");
        }
        assert_eq!(manifest.unlisted(directory.path()).expect("read"), ["log/3.log", "shopwire.db-wal"]);
        std::fs::write(at("shopwire.db"), "shopwire.dB").expect("written");
        std::fs::write(at("log/1.log"), "log/1").expect("written");
        std::fs::remove_file(at("log/2.log")).expect("removed");
        let wrong = manifest.check(directory.path()).expect("read");
        let says =
            ["`log/1.log` has 5 bytes, not 9", "`log/2.log` is missing", "`shopwire.db` is not what it was"];
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong.iter().zip(says).all(|(wrong, says)| wrong.starts_with(says)), "{wrong:?}");
        assert!(list(directory.path(), Timestamp::EPOCH, 7).is_err(), "a list is not written over");
    }
}
