//! The data directory: whether it is there, ours alone, and has room.

use std::path::Path;

use super::Check;

const DIRECTORY: &str = "data directory";
#[cfg(unix)]
const SPACE: &str = "free space";
/// Less is soon full.
#[cfg(unix)]
const SPACE_BYTES_MIN: u64 = 1 << 30;

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

/// Whether there is room for what comes.
#[cfg(unix)]
pub(super) fn free_space(path: &Path) -> Check {
    let ground = ground(path);
    let Ok(stats) = rustix::fs::statvfs(ground) else {
        return Check::warning(
            SPACE,
            format!("the file system of `{}` does not tell", ground.display()),
            "look with `df -h`",
        );
    };
    let bytes = stats.f_bavail.saturating_mul(stats.f_frsize);
    let found = format!("{} MiB where `{}` is", bytes >> 20, ground.display());
    if bytes < SPACE_BYTES_MIN {
        return Check::warning(SPACE, found, "make room: when the disk is full, webhooks are answered 503");
    }
    Check::ok(SPACE, found)
}

#[cfg(not(unix))]
pub(super) fn free_space(_: &Path) -> Check {
    Check::ok("free space", "not looked at on this system")
}
