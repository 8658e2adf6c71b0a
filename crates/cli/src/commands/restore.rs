//! `shopwire restore`: a backup becomes a store again.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, Verdict};
use crate::config::{ConfigArgs, Loaded};
use crate::output::Output;
use crate::restore::{self, KeyArgs};

/// Make a store of a backup, in a data directory that is empty or not there, and verify it
///
/// The store's key is needed as well: with `--key-file`, or where the configuration says. Exit code 1 if what was restored is
/// not sound.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data directory to make
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Restore {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let config = Loaded::read(&self.config)?.config;
        restore::check_target(&self.data)?;
        let manifest = restore::check_backup(&config, &self.from)?;
        let key = self.key.read(&config, &self.data)?;
        restore::copy(&self.from, &self.data)?;
        self.key.keep(&config, &self.data)?;
        let verified = restore::verify(&config, &self.data, key, manifest.head).await?;
        output.emit(&verified.as_json(), || verified.as_text())?;
        Ok(Verdict::of(verified.is_sound()))
    }
}
