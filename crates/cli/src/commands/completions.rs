//! `shopwire completions`: for the shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Outcome, Verdict};
use crate::output::Output;

/// Print completions for a shell
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs it, for the command line `C`.
    pub(crate) fn run<C: CommandFactory>(&self, output: Output) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut C::command(), "shopwire", &mut script);
        output.raw(&script)?;
        Ok(Verdict::Good)
    }
}
