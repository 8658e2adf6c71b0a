//! The conductor: what all scenarios need.

use anyhow::bail;
use shopwire_core::{DialectId, ShopId};
use shopwire_engine::configure::EndpointDraft;

use super::clock::{now_us, seconds_between};
use super::figures::Figures;
use super::helper::Helper;
use super::order::{Arrived, Expected, Load, LoadOrder, SUBJECT_MARKER, Sent, SinkOrder, Tally, Until};
use super::plan::Plan;
use super::server::{Kind, Server};
use super::store::{Store, Wanted, Workshop};
use crate::output::Output;

/// Milliseconds without an arrival after which the rest is given up.
const PATIENCE_MS: u64 = 60_000;

/// The marker behind which a webhook of BigCommerce has its number.
const BIGCOMMERCE_MARKER: &str = "\"id\":";

/// A bench under way.
pub(super) struct Bench {
    pub(super) plan: Plan,
    pub(super) figures: Figures,
    pub(super) sink: Helper,
    pub(super) generator: Helper,
    /// Dropped last: its stores are in use until all processes have ended.
    pub(super) workshop: Workshop,
    sink_url: String,
    output: Output,
    started_us: u64,
}

impl Bench {
    /// Starts sink and generator.
    pub(super) async fn start(plan: Plan, output: Output) -> anyhow::Result<Self> {
        let mut sink = Helper::start("sink")?;
        let address: String = sink.ask(&SinkOrder::Address).await?;
        Ok(Self {
            workshop: Workshop::within(&plan.directory),
            plan,
            figures: Figures::default(),
            sink,
            generator: Helper::start("load")?,
            sink_url: format!("http://{address}"),
            output,
            started_us: now_us(),
        })
    }

    /// Says what is done now.
    pub(super) fn progress(&self, what: &str) -> anyhow::Result<()> {
        Ok(self.output.note(&format!("{:5.0} s  {what}", seconds_between(self.started_us, now_us())))?)
    }

    /// The URL of an endpoint at the sink.
    pub(super) fn endpoint_url(&self, number: u64) -> String {
        format!("{}/endpoint/{number}", self.sink_url)
    }

    /// The URL of an endpoint that never answers.
    pub(super) fn hanging_url(&self) -> String {
        format!("{}/hang", self.sink_url)
    }

    /// Makes a store.
    pub(super) async fn store<F>(&self, wanted: Wanted<F>) -> anyhow::Result<Store>
    where
        F: FnOnce(&[ShopId]) -> Vec<EndpointDraft>,
    {
        Store::make(self.workshop.next(), wanted).await
    }

    /// Starts a server on a store.
    pub(super) async fn serve(&self, store: &Store, kind: Kind) -> anyhow::Result<Server> {
        Server::start(store, kind, &self.plan.set).await
    }

    /// The load of BigCommerce's webhooks over all sources of a store, going round so many topics.
    pub(super) fn load(&self, store: &Store, server: &Server, topics: u64) -> Load {
        let urls = store.source_paths().map(|path| server.url(&path)).collect();
        Load { urls, dialect: DialectId::BigCommerce, topics, connections: self.plan.connections, first: 0 }
    }

    /// The end of a load that is measured by time.
    pub(super) fn for_a_while(&self) -> Until {
        Until::Seconds(self.plan.seconds)
    }

    /// Sends as fast as it goes.
    pub(super) async fn send(&mut self, load: Load, until: Until) -> anyhow::Result<Sent> {
        self.generator.ask(&LoadOrder::Closed(load, until)).await
    }

    /// Sends so many events a second.
    pub(super) async fn send_steadily(
        &mut self,
        load: Load,
        per_s: f64,
        seconds: f64,
    ) -> anyhow::Result<Sent> {
        self.generator.ask(&LoadOrder::Steady(load, per_s, seconds)).await
    }

    /// Lets the sink forget, and expect CloudEvents at so many endpoints.
    pub(super) async fn forget(&mut self, endpoints: u64, timed: bool) -> anyhow::Result<()> {
        let markers = (0..endpoints).map(|_| SUBJECT_MARKER.to_owned()).collect();
        self.sink.ask(&SinkOrder::Forget { markers, timed }).await
    }

    /// Waits until as many different events have arrived.
    pub(super) async fn arrivals(&mut self, events: u64) -> anyhow::Result<Arrived> {
        self.sink.ask(&SinkOrder::Await { events, patience_ms: PATIENCE_MS }).await
    }

    /// Compares what was sent with what arrived.
    pub(super) async fn check(&mut self, scenario: &str, expected: Expected) -> anyhow::Result<Tally> {
        let tally: Tally = self.sink.ask(&SinkOrder::Compare(expected)).await?;
        self.figures.check(scenario, tally);
        if tally.lost > 0 {
            self.output.note(&format!("{scenario}: {} of {} never arrived", tally.lost, tally.expected))?;
        }
        Ok(tally)
    }

    /// The raw pump: requests a second from the generator to the sink.
    pub(super) async fn pump(&mut self) -> anyhow::Result<f64> {
        let markers = vec![BIGCOMMERCE_MARKER.to_owned()];
        let () = self.sink.ask(&SinkOrder::Forget { markers, timed: false }).await?;
        let load = Load {
            urls: vec![self.endpoint_url(0)],
            dialect: DialectId::BigCommerce,
            topics: 1,
            connections: self.plan.connections,
            first: 0,
        };
        let sent = self.send(load, self.for_a_while()).await?;
        let tally = self.check("pump", Expected::everywhere(sent.count, 1)).await?;
        if tally.lost > 0 {
            bail!("the sink lost requests that it answered: its figures can't be trusted");
        }
        self.figures.note("pump", sent.per_s());
        Ok(sent.per_s())
    }
}
