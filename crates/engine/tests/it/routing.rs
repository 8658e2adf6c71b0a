//! Which events go to which endpoints.

use proptest::prelude::*;
use shopwire_core::commerce::{CanonicalType, EntityKind, EventType, Subject};
use shopwire_core::delivery::{Endpoint, TopicPattern};
use shopwire_core::{
    DialectId, EndpointId, Event, EventId, Headers, LoggedEvent, Origin, ReceivedWebhook, Seq, ShopId,
    SourceId,
};
use shopwire_engine::configure::{EndpointChange, EndpointDraft};
use shopwire_engine::dispatch::{TopicIndex, wants};
use shopwire_testkit::ScriptedReceiver;

use crate::egress::NOW;
use crate::world::{World, ids};

#[tokio::test]
async fn an_endpoint_gets_the_kinds_types_and_native_topics_it_asks_for() {
    let world = World::new().await;
    let (_, source) = world.source(DialectId::BigCommerce).await;
    let topics: [(&[&str], [bool; 4]); 6] = [
        (&["*"], [true, true, true, true]),
        (&["order.*"], [true, true, false, false]),
        (&["order.created"], [true, false, false, false]),
        (&["bigcommerce:*"], [false, false, false, true]),
        (&["bigcommerce:store/channel/updated", "product.*"], [false, false, true, true]),
        (&["shoptet:*"], [false, false, false, false]),
    ];
    let mut receivers = Vec::new();
    for (topics, _) in topics {
        let receiver = ScriptedReceiver::start().await;
        world.endpoint_for(receiver.url("/"), topics).await;
        receivers.push(receiver);
    }
    let mut sent = Vec::new();
    for topic in
        ["store/order/created", "store/order/updated", "store/product/updated", "store/channel/updated"]
    {
        sent.push(world.tell(&source, topic, "1").await.to_string());
    }
    for (receiver, (topics, gets)) in receivers.iter().zip(topics) {
        let mut expected: Vec<_> =
            sent.iter().zip(gets).filter(|(_, gets)| *gets).map(|(id, _)| id.clone()).collect();
        let mut got = ids(&receiver.wait_for(expected.len()).await);
        got.sort();
        expected.sort();
        assert_eq!(got, expected, "{topics:?}");
    }
}

#[tokio::test]
async fn an_endpoint_of_one_shop_hears_nothing_of_another() {
    let world = World::new().await;
    let (one, two, all) =
        (ScriptedReceiver::start().await, ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    let ((shop_one, source_one), (shop_two, source_two)) =
        (world.source(DialectId::Ecwid).await, world.source(DialectId::BigCommerce).await);
    for (shop, receiver) in [(Some(shop_one.id), &one), (Some(shop_two.id), &two), (None, &all)] {
        let draft = EndpointDraft { shop, ..World::draft(receiver.url("/")) };
        world.engine.create_endpoint(draft).await.unwrap();
    }
    let (mut of_one, mut of_two) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        of_one.push(world.order(&source_one, "1").await.to_string());
        of_two.push(world.order(&source_two, "1").await.to_string());
    }
    assert_eq!(all.wait_for(40).await.len(), 40);
    assert_eq!(ids(&one.wait_for(20).await), of_one);
    assert_eq!(ids(&two.wait_for(20).await), of_two);
}

#[tokio::test]
async fn what_is_changed_counts_from_then_on() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    world.order(&source, "before").await;
    let endpoint = world.endpoint_for(receiver.url("/"), &["order.*"]).await;
    let mut expected = vec![world.order(&source, "1").await.to_string()];
    world.tell(&source, "product.updated", "1").await;
    world.attempts(endpoint.id, 1).await;
    let change = EndpointChange { topics: Some(vec!["product.*".to_owned()]), ..EndpointChange::default() };
    world.engine.update_endpoint(endpoint.id, change).await.unwrap();
    world.order(&source, "1").await;
    expected.push(world.tell(&source, "product.updated", "1").await.to_string());
    world.attempts(endpoint.id, 2).await;
    let elsewhere = ScriptedReceiver::start().await;
    let change = EndpointChange { url: Some(elsewhere.url("/")), ..EndpointChange::default() };
    world.engine.update_endpoint(endpoint.id, change).await.unwrap();
    let moved = world.tell(&source, "product.updated", "1").await.to_string();
    assert_eq!(ids(&elsewhere.wait_for(1).await), [moved]);
    world.engine.delete_endpoint(endpoint.id).await.unwrap();
    // A second endpoint shows that the event has gone its way.
    let witness = ScriptedReceiver::start().await;
    world.endpoint(witness.url("/")).await;
    world.tell(&source, "product.updated", "1").await;
    witness.wait_for(1).await;
    assert_eq!((ids(&receiver.requests()), elsewhere.requests().len()), (expected, 1));
}

fn shop(number: u8) -> ShopId {
    ShopId::from_bytes([number; 16])
}

fn endpoint(number: u8, of: Option<u8>, dialect: DialectId, topics: Vec<TopicPattern>) -> Endpoint {
    Endpoint {
        id: EndpointId::from_bytes([number; 16]),
        name: String::new(),
        dialect,
        app: None,
        shop: of.map(shop),
        url: String::new(),
        topics,
        mode: Default::default(),
        headers: Vec::new(),
        secrets: Vec::new(),
        ordering: Default::default(),
        retry: None,
        in_flight_max: 1,
        connections_max: None,
        rate: None,
        failing_max_ms: None,
        trouble: None,
        state: Default::default(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn event_type() -> impl Strategy<Value = EventType> {
    let native = ["store/channel/updated", "store/channel/7/page/created", "x"];
    prop_oneof![
        proptest::sample::select(CanonicalType::ALL.to_vec()).prop_map(EventType::Canonical),
        (proptest::sample::select(DialectId::PLATFORMS.to_vec()), proptest::sample::select(native.to_vec()))
            .prop_map(|(dialect, topic)| EventType::Native { dialect, topic: topic.to_owned() }),
    ]
}

fn pattern() -> impl Strategy<Value = TopicPattern> {
    let text = prop_oneof![
        1 => Just("*".to_owned()),
        3 => event_type().prop_map(|event_type| event_type.to_string()),
        3 => proptest::sample::select(EntityKind::ALL.to_vec()).prop_map(|kind| format!("{kind}.*")),
        2 => proptest::sample::select(DialectId::PLATFORMS.to_vec()).prop_map(|platform| format!("{platform}:*")),
        1 => Just("bigcommerce:store/channel/*".to_owned()),
    ];
    text.prop_map(|text| TopicPattern::parse(DialectId::CloudEvents, &text).unwrap())
}

/// A platform's topic by its name, a pattern over several, or one that the catalogue does not know.
fn platform_pattern(dialect: DialectId) -> impl Strategy<Value = TopicPattern> {
    let catalog = shopwire_dialects::get(dialect).unwrap().catalog();
    let named: Vec<_> =
        catalog.topics.iter().map(|topic| topic.name).filter(|name| !name.contains('*')).collect();
    let wide = ["store/order/*", "store/channel/*", "store/*", "store/channel/7/page/created"];
    let wide = if dialect == DialectId::BigCommerce { wide.to_vec() } else { vec!["x"] };
    let text = prop_oneof![proptest::sample::select(named), proptest::sample::select(wide)];
    text.prop_map(move |text| TopicPattern::parse(dialect, text).unwrap())
}

/// A dialect, and up to three topics in it.
fn asked() -> impl Strategy<Value = (DialectId, Vec<TopicPattern>)> {
    let platform = proptest::sample::select(vec![DialectId::BigCommerce, DialectId::Shoptet]);
    prop_oneof![
        proptest::collection::vec(pattern(), 0..4).prop_map(|topics| (DialectId::CloudEvents, topics)),
        platform.prop_flat_map(|id| {
            proptest::collection::vec(platform_pattern(id), 0..4).prop_map(move |topics| (id, topics))
        }),
    ]
}

fn logged(event_type: EventType, of: u8) -> LoggedEvent {
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([0; 16]),
        dialect: DialectId::Ecwid,
        topic: String::new(),
        platform_event_id: None,
        query: None,
        headers: Headers::new(),
        body: bytes::Bytes::new(),
    };
    let event = Event {
        id: EventId::from_bytes([0; 16]),
        shop: shop(of),
        event_type,
        subject: "order/1".parse::<Subject>().unwrap(),
        occurred_at: NOW,
        received_at: NOW,
        origin: Origin::Webhook(webhook),
    };
    LoggedEvent { seq: Seq(1), event }
}

proptest! {
    #[test]
    fn the_index_agrees_with_asking_every_endpoint(
        // Endpoint by endpoint put in, replaced (the same number again) or taken out (no topics).
        changes in proptest::collection::vec(
            (0u8..8, proptest::option::of(0u8..3), asked()), 0..24),
        events in proptest::collection::vec((event_type(), 0u8..3), 1..20),
    ) {
        let (mut index, mut there) = (TopicIndex::default(), std::collections::BTreeMap::new());
        for (number, of, (dialect, topics)) in changes {
            let endpoint = endpoint(number, of, dialect, topics);
            if endpoint.topics.is_empty() {
                prop_assert_eq!(index.take(endpoint.id), there.remove(&number).map(|_| number));
            } else {
                index.put(&endpoint, number);
                there.insert(number, endpoint);
            }
            prop_assert_eq!(index.values().count(), there.len());
        }
        for (event_type, of) in events {
            let logged = logged(event_type, of);
            let mut found: Vec<u8> = index.matching(&logged).copied().collect();
            found.sort_unstable();
            let asked: Vec<u8> = there.iter().filter(|(_, e)| wants(e, &logged)).map(|(number, _)| *number).collect();
            prop_assert_eq!(found, asked, "each once, for {:?}", logged.event.event_type);
        }
    }
}
