//! `shopwire bench`: what this machine gives.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Outcome, Verdict};
use crate::bench::{self, Plan, Role, Scenario};
use crate::output::Output;

/// Measure this machine: webhooks accepted, events delivered, changes told on, latency, memory, beside the raw HTTP pump
///
/// Server, load and receiver run as processes of their own on loopback, the server on fresh stores. Figures are medians
/// of rounds, and each is told with its ratio to what was measured right before it without a store. Ends with exit code 1
/// if an event never arrived.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Measure only this; can be given several times
    #[arg(long, value_name = "SCENARIO")]
    only: Vec<Scenario>,
    /// Leave this out; can be given several times
    #[arg(long, value_name = "SCENARIO")]
    skip: Vec<Scenario>,
    /// About a minute, for a first look: one round, small numbers; what is set beside it counts
    #[arg(long)]
    quick: bool,
    /// Rounds; the medians are reported [default: 3]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=50))]
    rounds: Option<u64>,
    /// Seconds each measurement takes [default: 2]
    #[arg(long, value_parser = seconds)]
    seconds: Option<f64>,
    /// Connections the load comes over
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=512))]
    connections: u64,
    /// Endpoints where there are many, ten to a shop [default: 1000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    endpoints: Option<u64>,
    /// Endpoints that events are matched against
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    matched_endpoints: u64,
    /// Events that wait for an endpoint that is down [default: 200000]
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    backlog: Option<u64>,
    /// Events whose place on the disk is measured [default: 100000]
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    disk_events: Option<u64>,
    /// Events in the log of a server that starts [default: 200000]
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    log_events: Option<u64>,
    /// Old events that the log lets go of [default: 300000]
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    dropped_events: Option<u64>,
    /// Minutes of a soak (`--only soak`)
    #[arg(long, default_value_t = 10.0, value_parser = minutes)]
    minutes: f64,
    /// Events a second in a soak
    #[arg(long, value_name = "EVENTS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    soak_per_s: u64,
    /// Where the stores are made; without it, the system's directory for temporary files
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
    /// Write the JSON to this file too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Set one key of the measured servers' configuration, as in `server.threads=1`; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// What is measured where nothing is said: (at length, for a first look).
const ROUNDS: (u64, u64) = (3, 1);
const SECONDS: (f64, f64) = (2.0, 0.5);
const ENDPOINTS: (u64, u64) = (1_000, 100);
const BACKLOG: (u64, u64) = (200_000, 20_000);
const DISK_EVENTS: (u64, u64) = (100_000, 20_000);
const LOG_EVENTS: (u64, u64) = (200_000, 20_000);
const DROPPED_EVENTS: (u64, u64) = (300_000, 20_000);

fn seconds(text: &str) -> Result<f64, String> {
    within(text, 0.05, 600.0)
}

fn minutes(text: &str) -> Result<f64, String> {
    within(text, 0.01, 10_000.0)
}

fn within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("expected a number from {least} to {most}"))
}

impl Bench {
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let report = bench::bench(self.plan()?, command(), output).await?;
        if let Some(file) = &self.out {
            let json = serde_json::to_vec_pretty(&report.json())?;
            std::fs::write(file, json).with_context(|| format!("`{}` can't be written", file.display()))?;
        }
        output.emit(&report.json(), || report.table())?;
        Ok(Verdict::of(report.is_complete()))
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let of = |given: Option<u64>, (full, quick): (u64, u64)| {
            given.unwrap_or(if self.quick { quick } else { full })
        };
        let directory = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        let directory = directory
            .canonicalize()
            .with_context(|| format!("`{}` is no directory: choose one with `--dir`", directory.display()))?;
        Ok(Plan {
            scenarios: Plan::chosen(&self.only, &self.skip),
            rounds: of(self.rounds, ROUNDS),
            seconds: self.seconds.unwrap_or(if self.quick { SECONDS.1 } else { SECONDS.0 }),
            connections: usize::try_from(self.connections)?,
            endpoints: of(self.endpoints, ENDPOINTS),
            matched_endpoints: self.matched_endpoints,
            backlog: of(self.backlog, BACKLOG),
            disk_events: of(self.disk_events, DISK_EVENTS),
            log_events: of(self.log_events, LOG_EVENTS),
            dropped_events: of(self.dropped_events, DROPPED_EVENTS),
            minutes: self.minutes,
            soak_per_s: self.soak_per_s as f64,
            directory,
            set: self.set.clone(),
        })
    }
}

/// How this was asked for.
fn command() -> String {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    format!("shopwire {}", arguments.join(" "))
}

/// Be one of the bench's processes
#[derive(Debug, Args)]
pub(crate) struct BenchRole {
    #[command(subcommand)]
    role: Role,
}

impl BenchRole {
    pub(crate) fn run(&self) -> Outcome {
        self.role.run()?;
        Ok(Verdict::Good)
    }
}
