//! What a receiver answers, what it means, and when the next attempt is made.

use bytes::Bytes;
use shopwire_core::delivery::{ContentMode, CustomHeader, DeadReason, EndpointState, Ordering, RetryPolicy};
use shopwire_core::{Clock as _, DialectId, Limits, Secret};
use shopwire_engine::DeliveryState;
use shopwire_engine::configure::EndpointDraft;
use shopwire_engine::deliver::RedeliverError;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::egress::NOW;
use crate::world::{World, ids, subject, until};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How one attempt ends: the outcome's code, and the time to the next one.
async fn outcome_of(reply: Reply) -> (&'static str, Option<i64>) {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([reply]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.order(&source, "1").await;
    let attempt = world.attempts(endpoint.id, 1).await.remove(0);
    assert_eq!((attempt.number, attempt.at, attempt.dead), (1, NOW, None));
    (attempt.outcome.code(), attempt.next_at.map(|at| at.since_ms(NOW)))
}

#[tokio::test]
async fn every_answer_means_what_the_table_says() {
    const STEP: Option<i64> = Some(5_000);
    for (reply, code, next_ms) in [
        (Reply::status(200), "delivered", None),
        (Reply::status(202), "delivered", None),
        (Reply::status(204), "delivered", None),
        (Reply::status(301).header("Location", "http://127.0.0.1:1/"), "redirected", STEP),
        (Reply::status(400), "refused", STEP),
        (Reply::status(404), "refused", STEP),
        (Reply::status(500), "refused", STEP),
        (Reply::status(503), "refused", STEP),
        (Reply::status(503).header("Retry-After", "120"), "throttled", Some(120_000)),
        (Reply::status(429), "throttled", Some(30_000)),
        (Reply::status(429).header("Retry-After", "7"), "throttled", Some(7_000)),
        (Reply::status(429).header("Retry-After", "0"), "throttled", Some(1_000)),
        (Reply::status(429).header("Retry-After", "99999999"), "throttled", Some(24 * HOUR_MS)),
        (Reply::reset(), "broken", STEP),
        (Reply::close(), "broken", STEP),
        (Reply::raw("this is not HTTP\r\n\r\n"), "broken", STEP),
        (Reply::status(200).body("whole").close_mid_body(), "broken", STEP),
    ] {
        let told = format!("{reply:?}");
        assert_eq!(outcome_of(reply).await, (code, next_ms), "{told}");
    }
}

#[tokio::test]
async fn the_start_of_an_answer_is_kept_with_its_attempt() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500).body("no such customer").header("X-Trace", "1")]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.order(&source, "1").await;
    let attempt = world.attempts(endpoint.id, 1).await.remove(0);
    assert_eq!((attempt.outcome.status(), attempt.response), (Some(500), Bytes::from("no such customer")));
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_timed_out_at_the_deadline() {
    for reply in [Reply::hang(), Reply::status(200).hang_after_head()] {
        let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
        let (_, source) = world.source(DialectId::Ecwid).await;
        receiver.set_replies([reply.body("x")]);
        let (endpoint, _) = world.endpoint(receiver.url("/")).await;
        world.order(&source, "1").await;
        receiver.wait_for(1).await;
        world.pass_ms(15_000).await;
        let attempt = world.attempts(endpoint.id, 1).await.remove(0);
        assert_eq!((attempt.outcome.code(), attempt.latency_us), ("timed_out", 15_000_000));
        assert_eq!(attempt.next_at, Some(NOW.plus_ms(20_000)), "the wait counts from the end of the attempt");
    }
}

#[tokio::test]
async fn addresses_that_do_not_work_have_outcomes_of_their_own() {
    let world = World::new().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (gone, plain) = (ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    plain.set_early(Reply::raw("HTTP/1.1 400 Bad Request\r\n\r\n").then_close());
    let (refused, _) = world.endpoint(gone.url("/")).await;
    drop(gone);
    let (tls, _) = world.endpoint(plain.url("/").replace("http:", "https:")).await;
    world.order(&source, "1").await;
    let code = async |id| world.attempts(id, 1).await[0].outcome.code();
    assert_eq!(code(refused.id).await, "connect_failed");
    assert_eq!(code(tls.id).await, "tls_failed");
    // A private address is refused when an endpoint is saved.
    let error = world.engine.create_endpoint(World::draft("https://10.1.2.3/".to_owned())).await.unwrap_err();
    assert!(error.to_string().contains("10.1.2.3"), "{error}");
}

#[tokio::test]
async fn jitter_moves_the_next_attempt_within_its_bounds() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500)]);
    let retry = RetryPolicy { delays_s: vec![100], jitter: 0.2 };
    let draft = EndpointDraft { retry: Some(retry), ..World::draft(receiver.url("/")) };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    for n in 0..40 {
        world.order(&source, &n.to_string()).await;
    }
    let waits: Vec<i64> =
        world.attempts(endpoint.id, 40).await.iter().map(|a| a.next_at.unwrap().since_ms(NOW)).collect();
    assert!(waits.iter().all(|wait| (80_000..=120_000).contains(wait)), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait < 95_000) && waits.iter().any(|wait| *wait > 105_000), "{waits:?}");
}

#[tokio::test]
async fn gone_disables_the_endpoint_keeps_its_events_and_resuming_delivers_them() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(410), Reply::status(200)]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    let first = world.order(&source, "1").await;
    let state = |world: &World| world.engine.directory().endpoints.get(endpoint.id).unwrap().state.clone();
    until(async || matches!(state(&world), EndpointState::Disabled { .. })).await;
    let second = world.order(&source, "1").await;
    let world = world.restarted().await;
    let EndpointState::Disabled { reason, since } = state(&world) else { panic!("it is stored") };
    assert!(reason.contains("410") && since == NOW, "{reason}");
    assert_eq!(receiver.requests().len(), 1);
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    let expected = [first, first, second].map(|id| id.to_string());
    assert_eq!(ids(&receiver.wait_for(3).await), expected);
}

#[tokio::test]
async fn a_receiver_that_is_down_for_ever_is_tried_exactly_as_documented_and_can_be_sent_to_again() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500)]);
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    let event = world.order(&source, "1").await;
    let waits_ms = [
        5_000,
        5 * MINUTE_MS,
        30 * MINUTE_MS,
        2 * HOUR_MS,
        5 * HOUR_MS,
        10 * HOUR_MS,
        14 * HOUR_MS,
        20 * HOUR_MS,
        24 * HOUR_MS,
    ];
    let mut expected = vec![0];
    for (made, wait_ms) in (1..).zip(waits_ms) {
        assert_eq!(world.attempts(endpoint.id, made).await.len(), made);
        expected.push(expected[made - 1] + wait_ms);
        // A moment before its time nothing happens.
        world.due_in(wait_ms).await;
        world.clock.advance_ms(wait_ms - 1);
        assert_eq!(receiver.requests().len(), made);
        world.clock.advance_ms(1);
    }
    let attempts = world.attempts(endpoint.id, 10).await;
    assert_eq!(attempts.iter().map(|a| a.at.since_ms(NOW)).collect::<Vec<_>>(), expected);
    assert_eq!(attempts.iter().map(|a| a.number).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    let dead = world.dead(endpoint.id, 1).await.remove(0);
    assert_eq!((dead.event, dead.reason, dead.attempts), (event, DeadReason::Exhausted, 10));
    assert!(matches!(
        world.state(event, endpoint.id).await,
        DeliveryState::Dead { reason: DeadReason::Exhausted, .. }
    ));

    receiver.set_replies([Reply::status(200)]);
    world.engine.redeliver(endpoint.id, event).await.unwrap();
    let attempts = world.attempts(endpoint.id, 11).await;
    assert_eq!((attempts[10].number, attempts[10].outcome.code()), (11, "delivered"));
    let error = world.engine.redeliver(endpoint.id, event).await.unwrap_err();
    assert!(matches!(error, RedeliverError::NotDead { .. }), "{error}");
    assert!(ids(&receiver.requests()).iter().all(|id| *id == event.to_string()));
    assert!(matches!(world.state(event, endpoint.id).await, DeliveryState::Delivered { .. }));
}

#[tokio::test]
async fn an_event_of_which_no_request_can_be_made_is_dead_at_once_and_the_next_goes_on() {
    let limits = Limits { endpoint_header_bytes_max: 32 << 10, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    // What this header leaves of the 32 KiB is enough for an ordinary subject, and not for one that is escaped this often.
    let long = CustomHeader { name: "X-Long".to_owned(), value: Secret::new("x".repeat(30 * 1024)) };
    let draft =
        EndpointDraft { mode: ContentMode::Binary, headers: vec![long], ..World::draft(receiver.url("/")) };
    let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
    let event = world.order(&source, &"é".repeat(400)).await;
    let dead = world.dead(endpoint.id, 1).await.remove(0);
    assert_eq!((dead.event, dead.reason, dead.attempts), (event, DeadReason::Unsendable, 1));
    let attempt = world.attempts(endpoint.id, 1).await.remove(0);
    assert_eq!((attempt.outcome.code(), attempt.next_at), ("our_fault", None));
    assert!(attempt.detail.as_deref().unwrap().contains("at most 32768"), "{:?}", attempt.detail);
    assert_eq!(receiver.connections(), 0);
    let next = world.order(&source, "1").await;
    assert_eq!(ids(&receiver.wait_for(1).await), [next.to_string()]);
}

#[tokio::test]
async fn followers_wait_for_the_failed_one_of_their_subject_and_others_do_not() {
    for is_given_up in [false, true] {
        let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
        let (_, source) = world.source(DialectId::Ecwid).await;
        let mut of_bad_so_far = 0;
        receiver.set_script(move |request| {
            let is_bad = subject(request) == "order/bad";
            of_bad_so_far += u32::from(is_bad);
            Reply::status(if is_bad && of_bad_so_far <= 1 + u32::from(is_given_up) { 500 } else { 200 })
        });
        let retry = RetryPolicy { delays_s: vec![10], jitter: 0.0 };
        let draft = EndpointDraft { retry: Some(retry), ..World::draft(receiver.url("/")) };
        let (endpoint, _) = world.engine.create_endpoint(draft).await.unwrap();
        let mut sent = Vec::new();
        for _ in 0..3 {
            sent.push(world.order(&source, "bad").await.to_string());
            world.order(&source, "good").await;
        }
        world.attempts(endpoint.id, 4).await;
        let of_bad = || {
            let requests = receiver.requests().into_iter().filter(|request| subject(request) == "order/bad");
            ids(&requests.collect::<Vec<_>>())
        };
        assert_eq!(of_bad(), sent[..1], "the others of its subject wait");
        world.pass_ms(10_000).await;
        receiver.wait_for(7).await;
        sent.insert(0, sent[0].clone());
        assert_eq!(of_bad(), sent);
        assert_eq!(world.dead(endpoint.id, usize::from(is_given_up)).await.len(), usize::from(is_given_up));
    }
}

#[tokio::test]
async fn without_ordering_nobody_waits_for_a_failed_one() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500), Reply::status(200)]);
    let draft = EndpointDraft { ordering: Some(Ordering::None), ..World::draft(receiver.url("/")) };
    world.engine.create_endpoint(draft).await.unwrap();
    for _ in 0..5 {
        world.order(&source, "1").await;
    }
    receiver.wait_for(5).await;
    assert_eq!(world.clock.now(), NOW);
}
