//! `shopwire bench`: what this machine gives.

use clap::Args;

use super::{Outcome, Verdict};
use crate::bench::{self, Plan};
use crate::output::Output;

/// Measure this machine: webhooks accepted, events delivered, changes told on, latency, memory, beside the raw HTTP pump
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Rounds; the medians are reported
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    rounds: u64,
    /// Seconds each measurement of a round takes
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Connections the load comes over
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=512))]
    connections: u64,
    /// Events left undelivered to see what memory they take
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    undelivered: u64,
}

impl Bench {
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let plan = Plan {
            rounds: usize::try_from(self.rounds)?,
            seconds: self.seconds,
            connections: usize::try_from(self.connections)?,
            undelivered: usize::try_from(self.undelivered)?,
        };
        let report = bench::bench(plan, output).await?;
        output.emit(&report.json(), || report.table())?;
        Ok(Verdict::Good)
    }
}
