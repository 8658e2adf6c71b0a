//! What is asked of the disk: by the log, by the database, and by who copies them.

use std::fmt::Display;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

use crate::StoreError;

/// What a fault of the disk means for whoever asked: `what` says where it is, for people.
pub(crate) fn failed(what: impl Display, error: &io::Error) -> StoreError {
    let told = format!("{what}: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full(told),
        _ => StoreError::Unavailable(told),
    }
}

/// The same of a file or directory.
pub fn failed_at(path: &Path, error: &io::Error) -> StoreError {
    failed(format_args!("`{}`", path.display()), error)
}

/// Sees to it that the names in a directory are found again after a power cut.
///
/// # Errors
///
/// Those of the disk.
pub fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Sees to it that this name is, or is gone for good.
///
/// # Errors
///
/// Those of the disk.
pub fn sync_name(path: &Path) -> io::Result<()> {
    sync(above(path))
}

/// Makes a file for its owner only, to be written.
///
/// # Errors
///
/// Those of the disk; `AlreadyExists` if there is one of this name.
pub fn new_file(path: &Path) -> io::Result<File> {
    owners(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Makes a directory and those above it that are missing, readable for their owner only; they are found again after a power
/// cut. That it is there already is no error.
///
/// # Errors
///
/// Those of the disk.
pub fn make_directory(path: &Path) -> io::Result<()> {
    let new_names_in: Vec<&Path> = missing(path).map(above).collect();
    for_owner_only(DirBuilder::new().recursive(true)).create(path)?;
    for directory in new_names_in {
        match sync(directory) {
            // One may be allowed to put something into it, and not to look.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
    }
    Ok(())
}

/// The directories on the way to a path, its own included, that are not there: the innermost first.
fn missing(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists())
}

/// The directory in which something stands.
fn above(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that is made is readable for its owner only.
#[cfg(unix)]
pub(crate) fn owners(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

/// Elsewhere the directory's own access rules are all there is.
#[cfg(not(unix))]
pub(crate) fn owners(options: &mut OpenOptions) -> &mut OpenOptions {
    options
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_that_gets_a_new_name_is_known() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b");
        let names_in = |path| missing(path).map(above).map(Path::to_owned).collect::<Vec<_>>();
        assert_eq!(names_in(&path), [place.path().join("a"), place.path().to_owned()]);
        for _ in 0..2 {
            make_directory(&path).unwrap();
            assert!(names_in(&path).is_empty());
        }
        assert_eq!(names_in(Path::new("not-there")), [Path::new(".")]);
    }

    #[test]
    fn a_full_disk_is_not_a_broken_one() {
        let failed = |kind: io::ErrorKind| failed_at(Path::new("a"), &kind.into());
        assert!(matches!(failed(io::ErrorKind::StorageFull), StoreError::Full(why) if why.contains("`a`")));
        assert!(matches!(failed(io::ErrorKind::QuotaExceeded), StoreError::Full(_)));
        assert!(matches!(failed(io::ErrorKind::NotFound), StoreError::Unavailable(_)));
    }
}
