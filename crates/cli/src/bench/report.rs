//! What was found, for people and for programs.

use serde_json::{Value, json};

use super::Plan;

/// One round's figures.
pub(super) struct Round {
    pub(super) pump_per_s: f64,
    pub(super) accepted_per_s: f64,
    pub(super) delivered_per_s: f64,
    pub(super) duplicates: usize,
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
    pub(super) latency: Latency,
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
        format!(
            "1 KiB bodies, {} connections, {} rounds of {} s, medians\n\n\
             raw pump                     {:>9.0}/s\n\
             accepted, synced             {:>9.0}/s   {:.2} of the pump\n\
             delivered end to end         {:>9.0}/s   {:.2} of the pump, {duplicates} duplicates\n\
             sent to delivered at 100/s   p50 {:.2} ms, p99 {:.2} ms\n\
             memory idle                  {:>9.1} MiB\n\
             memory, {} undelivered  {:>9.1} MiB",
            plan.connections,
            plan.rounds,
            plan.seconds,
            self.median_of(|round| round.pump_per_s),
            self.median_of(|round| round.accepted_per_s),
            self.median_of(|round| round.accepted_per_s / round.pump_per_s),
            self.median_of(|round| round.delivered_per_s),
            self.median_of(|round| round.delivered_per_s / round.pump_per_s),
            self.latency.p50_us as f64 / 1000.0,
            self.latency.p99_us as f64 / 1000.0,
            self.memory.idle_mib,
            self.memory.undelivered,
            self.memory.loaded_mib,
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
                })
            })
            .collect();
        json!({
            "body_bytes": 1024,
            "connections": self.plan.connections,
            "seconds": self.plan.seconds,
            "rounds": rounds,
            "latency_at_100_per_s": { "p50_us": self.latency.p50_us, "p99_us": self.latency.p99_us },
            "memory_mib": {
                "idle": self.memory.idle_mib,
                "undelivered_events": self.memory.undelivered,
                "with_undelivered": self.memory.loaded_mib,
            },
        })
    }
}
