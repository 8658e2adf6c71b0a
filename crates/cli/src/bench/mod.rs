//! `shopwire bench`: what this machine gives.
//!
//! ```text
//!              orders and answers, JSON lines over pipes
//!   conductor ─────────────┬──────────────────┬─────────────────┐
//!                          ▼                  ▼                 ▼
//!                      generator ──HTTP──▶ server ──HTTP──▶   sink
//!                          └───────── raw pump: nothing between ─▲
//! ```
//!
//! The conductor starts generator, sink and server as processes of their own: this program again, in a role. The server is
//! `shopwire serve` as users run it, on a store made for the measurement.
//!
//! **How figures are taken.** Figures on shared machines drift, so everything is measured in rounds, and each figure right
//! behind what it is a ratio to: the **raw pump** (the same generator sending the same signed requests to the sink), or the
//! **bare accept** (the same server over a ledger that keeps nothing). Medians of the rounds and of their ratios are reported.
//!
//! **Invariants.** The sink keeps its own record; at the end of each run it is compared with what was sent, and an event
//! that is missing makes the bench end with "no". Nothing is left behind, unless the conductor itself is killed.

mod clock;
mod conductor;
mod figures;
mod helper;
mod load;
mod machine;
mod measure;
mod order;
mod plan;
mod report;
mod role;
mod scenario;
mod server;
mod sink;
mod statistics;
mod store;

use clap::Subcommand;
use shopwire_core::Clock as _;
use shopwire_engine::SystemTimer;

use self::clock::{now_us, seconds_between};
use self::conductor::Bench;
use self::machine::Machine;
pub(crate) use self::plan::{Plan, Scenario};
pub(crate) use self::report::Report;
use crate::output::Output;

/// What a process of the bench does.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Receive, and keep a record
    Sink,
    /// Send
    Load,
    Server(server::ServerRole),
}

impl Role {
    /// Does it until the conductor ends.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Sink => sink::run(),
            Self::Load => load::run(),
            Self::Server(server) => server.run(),
        }
    }
}

/// Measures, and says what was found. A signal to stop ends it, and leaves nothing behind.
pub(crate) async fn bench(plan: Plan, command: String, output: Output) -> anyhow::Result<Report> {
    let started_us = now_us();
    let started = SystemTimer.now().to_string();
    let machine = Machine::here(&plan.directory);
    let mut bench = Bench::start(plan.clone(), output).await?;
    tokio::select! {
        measured = scenario::measure_all(&mut bench) => measured?,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            anyhow::bail!("interrupted");
        }
    }
    let took_s = seconds_between(started_us, now_us());
    Ok(Report { plan, machine, command, started, took_s, figures: bench.figures })
}
