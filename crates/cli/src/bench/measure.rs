//! The rows of the table, in their order: what each is called, what it is a ratio to, and what it should be.
//!
//! The targets are for two cores that server, generator and sink share, 1 KiB bodies, every accept synced and every attempt
//! recorded.

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    PerSecond,
    Milliseconds,
    Nanoseconds,
    Megabytes,
    Bytes,
    /// A share of something else, which the row's name tells.
    Share,
}

impl Unit {
    /// For programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "per_s",
            Self::Milliseconds => "ms",
            Self::Nanoseconds => "ns",
            Self::Megabytes => "mb",
            Self::Bytes => "bytes",
            Self::Share => "share",
        }
    }

    /// A value for people.
    pub(super) fn shown(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Nanoseconds => format!("{value:.0} ns"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::Bytes => format!("{value:.0} bytes"),
            Self::Share => format!("{value:.2}"),
        }
    }
}

/// What a value or a ratio should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    /// Whether it is kept.
    pub(super) fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// What a measure should come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    None,
    /// The value itself.
    Value(Bound),
    /// Its ratio to its base.
    Ratio(Bound),
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Measure {
    /// Its name for programs; stable.
    pub(super) id: &'static str,
    /// Its name for people.
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    /// What it is a ratio to.
    pub(super) base: &'static str,
    pub(super) target: Target,
}

use Bound::{AtLeast, AtMost};
use Unit::{Bytes, Megabytes, Milliseconds, Nanoseconds, PerSecond, Share};

const fn row(
    id: &'static str,
    name: &'static str,
    unit: Unit,
    base: &'static str,
    target: Target,
) -> Measure {
    Measure { id, name, unit, base, target }
}

const fn value(bound: Bound) -> Target {
    Target::Value(bound)
}

const fn ratio(bound: Bound) -> Target {
    Target::Ratio(bound)
}

const PUMP: &str = "the pump";
const BARE: &str = "bare accept";
const END_TO_END: &str = "end to end";
const WITHOUT: &str = "the run without";

/// All of them.
pub(super) const MEASURES: &[Measure] = &[
    row("pump", "raw pump", PerSecond, "", Target::None),
    row("bare_accept", "bare accept, bigcommerce", PerSecond, PUMP, Target::None),
    row("accept_ecwid", "accepted, ecwid", PerSecond, BARE, ratio(AtLeast(0.60))),
    row("accept_bigcommerce", "accepted, bigcommerce", PerSecond, BARE, ratio(AtLeast(0.60))),
    row("accept_shoptet", "accepted, shoptet", PerSecond, BARE, ratio(AtLeast(0.60))),
    row("accept_shoplazza", "accepted, shoplazza", PerSecond, BARE, ratio(AtLeast(0.60))),
    row("accept_duda", "accepted, duda", PerSecond, BARE, ratio(AtLeast(0.60))),
    row("accept_saturated_p99", "accept when saturated, p99", Milliseconds, BARE, value(AtMost(15.0))),
    row("end_to_end_1", "delivered, 1 endpoint", PerSecond, PUMP, ratio(AtLeast(0.30))),
    row("end_to_end_10", "delivered, each to 1 of 10 endpoints", PerSecond, PUMP, Target::None),
    row("end_to_end_many", "delivered, each to 1 of many endpoints", PerSecond, PUMP, Target::None),
    row("fan_out_10", "delivered, each to 10 endpoints", PerSecond, PUMP, ratio(AtLeast(0.50))),
    row("emission_changes", "changes of orders, answered", PerSecond, "", Target::None),
    row("emission_deliveries", "their webhooks in five dialects", PerSecond, PUMP, Target::None),
    row("hanging_throughput", "nine beside one that hangs", PerSecond, WITHOUT, ratio(AtLeast(0.95))),
    row("hanging_p99", "  sent to delivered, p99", Milliseconds, WITHOUT, ratio(AtMost(1.2))),
    row("refusing_throughput", "nine beside one that refuses", PerSecond, WITHOUT, ratio(AtLeast(0.95))),
    row("refusing_p99", "  sent to delivered, p99", Milliseconds, WITHOUT, ratio(AtMost(1.2))),
    row("accept_100_p50", "sent to accepted at 100/s, p50", Milliseconds, "", Target::None),
    row("accept_100_p99", "sent to accepted at 100/s, p99", Milliseconds, "", Target::None),
    row("delivered_100_p50", "sent to delivered at 100/s, p50", Milliseconds, "", value(AtMost(1.5))),
    row("delivered_100_p99", "sent to delivered at 100/s, p99", Milliseconds, "", value(AtMost(4.0))),
    row("half_rate", "half of the most", PerSecond, "", Target::None),
    row("accept_half_p50", "sent to accepted at half, p50", Milliseconds, "", Target::None),
    row("accept_half_p99", "sent to accepted at half, p99", Milliseconds, "", Target::None),
    row("delivered_half_p50", "sent to delivered at half, p50", Milliseconds, "", Target::None),
    row("delivered_half_p99", "sent to delivered at half, p99", Milliseconds, "", Target::None),
    row("memory_idle", "memory, idle", Megabytes, "", value(AtMost(25.0))),
    row("memory_loaded", "memory under full load, at most", Megabytes, "", value(AtMost(120.0))),
    row("memory_undelivered", "memory with the backlog, at most", Megabytes, "", value(AtMost(120.0))),
    row("drain", "drain of the backlog", PerSecond, END_TO_END, ratio(AtLeast(0.80))),
    row("drain_flatness", "  its second half by its first", Share, "", value(AtLeast(0.90))),
    row("memory_drain", "memory while it drains, at most", Megabytes, "", value(AtMost(120.0))),
    row("disk", "disk for each event delivered", Bytes, "", value(AtMost(1.6 * 1024.0))),
    row("matching", "match one event", Nanoseconds, "", value(AtMost(2_000.0))),
    row("restart", "start to ready", Milliseconds, "", value(AtMost(1_000.0))),
    row("restart_killed", "start to ready after a kill", Milliseconds, "", value(AtMost(1_000.0))),
    row("retention", "delivered while old events go", PerSecond, "before and after", ratio(AtLeast(0.95))),
    row("soak_growth", "memory's growth over a soak", Megabytes, "", value(AtMost(5.0))),
    row("soak_p99", "sent to delivered in a soak, p99", Milliseconds, "", Target::None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_what_its_target_needs() {
        let ids: std::collections::BTreeSet<_> = MEASURES.iter().map(|measure| measure.id).collect();
        assert_eq!(ids.len(), MEASURES.len());
        for measure in MEASURES {
            let needs_base = matches!(measure.target, Target::Ratio(_));
            assert!(!needs_base || !measure.base.is_empty(), "{}", measure.id);
        }
    }

    #[test]
    fn bounds_hold_at_their_edge() {
        assert!(AtLeast(0.3).holds(0.3) && !AtLeast(0.3).holds(0.29));
        assert!(AtMost(15.0).holds(15.0) && !AtMost(15.0).holds(15.1));
    }
}
