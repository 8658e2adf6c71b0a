//! What an event takes on the disk once it is delivered and its server has ended.

use super::super::conductor::Bench;
use super::super::order::Until;
use super::end_to_end::{Setup, deliver};

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let until = Until::Count(bench.plan.disk_events);
    let delivered = deliver(bench, "disk", Setup::One, until).await?;
    delivered.server.stop().await?;
    let bytes = delivered.store.disk_bytes()?;
    bench.figures.detail("disk_bytes", bytes.into());
    bench.figures.note("disk", bytes as f64 / delivered.sent.count.max(1) as f64);
    Ok(())
}
