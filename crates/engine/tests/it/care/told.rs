//! What is told of an endpoint, to whom, how often, and when it is given up.

use shopwire_core::delivery::{EndpointState, Standing};
use shopwire_core::{DialectId, Limits};
use shopwire_engine::configure::{EndpointChange, EndpointDraft};
use shopwire_testkit::{Reply, ScriptedReceiver};

use super::{configured, health, json, patient, refusing, told};
use crate::disk::unavailable;
use crate::egress::NOW;
use crate::world::{World, ids, until};

const MINUTE_MS: i64 = 60_000;

#[tokio::test]
async fn who_asks_for_it_is_told_that_an_endpoint_fails_and_recovers_and_nobody_else() {
    let world = World::with(Limits { breaker_failures_max: 2, ..Limits::default() }).await;
    let (failing, listening, everything) =
        (refusing().await, ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint_for(failing.url("/secret/path"), &["*", "endpoint.*"]).await;
    world.endpoint_for(listening.url("/"), &["endpoint.*"]).await;
    world.endpoint_for(everything.url("/"), &["*"]).await;
    for n in 0..2 {
        world.order(&source, &n.to_string()).await;
    }
    let event = json(&listening.wait_for(1).await[0]);
    assert_eq!(event["type"], "shopwire.endpoint.failing");
    assert_eq!(
        (&event["source"], &event["subject"]),
        (&"/endpoints".into(), &format!("endpoint/{}", endpoint.id).into())
    );
    let (object, details) = (&event["data"]["object"], &event["data"]["details"]);
    assert_eq!(
        (&object["id"], &object["name"], &object["host"]),
        (&endpoint.id.to_string().into(), &"test".into(), &"127.0.0.1".into())
    );
    assert_eq!(
        (&details["since"], &details["reason"], &details["failures"]),
        (&NOW.to_string().into(), &"refused (500)".into(), &2.into())
    );
    assert_eq!(details["next_probe_at"], NOW.plus_ms(10_000).to_string());
    assert!(!event.to_string().contains("secret/path"), "{event}");
    failing.set_replies([Reply::status(200)]);
    world.pass_ms(10_000).await;
    let event = json(&listening.wait_for(2).await[1]);
    assert_eq!(
        (&event["type"], &event["data"]["details"]["failures"]),
        (&"shopwire.endpoint.recovered".into(), &2.into())
    );
    // A last order passes all that came before it.
    let last = world.order(&source, "9").await.to_string();
    failing.wait_for(2 + 3).await;
    everything.wait_for(3).await;
    assert_eq!(told(&world).await, ["endpoint.failing", "endpoint.recovered"]);
    assert_eq!(
        (listening.requests().len(), everything.requests().len(), failing.requests().len()),
        (2, 3, 5)
    );
    assert!(ids(&everything.requests()).contains(&last));
    until(async || configured(&world, endpoint.id).trouble.is_none()).await;
}

#[tokio::test]
async fn endpoints_that_listen_to_each_other_and_both_fail_tell_it_once() {
    let world = World::with(Limits { breaker_failures_max: 2, ..Limits::default() }).await;
    let receiver = refusing().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    let one = world.endpoint_for(receiver.url("/1"), &["*", "endpoint.*"]).await;
    let two = world.endpoint_for(receiver.url("/2"), &["*", "endpoint.*"]).await;
    for n in 0..3 {
        world.order(&source, &n.to_string()).await;
    }
    until(async || told(&world).await.len() == 2).await;
    for delay_s in [10, 20, 40, 80, 160, 320, 600, 600] {
        world.pass_ms(delay_s * 1_000).await;
        until(async || {
            let probe_at = |id| health(&world, id).care.next_probe_at;
            let now = world.engine.timer().now();
            [one.id, two.id].into_iter().all(|id| probe_at(id).is_some_and(|at| at > now))
        })
        .await;
    }
    assert_eq!(told(&world).await, ["endpoint.failing"; 2]);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_its_span_is_warned_of_disabled_and_can_be_resumed() {
    let (mut world, failing, listening) =
        (World::new().await, refusing().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let draft = EndpointDraft { failing_max_ms: Some(60 * 60_000), ..patient(failing.url("/")) };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    let topics = ["endpoint.failing", "endpoint.disabled", "endpoint.recovered"];
    let listener = world.endpoint_for(listening.url("/"), &topics).await;
    let order = world.order(&source, "1").await.to_string();
    let standing = |world: &World| Standing::of(configured(world, endpoint.id).trouble.as_ref());
    for (attempt, minute) in (1..).zip((0..60).step_by(2)) {
        world.attempts(endpoint.id, attempt).await;
        let (expected, told) = match minute {
            0..6 => (Standing::Well, 0),
            6..48 => (Standing::Failing, 1),
            _ => (Standing::Warned, 2),
        };
        until(async || standing(&world) == expected).await;
        // Time must not run out for what is on its way.
        world.attempts(listener.id, told).await;
        world.due_in(2 * MINUTE_MS).await;
        // Neither an orderly end nor a crash makes it forget since when, or tell it again.
        world = match minute {
            20 => world.restarted().await,
            30 => world.crashed().await,
            _ => world,
        };
        world.pass_ms(2 * MINUTE_MS).await;
    }
    until(async || !configured(&world, endpoint.id).is_active()).await;
    let EndpointState::Disabled { since, reason } = configured(&world, endpoint.id).state else {
        panic!("disabled")
    };
    assert_eq!(since, NOW.plus_ms(60 * MINUTE_MS));
    assert!(reason.contains(&format!("since {NOW}")) && reason.contains("refused (500)"), "{reason}");
    let types: Vec<_> = listening.wait_for(3).await.iter().map(|told| json(told)["type"].clone()).collect();
    assert_eq!(
        types,
        ["shopwire.endpoint.failing", "shopwire.endpoint.failing", "shopwire.endpoint.disabled"]
    );
    let warning = json(&listening.requests()[1]);
    assert_eq!(warning["data"]["details"]["disabled_at"], NOW.plus_ms(60 * MINUTE_MS).to_string());
    // Its events are kept, and it has its whole span again: one more failure does not disable it.
    let later = world.order(&source, "2").await.to_string();
    failing.set_replies([Reply::status(500), Reply::status(200)]);
    let before = failing.requests().len();
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    failing.wait_for(before + 1).await;
    world.attempts(endpoint.id, 32).await;
    world.pass_ms(2 * MINUTE_MS).await;
    let got = ids(&failing.wait_for(before + 3).await);
    assert!(got[before..].contains(&order) && got[before..].contains(&later));
    assert_eq!(json(&listening.wait_for(4).await[3])["type"], "shopwire.endpoint.recovered");
    until(async || configured(&world, endpoint.id).trouble.is_none()).await;
}

#[tokio::test]
async fn gone_is_told_at_once_and_resuming_tells_the_recovery() {
    let (world, receiver, listening) =
        (World::new().await, ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    let (shop, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(410), Reply::status(200)]);
    let draft = EndpointDraft { shop: Some(shop.id), ..World::draft(receiver.url("/")) };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    world.endpoint_for(listening.url("/"), &["endpoint.*"]).await;
    world.order(&source, "1").await;
    let event = json(&listening.wait_for(1).await[0]);
    assert_eq!(event["type"], "shopwire.endpoint.disabled");
    assert_eq!(event["data"]["details"]["reason"], "the receiver answered 410 Gone");
    assert_eq!(event["data"]["object"]["shop"], shop.id.to_string());
    until(async || !configured(&world, endpoint.id).is_active()).await;
    let world = world.restarted().await;
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    assert_eq!(json(&listening.wait_for(2).await[1])["type"], "shopwire.endpoint.recovered");
    assert_eq!(world.log().await.last().unwrap().shop, shop.id);
}

#[tokio::test]
async fn a_platform_s_endpoint_is_told_of_and_given_up_by_its_platform_alone() {
    let (world, receiver) = (World::new().await, refusing().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let draft = EndpointDraft {
        dialect: Some(DialectId::Ecwid),
        topics: Some(vec!["order.updated".to_owned()]),
        secret: Some(shopwire_core::Secret::new(crate::world::SECRET)),
        retry: None,
        ..World::draft(receiver.url("/"))
    };
    let refused = EndpointDraft { failing_max_ms: Some(3_600_000), ..draft.clone() };
    let error = world.engine.create_endpoint(refused).await.unwrap_err().to_string();
    assert!(error.contains("leave `failing_max_ms` out"), "{error}");
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    for n in 0..60 {
        world.order(&source, &n.to_string()).await;
    }
    world.attempts(endpoint.id, 60).await;
    assert_eq!(world.engine.metrics().breaker_opened.get(), 0, "its schedule is documented");
}

#[tokio::test]
async fn a_recovery_that_could_not_be_told_is_not_told_of_an_endpoint_that_is_disabled() {
    let world = World::with(Limits { breaker_failures_max: 2, ..Limits::default() }).await;
    let receiver = refusing().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    let draft = EndpointDraft { retry: patient(String::new()).retry, ..World::draft(receiver.url("/")) };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    for n in 0..2 {
        world.order(&source, &n.to_string()).await;
    }
    until(async || configured(&world, endpoint.id).trouble.is_some()).await;
    world.ledger.jam("append_all", 1, unavailable());
    receiver.set_replies([Reply::status(200), Reply::status(410), Reply::status(200)]);
    let tried = world.ledger.calls("append_all");
    // The probe reaches it, which can't be told.
    world.order(&source, "2").await;
    world.pass_ms(10_000).await;
    until(async || world.ledger.calls("append_all") > tried).await;
    world.order(&source, "3").await;
    until(async || !configured(&world, endpoint.id).is_active()).await;
    let trouble = configured(&world, endpoint.id).trouble.expect("that it is gone");
    assert_eq!((trouble.since, trouble.failures), (world.engine.timer().now(), 1), "not what is over");
    world.pass_ms(1_000).await;
    // Whoever tells comes first.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let resumed = world.engine.resume_endpoint(endpoint.id).await.unwrap();
    assert!(resumed.trouble.is_some(), "it has not recovered while nothing was sent to it");
    until(async || configured(&world, endpoint.id).trouble.is_none()).await;
    assert_eq!(told(&world).await, ["endpoint.failing", "endpoint.disabled", "endpoint.recovered"]);
}

#[tokio::test]
async fn who_changes_an_endpoint_before_it_could_be_disabled_has_settled_it() {
    let (world, gone, good) =
        (World::new().await, ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    gone.set_replies([Reply::status(410)]);
    let (endpoint, _) = world.endpoint(gone.url("/")).await;
    world.ledger.jam("append_all", 1, unavailable());
    let tried = world.ledger.calls("append_all");
    let order = world.order(&source, "1").await.to_string();
    until(async || world.ledger.calls("append_all") > tried).await;
    world.due_in(1_000).await;
    world.clock.advance_ms(1);
    let change = EndpointChange { url: Some(good.url("/")), ..EndpointChange::default() };
    world.engine.update_endpoint(endpoint.id, change).await.unwrap();
    assert_eq!(ids(&good.wait_for(1).await), [order]);
    world.clock.advance_ms(999);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    world.engine.pause_endpoint(endpoint.id).await.expect("it is active");
    assert_eq!(told(&world).await, [""; 0]);
}
