//! `[log]`: what is told while it runs.

use std::io::IsTerminal as _;

use serde_json::Value;
use tracing_subscriber::EnvFilter;

use super::{Raw, Setting, section};

section! {
    /// What is told while it runs.
    Log "log" {
        /// How much: one level for all, or levels by target.
        level: Level = Level("info".to_owned());
        /// For people or for programs.
        format: Format = Format::Text;
    }
}

/// How much is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level(String);

impl Level {
    /// The directives of the filter.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Log {
    /// Tells only what needs attention, unless told otherwise.
    pub(crate) fn quieten(&mut self) {
        if self.level == Self::default().level {
            self.level = Level("warn".to_owned());
        }
    }

    /// Begins to tell, on standard error.
    pub(crate) fn start(&self) {
        let filter = EnvFilter::builder().parse_lossy(self.level.as_str());
        let to_stderr = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.format {
            Format::Text => to_stderr.with_ansi(std::io::stderr().is_terminal()).init(),
            Format::Json => to_stderr.json().init(),
        }
    }
}

impl Setting for Level {
    const FORM: &'static str =
        "error, warn, info, debug or trace, or directives as in \"info,shopwire_engine=debug\"";

    fn read(raw: &Raw) -> Result<Self, String> {
        let directives: Vec<&str> = raw.text().unwrap_or_default().split(',').map(str::trim).collect();
        let known = directives.iter().all(|directive| is_directive(directive));
        known.then(|| Self(directives.join(","))).ok_or_else(|| format!("expected {}", Self::FORM))
    }

    fn show(&self) -> Value {
        self.0.as_str().into()
    }
}

/// `level` or `target=level`. The filter's own reading takes any other word for a target at full volume.
fn is_directive(text: &str) -> bool {
    let (target, level) = text.split_once('=').unwrap_or(("all", text));
    let known = ["off", "error", "warn", "info", "debug", "trace"].contains(&level);
    known && !target.is_empty() && text.parse::<tracing_subscriber::filter::Directive>().is_ok()
}

/// For whom it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

impl Setting for Format {
    const FORM: &'static str = "\"text\" or \"json\"";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text() {
            Some("text") => Ok(Self::Text),
            Some("json") => Ok(Self::Json),
            _ => Err(format!("expected {}", Self::FORM)),
        }
    }

    fn show(&self) -> Value {
        match self {
            Self::Text => "text".into(),
            Self::Json => "json".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_words_that_exist() {
        let read = |text: &str| Level::read(&Raw::Bare(text.to_owned()));
        for good in ["info", "off", "warn,shopwire_engine=debug", "info, shopwire_server::ingest=trace"] {
            assert!(read(good).is_ok(), "{good}");
        }
        for wrong in ["", "loud", "info,", "shopwire=loud", "=info", "shopwire_engine"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
