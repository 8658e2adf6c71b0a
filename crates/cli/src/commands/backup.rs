//! `shopwire backup`: a copy of the whole store, while it is in use or while it is not.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use shopwire_core::{Clock as _, Secret};
use shopwire_engine::SystemTimer;
use shopwire_engine::backup::back_up;
use shopwire_engine::egress::Method;
use shopwire_store::{Ledger as _, StoreError};

use super::{Outcome, Verdict};
use crate::api::{self, Api};
use crate::config::{Config, ConfigArgs, Loaded};
use crate::offline::{self, DataArgs};
use crate::output::{self, Output};
use crate::restore::{KeyArgs, Verified, verify_backup};

/// Copy the whole store into a new directory, or verify such a copy
///
/// A running server is asked over its API, which makes backups below its `store.backups` only; the store of a server that is
/// stopped is copied to wherever is wanted. The key that secrets are encrypted with is NOT in a backup: keep
/// a copy of it elsewhere, without it the secrets can't be decrypted.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Directory to copy into: it must not be there, or be empty
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    to: Option<PathBuf>,
    /// Verify the backup in this directory instead: it opens with the key, is sound, and nothing in it is lost
    #[arg(long, value_name = "DIR", conflicts_with_all = ["to", "data"])]
    verify: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    data: DataArgs,
    /// The server that is asked if the store is in use
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7480")]
    server: String,
    /// A token of that server; better given in the environment, where nobody sees it
    #[arg(long, env = "SHOPWIRE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Backup {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let config = Loaded::read(&self.config)?.config;
        if let Some(directory) = &self.verify {
            let key = self.key.read(&config, directory)?;
            return verify_backup(&config, directory, key).await?.tell(output);
        }
        let to = self.to.as_deref().context("`--to` names the directory to copy into")?;
        let data = self.data.directory(&config);
        match offline::open(&config, data) {
            Ok(ledger) => {
                let made = back_up(&ledger, to, SystemTimer.now()).await;
                ledger.close().await?;
                let made = made?;
                let told = json!({ "to": to, "head": made.head.0, "files": made.files, "bytes": made.bytes, "key_included": false });
                output.emit(&told, || as_text(to, &told, &config, data))?;
                Ok(Verdict::Good)
            }
            Err(error) if matches!(error.downcast_ref(), Some(StoreError::InUse(_))) => {
                self.ask(&config, to, data, output).await
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the server that has the store open.
    async fn ask(&self, config: &Config, to: &Path, data: &Path, output: Output) -> Outcome {
        let name = name_below(config.store.backups.as_deref(), to)?;
        let Some(token) = self.token.as_deref().map(str::trim).filter(|token| !token.is_empty()) else {
            bail!(
                "the store is in use by a server, which is asked over its API: give a token in SHOPWIRE_TOKEN"
            );
        };
        let server = Api::at(self.server.clone(), Secret::new(token))?;
        let answer = server.ask_json(Method::Post, "/v1/backups", &json!({ "name": name })).await?;
        if answer.status == 409 || !answer.is_good() {
            output.error(&api::problem(answer.status, &answer.json()?))?;
            return Ok(Verdict::Bad);
        }
        answer.tell(output, |made| as_text(to, made, config, data))
    }
}

/// The name of a directory right below the one where the server may write.
fn name_below<'t>(backups: Option<&Path>, to: &'t Path) -> anyhow::Result<&'t str> {
    let Some(backups) = backups else {
        bail!(
            "the store is in use by a server, and no directory is configured where it may make backups: set \
             `store.backups` for both, or stop the server"
        );
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_below = to.parent().is_some_and(|parent| real(parent) == real(backups));
    match to.file_name().and_then(|name| name.to_str()) {
        Some(name) if is_below => Ok(name),
        _ => bail!(
            "the store is in use by a server, which makes backups right below `{0}` only: give `--to {0}/NAME`, or stop the server",
            backups.display()
        ),
    }
}

fn as_text(to: &Path, made: &Value, config: &Config, data: &Path) -> String {
    let number = |name: &str| made[name].as_u64().unwrap_or(0);
    let facts = [
        ("to", to.display().to_string()),
        ("events", format!("up to place {}", number("head"))),
        ("files", number("files").to_string()),
        ("size", format!("{} MiB", number("bytes") >> 20)),
    ];
    let key = match config.secrets.file(data) {
        Some(file) => format!("`{}`", file.display()),
        None => "which the configuration gives".to_owned(),
    };
    format!(
        "backup\n{}the key is not in it ({key}): keep a copy of it elsewhere, without it the secrets can't be decrypted",
        output::facts(&facts)
    )
}

impl Verified {
    fn tell(&self, output: Output) -> Outcome {
        output.emit(&self.as_json(), || self.as_text())?;
        Ok(Verdict::of(self.is_sound()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_for_a_backup_only_where_it_may_write() {
        let directory = tempfile::tempdir().unwrap();
        let backups = directory.path().join("backups");
        std::fs::create_dir(&backups).unwrap();
        assert_eq!(name_below(Some(&backups), &backups.join("today")).unwrap(), "today");
        assert_eq!(name_below(Some(&backups), &backups.join("../backups/today")).unwrap(), "today");
        for elsewhere in
            [directory.path().join("today"), backups.join("a/b"), backups.join(".."), backups.clone()]
        {
            assert!(name_below(Some(&backups), &elsewhere).is_err(), "{elsewhere:?}");
        }
        let unset = name_below(None, &backups.join("today")).unwrap_err().to_string();
        assert!(unset.contains("`store.backups`"), "{unset}");
    }
}
