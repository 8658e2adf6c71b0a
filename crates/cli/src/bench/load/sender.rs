//! One load's requests and connections.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use shopwire_engine::SystemTimer;
use shopwire_engine::egress::{Egress, EgressConfig, OutRequest, Pool, SystemResolver, Target};

use super::super::order::Load;
use super::speech::Speech;

/// Sends the events of a load.
pub(super) struct Sender {
    speech: Speech,
    pools: Vec<Pool>,
    topics: u64,
    first: u64,
}

impl Sender {
    /// Connects nowhere yet.
    pub(super) fn of(load: &Load) -> anyhow::Result<Self> {
        if load.urls.is_empty() {
            bail!("a load needs an address");
        }
        let pools = load.urls.iter().map(|url| pool(url, load.connections)).collect::<anyhow::Result<_>>()?;
        let speech = Speech::of(load.dialect, load.topics)?;
        Ok(Self { speech, pools, topics: load.topics, first: load.first })
    }

    /// Sends the event at this place of the load; `Ok` if it was answered 2xx. Topics go round first, then addresses, so
    /// that each pair of them gets its share.
    pub(super) async fn send(&self, place: u64) -> anyhow::Result<()> {
        let place = self.first + place;
        let turn = usize::try_from(place / self.topics)? % self.pools.len();
        exchange(&self.pools[turn], &self.speech.request(place)?).await
    }
}

/// Sends a request; `Ok` if it was answered 2xx.
pub(super) async fn exchange(pool: &Pool, request: &OutRequest) -> anyhow::Result<()> {
    let answer = pool.exchange(request).await.result.context("a request of the load was not answered")?;
    if !(200..300).contains(&answer.status) {
        let body = String::from_utf8_lossy(&answer.body_start).into_owned();
        bail!("a request of the load was answered {}: {body}", answer.status);
    }
    Ok(())
}

/// Connections to a URL of this machine.
pub(super) fn pool(url: &str, connections: usize) -> anyhow::Result<Pool> {
    let config = EgressConfig { allowed: vec!["127.0.0.0/8".parse()?], ..EgressConfig::default() };
    let egress = Egress::new(config, Arc::new(SystemTimer), Arc::new(SystemResolver))?;
    Ok(egress.pool(Target::parse(url)?, connections))
}
