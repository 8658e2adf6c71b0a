//! The `shopwire` binary: one file a subcommand, no rule of the business in here.
//!
//! Exit codes: 0 is done or yes, 1 is no (not delivered, not genuine, problems found), 2 is a mistake in how it was
//! asked or an input that can't be used.

mod api;
#[cfg(unix)]
mod bench;
mod commands;
mod config;
mod curl;
mod demo;
mod dialect_arg;
mod doctor;
mod hints;
mod http_text;
mod identity;
mod import;
mod input;
mod keys;
mod moment;
mod offline;
mod output;
mod receiver;
mod restore;
mod runtime;
mod samples;
mod serve;
mod speaker;
mod wildcards;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::Outcome;
use output::Output;

/// What one thread takes, the log's writer gives back: where both share a lock for that, a fifth of the time goes there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The webhook engine for commerce
#[derive(Debug, Parser)]
#[command(name = "shopwire", version, propagate_version = true)]
struct Cli {
    /// Print JSON: one value, or one a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(commands::serve::Serve),
    Trigger(commands::trigger::Trigger),
    Receive(commands::receive::Receive),
    Verify(commands::verify::Verify),
    Translate(commands::translate::Translate),
    Catalog(commands::catalog::CatalogCommand),
    Shops(commands::shops::Shops),
    Entities(commands::entities::Entities),
    Events(commands::events::Events),
    Replay(commands::replay::ReplayCommand),
    DeadLetters(commands::dead_letters::DeadLetters),
    Config(commands::config::ConfigCommand),
    Doctor(commands::doctor::DoctorCommand),
    VerifyLog(commands::verify_log::VerifyLog),
    Backup(commands::backup::Backup),
    Restore(commands::restore::Restore),
    Erase(commands::erase::Erase),
    #[cfg(unix)]
    Bench(commands::bench::Bench),
    #[cfg(unix)]
    #[command(hide = true)]
    BenchRole(commands::bench::BenchRole),
    Completions(commands::completions::Completions),
    /// Print the OpenAPI document
    #[command(hide = true)]
    Openapi,
}

impl Command {
    fn run(&self, output: Output) -> Outcome {
        match self {
            Self::Serve(serve) => serve.run(output),
            Self::Trigger(trigger) => runtime::run(None, trigger.run(output)),
            Self::Receive(receive) => runtime::run(None, receive.run(output)),
            Self::Verify(verify) => verify.run(output),
            Self::Translate(translate) => translate.run(output),
            Self::Catalog(catalog) => catalog.run(output),
            Self::Shops(shops) => runtime::run(None, shops.run(output)),
            Self::Entities(entities) => runtime::run(None, entities.run(output)),
            Self::Events(events) => runtime::run(None, events.run(output)),
            Self::Replay(replay) => runtime::run(None, replay.run(output)),
            Self::DeadLetters(letters) => runtime::run(None, letters.run(output)),
            Self::Config(config) => config.run(output),
            Self::Doctor(doctor) => runtime::run(None, doctor.run(output)),
            Self::VerifyLog(verify_log) => runtime::run(None, verify_log.run(output)),
            Self::Backup(backup) => runtime::run(None, backup.run(output)),
            Self::Restore(restore) => runtime::run(None, restore.run(output)),
            Self::Erase(erase) => runtime::run(None, erase.run(output)),
            #[cfg(unix)]
            Self::Bench(bench) => runtime::run(Some(1), bench.run(output)),
            #[cfg(unix)]
            Self::BenchRole(role) => role.run(),
            Self::Completions(completions) => completions.run::<Cli>(output),
            Self::Openapi => commands::openapi::run(output),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    match cli.command.run(output) {
        Ok(verdict) => verdict.into(),
        // Who reads along has seen enough, as in `shopwire catalog | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even this can't be said, the exit code still says it.
            drop(output.error(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
