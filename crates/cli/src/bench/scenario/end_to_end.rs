//! Events delivered end to end: accepted, matched, rendered, signed, sent, and the attempt recorded.

use shopwire_core::ShopId;
use shopwire_engine::configure::EndpointDraft;

use super::super::clock::seconds_between;
use super::super::conductor::Bench;
use super::super::load::{EVENT_TYPES, TOPICS};
use super::super::order::{Expected, Sent, Until};
use super::super::server::{Kind, Server};
use super::super::store::{Store, Wanted, endpoint_to};

/// In flight to an endpoint that is alone, so that the lane is not what limits.
pub(super) const ALONE_IN_FLIGHT: usize = 32;

/// Who gets what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setup {
    /// One endpoint gets all.
    One,
    /// Ten endpoints of one shop, each for one type of event; each event is one endpoint's.
    ByTopic,
    /// Shops with ten such endpoints each; each event is of one shop and one type, and one endpoint's.
    ByShopAndTopic {
        /// How many shops.
        shops: u64,
    },
    /// So many endpoints get all.
    Everyone {
        /// How many.
        endpoints: u64,
    },
}

impl Setup {
    /// So many endpoints, or a few more: ten to a shop.
    fn many(endpoints: u64) -> Self {
        Self::ByShopAndTopic { shops: endpoints.div_ceil(TOPICS).max(1) }
    }

    fn shops(self) -> u64 {
        if let Self::ByShopAndTopic { shops } = self { shops } else { 1 }
    }

    pub(super) fn endpoints(self) -> u64 {
        match self {
            Self::One => 1,
            Self::ByTopic | Self::ByShopAndTopic { .. } => self.shops() * TOPICS,
            Self::Everyone { endpoints } => endpoints,
        }
    }

    /// Over how many topics the load goes round.
    pub(super) const fn topics(self) -> u64 {
        match self {
            Self::One | Self::Everyone { .. } => 1,
            Self::ByTopic | Self::ByShopAndTopic { .. } => TOPICS,
        }
    }

    /// Where so many events should arrive. The load goes round topics and then shops, in the order of the endpoints.
    pub(super) fn expected(self, events: u64) -> Expected {
        match self {
            Self::One | Self::Everyone { .. } => Expected::everywhere(events, self.endpoints()),
            Self::ByTopic | Self::ByShopAndTopic { .. } => Expected::shared(events, self.endpoints()),
        }
    }

    fn drafts(self, bench: &Bench, shops: &[ShopId]) -> Vec<EndpointDraft> {
        let to = |number| endpoint_to(bench.endpoint_url(number));
        match self {
            Self::One => vec![EndpointDraft { in_flight_max: Some(ALONE_IN_FLIGHT), ..to(0) }],
            Self::Everyone { endpoints } => (0..endpoints).map(to).collect(),
            Self::ByTopic | Self::ByShopAndTopic { .. } => {
                let pairs = shops.iter().flat_map(|shop| EVENT_TYPES.map(|event_type| (*shop, event_type)));
                let draft = |(number, (shop, event_type)): (u64, (_, &str))| EndpointDraft {
                    shop: Some(shop),
                    topics: Some(vec![event_type.to_owned()]),
                    ..to(number)
                };
                (0..).zip(pairs).map(draft).collect()
            }
        }
    }

    /// A store with these endpoints.
    pub(super) async fn store(self, bench: &Bench) -> anyhow::Result<Store> {
        let endpoints = |shops: &[ShopId]| self.drafts(bench, shops);
        let wanted = Wanted { shops: usize::try_from(self.shops())?, ..Wanted::of_one_shop(endpoints) };
        bench.store(wanted).await
    }
}

/// What a run came to.
pub(super) struct Delivered {
    /// Deliveries a second, from the first webhook sent to the last event's arrival.
    pub(super) per_s: f64,
    pub(super) sent: Sent,
    /// Still running.
    pub(super) server: Server,
    pub(super) store: Store,
}

/// Sends as fast as it goes, and waits for every delivery.
pub(super) async fn deliver(
    bench: &mut Bench,
    scenario: &str,
    setup: Setup,
    until: Until,
) -> anyhow::Result<Delivered> {
    let store = setup.store(bench).await?;
    let server = bench.serve(&store, Kind::Real).await?;
    bench.forget(setup.endpoints(), false).await?;
    let sent = bench.send(bench.load(&store, &server, setup.topics()), until).await?;
    let expected = setup.expected(sent.count);
    let arrived = bench.arrivals(expected.arrivals()).await?;
    bench.check(scenario, expected).await?;
    let per_s = arrived.events as f64 / seconds_between(sent.started_us, arrived.last_us);
    Ok(Delivered { per_s, sent, server, store })
}

/// The rate of one endpoint alone.
pub(super) async fn rate(bench: &mut Bench, scenario: &str) -> anyhow::Result<f64> {
    let delivered = deliver(bench, scenario, Setup::One, bench.for_a_while()).await?;
    delivered.server.stop().await?;
    Ok(delivered.per_s)
}

/// To one endpoint, one of ten, one of many.
pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let many = Setup::many(bench.plan.endpoints);
    bench.figures.detail("end_to_end_many_endpoints", many.endpoints().into());
    for (setup, id) in
        [(Setup::One, "end_to_end_1"), (Setup::ByTopic, "end_to_end_10"), (many, "end_to_end_many")]
    {
        beside_the_pump(bench, "end-to-end", setup, id).await?;
    }
    Ok(())
}

/// To each of ten.
pub(super) async fn measure_fan_out(bench: &mut Bench) -> anyhow::Result<()> {
    beside_the_pump(bench, "fan-out", Setup::Everyone { endpoints: 10 }, "fan_out_10").await
}

async fn beside_the_pump(bench: &mut Bench, scenario: &str, setup: Setup, id: &str) -> anyhow::Result<()> {
    let pump_per_s = bench.pump().await?;
    let delivered = deliver(bench, scenario, setup, bench.for_a_while()).await?;
    bench.figures.note_beside(id, delivered.per_s, pump_per_s);
    delivered.server.stop().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_load_goes_round_is_what_endpoints_wait_for() {
        let many = Setup::many(95);
        assert_eq!((many.shops(), many.endpoints(), many.topics()), (10, 100, 10));
        assert_eq!(many.expected(250).arrivals(), 250);
        assert_eq!(many.expected(250).places(37).collect::<Vec<_>>(), [37, 137, 237]);
        assert_eq!(Setup::Everyone { endpoints: 3 }.expected(5).arrivals(), 15);
        assert_eq!((Setup::ByTopic.endpoints(), Setup::One.endpoints()), (10, 1));
    }
}
