//! `shopwire verify-log`: do the books of the ledger balance.

use clap::Args;
use serde_json::{Value, json};
use shopwire_engine::ledger_check::{EndpointTally, LedgerReport, Violation, check_ledger};
use shopwire_store::Ledger as _;

use super::{Outcome, Verdict};
use crate::config::{ConfigArgs, Loaded};
use crate::offline::{self, DataArgs};
use crate::output::{self, Output, row};

/// What the check may hold in memory for its books.
pub(crate) const MEMORY_BYTES_MAX: u64 = 64 << 20;

/// Check that nothing is lost: for every event, received = delivered + filtered + waiting + dead, endpoint by endpoint
///
/// Looks into the data directory of a server that is stopped. What an endpoint would get now, but got no trace of, is
/// lost; unless what the endpoint gets was changed after the event was received: then it is unknown, and counted apart.
/// Exit code 1 if something is lost or can't be read.
#[derive(Debug, Args)]
pub(crate) struct VerifyLog {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

impl VerifyLog {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let config = Loaded::read(&self.config)?.config;
        let ledger = offline::open(&config, self.data.directory(&config))?;
        let report = check_ledger(&ledger, MEMORY_BYTES_MAX).await?;
        ledger.close().await?;
        output.emit(&as_json(&report), || as_text(&report))?;
        Ok(Verdict::of(report.is_sound()))
    }
}

/// The report for programs.
pub(crate) fn as_json(report: &LedgerReport) -> Value {
    let endpoint = |tally: &EndpointTally| {
        json!({
            "endpoint": tally.endpoint.to_string(),
            "name": tally.name,
            "before": tally.before,
            "filtered": tally.filtered,
            "delivered": tally.delivered,
            "waiting": tally.waiting,
            "queued": tally.queued,
            "dead": tally.dead,
            "unknown": tally.unknown,
            "lost": tally.lost,
            "repeated": tally.repeated,
        })
    };
    let violation = |violation: &Violation| {
        json!({
            "wrong": violation.wrong.code(),
            "place": violation.seq.0,
            "event": violation.event.map(|event| event.to_string()),
            "endpoint": violation.endpoint.map(|endpoint| endpoint.to_string()),
        })
    };
    json!({
        "sound": report.is_sound(),
        "first": report.span.first.0,
        "head": report.span.head.0,
        "bytes": report.span.bytes,
        "events": report.events,
        "let_go": report.span.first.0 - 1,
        "erased": report.erased,
        "attempts": report.attempts,
        "endpoints": report.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "violations": report.violations,
        "told": report.told.iter().map(violation).collect::<Vec<_>>(),
    })
}

/// The report for people.
pub(crate) fn as_text(report: &LedgerReport) -> String {
    let LedgerReport { span, events, erased, attempts, .. } = report;
    let mut text = format!(
        "{events} events (places {} to {}), {erased} erased, {attempts} attempts, {} MiB\n\n",
        span.first,
        span.head,
        span.bytes >> 20,
    );
    text.push_str(&output::table(&rows(&report.endpoints)));
    if report.is_sound() {
        text.push_str("\nthe books balance: nothing is lost");
        return text;
    }
    text.push_str(&format!("\n{} violations", report.violations));
    for Violation { wrong, seq, event, endpoint } in &report.told {
        let event = event.map(|event| format!(" ({event})")).unwrap_or_default();
        let endpoint = endpoint.map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
        text.push_str(&format!("\n  {seq}{event}{endpoint}: {}", wrong.meaning()));
    }
    if report.violations > report.told.len() as u64 {
        text.push_str("\n  …");
    }
    text
}

fn rows(endpoints: &[EndpointTally]) -> Vec<Vec<String>> {
    let head = [
        "ENDPOINT",
        "NAME",
        "BEFORE",
        "FILTERED",
        "DELIVERED",
        "WAITING",
        "QUEUED",
        "DEAD",
        "UNKNOWN",
        "LOST",
        "REPEATED",
    ];
    let of = |tally: &EndpointTally| {
        let counts = [
            tally.before,
            tally.filtered,
            tally.delivered,
            tally.waiting,
            tally.queued,
            tally.dead,
            tally.unknown,
            tally.lost,
            tally.repeated,
        ];
        let names = [tally.endpoint.to_string(), tally.name.clone()];
        names.into_iter().chain(counts.map(|count| count.to_string())).collect()
    };
    std::iter::once(row(head)).chain(endpoints.iter().map(of)).collect()
}
