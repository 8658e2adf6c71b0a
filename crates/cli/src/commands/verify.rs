//! `shopwire verify`: is this captured request genuine, and if not, why.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use shopwire_core::{Clock as _, DialectId, Timestamp};
use shopwire_dialects::{Incoming, Rejection};
use shopwire_engine::SystemTimer;

use super::{Outcome, Verdict};
use crate::dialect_arg;
use crate::hints::hints;
use crate::http_text::{Request, header};
use crate::input;
use crate::keys::KeyArgs;
use crate::output::{self, Output};
use crate::speaker::{Speaker, Told};

/// Say whether a captured request is genuine, and if not, why
///
/// Exit code 1 if it is not, 2 if the input can't be used.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Whose webhook it should be
    #[arg(value_parser = dialect_arg::any())]
    dialect: DialectId,
    /// The request as text: request line, headers, an empty line, the body; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "body", conflicts_with_all = ["body", "header"])]
    request: Option<PathBuf>,
    /// The body alone; the headers then come from `--header`
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// A header to go with `--body`; several times for several
    #[arg(long, value_name = "NAME: VALUE", requires = "body")]
    header: Vec<String>,
    #[command(flatten)]
    keys: KeyArgs,
    /// Judge its age as of this moment, as in `2026-01-31T12:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "ignore_age")]
    at: Option<Timestamp>,
    /// Do not judge its age
    #[arg(long)]
    ignore_age: bool,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| "expected a time with its zone, as in `2026-01-31T12:00:00Z`".to_owned())
}

/// What is said of a request.
#[derive(Debug, Serialize)]
struct Report {
    genuine: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
    #[serde(flatten)]
    told: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

impl Verify {
    /// Runs it.
    pub(crate) fn run(&self, output: Output) -> Outcome {
        let keys = self.keys.read(self.dialect)?;
        let request = self.request()?;
        let speaker = Speaker::of(self.dialect);
        let incoming = Incoming { query: request.query(), headers: &request.headers, body: &request.body };
        let now = self.at.unwrap_or_else(|| SystemTimer.now());
        let rejection = match speaker.verify(&incoming, &keys, now) {
            // The age is judged after the signature, so a wrong age means a right signature.
            Err(Rejection::TooOld { .. } | Rejection::TooNew { .. }) if self.ignore_age => None,
            verified => verified.err(),
        };
        let read = speaker.read(&incoming);
        let report = Report {
            genuine: rejection.is_none(),
            code: rejection.as_ref().map(Rejection::code),
            hints: rejection
                .as_ref()
                .map(|why| hints(speaker, &incoming, &keys, now, why))
                .unwrap_or_default(),
            reason: rejection.map(|why| why.to_string()),
            unreadable: read.as_ref().err().cloned(),
            told: read.ok(),
        };
        output.emit(&report, || report.as_text(self.dialect))?;
        Ok(Verdict::of(report.genuine))
    }

    fn request(&self) -> anyhow::Result<Request> {
        if let Some(path) = &self.body {
            let headers = self.header.iter().map(|line| header(line)).collect::<Result<_, _>>()?;
            return Ok(Request { target: "/".to_owned(), headers, body: input::read(path)? });
        }
        let path = self.request.as_deref().unwrap_or(Path::new("-"));
        Request::parse(&input::read(path)?)
            .with_context(|| format!("`{}` is not a captured request", path.display()))
    }
}

impl Report {
    fn as_text(&self, dialect: DialectId) -> String {
        let verdict = if self.genuine { "genuine" } else { "NOT GENUINE" };
        let mut facts: Vec<(&str, String)> = Vec::new();
        facts.extend(self.reason.iter().map(|why| ("why", why.clone())));
        facts.extend(self.hints.iter().map(|hint| ("hint", hint.clone())));
        facts.extend(self.unreadable.iter().map(|why| ("but", why.clone())));
        facts.extend(self.told.iter().flat_map(Told::facts));
        format!("{verdict}: {dialect}\n{}", output::facts(&facts))
    }
}
