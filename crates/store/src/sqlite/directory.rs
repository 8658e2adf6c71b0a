//! The directory that a store lives in.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::{StoreError, disk};

/// A store's directory, ours alone as long as the lock is held.
pub(super) struct Directory {
    pub(super) path: PathBuf,
    /// Unlocked when it is closed, also by a process that is killed.
    pub(super) lock: File,
}

impl Directory {
    /// Makes the directory if it is not there, readable for its owner only, and locks it.
    pub(super) fn lock(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| failed_in(path, &error);
        disk::make_directory(path).map_err(failed)?;
        let lock = owners_file(&path.join("shopwire.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(path.display().to_string())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let directory = Self { path: path.to_owned(), lock };
        // SQLite would make it readable for everyone; what it puts beside it gets the mode of this one.
        owners_file(&directory.file()).map_err(failed)?;
        Ok(directory)
    }

    /// The database's file.
    pub(super) fn file(&self) -> PathBuf {
        self.path.join("shopwire.db")
    }

    /// The log's directory.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Makes sure that the files in it are found again after a power cut.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        disk::sync(&self.path).map_err(|error| failed_in(&self.path, &error))
    }
}

fn failed_in(path: &Path, error: &io::Error) -> StoreError {
    disk::failed(format_args!("the data directory `{}`", path.display()), error)
}

/// Opens a file for writing, makes it if it is not there, and sees to it that its owner alone may read it.
pub(super) fn owners_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = disk::owners(options.create(true).truncate(false).write(true)).open(path)?;
    tighten(&file)?;
    Ok(file)
}

/// Takes from a file that was there before what others may do with it.
#[cfg(unix)]
fn tighten(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(permissions.mode() & 0o700);
    match file.set_permissions(permissions) {
        // It belongs to somebody else, on a shared volume perhaps, who has let us in by its mode.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
fn tighten(_: &File) -> io::Result<()> {
    Ok(())
}
