//! The files of the store: how much they are, how new, and who may read them.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use shopwire_core::Timestamp;

use super::Check;

const NAME: &str = "files";

/// What lies below a directory.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Bytes of all files.
    pub(super) bytes: u64,
    /// When one was last written to.
    pub(super) newest: Option<Timestamp>,
    count: u64,
    /// The first that others can read, and how many there are.
    exposed: Option<(PathBuf, u64)>,
}

impl Files {
    /// Looks at all that lies below a directory; what can't be looked at is left out, and shows elsewhere.
    pub(super) fn below(directory: &Path) -> Self {
        let mut files = Self::default();
        files.look(directory);
        files
    }

    fn look(&mut self, directory: &Path) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            // Links are not followed.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.look(&entry.path());
            } else {
                self.add(entry.path(), &metadata);
            }
        }
    }

    fn add(&mut self, path: PathBuf, metadata: &Metadata) {
        self.count += 1;
        self.bytes += metadata.len();
        self.newest = self.newest.max(written_at(metadata));
        if is_exposed(metadata) {
            let (_, count) = self.exposed.get_or_insert((path, 0));
            *count += 1;
        }
    }

    /// Whether none of them can be read by others.
    pub(super) fn permissions(&self) -> Check {
        match &self.exposed {
            None => Check::ok(NAME, format!("{}, none open to others", self.count)),
            Some((first, count)) => Check::problem(
                NAME,
                format!(
                    "{count} of {} can be read by others, as `{}`: they hold customers' data",
                    self.count,
                    first.display()
                ),
                format!("run `chmod 600 {}`, and the same for the others", first.display()),
            ),
        }
    }
}

fn written_at(metadata: &Metadata) -> Option<Timestamp> {
    let since_1970 = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since_1970.as_millis()).ok().map(Timestamp::from_ms)
}

#[cfg(unix)]
fn is_exposed(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.is_file() && metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::doctor::Level;

    #[test]
    fn files_are_counted_and_those_open_to_others_told() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Files::below(directory.path()).permissions().level, Level::Ok);
        std::fs::create_dir(directory.path().join("log")).unwrap();
        for (name, mode) in [("shopwire.db", 0o600), ("log/1.log", 0o640)] {
            let path = directory.path().join(name);
            std::fs::write(&path, "twelve bytes").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let files = Files::below(directory.path());
        assert_eq!((files.bytes, files.count, files.newest.is_some()), (24, 2, true));
        let check = files.permissions();
        assert_eq!(check.level, Level::Problem);
        assert!(check.found.starts_with("1 of 2 ") && check.found.contains("1.log"), "{}", check.found);
        assert_eq!(Files::below(&directory.path().join("nowhere")).permissions().level, Level::Ok);
    }
}
