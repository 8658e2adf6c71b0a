//! `shopwire config`: what is set, where, and whether it is right.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Outcome, Verdict};
use crate::config::{ConfigArgs, Loaded, Origin, Section, documented, reference};
use crate::output::{self, Output, row};

/// Check and show the configuration
#[derive(Debug, Args)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    look: Look,
}

#[derive(Debug, Subcommand)]
enum Look {
    /// Say what is wrong and where; exit code 1 if anything is
    Check(ConfigArgs),
    /// Show every value and where it comes from; secrets are hidden
    Show(ConfigArgs),
    /// Print all keys with default and meaning, as Markdown
    Reference,
}

/// One value, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    key: String,
    value: Value,
    origin: &'a Origin,
}

impl ConfigCommand {
    /// Runs it.
    pub(crate) fn run(&self, output: Output) -> Outcome {
        match &self.look {
            Look::Check(args) => check(args, output),
            Look::Show(args) => show(&Loaded::read(args)?, output),
            Look::Reference => {
                if output.is_json() {
                    output.emit(&documented(), String::new)?;
                } else {
                    output.raw(reference().as_bytes())?;
                }
                Ok(Verdict::Good)
            }
        }
    }
}

fn check(args: &ConfigArgs, output: Output) -> Outcome {
    match Loaded::read(args) {
        Ok(loaded) => {
            let file = loaded.file.as_deref();
            output.emit(&json!({ "ok": true, "file": file, "mistakes": [] }), || match file {
                Some(file) => format!("ok: {file}"),
                None => "ok: no file, everything by default or from the environment".to_owned(),
            })?;
            Ok(Verdict::Good)
        }
        Err(mistakes) => {
            output.emit(&json!({ "ok": false, "mistakes": mistakes.0 }), || mistakes.to_string())?;
            Ok(Verdict::Bad)
        }
    }
}

fn show(loaded: &Loaded, output: Output) -> Outcome {
    let of_section = |section: &dyn Section| {
        let name = section.name();
        let shown = |key: crate::config::Key| Shown {
            key: format!("{name}.{}", key.name),
            value: section.show(key.name),
            origin: loaded.origin(name, key.name),
        };
        section.keys().into_iter().map(shown).collect::<Vec<_>>()
    };
    let all: Vec<_> = loaded.config.sections().into_iter().flat_map(of_section).collect();
    output.emit(&all, || {
        let line = |shown: &Shown<'_>| {
            let value = if shown.value.is_null() { "(not set)".to_owned() } else { shown.value.to_string() };
            row([&shown.key, &value, &shown.origin.to_string()])
        };
        output::table(&all.iter().map(line).collect::<Vec<_>>())
    })?;
    Ok(Verdict::Good)
}
