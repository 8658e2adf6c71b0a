//! What is measured, a file each.

mod accept;
mod backlog;
mod disk;
mod emission;
mod end_to_end;
mod latency;
mod matching;
mod memory;
mod neighbours;
mod restart;
mod retention;
mod soak;

use super::conductor::Bench;
use super::plan::Scenario;

/// Measures what is planned: what is repeated round by round, so that no round's weather is one scenario's alone, then
/// the rest.
pub(super) async fn measure_all(bench: &mut Bench) -> anyhow::Result<()> {
    let (repeated, single): (Vec<_>, Vec<_>) =
        bench.plan.scenarios.clone().into_iter().partition(|scenario| scenario.is_repeated());
    let rounds = if repeated.is_empty() { 0 } else { bench.plan.rounds };
    for round in 1..=rounds {
        for scenario in &repeated {
            bench.progress(&format!("round {round} of {rounds}: {}", scenario.name()))?;
            measure(bench, *scenario).await?;
        }
    }
    for scenario in single {
        bench.progress(&scenario.name())?;
        measure(bench, scenario).await?;
    }
    Ok(())
}

async fn measure(bench: &mut Bench, scenario: Scenario) -> anyhow::Result<()> {
    match scenario {
        Scenario::Accept => accept::measure(bench).await,
        Scenario::EndToEnd => end_to_end::measure(bench).await,
        Scenario::FanOut => end_to_end::measure_fan_out(bench).await,
        Scenario::Emission => emission::measure(bench).await,
        Scenario::Neighbours => neighbours::measure(bench).await,
        Scenario::Latency => latency::measure(bench).await,
        Scenario::Memory => memory::measure(bench).await,
        Scenario::Backlog => backlog::measure(bench).await,
        Scenario::Disk => disk::measure(bench).await,
        Scenario::Matching => matching::measure(bench).await,
        Scenario::Restart => restart::measure(bench).await,
        Scenario::Retention => retention::measure(bench).await,
        Scenario::Soak => soak::measure(bench).await,
    }
}
