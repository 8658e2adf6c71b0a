//! Which events a replay sends, which it skips, and that a dry run tells beforehand; and the end of dead letters.

use shopwire_core::delivery::{DeadReason, RetryPolicy, TopicPattern};
use shopwire_core::{
    Clock as _, DialectId, EndpointId, EventId, Limits, PastOutcome, PastState, ReplayState, Selection,
    Skipped,
};
use shopwire_engine::DeliveryState;
use shopwire_engine::configure::{EndpointDraft, ShopChange};
use shopwire_engine::replay::{DeadLetterChoice, ReplayDraft};
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::egress::NOW;
use crate::replays::{all, draft, ended};
use crate::world::{World, ids, until};

/// Replays to a new endpoint; answers which of the events came, by their index, after the dry run has told so.
async fn replayed(world: &World, events: &[EventId], selection: Selection) -> Vec<usize> {
    let receiver = ScriptedReceiver::start().await;
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    let wanted = draft(endpoint, selection);
    let preview = world.engine.preview_replay(wanted.clone()).await.unwrap();
    assert!(preview.is_whole);
    assert!(
        world.engine.ledger().lane(endpoint).await.unwrap().unwrap().waiting.is_empty(),
        "nothing was done"
    );
    let replay = world.engine.start_replay(wanted).await.unwrap();
    let ended = ended(world, replay.id).await;
    assert_eq!(ended.state, ReplayState::Finished);
    let counts =
        |progress: &shopwire_core::ReplayProgress| (progress.selected, progress.queued, progress.skipped);
    assert_eq!(counts(&preview.progress), counts(&ended.progress), "the dry run tells what comes");
    let got = ids(&receiver.wait_for(usize::try_from(ended.progress.queued).unwrap()).await);
    let mut indexes: Vec<_> =
        got.iter().map(|id| events.iter().position(|event| event.to_string() == *id).unwrap()).collect();
    indexes.sort_unstable();
    let first: Vec<_> = preview.first.iter().map(|logged| logged.event.id).collect();
    assert_eq!(first, indexes.iter().take(10).map(|index| events[*index]).collect::<Vec<_>>());
    indexes
}

fn types(names: &[&str]) -> Vec<TopicPattern> {
    names.iter().map(|name| TopicPattern::parse(DialectId::CloudEvents, name).unwrap()).collect()
}

#[tokio::test]
async fn every_condition_selects_what_it_says() {
    let world = World::new().await;
    let (shop, ecwid) = world.source(DialectId::Ecwid).await;
    let (_, bigcommerce) = world.source(DialectId::BigCommerce).await;
    let mut events = Vec::new();
    for (source, topic, id) in [
        (&ecwid, "order.created", "1"),
        (&ecwid, "order.updated", "1"),
        (&bigcommerce, "store/order/updated", "1"),
        (&ecwid, "product.updated", "7"),
        (&bigcommerce, "store/channel/updated", "1"),
        (&ecwid, "order.updated", "2"),
    ] {
        events.push(world.tell(source, topic, id).await);
        world.clock.advance_ms(1_000);
    }
    let at = |seconds: i64| Some(NOW.plus_ms(seconds * 1_000));
    let none = Selection::default;
    for (selection, expected) in [
        (all(), &[0, 1, 2, 3, 4, 5][..]),
        (Selection { events: vec![events[4], events[1]], ..none() }, &[1, 4]),
        (Selection { events: vec![events[2]], ..none() }, &[2]),
        (Selection { shop: Some(shop.id), ..none() }, &[0, 1, 3, 5]),
        (Selection { types: types(&["order.updated"]), ..none() }, &[1, 2, 5]),
        (Selection { types: types(&["product.*", "bigcommerce:*"]), ..none() }, &[3, 4]),
        (Selection { dialect: Some(DialectId::BigCommerce), ..none() }, &[2, 4]),
        (Selection { subject: "order/1".parse().ok(), ..none() }, &[0, 1, 2]),
        (Selection { subject: "order/1".parse().ok(), shop: Some(shop.id), since: at(1), ..none() }, &[1]),
        (Selection { since: at(2), until: at(5), ..none() }, &[2, 3, 4]),
        (Selection { since: at(5), ..none() }, &[5]),
        (Selection { until: at(1), ..none() }, &[0]),
        (Selection { since: at(60), ..none() }, &[]),
    ] {
        assert_eq!(replayed(&world, &events, selection.clone()).await, expected, "{selection:?}");
    }
}

/// An endpoint that gives up at the first failure.
async fn impatient(world: &World, receiver: &ScriptedReceiver) -> EndpointId {
    let retry = RetryPolicy { delays_s: vec![], jitter: 0.0 };
    let draft = EndpointDraft { retry: Some(retry), ..World::draft(receiver.url("/")) };
    world.engine.create_endpoint(draft).await.unwrap().0.id
}

#[tokio::test]
async fn what_became_of_an_event_selects_it() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let mut events = vec![world.order(&source, "0").await];
    let endpoint = impatient(&world, &receiver).await;
    // Delivered, dead, dead and dismissed, delivered, dead later: one after the other.
    receiver.set_replies([200, 500, 500, 200, 500].map(Reply::status));
    for n in 1..=5 {
        world.clock.advance_ms(1_000);
        events.push(world.order(&source, &n.to_string()).await);
        world.attempts(endpoint, n).await;
    }
    world.dead(endpoint, 3).await;
    assert!(world.engine.dismiss_dead_letter(endpoint, events[3]).await.unwrap());
    let outcome = |is| PastOutcome { endpoint, is, reason: None, since: None, until: None };
    let at = |seconds: i64| Some(NOW.plus_ms(seconds * 1_000));
    let dead = || outcome(PastState::Dead);
    for (outcome, expected) in [
        (outcome(PastState::Delivered), &[1, 4][..]),
        (outcome(PastState::Failed), &[2, 3, 5]),
        (outcome(PastState::Missing), &[0]),
        (dead(), &[2, 5]),
        (PastOutcome { reason: Some(DeadReason::Exhausted), ..dead() }, &[2, 5]),
        (PastOutcome { reason: Some(DeadReason::TooOld), ..dead() }, &[]),
        (PastOutcome { since: at(3), ..dead() }, &[5]),
        (PastOutcome { until: at(3), ..dead() }, &[2]),
        (PastOutcome { since: at(3), ..outcome(PastState::Failed) }, &[3, 5]),
    ] {
        let selection = Selection { outcome: Some(outcome.clone()), ..Selection::default() };
        assert_eq!(replayed(&world, &events, selection).await, expected, "{outcome:?}");
    }
    let narrow = Selection {
        outcome: Some(dead()),
        subject: "order/5".parse().ok(),
        types: types(&["order.*"]),
        ..Selection::default()
    };
    assert_eq!(replayed(&world, &events, narrow).await, [5]);
    // And to the endpoint itself: the list is empty then.
    let all_dead = Selection { outcome: Some(dead()), ..Selection::default() };
    let replay = world.engine.start_replay(draft(endpoint, all_dead)).await.unwrap();
    assert_eq!(ended(&world, replay.id).await.progress.queued, 2);
    world.attempts(endpoint, 7).await;
    until(async || world.engine.ledger().dead_letter_count().await.unwrap() == 2).await;
}

#[tokio::test]
async fn what_an_endpoint_may_not_have_is_skipped_and_counted() {
    let world = World::new().await;
    let (shop, source) = world.source(DialectId::Ecwid).await;
    let (_, elsewhere) = world.source(DialectId::BigCommerce).await;
    let order = world.order(&source, "1").await;
    world.tell(&source, "product.updated", "7").await;
    world.order(&elsewhere, "1").await;
    world.tell(&elsewhere, "store/channel/updated", "1").await;
    let receiver = ScriptedReceiver::start().await;
    let topics = Some(vec!["order.*".to_owned()]);
    let orders =
        EndpointDraft { topics: topics.clone(), shop: Some(shop.id), ..World::draft(receiver.url("/")) };
    let orders = world.engine.create_endpoint(orders).await.unwrap().0.id;
    let wanted = draft(orders, all());
    let forced = ReplayDraft { ignore_topics: true, ..wanted.clone() };
    for (draft, queued, unwanted) in [(wanted, 1, 3), (forced, 2, 2)] {
        let preview = world.engine.preview_replay(draft.clone()).await.unwrap();
        let replay = world.engine.start_replay(draft).await.unwrap();
        let ended = ended(&world, replay.id).await;
        let skipped = Skipped { unwanted, ..Skipped::default() };
        assert_eq!((ended.progress.queued, ended.progress.skipped), (queued, skipped));
        assert_eq!((preview.progress.queued, preview.progress.skipped), (queued, skipped));
        until(async || world.engine.ledger().lane(orders).await.unwrap().unwrap().waiting.is_empty()).await;
    }
    assert_eq!(ids(&receiver.wait_for(3).await)[0], order.to_string());
    // Shoptet has no word for a channel of BigCommerce, whatever one wishes.
    let identity = [("eshop_id".to_owned(), "222651".to_owned())].into();
    let identities = Some([(DialectId::Shoptet, identity)].into());
    let change = ShopChange { identities, ..ShopChange::default() };
    world.engine.update_shop(elsewhere.shop, change).await.unwrap();
    let foreign = EndpointDraft {
        name: "foreign".to_owned(),
        url: receiver.url("/"),
        dialect: Some(DialectId::Shoptet),
        topics: Some(vec!["order:update".to_owned()]),
        shop: Some(elsewhere.shop),
        secret: Some(shopwire_core::Secret::new("61d1175f54c47dd67df14c17002a17b2")),
        ..EndpointDraft::default()
    };
    let foreign = world.engine.create_endpoint(foreign).await.unwrap().0.id;
    let draft = ReplayDraft { ignore_topics: true, ..draft(foreign, all()) };
    let preview = world.engine.preview_replay(draft).await.unwrap();
    assert_eq!(preview.progress.skipped, Skipped { unwanted: 2, not_permitted: 1, ..Skipped::default() });
}

#[tokio::test]
async fn what_is_on_its_way_is_not_queued_twice() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    receiver.set_script(|_| Reply::status(500));
    world.order(&source, "1").await;
    world.attempts(endpoint, 1).await;
    until(async || !world.engine.ledger().lane(endpoint).await.unwrap().unwrap().waiting.is_empty()).await;
    world.engine.pause_endpoint(endpoint).await.unwrap();
    world.order(&source, "2").await;
    let preview = world.engine.preview_replay(draft(endpoint, all())).await.unwrap();
    let replay = world.engine.start_replay(draft(endpoint, all())).await.unwrap();
    let ended = ended(&world, replay.id).await;
    let skipped = Skipped { on_their_way: 2, ..Skipped::default() };
    assert_eq!((ended.progress.selected, ended.progress.skipped), (2, skipped));
    assert_eq!((preview.progress.skipped, preview.first.len()), (skipped, 0));
}

#[tokio::test]
async fn a_dry_run_says_when_it_has_not_looked_at_everything() {
    let limits = Limits { scan_rows_max: 300, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    for n in 0..600 {
        world.order(&source, &n.to_string()).await;
    }
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    let preview = world.engine.preview_replay(draft(endpoint, all())).await.unwrap();
    assert!(!preview.is_whole && (300..600).contains(&preview.progress.queued), "{:?}", preview.progress);
    assert_eq!(preview.first.len(), 10);
    let few = Selection { subject: "order/5".parse().ok(), ..Selection::default() };
    let preview = world.engine.preview_replay(draft(endpoint, few)).await.unwrap();
    assert!(preview.is_whole && preview.progress.queued == 1);
    assert_eq!(world.engine.directory().replays.len(), 0);
}

#[tokio::test]
async fn a_clock_that_was_set_back_hides_nothing() {
    let world = World::new().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    let mut events = Vec::new();
    // Ten minutes each; in the middle the clock is set back by forty.
    for n in 0..40 {
        events.push((world.order(&source, &n.to_string()).await, world.clock.now()));
        world.clock.advance_ms(if n == 20 { -40 * 60_000 } else { 10 * 60_000 });
    }
    let (ids, times): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    for minutes in [0, 95, 155, 160, 170, 180, 199, 200, 205, 210, 300] {
        let since = NOW.plus_ms(minutes * 60_000);
        let expected: Vec<_> = (0..40).filter(|n| times[*n] >= since).collect();
        let selection = Selection { since: Some(since), ..Selection::default() };
        assert_eq!(replayed(&world, &ids, selection).await, expected, "since minute {minutes}");
    }
}

#[tokio::test]
async fn dead_letters_are_dismissed_by_one_or_many_and_stay_known_by_their_attempts() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = impatient(&world, &receiver).await;
    receiver.set_script(|_| Reply::status(500));
    let mut events = Vec::new();
    for n in 1..=4 {
        events.push(world.order(&source, &n.to_string()).await);
        world.attempts(endpoint, n).await;
        world.clock.advance_ms(1_000);
    }
    world.dead(endpoint, 4).await;
    assert!(world.engine.dismiss_dead_letter(endpoint, events[0]).await.unwrap());
    assert!(!world.engine.dismiss_dead_letter(endpoint, events[0]).await.unwrap(), "it is off the list");
    assert!(!world.engine.dismiss_dead_letter(endpoint, EventId::from_bytes([9; 16])).await.unwrap());
    let choice = DeadLetterChoice { endpoint, reason: None, since: None, until: None };
    let too_old = DeadLetterChoice { reason: Some(DeadReason::TooOld), ..choice };
    assert_eq!(world.engine.dismiss_dead_letters(&too_old).await.unwrap(), 0);
    let second = DeadLetterChoice { until: Some(NOW.plus_ms(2_000)), ..choice };
    assert_eq!(world.engine.dismiss_dead_letters(&second).await.unwrap(), 1);
    let last = DeadLetterChoice { since: Some(NOW.plus_ms(3_000)), ..choice };
    assert_eq!(world.engine.dismiss_dead_letters(&last).await.unwrap(), 1);
    let left: Vec<_> = world.dead(endpoint, 1).await.iter().map(|letter| letter.event).collect();
    assert_eq!(left, [events[2]]);
    assert_eq!(world.attempts(endpoint, 4).await.len(), 4);
    assert_eq!(world.engine.metrics().dead_letters_dismissed.get(), 3);
    assert!(!matches!(world.state(events[0], endpoint).await, DeliveryState::Dead { .. }));
}

#[tokio::test]
async fn dead_letters_expire_when_they_were_kept_long_enough() {
    let limits = Limits { dead_letter_keep_ms: 3_600_000, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = impatient(&world, &receiver).await;
    receiver.set_script(|_| Reply::status(500));
    world.order(&source, "1").await;
    world.dead(endpoint, 1).await;
    world.clock.advance_ms(3_000_000);
    let later = world.order(&source, "2").await;
    world.dead(endpoint, 2).await;
    // Not before its time: a look in between takes nothing. The sweep looks as often as what is asked for here.
    let looks = world.ledger.calls("expire_dead_letters");
    let (both_sleep, span) = (2, 600_000);
    world.clock.wait_for_sleeps_until(world.clock.now().plus_ms(span), both_sleep).await;
    world.clock.advance_ms(span);
    until(async || world.ledger.calls("expire_dead_letters") > looks).await;
    world.clock.wait_for_sleeps_until(world.clock.now().plus_ms(span), both_sleep).await;
    assert_eq!(world.engine.ledger().dead_letter_count().await.unwrap(), 2);
    world.clock.advance_ms(600_000);
    until(async || world.engine.ledger().dead_letter_count().await.unwrap() == 1).await;
    let left: Vec<_> = world.dead(endpoint, 1).await.iter().map(|letter| letter.event).collect();
    assert_eq!(left, [later]);
    until(async || world.engine.metrics().dead_letters_expired.get() == 1).await;
}
