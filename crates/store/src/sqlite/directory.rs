//! The directory that a store lives in.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// A store's directory, ours alone as long as the lock is held.
pub(super) struct Directory {
    pub(super) path: PathBuf,
    /// Unlocked when it is closed, also by a process that is killed.
    pub(super) lock: File,
}

impl Directory {
    /// Makes the directory if it is not there, readable for its owner only, and locks it.
    pub(super) fn lock(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| unavailable(path, &error);
        for_owner_only(DirBuilder::new().recursive(true)).create(path).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let lock = options.open(path.join("shopwire.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.display().to_string())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The database's file.
    pub(super) fn file(&self) -> PathBuf {
        self.path.join("shopwire.db")
    }

    /// Makes sure that the files in it are found again after a power cut.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        File::open(&self.path)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| unavailable(&self.path, &error))
    }
}

fn unavailable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("the data directory `{}`: {error}", path.display()))
}

#[cfg(unix)]
fn for_owner_only(builder: &mut DirBuilder) -> &mut DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    builder.mode(0o700)
}

#[cfg(not(unix))]
fn for_owner_only(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder
}
