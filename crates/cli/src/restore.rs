//! From a backup to a store: copied, opened with its key, and verified.
//!
//! **Invariant.** What is there is not overwritten. Without the key nothing is begun.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use shopwire_engine::SystemRandom;
use shopwire_engine::backup::{MANIFEST, Manifest};
use shopwire_engine::ledger_check::{LedgerReport, check_ledger};
use shopwire_store::{HealthReport, Ledger as _, SecretKey, SqliteConfig, SqliteLedger, disk};

use crate::commands::verify_log::{self, MEMORY_BYTES_MAX};
use crate::config::Config;
use crate::offline;

/// The files of a store that are none of a copy's business.
const LEFT_OUT: [&str; 2] = ["shopwire.lock", MANIFEST];

/// Which key the secrets in a backup are encrypted with.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct KeyArgs {
    /// File with the key of the store; without it the one that is configured
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl KeyArgs {
    /// The key for the store in `data`.
    ///
    /// # Errors
    /// If there is none: it is not made.
    pub(crate) fn read(&self, config: &Config, data: &Path) -> anyhow::Result<SecretKey> {
        let Some(file) = &self.key_file else {
            let none = "the backup has no key in it: give the store's with `--key-file`";
            // Beside what was copied, or where the store is that it was copied from.
            return offline::key(config, data)
                .or_else(|_| offline::key(config, &config.store.path))
                .context(none);
        };
        if !file.exists() {
            bail!("there is no key `{}`", file.display());
        }
        Ok(SecretKey::load_or_create(file, &SystemRandom)?)
    }

    /// Puts the key where a server that is started on `data` looks for it, unless that has it already.
    pub(crate) fn keep(&self, config: &Config, data: &Path) -> anyhow::Result<()> {
        let (Some(from), Some(to)) = (&self.key_file, config.secrets.file(data)) else { return Ok(()) };
        if to.exists() {
            return Ok(());
        }
        copy_file(from, &to)
            .and_then(|()| disk::sync_name(&to))
            .with_context(|| format!("the key can't be copied to `{}`", to.display()))
    }
}

/// The list of what is in a backup, if all of it is as it was when it was made, and nothing came to it but perhaps its key.
pub(crate) fn check_backup(config: &Config, from: &Path) -> anyhow::Result<Manifest> {
    let manifest = Manifest::read(from).with_context(|| {
        format!(
            "there is no backup in `{}`, or one that was not finished: `{MANIFEST}` can't be read",
            from.display()
        )
    })?;
    let wrong =
        manifest.check(from).with_context(|| format!("the backup `{}` can't be read", from.display()))?;
    if !wrong.is_empty() {
        bail!("the backup `{}` is damaged: {}", from.display(), wrong.join("; "));
    }
    let key = config.secrets.file(from);
    let mut others = manifest.unlisted(from)?;
    others.retain(|name| {
        !LEFT_OUT.contains(&name.as_str()) && key.as_ref().is_none_or(|key| *key != from.join(name))
    });
    if !others.is_empty() {
        bail!(
            "in the backup `{}` lies what is not in its list: move away `{}`",
            from.display(),
            others.join("`, `")
        );
    }
    Ok(manifest)
}

/// Whether a store can be made in the directory.
pub(crate) fn check_target(data: &Path) -> anyhow::Result<()> {
    match std::fs::read_dir(data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("`{}` can't be looked at", data.display())),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => bail!(
                "`{}` is not empty: restore into a new directory, nothing is overwritten",
                data.display()
            ),
        },
    }
}

/// Copies a backup, synced, for its owner only.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    disk::make_directory(to).with_context(|| format!("`{}` can't be made", to.display()))?;
    let entries = std::fs::read_dir(from).with_context(|| format!("`{}` can't be read", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&path, &target)?;
        } else if kind.is_file() && !LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            copy_file(&path, &target).with_context(|| {
                format!("`{}` can't be copied: remove `{}`", path.display(), to.display())
            })?;
        }
    }
    Ok(disk::sync(to)?)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut out = disk::new_file(to)?;
    io::copy(&mut File::open(from)?, &mut out)?;
    out.sync_all()
}

/// What a store was found to be.
pub(crate) struct Verified {
    directory: PathBuf,
    health: HealthReport,
    books: LedgerReport,
}

/// Opens the store in `directory`, which must reach up to the place `head`, and looks at all of it.
pub(crate) async fn verify(
    config: &Config,
    directory: &Path,
    key: SecretKey,
    head: u64,
) -> anyhow::Result<Verified> {
    let of_store = SqliteConfig::new(directory, key, &config.limits);
    let ledger = SqliteLedger::open(of_store, Arc::new(SystemRandom))
        .with_context(|| format!("the store in `{}` can't be opened", directory.display()))?;
    let (mut health, books) = (ledger.health(true).await?, check_ledger(&ledger, MEMORY_BYTES_MAX).await?);
    ledger.close().await?;
    if books.span.head.0 != head {
        health.problems.push(format!("its last event is at place {}, not {head}", books.span.head));
    }
    Ok(Verified { directory: directory.to_owned(), health, books })
}

/// Looks at all of a backup, and leaves it as it is: what is opened is a copy beside it, which is removed again.
pub(crate) async fn verify_backup(
    config: &Config,
    directory: &Path,
    key: SecretKey,
) -> anyhow::Result<Verified> {
    let manifest = check_backup(config, directory)?;
    // What lies beside `.` is found only by its whole path.
    let directory = &directory.canonicalize()?;
    let mut name = directory.file_name().unwrap_or_default().to_owned();
    name.push(".verifying");
    let copied = directory.with_file_name(name);
    check_target(&copied)?;
    let beside = Beside(copied);
    copy(directory, &beside.0)?;
    let verified = verify(config, &beside.0, key, manifest.head).await?;
    Ok(Verified { directory: directory.to_owned(), ..verified })
}

/// A copy that is removed again, whatever happens.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(directory = %self.0.display(), %error, "a copy that was made to verify a backup can't be removed");
        }
    }
}

impl Verified {
    /// Whether nothing is wrong with it.
    pub(crate) fn is_sound(&self) -> bool {
        self.health.problems.is_empty() && self.books.is_sound()
    }

    /// For programs.
    pub(crate) fn as_json(&self) -> Value {
        json!({
            "directory": self.directory,
            "sound": self.is_sound(),
            "problems": self.health.problems,
            "books": verify_log::as_json(&self.books),
        })
    }

    /// For people.
    pub(crate) fn as_text(&self) -> String {
        let shown = self.directory.display();
        let problems: String =
            self.health.problems.iter().map(|problem| format!("damaged: {problem}\n")).collect();
        format!("the store in `{shown}` opens with its key\n{problems}{}", verify_log::as_text(&self.books))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_nothing_is_made_of_what_is_no_backup() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        std::fs::create_dir_all(from.join("log")).unwrap();
        assert!(check_backup(&Config::default(), &from).unwrap_err().to_string().contains("no backup"));
        for (file, text) in
            [("shopwire.db", "db"), ("log/1.log", "events"), ("shopwire.lock", ""), (MANIFEST, "{}")]
        {
            std::fs::write(from.join(file), text).unwrap();
        }
        check_target(&to).unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("log/1.log")).unwrap(), "events");
        assert!(
            LEFT_OUT.iter().all(|name| !to.join(name).exists()),
            "a store makes its own lock, and has no list"
        );
        assert!(check_target(&to).unwrap_err().to_string().contains("not empty"));
        assert!(copy(&from, &to).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_restored_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        std::fs::create_dir_all(&from).unwrap();
        std::fs::write(from.join("shopwire.db"), "db").unwrap();
        std::fs::set_permissions(from.join("shopwire.db"), std::fs::Permissions::from_mode(0o644)).unwrap();
        copy(&from, &to).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&to), mode(&to.join("shopwire.db"))), (0o700, 0o600));
    }

    #[test]
    fn a_key_that_is_not_there_is_not_made() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret.key");
        let given = KeyArgs { key_file: Some(file.clone()) };
        assert!(given.read(&Config::default(), directory.path()).is_err());
        let said =
            format!("{:#}", KeyArgs::default().read(&Config::default(), directory.path()).unwrap_err());
        assert!(said.contains("`--key-file`"), "{said}");
        assert!(!file.exists());
    }
}
