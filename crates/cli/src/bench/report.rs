//! What was found, for people and for programs.

use serde_json::{Value, json};

use super::figures::{Figures, Row};
use super::machine::Machine;
use super::plan::Plan;
use crate::output::{row, table};

/// All that was found, where and how.
pub(crate) struct Report {
    pub(super) plan: Plan,
    pub(super) machine: Machine,
    pub(super) command: String,
    pub(super) started: String,
    pub(super) took_s: f64,
    pub(super) figures: Figures,
}

impl Report {
    /// Whether every event arrived.
    pub(crate) fn is_complete(&self) -> bool {
        self.figures.tally().lost == 0
    }

    /// As a table.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![row(["measure", "median", "ratio", "target", ""])];
        rows.extend(self.figures.rows().iter().map(cells));
        let tally = self.figures.tally();
        let mut text = format!(
            "{}\n1 KiB bodies, {} connections, {} rounds of {} s, {:.0} s in all\n\n{}\n{} deliveries owed: {} lost, {} made more than once\n",
            self.machine.line(),
            self.plan.connections,
            self.plan.rounds,
            self.plan.seconds,
            self.took_s,
            table(&rows),
            tally.expected,
            tally.lost,
            tally.duplicates,
        );
        for (scenario, why) in self.figures.left_out() {
            text.push_str(&format!("{scenario} could not be measured: {why}\n"));
        }
        text
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        let mut report = json!({
            "shopwire": env!("CARGO_PKG_VERSION"),
            "command": self.command,
            "started": self.started,
            "took_s": self.took_s,
            "machine": self.machine.json(),
            "plan": self.plan.json(),
        });
        if let (Value::Object(report), Value::Object(figures)) = (&mut report, self.figures.json()) {
            report.extend(figures);
        }
        report
    }
}

fn cells(found: &Row) -> Vec<String> {
    let measure = found.measure;
    let ratio = found.ratio.map(|ratio| format!("{ratio:.2} of {}", measure.base)).unwrap_or_default();
    let verdict = match found.is_met() {
        None => "",
        Some(true) => "met",
        Some(false) => "MISSED",
    };
    row([measure.name, &measure.unit.shown(found.value), &ratio, &found.target(), verdict])
}
