//! Retention, erasure and the check of the books, over a real store whose log is cut into small files.

use shopwire_core::commerce::{EntityKind, OperationalType};
use shopwire_core::delivery::{DeadReason, RetryPolicy};
use shopwire_core::{DialectId, EndpointId, Limits, Seq, ShopId};
use shopwire_engine::capture::Writing;
use shopwire_engine::configure::{EndpointChange, EndpointDraft};
use shopwire_engine::ledger_check::{EndpointTally, LedgerReport, Wrong, check_ledger};
use shopwire_engine::receive::ReceiveError;
use shopwire_engine::{DeliveryState, EraseError};
use shopwire_store::{EntityKey, EventFilter, Ledger as _, PageRequest, StoreError};
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::unreliable::Fault;
use crate::world::{World, ids, until};

const DAY_MS: i64 = 24 * 3_600_000;

async fn check(world: &World) -> LedgerReport {
    check_ledger(world.ledger.as_ref(), 1 << 20).await.unwrap()
}

fn tally(report: &LedgerReport, endpoint: EndpointId) -> &EndpointTally {
    let tally = report.endpoints.iter().find(|tally| tally.endpoint == endpoint).unwrap();
    let told = tally.before
        + tally.filtered
        + tally.delivered
        + tally.waiting
        + tally.queued
        + tally.dead
        + tally.unknown
        + tally.lost;
    assert_eq!(told, report.events, "the classes add up: {tally:?}");
    tally
}

#[tokio::test]
async fn the_books_tell_what_became_of_every_event_at_every_endpoint() {
    let (world, good) = (World::new().await, ScriptedReceiver::start().await);
    let bad = ScriptedReceiver::start().await;
    bad.set_replies([Reply::status(500)]);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let delivered = world.endpoint_for(good.url("/"), &["order.*"]).await.id;
    let filtered = world.endpoint_for(good.url("/"), &["product.*"]).await.id;
    let waiting = world.endpoint_for(bad.url("/"), &["order.*"]).await.id;
    let retry = Some(RetryPolicy { delays_s: vec![], jitter: 0.0 });
    let dead = world.engine.create_endpoint(EndpointDraft { retry, ..World::draft(bad.url("/")) }).await;
    let dead = dead.unwrap().0.id;
    let paused = world.endpoint(good.url("/")).await.0.id;
    world.engine.pause_endpoint(paused).await.unwrap();
    world.clock.advance_ms(1_000);
    for n in 0..5 {
        world.order(&source, &n.to_string()).await;
    }
    let late = world.endpoint(good.url("/")).await.0.id;
    world.attempts(delivered, 5).await;
    world.attempts(waiting, 5).await;
    world.dead(dead, 5).await;

    let report = check(&world).await;
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.events, report.erased, report.attempts), (5, 0, 15));
    assert_eq!(tally(&report, delivered).delivered, 5);
    assert_eq!(tally(&report, filtered).filtered, 5);
    assert_eq!(tally(&report, waiting).waiting, 5);
    assert_eq!(tally(&report, dead).dead, 5);
    assert_eq!(tally(&report, paused).queued, 5);
    assert_eq!(tally(&report, late).before, 5);
}

#[tokio::test]
async fn an_event_that_a_lane_passed_without_a_trace_is_lost_and_named() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint_for(receiver.url("/"), &["order.*"]).await.id;
    world.engine.pause_endpoint(endpoint).await.unwrap();
    world.clock.advance_ms(1_000);
    let mut events = Vec::new();
    for n in 0..3 {
        events.push(world.order(&source, &n.to_string()).await);
    }
    // As a fault of ours would leave it: the cursor moves on, and nothing tells why.
    let skipped = shopwire_store::LaneUpdate {
        endpoint,
        cursor: Seq(2),
        done: Vec::new(),
        changes: Default::default(),
        attempts: Vec::new(),
    };
    world.ledger.record(vec![skipped]).await.unwrap();
    let report = check(&world).await;
    assert_eq!(
        (report.violations, tally(&report, endpoint).lost, tally(&report, endpoint).queued),
        (2, 2, 1)
    );
    let told: Vec<_> = report.told.iter().map(|v| (v.wrong, v.event, v.endpoint)).collect();
    assert_eq!(
        told,
        [(Wrong::Lost, Some(events[0]), Some(endpoint)), (Wrong::Lost, Some(events[1]), Some(endpoint))]
    );

    // What an endpoint gets was changed since: whether it would have got them then is not known.
    let topics = Some(vec!["order.*".to_owned(), "product.*".to_owned()]);
    world
        .engine
        .update_endpoint(endpoint, EndpointChange { topics, ..EndpointChange::default() })
        .await
        .unwrap();
    let report = check(&world).await;
    assert_eq!((report.violations, tally(&report, endpoint).unknown), (0, 2));
}

#[tokio::test]
async fn the_books_are_the_same_however_little_memory_there_is() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint_for(receiver.url("/"), &["order.*"]).await.id;
    for n in 0..200 {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint, 200).await;
    let narrow = check_ledger(world.ledger.as_ref(), 0).await.unwrap();
    assert_eq!(narrow, check(&world).await);
    assert_eq!(tally(&narrow, endpoint).delivered, 200);
}

fn order(shop: ShopId, id: &str) -> EntityKey {
    EntityKey { shop, kind: EntityKind::Order, id: id.to_owned() }
}

#[tokio::test]
async fn what_is_known_of_a_subject_is_erased_and_what_was_owed_of_it_is_given_up() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (shop, source) = world.source(DialectId::Ecwid).await;
    let waiting = world.endpoint_for(receiver.url("/"), &["order.*"]).await.id;
    let paused = world.endpoint_for(receiver.url("/"), &["order.*"]).await.id;
    let other = world.endpoint_for(receiver.url("/"), &["product.*"]).await.id;
    for id in [paused, other] {
        world.engine.pause_endpoint(id).await.unwrap();
    }
    receiver.set_replies([Reply::status(500), Reply::status(500), Reply::status(200)]);
    let entity = serde_json::json!({"id": "7", "customer": {"email": "jane@example.com"}});
    let put =
        world.engine.put_entity(order(shop.id, "7"), entity.as_object().unwrap().clone(), Writing::default());
    put.await.unwrap();
    let kept = world.order(&source, "8").await;
    world.attempts(waiting, 2).await;

    let erased = world.engine.erase(shop.id, vec!["order/7".parse().unwrap()]).await.unwrap();
    let record = &erased[0];
    assert_eq!((erased.len(), record.events, record.snapshots), (1, 1, 1), "{record:?}");
    assert!(record.finished_at.is_some());
    assert_eq!(world.ledger.erasures(10).await.unwrap(), erased);
    assert!(world.ledger.snapshot(&order(shop.id, "7")).await.unwrap().is_none_or(|s| s.entity.is_none()));

    // What waited by name is given up when its time comes; what the lane had not come to, when it does.
    world.pass_ms(5_000).await;
    let dead = world.dead(waiting, 1).await;
    assert_eq!(dead.iter().map(|letter| letter.reason).collect::<Vec<_>>(), [DeadReason::Erased]);
    for id in [paused, other] {
        world.engine.resume_endpoint(id).await.unwrap();
    }
    let dead = world.dead(paused, 1).await;
    assert_eq!(dead.iter().map(|letter| letter.reason).collect::<Vec<_>>(), [DeadReason::Erased]);
    until(async || world.state(kept, paused).await == delivered(&world)).await;
    assert!(world.dead(other, 0).await.is_empty(), "it never was for this one");
    let bodies = receiver.wait_for(4).await;
    let later = bodies.iter().skip(2).map(|request| String::from_utf8_lossy(&request.body).into_owned());
    assert!(later.into_iter().all(|body| !body.contains("jane@example.com")));
    let report = check(&world).await;
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.events, report.erased), (1, 1));
}

#[tokio::test]
async fn what_is_on_its_way_while_it_is_erased_brings_nothing_back() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (shop, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    let echo = || Reply::status(200).body("thanks for jane@example.com").drip(8);
    receiver.set_script(move |_| echo());
    world.order(&source, "7").await;
    receiver.wait_for(1).await;
    world.engine.erase(shop.id, vec!["order/7".parse().unwrap()]).await.unwrap();
    until(async || {
        receiver.tick();
        !world.attempts(endpoint, 0).await.is_empty()
    })
    .await;
    let attempt = world.attempts(endpoint, 1).await.remove(0);
    assert!(attempt.outcome.is_delivered());
    assert_eq!((attempt.response.as_ref(), attempt.detail), (&b""[..], None));
    // What is told of the subject later is news.
    world.order(&source, "7").await;
    until(async || {
        receiver.tick();
        world.attempts(endpoint, 0).await.len() == 2
    })
    .await;
    assert_eq!(world.attempts(endpoint, 2).await[1].response.as_ref(), b"thanks for jane@example.com");
}

#[tokio::test]
async fn what_only_waits_for_a_place_while_it_is_erased_is_not_sent() {
    let world = World::with(Limits { in_flight_per_host_max: 1, ..Limits::default() }).await;
    let receiver = ScriptedReceiver::start().await;
    let (shop, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    receiver.set_script(|_| Reply::hang());
    let mut sent = Vec::new();
    for n in 0..4 {
        sent.push(world.order(&source, &n.to_string()).await);
    }
    // Its own two places and the one of the host.
    receiver.wait_for(3).await;
    world.engine.erase(shop.id, vec!["order/3".parse().unwrap()]).await.unwrap();
    receiver.set_script(|_| Reply::status(200));
    world.pass_ms(15_000).await;
    let dead = world.dead(endpoint, 1).await;
    assert_eq!((dead[0].event, dead[0].reason), (sent[3], DeadReason::Erased));
    assert!(crate::world::ids(&receiver.requests()).iter().all(|id| *id != sent[3].to_string()));
}

fn delivered(world: &World) -> DeliveryState {
    DeliveryState::Delivered { at: world.engine.timer().now() }
}

#[tokio::test]
async fn an_erasure_of_nothing_in_particular_is_refused() {
    let world = World::with(Limits { erasure_subjects_max: 2, ..Limits::default() }).await;
    let shop = world.shop().await.id;
    let subject = || "customer/1".parse().unwrap();
    let refused = world.engine.erase(shop, Vec::new()).await.unwrap_err();
    assert!(matches!(refused, EraseError::Nothing), "{refused}");
    let refused = world.engine.erase(shop, vec![subject(), subject(), subject()]).await.unwrap_err();
    assert!(matches!(refused, EraseError::TooMany { given: 3, max: 2 }), "{refused}");
    let nowhere = ShopId::from_bytes([9; 16]);
    let refused = world.engine.erase(nowhere, vec![subject()]).await.unwrap_err();
    assert!(matches!(refused, EraseError::UnknownShop(shop) if shop == nowhere), "{refused}");
    let nothing = world.engine.erase(shop, vec![subject()]).await.unwrap();
    assert_eq!(
        (nothing[0].events, nothing[0].snapshots),
        (0, 0),
        "of whom nothing is known, nothing is left"
    );
}

#[tokio::test]
async fn an_erasure_that_the_store_refused_is_done_when_it_is_asked_for_again_and_stays_done() {
    let world = World::new().await;
    let (shop, source) = world.source(DialectId::Ecwid).await;
    world.order(&source, "7").await;
    world.ledger.jam("erase", 1, Fault::Fails(StoreError::Unavailable("disk I/O error".to_owned())));
    let refused = world.engine.erase(shop.id, vec!["order/7".parse().unwrap()]).await.unwrap_err();
    assert!(matches!(refused, EraseError::Store(_)), "{refused}");
    let world = world.restarted().await;
    world.engine.erase(shop.id, vec!["order/7".parse().unwrap()]).await.unwrap();
    let world = world.restarted().await;
    assert_eq!(check(&world).await.erased, 1);
}

/// Events of the log that tell of lapsed deliveries.
async fn lapses(world: &World) -> usize {
    let filter =
        EventFilter { event_type: Some(OperationalType::EndpointLapsed.into()), ..EventFilter::default() };
    let page = PageRequest { size: 100, before: None, scan_rows_max: 10_000 };
    world.ledger.search(&filter, page).await.unwrap().items.len()
}

/// Lets minutes pass until it is so: a look at the log may be under way when the clock moves.
async fn pass_until(world: &World, mut is_so: impl AsyncFnMut() -> bool) {
    until(async || {
        world.clock.advance_ms(60_000);
        is_so().await
    })
    .await;
}

#[tokio::test]
async fn what_nobody_has_still_to_get_goes_when_it_is_old_and_what_is_owed_stays_until_far_too_old() {
    let (world, receiver) =
        (World::with_segments(Limits::default(), 4 << 10).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint_for(receiver.url("/"), &["order.*"]).await.id;
    let mut sent = Vec::new();
    for n in 0..30 {
        sent.push(world.order(&source, &n.to_string()).await.to_string());
    }
    assert_eq!(ids(&receiver.wait_for(30).await).len(), 30);
    world.attempts(endpoint, 30).await;
    world.engine.pause_endpoint(endpoint).await.unwrap();
    for n in 0..30 {
        world.order(&source, &n.to_string()).await;
    }
    let first = async || world.ledger.span().await.unwrap().first;
    assert_eq!(first().await, Seq(1));

    world.clock.advance_ms(31 * DAY_MS);
    pass_until(&world, async || first().await > Seq(1)).await;
    let kept = first().await;
    assert!(kept <= Seq(31), "the other half is owed: {kept}");
    assert_eq!((lapses(&world).await, world.engine.metrics().log.lapsed.get()), (0, 0));

    world.order(&source, "new").await;
    world.clock.advance_ms(30 * DAY_MS);
    pass_until(&world, async || lapses(&world).await == 1).await;
    let lapsed = world.engine.metrics().log.lapsed.get();
    let gone = first().await.0 - 31;
    assert_eq!(lapsed, gone, "each delivery that will never be made is counted");
    assert!(lapsed > 0 && lapsed <= 30);

    // What is left goes out when the endpoint is resumed.
    world.engine.resume_endpoint(endpoint).await.unwrap();
    let left = usize::try_from(31 - lapsed).unwrap();
    receiver.wait_for(30 + left).await;
    let report = check(&world).await;
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn an_endpoint_that_wants_none_of_it_holds_nothing_up() {
    let (world, receiver) =
        (World::with_segments(Limits::default(), 4 << 10).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint_for(receiver.url("/"), &["product.*"]).await.id;
    world.engine.pause_endpoint(endpoint).await.unwrap();
    for n in 0..30 {
        world.order(&source, &n.to_string()).await;
    }
    world.clock.advance_ms(31 * DAY_MS);
    pass_until(&world, async || world.ledger.span().await.unwrap().first > Seq(20)).await;
    assert_eq!((lapses(&world).await, world.engine.metrics().log.lapsed.get()), (0, 0));
}

#[tokio::test]
async fn the_old_goes_however_little_comes() {
    let world = World::new().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    world.order(&source, "1").await;
    // Its file is far from full, and nothing comes behind it.
    world.clock.advance_ms(31 * DAY_MS);
    pass_until(&world, async || world.ledger.span().await.unwrap().first == Seq(2)).await;
    world.order(&source, "2").await;
    assert_eq!(world.ledger.head().await.unwrap(), Seq(2));
}

#[tokio::test]
async fn a_full_disk_refuses_what_comes_and_costs_nothing_of_what_was_there() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint_for(receiver.url("/"), &["order.*"]).await.id;
    let full = || Fault::Fails(StoreError::Full("no space left on device".to_owned()));
    world.ledger.jam("record", 2, full());
    for n in 0..10 {
        world.order(&source, &n.to_string()).await;
    }
    receiver.wait_for(10).await;
    world.ledger.jam("append", 1, full());
    world.ledger.jam("remember", 1, full());
    let refused = world.receive(&source, "order.updated", "11", 1).await.unwrap_err();
    assert!(matches!(refused, ReceiveError::Store(StoreError::Full(_))), "{refused}");
    assert!(matches!(world.engine.ready().await, Err(StoreError::Full(_))));
    // There is room again, and nobody has to do anything.
    world.engine.ready().await.unwrap();
    for _ in 0..2 {
        world.pass_ms(1_000).await;
    }
    world.attempts(endpoint, 10).await;
    world.receive(&source, "order.updated", "11", 1).await.unwrap();
    let world = world.restarted().await;
    world.attempts(endpoint, 11).await;
    assert_eq!(receiver.wait_for(11).await.len(), 11, "nothing was sent twice");
    let report = check(&world).await;
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((tally(&report, endpoint).delivered, tally(&report, endpoint).repeated), (11, 0));
}
