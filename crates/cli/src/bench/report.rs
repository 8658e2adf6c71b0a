//! What was found, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::Plan;
use super::emission::Emission;
use crate::output::{row, table};

/// One round's figures.
pub(super) struct Round {
    pub(super) pump_per_s: f64,
    pub(super) accepted_per_s: f64,
    pub(super) delivered_per_s: f64,
    pub(super) duplicates: usize,
    /// The sending half.
    pub(super) emission: Emission,
}

impl Round {
    fn accepted_share(&self) -> f64 {
        self.accepted_per_s / self.pump_per_s
    }

    fn delivered_share(&self) -> f64 {
        self.delivered_per_s / self.pump_per_s
    }

    fn emitted_share(&self) -> f64 {
        self.emission.deliveries_per_s / self.pump_per_s
    }
}

/// From a webhook's being sent to its event's arrival.
pub(super) struct Latency {
    p50_us: u64,
    p99_us: u64,
}

impl Latency {
    pub(super) fn of(mut latencies_us: Vec<u64>) -> Self {
        latencies_us.sort_unstable();
        let at = |share: f64| {
            let index = (latencies_us.len() as f64 * share) as usize;
            latencies_us.get(index.min(latencies_us.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        Self { p50_us: at(0.50), p99_us: at(0.99) }
    }

    fn json(&self) -> Value {
        json!({ "p50_us": self.p50_us, "p99_us": self.p99_us })
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {:.2} ms, p99 {:.2} ms", self.p50_us as f64 / 1000.0, self.p99_us as f64 / 1000.0)
    }
}

/// What the server holds, in MiB.
pub(super) struct Memory {
    pub(super) idle_mib: f64,
    pub(super) undelivered: usize,
    pub(super) loaded_mib: f64,
}

/// All that was found.
pub(crate) struct Report {
    pub(super) plan: Plan,
    pub(super) rounds: Vec<Round>,
    /// With one endpoint.
    pub(super) alone: Latency,
    /// With an endpoint that hangs and one that refuses beside it.
    pub(super) beside: Latency,
    pub(super) memory: Memory,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

impl Report {
    fn median_of(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(figure).collect())
    }

    /// As a table.
    pub(crate) fn table(&self) -> String {
        let plan = self.plan;
        let duplicates: usize = self.rounds.iter().map(|round| round.duplicates).sum();
        let per_s = |figure: fn(&Round) -> f64| format!("{:.0}/s", self.median_of(figure));
        let share = |figure: fn(&Round) -> f64| format!("{:.2} of the pump", self.median_of(figure));
        let rows = [
            row(["raw pump", &per_s(|round| round.pump_per_s), ""]),
            row(["accepted, synced", &per_s(|round| round.accepted_per_s), &share(Round::accepted_share)]),
            row([
                "delivered end to end",
                &per_s(|round| round.delivered_per_s),
                &share(Round::delivered_share),
            ]),
            row(["delivered more than once", &duplicates.to_string(), "in all rounds"]),
            row([
                "changes applied, synced",
                &per_s(|round| round.emission.changes_per_s),
                &format!("{} events", per_s(|round| round.emission.events_per_s)),
            ]),
            row([
                "their webhooks in five dialects",
                &per_s(|round| round.emission.deliveries_per_s),
                &share(Round::emitted_share),
            ]),
            row(["sent to delivered at 100/s", &self.alone.to_string(), ""]),
            row(["  beside one that hangs, one that refuses", &self.beside.to_string(), ""]),
            row(["memory idle", &format!("{:.1} MiB", self.memory.idle_mib), ""]),
            row([
                &format!("memory with {} undelivered", self.memory.undelivered),
                &format!("{:.1} MiB", self.memory.loaded_mib),
                "",
            ]),
        ];
        format!(
            "1 KiB bodies, {} connections, {} rounds of {} s, medians\n\n{}",
            plan.connections,
            plan.rounds,
            plan.seconds,
            table(&rows)
        )
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        let rounds: Vec<Value> = self
            .rounds
            .iter()
            .map(|round| {
                json!({
                    "pump_per_s": round.pump_per_s,
                    "accepted_per_s": round.accepted_per_s,
                    "delivered_per_s": round.delivered_per_s,
                    "duplicates": round.duplicates,
                    "emission": {
                        "changes_per_s": round.emission.changes_per_s,
                        "events_per_s": round.emission.events_per_s,
                        "deliveries_per_s": round.emission.deliveries_per_s,
                    },
                })
            })
            .collect();
        json!({
            "body_bytes": 1024,
            "connections": self.plan.connections,
            "seconds": self.plan.seconds,
            "rounds": rounds,
            "latency_at_100_per_s": self.alone.json(),
            "latency_at_100_per_s_beside_bad_endpoints": self.beside.json(),
            "memory_mib": {
                "idle": self.memory.idle_mib,
                "undelivered_events": self.memory.undelivered,
                "with_undelivered": self.memory.loaded_mib,
            },
        })
    }
}
