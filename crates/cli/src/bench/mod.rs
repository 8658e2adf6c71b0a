//! `shopwire bench`: what this machine gives.
//!
//! A server runs as a process of its own; the load generator and the sink run here, each on a thread. In the same run,
//! round by round, the **raw pump** is measured too: the same client sending signed requests of the same size to the same
//! sink, with no server and no store between. Figures on shared machines drift; the ratios to the pump drift less.

mod emission;
mod load;
mod report;
mod server;
mod sink;

use anyhow::Context as _;

use crate::output::Output;
use load::Load;
pub(crate) use report::Report;
use report::Round;
use server::BenchServer;
use sink::Sink;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Rounds; the medians are reported.
    pub(crate) rounds: usize,
    /// Seconds each measurement of a round takes.
    pub(crate) seconds: u64,
    /// Connections the load comes over.
    pub(crate) connections: usize,
    /// Events that are left undelivered to see what memory they take.
    pub(crate) undelivered: usize,
}

/// Measures, and says what was found.
pub(crate) async fn bench(plan: Plan, output: Output) -> anyhow::Result<Report> {
    let sink = Sink::start()?;
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        output.note(&format!("round {number} of {}", plan.rounds))?;
        rounds.push(round(plan, &sink).await?);
    }
    output.note("latency at 100/s, alone")?;
    let alone = latency(plan, &sink, &[&sink.url()]).await?;
    output.note("latency at 100/s, beside an endpoint that hangs and one that refuses")?;
    let beside = latency(plan, &sink, &[&sink.url(), &sink.hanging_url(), &sink::refusing_url()?]).await?;
    output.note(&format!("memory with {} undelivered events", plan.undelivered))?;
    let memory = memory(plan, &sink).await?;
    Ok(Report { plan, rounds, alone, beside, memory })
}

async fn round(plan: Plan, sink: &Sink) -> anyhow::Result<Round> {
    let pump_per_s = Load::pump(plan, sink).await?;
    let accepting = BenchServer::start(&[]).await?;
    let accepted_per_s = Load::accept(plan, &accepting).await?.per_s();
    accepting.stop().await?;
    let delivering = BenchServer::start(&[&sink.url()]).await?;
    sink.forget();
    let sent = Load::accept(plan, &delivering).await?;
    sink.wait_for(sent.count).await.context("not all events were delivered")?;
    let delivered_per_s = sent.count as f64 / sink.last_arrival_s(sent.started);
    let duplicates = sink.arrivals() - sent.count;
    delivering.stop().await?;
    let emission = emission::measure(plan, sink).await?;
    Ok(Round { pump_per_s, accepted_per_s, delivered_per_s, duplicates, emission })
}

/// Latency to the sink, which is the first of the endpoints.
async fn latency(plan: Plan, sink: &Sink, endpoints: &[&str]) -> anyhow::Result<report::Latency> {
    let server = BenchServer::start(endpoints).await?;
    sink.forget();
    let sent = Load::steady(100, plan.seconds.max(5), &server).await?;
    sink.wait_for(sent.len()).await.context("not all events were delivered")?;
    let latency = report::Latency::of(sink.latencies_us(&sent));
    // What hangs would hold an orderly end up until its deadline.
    server.kill().await?;
    Ok(latency)
}

async fn memory(plan: Plan, sink: &Sink) -> anyhow::Result<report::Memory> {
    let server = BenchServer::start(&[&sink.hanging_url()]).await?;
    let idle_mib = server.resident_mib()?;
    Load::exactly(plan.undelivered, plan.connections, &server).await?;
    let loaded_mib = server.resident_mib()?;
    server.kill().await?;
    Ok(report::Memory { idle_mib, undelivered: plan.undelivered, loaded_mib })
}
