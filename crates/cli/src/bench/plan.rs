//! What is measured, and how much of it.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Webhooks accepted, of each platform
    Accept,
    /// Events delivered to 1, 10 and many endpoints, each to one of them
    EndToEnd,
    /// Events delivered to ten endpoints each
    FanOut,
    /// A shop's changes, told in five dialects
    Emission,
    /// Nine endpoints beside one that hangs or refuses
    Neighbours,
    /// Time from a webhook's being due to its arrival
    Latency,
    /// Memory, idle and under full load
    Memory,
    /// Events that wait for an endpoint that is down, and their delivery when it is up again
    Backlog,
    /// Bytes on the disk for each event
    Disk,
    /// Matching an event against many endpoints
    Matching,
    /// Time from the start of the process to its being ready
    Restart,
    /// Delivery while the log lets go of old events
    Retention,
    /// Memory over a long time; only if it is named
    Soak,
}

impl Scenario {
    /// As it is named on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether it is measured in every round, between its bases; the others once, behind the rounds.
    pub(super) const fn is_repeated(self) -> bool {
        matches!(self, Self::Accept | Self::EndToEnd | Self::FanOut | Self::Emission | Self::Neighbours)
    }
}

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What is.
    pub(crate) scenarios: Vec<Scenario>,
    /// Rounds; the medians are reported.
    pub(crate) rounds: u64,
    /// Seconds each measurement takes.
    pub(crate) seconds: f64,
    /// Connections the load comes over.
    pub(crate) connections: usize,
    /// Endpoints where there are many.
    pub(crate) endpoints: u64,
    /// Endpoints an event is matched against.
    pub(crate) matched_endpoints: u64,
    /// Events that wait for an endpoint that is down.
    pub(crate) backlog: u64,
    /// Events that are delivered to see what they take on the disk.
    pub(crate) disk_events: u64,
    /// Events in the log of a server that starts.
    pub(crate) log_events: u64,
    /// Old events that the log lets go of.
    pub(crate) dropped_events: u64,
    /// Minutes of a soak.
    pub(crate) minutes: f64,
    /// Events a second in a soak.
    pub(crate) soak_per_s: f64,
    /// Where the stores are made.
    pub(crate) directory: PathBuf,
    /// Keys of the configuration of the servers that are measured.
    pub(crate) set: Vec<String>,
}

impl Plan {
    /// What is chosen: everything but the soak, or only what is named, and not what is skipped.
    pub(crate) fn chosen(only: &[Scenario], skip: &[Scenario]) -> Vec<Scenario> {
        let is_meant = |scenario: &Scenario| match only {
            [] => *scenario != Scenario::Soak,
            only => only.contains(scenario),
        };
        let all = Scenario::value_variants().iter().copied();
        all.filter(is_meant).filter(|scenario| !skip.contains(scenario)).collect()
    }

    /// What a program should know of it.
    pub(super) fn json(&self) -> Value {
        let scenarios: Vec<_> = self.scenarios.iter().map(|scenario| scenario.name()).collect();
        json!({
            "scenarios": scenarios,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "connections": self.connections,
            "body_bytes": super::load::BODY_BYTES,
            "endpoints": self.endpoints,
            "matched_endpoints": self.matched_endpoints,
            "backlog_events": self.backlog,
            "disk_events": self.disk_events,
            "log_events": self.log_events,
            "dropped_events": self.dropped_events,
            "soak_minutes": self.minutes,
            "soak_per_s": self.soak_per_s,
            "set": self.set,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_measured_but_the_soak_unless_it_is_said() {
        let all = Plan::chosen(&[], &[]);
        assert!(all.contains(&Scenario::Accept) && !all.contains(&Scenario::Soak));
        assert_eq!(all.len(), Scenario::value_variants().len() - 1);
        assert_eq!(Plan::chosen(&[Scenario::Soak, Scenario::Disk], &[Scenario::Disk]), [Scenario::Soak]);
        assert!(!Plan::chosen(&[], &[Scenario::Disk]).contains(&Scenario::Disk));
    }
}
