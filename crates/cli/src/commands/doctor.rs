//! `shopwire doctor`: could a server run here, or does it.

use std::sync::Arc;

use clap::Args;
use shopwire_engine::{SystemRandom, SystemTimer};

use super::{Outcome, Verdict};
use crate::config::{ConfigArgs, Loaded, Mistakes};
use crate::doctor::{Check, Level, examine};
use crate::output::{self, Output, row};

/// Look whether a server could run here, or does: each problem with its cure
///
/// Exit code 1 if there is a problem; warnings are none.
#[derive(Debug, Args)]
pub(crate) struct DoctorCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

const CONFIGURATION: &str = "configuration";

impl DoctorCommand {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let checks = match Loaded::read(&self.config) {
            Ok(loaded) => {
                let file = loaded
                    .file
                    .as_deref()
                    .unwrap_or("no file, everything by default or from the environment");
                let mut checks = vec![Check::ok(CONFIGURATION, file)];
                checks.extend(examine(&loaded.config, &SystemTimer, Arc::new(SystemRandom)).await);
                checks
            }
            Err(Mistakes(mistakes)) => {
                let cure = "correct it: the rest is looked at once the configuration is right";
                mistakes
                    .iter()
                    .map(|mistake| Check::problem(CONFIGURATION, mistake.to_string(), cure))
                    .collect()
            }
        };
        let worst = checks.iter().map(|check| check.level).max().unwrap_or(Level::Ok);
        output.emit(&checks, || as_text(&checks))?;
        Ok(Verdict::of(worst < Level::Problem))
    }
}

fn as_text(checks: &[Check]) -> String {
    let mut rows = Vec::new();
    for check in checks {
        let level = match check.level {
            Level::Ok => "ok",
            Level::Warning => "WARNING",
            Level::Problem => "PROBLEM",
        };
        rows.push(row([level, check.name, &check.found]));
        rows.extend(check.cure.iter().map(|cure| row(["", "", &format!("→ {cure}")])));
    }
    output::table(&rows)
}
