//! The sending half: a shop's changes in bulk, and the webhooks that follow on all five platforms.

use anyhow::Context as _;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::{DialectId, ShopId};
use shopwire_dialects::Dialect;
use shopwire_dialects::catalog::Topic;
use shopwire_engine::configure::EndpointDraft;

use super::super::clock::seconds_between;
use super::super::conductor::Bench;
use super::super::load;
use super::super::order::{Arrived, Expected, LoadOrder, SUBJECT_MARKER, Sent, SinkOrder};
use super::super::server::Kind;
use super::super::store::{Wanted, endpoint_to};

/// What follows from the two changes of an order.
const EVENTS: [CanonicalType; 4] = [
    CanonicalType::OrderCreated,
    CanonicalType::OrderUpdated,
    CanonicalType::OrderStatusChanged,
    CanonicalType::OrderPaid,
];

/// Changes of each order: it is put, and then paid.
const CHANGES: f64 = 2.0;

/// One topic of one platform: it has an endpoint of its own, so that the sink can tell whether all came.
struct Subscription {
    dialect: &'static dyn Dialect,
    topic: &'static Topic,
}

impl Subscription {
    /// Every topic under which one of the events is told.
    fn all() -> Vec<Self> {
        let of = |dialect: &'static dyn Dialect| {
            let topics = EVENTS.iter().filter_map(move |event| dialect.catalog().for_event_type(*event));
            topics.map(move |topic| Self { dialect, topic })
        };
        shopwire_dialects::all().iter().flat_map(|dialect| of(*dialect)).collect()
    }

    /// The text behind which the platform's bodies have the order's number.
    const fn marker(dialect: DialectId) -> &'static str {
        match dialect {
            DialectId::Ecwid => "\"entityId\":",
            DialectId::BigCommerce => "\"data\":{\"type\":\"order\",\"id\":",
            DialectId::Shoptet => "\"eventInstance\":\"",
            DialectId::Shoplazza | DialectId::Duda => "\"id\":\"",
            DialectId::CloudEvents => SUBJECT_MARKER,
        }
    }

    fn draft(&self, shop: ShopId, url: String) -> EndpointDraft {
        EndpointDraft {
            dialect: Some(self.dialect.id()),
            shop: Some(shop),
            topics: Some(vec![self.topic.name.to_owned()]),
            secret: Some(load::secret()),
            ..endpoint_to(url)
        }
    }
}

pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let pump_per_s = bench.pump().await?;
    let (sent, arrived) = emit(bench).await?;
    let changes_per_s = sent.per_s() * CHANGES;
    bench.figures.note("emission_changes", changes_per_s);
    let per_s = arrived.events as f64 / seconds_between(sent.started_us, arrived.last_us);
    bench.figures.note_beside("emission_deliveries", per_s, pump_per_s);
    Ok(())
}

async fn emit(bench: &mut Bench) -> anyhow::Result<(Sent, Arrived)> {
    let subscriptions = Subscription::all();
    let markers = subscriptions.iter().map(|of| Subscription::marker(of.dialect.id()).to_owned()).collect();
    let endpoints = |shops: &[ShopId]| {
        let numbered = (0..).zip(&subscriptions);
        numbered.map(|(number, of)| of.draft(shops[0], bench.endpoint_url(number))).collect()
    };
    let store = bench.store(Wanted::of_one_shop(endpoints)).await?;
    let server = bench.serve(&store, Kind::Real).await?;
    let () = bench.sink.ask(&SinkOrder::Forget { markers, timed: false }).await?;
    let (url, token) = (server.url(&store.changes_path()), store.token().expose().to_owned());
    let sent: Sent = bench
        .generator
        .ask(&LoadOrder::Changes(url, token, bench.plan.seconds))
        .await
        .context("the changes were not taken")?;
    let expected = Expected::everywhere(sent.count, u64::try_from(subscriptions.len())?);
    let arrived = bench.arrivals(expected.arrivals()).await?;
    bench.check("emission", expected).await?;
    server.stop().await?;
    Ok((sent, arrived))
}
