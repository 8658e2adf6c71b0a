//! The data directory: whether it is there, ours alone, and has room.

use std::path::Path;

use super::Check;

const DIRECTORY: &str = "data directory";
#[cfg(unix)]
const SPACE: &str = "free space";
/// Less is soon full.
#[cfg(unix)]
const SPACE_BYTES_MIN: u64 = 1 << 30;
const BACKUPS: &str = "backup directory";

/// Whether the store's directory can be used and is read by nobody else.
pub(super) fn directory(path: &Path) -> Check {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => {
            Check::problem(DIRECTORY, format!("`{shown}` is not a directory"), "choose another `store.path`")
        }
        Ok(metadata) => existing(path, &metadata),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing(path),
        Err(error) => Check::problem(
            DIRECTORY,
            format!("`{shown}` can't be looked at: {error}"),
            "choose another `store.path`, or run as its owner",
        ),
    }
}

/// The nearest directory above that is there: a missing one is made below it.
fn ground(path: &Path) -> &Path {
    let mut above = path.ancestors().filter(|path| !path.as_os_str().is_empty());
    above.find(|path| path.exists()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn existing(path: &Path, metadata: &std::fs::Metadata) -> Check {
    use std::os::unix::fs::PermissionsExt as _;
    let (shown, mode) = (path.display(), metadata.permissions().mode() & 0o777);
    if !is_writable(path) {
        return Check::problem(
            DIRECTORY,
            format!("`{shown}` can't be written to"),
            format!("run as its owner, or `chown` it: `ls -ld {shown}` shows whose it is"),
        );
    }
    if mode & 0o077 != 0 {
        return Check::problem(
            DIRECTORY,
            format!("`{shown}` is open to others (mode {mode:03o}): it holds customers' data"),
            format!("run `chmod 700 {shown}`"),
        );
    }
    Check::ok(DIRECTORY, format!("`{shown}` is there and ours alone"))
}

#[cfg(not(unix))]
fn existing(path: &Path, _: &std::fs::Metadata) -> Check {
    Check::ok(DIRECTORY, format!("`{}` is there", path.display()))
}

#[cfg(unix)]
fn is_writable(path: &Path) -> bool {
    use rustix::fs::Access;
    rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.permissions().readonly())
}

fn missing(path: &Path) -> Check {
    let (shown, ground) = (path.display(), ground(path));
    if ground.is_dir() && is_writable(ground) {
        return Check::ok(DIRECTORY, format!("`{shown}` is not there yet: the first start makes it"));
    }
    Check::problem(
        DIRECTORY,
        format!("`{shown}` is not there and can't be made in `{}`", ground.display()),
        "choose another `store.path`, or make it and give it to the user that runs the server",
    )
}

/// Whether backups can be made where they are configured to be.
pub(super) fn backups(path: &Path) -> Check {
    let found = directory(path);
    Check { name: BACKUPS, cure: found.cure.map(|cure| cure.replace("store.path", "store.backups")), ..found }
}

/// Whether there is room for what comes: the store has `used` bytes, and its log may grow to `log_bytes_max`.
#[cfg(unix)]
pub(super) fn free_space(path: &Path, used: u64, log_bytes_max: u64) -> Check {
    let ground = ground(path);
    let Ok(stats) = rustix::fs::statvfs(ground) else {
        return Check::warning(
            SPACE,
            format!("the file system of `{}` does not tell", ground.display()),
            "look with `df -h`",
        );
    };
    let bytes = stats.f_bavail.saturating_mul(stats.f_frsize);
    let needed = needed_bytes(used, log_bytes_max);
    let found = format!(
        "{} MiB free where `{}` is, {} MiB needed, {} MiB used by the store",
        bytes >> 20,
        ground.display(),
        needed >> 20,
        used >> 20
    );
    if bytes < needed {
        let cure =
            "make room, or set `limits.log_bytes_max`: when the disk is full, webhooks are answered 503";
        return Check::warning(SPACE, found, cure);
    }
    Check::ok(SPACE, found)
}

/// What the log may still grow by (it keeps half as much again for endpoints that are behind), and always some.
#[cfg(unix)]
fn needed_bytes(used: u64, log_bytes_max: u64) -> u64 {
    let most = log_bytes_max.saturating_add(log_bytes_max / 2);
    most.saturating_sub(used).max(SPACE_BYTES_MIN)
}

#[cfg(not(unix))]
pub(super) fn free_space(_: &Path, _: u64, _: u64) -> Check {
    Check::ok("free space", "not looked at on this system")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn room_is_needed_for_what_the_log_may_grow_to() {
        assert_eq!(needed_bytes(0, 0), SPACE_BYTES_MIN);
        assert_eq!(needed_bytes(4 << 30, 10 << 30), 11 << 30);
        assert_eq!(needed_bytes(15 << 30, 10 << 30), SPACE_BYTES_MIN);
        assert_eq!(free_space(Path::new("."), 0, u64::MAX / 2).level, Level::Warning);
    }

    #[test]
    fn a_place_for_backups_that_is_none_is_told_by_its_own_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let check = backups(file.path());
        assert_eq!((check.name, check.level), (BACKUPS, Level::Problem));
        assert!(check.cure.is_some_and(|cure| cure.contains("store.backups")));
    }
}
