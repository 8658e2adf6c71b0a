//! The key that secrets are encrypted with.

use std::path::Path;

use super::Check;
use super::store::database;
use crate::config::Config;

const NAME: &str = "secrets key";

/// Whether the key is there if it must be, and read by nobody else.
pub(super) fn check(config: &Config) -> Check {
    let Some(file) = config.secrets.file(&config.store.path) else {
        return Check::ok(NAME, "given in the configuration");
    };
    let has_store = database(&config.store.path).exists();
    of_file(&file, has_store)
}

fn of_file(file: &Path, has_store: bool) -> Check {
    let shown = file.display();
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => of_mode(file, &metadata),
        Ok(_) => {
            Check::problem(NAME, format!("`{shown}` is not a file"), "choose another `secrets.key_file`")
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && has_store => Check::problem(
            NAME,
            format!("`{shown}` is not there, but the store is: its secrets can't be decrypted"),
            "bring the file back from a backup, or name it with `secrets.key_file`",
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Check::ok(NAME, format!("`{shown}` is not there yet: the first start makes it"))
        }
        Err(error) => {
            Check::problem(NAME, format!("`{shown}` can't be looked at: {error}"), "run as its owner")
        }
    }
}

#[cfg(unix)]
fn of_mode(file: &Path, metadata: &std::fs::Metadata) -> Check {
    use std::os::unix::fs::PermissionsExt as _;
    let (shown, mode) = (file.display(), metadata.permissions().mode() & 0o777);
    if mode & 0o077 == 0 {
        return Check::ok(NAME, format!("`{shown}` is there and ours alone"));
    }
    Check::problem(
        NAME,
        format!("`{shown}` can be read by others (mode {mode:03o})"),
        format!("run `chmod 600 {shown}`, and change the secrets in the store if someone may have read it"),
    )
}

#[cfg(not(unix))]
fn of_mode(file: &Path, _: &std::fs::Metadata) -> Check {
    Check::ok(NAME, format!("`{}` is there", file.display()))
}
