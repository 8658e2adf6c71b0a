//! What replays are held to: room in the lane, how many run, how many are known; and what is refused.

use shopwire_core::delivery::DeadReason;
use shopwire_core::{DialectId, EndpointId, EventId, Limits, PastOutcome, PastState, ReplayState, Selection};
use shopwire_engine::configure::{ConfigureError, EndpointChange};
use shopwire_engine::replay::ReplayDraft;
use shopwire_store::Ledger as _;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::egress::NOW;
use crate::replays::{all, draft, ended, seen};
use crate::world::{World, ids, until};

#[tokio::test]
async fn a_lane_keeps_room_for_its_live_events_and_all_is_sent_in_the_end() {
    let limits = Limits { replay_waiting_max: 10, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    for n in 0..35 {
        world.order(&source, &n.to_string()).await;
    }
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    world.engine.pause_endpoint(endpoint).await.unwrap();
    let replay = world.engine.start_replay(draft(endpoint, all())).await.unwrap();
    until(async || seen(&world, replay.id).progress.queued == 10).await;
    for _ in 0..3 {
        let looks = world.ledger.calls("lane");
        world.clock.advance_ms(1_000);
        until(async || world.ledger.calls("lane") > looks).await;
        assert_eq!(seen(&world, replay.id).progress.queued, 10, "the lane is full");
    }
    assert_eq!(world.ledger.lane(endpoint).await.unwrap().unwrap().waiting.len(), 10);
    world.engine.resume_endpoint(endpoint).await.unwrap();
    let live = world.order(&source, "live").await.to_string();
    assert_eq!(ended(&world, replay.id).await.progress.queued, 35);
    let got = ids(&receiver.wait_for(36).await);
    assert!(got.contains(&live), "{got:?}");
}

#[tokio::test]
async fn only_so_many_run_and_the_next_begins_when_one_ends() {
    let limits = Limits { replays_running_max: 2, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    for n in 0..5 {
        world.order(&source, &n.to_string()).await;
    }
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    let mut made = Vec::new();
    for _ in 0..4 {
        // Ids tell which is older by the millisecond.
        world.clock.advance_ms(1);
        let slow = ReplayDraft { rate: Some(1), ..draft(endpoint, all()) };
        made.push(world.engine.start_replay(slow).await.unwrap().id);
    }
    until(async || world.engine.unfinished_replays() == (2, 2)).await;
    let running = || made.iter().filter(|id| seen(&world, **id).state == ReplayState::Running).count();
    assert_eq!(running(), 2);
    world.engine.cancel_replay(made[0]).await.unwrap();
    until(async || world.engine.unfinished_replays() == (1, 2)).await;
    assert_eq!(
        (seen(&world, made[2]).state, seen(&world, made[3]).state),
        (ReplayState::Running, ReplayState::Queued)
    );
    for id in &made[1..] {
        assert_eq!(ended(&world, *id).await.state, ReplayState::Finished);
    }
}

#[tokio::test]
async fn ended_replays_make_room_and_unfinished_ones_do_not() {
    let limits = Limits { replays_max: 2, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    world.order(&source, "1").await;
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    let done = world.engine.start_replay(draft(endpoint, all())).await.unwrap().id;
    ended(&world, done).await;
    world.engine.pause_endpoint(endpoint).await.unwrap();
    for n in 0..3 {
        world.order(&source, &n.to_string()).await;
    }
    let other = world.endpoint(receiver.url("/")).await.0.id;
    let slow = || ReplayDraft { rate: Some(1), ..draft(other, all()) };
    let first = world.engine.start_replay(slow()).await.unwrap().id;
    world.clock.advance_ms(1);
    let second = world.engine.start_replay(slow()).await.unwrap().id;
    assert!(world.engine.directory().replays.get(done).is_none(), "the oldest that has ended made room");
    let refused = world.engine.start_replay(slow()).await.unwrap_err();
    assert!(matches!(refused, ConfigureError::Limit { name: "replays_max", max: 2 }), "{refused}");
    let world = world.crashed().await;
    let known: Vec<_> = world.engine.directory().replays.all().iter().map(|replay| replay.id).collect();
    assert_eq!(known, [first, second]);
}

#[tokio::test]
async fn what_can_not_be_replayed_is_refused_with_the_cure() {
    let limits = Limits { page_size_max: 2, replay_rate_max: 50, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    let stranger = EndpointId::from_bytes([9; 16]);
    let outcome = |is, endpoint| PastOutcome { endpoint, is, reason: None, since: None, until: None };
    let with = |outcome| Selection { outcome: Some(outcome), ..all() };
    let event = EventId::from_bytes([1; 16]);
    let of = |rate, selection| ReplayDraft { rate, ..draft(endpoint, selection) };
    for (draft, field, says) in [
        (draft(stranger, all()), "endpoint", "there is no endpoint"),
        (draft(endpoint, Selection::default()), "selection", "nothing is selected"),
        (of(Some(0), all()), "rate", "expected 1 to 50"),
        (of(Some(51), all()), "rate", "limit `replay_rate_max`"),
        (of(None, Selection { events: vec![event; 3], ..Selection::default() }), "events", "at most 2"),
        (of(None, Selection { events: vec![event], ..all() }), "events", "give nothing else with it"),
        (of(None, Selection { until: Some(NOW.plus_ms(-1)), ..all() }), "until", "behind `since`"),
        (of(None, with(outcome(PastState::Dead, stranger))), "outcome.endpoint", "there is no endpoint"),
        (
            of(None, with(PastOutcome { since: Some(NOW), ..outcome(PastState::Missing, endpoint) })),
            "outcome.since",
            "has no time",
        ),
        (
            of(
                None,
                with(PastOutcome {
                    reason: Some(DeadReason::TooOld),
                    ..outcome(PastState::Failed, endpoint)
                }),
            ),
            "outcome.reason",
            "only what is `dead`",
        ),
        (
            of(
                None,
                with(PastOutcome {
                    since: Some(NOW),
                    until: Some(NOW),
                    ..outcome(PastState::Failed, endpoint)
                }),
            ),
            "outcome.until",
            "behind `since`",
        ),
    ] {
        for preview in [true, false] {
            let refused = if preview {
                world.engine.preview_replay(draft.clone()).await.map(drop).unwrap_err()
            } else {
                world.engine.start_replay(draft.clone()).await.map(drop).unwrap_err()
            };
            let ConfigureError::Invalid { field: given, message } = &refused else { panic!("{refused:?}") };
            assert_eq!(*given, field, "{message}");
            assert!(message.contains(says), "{message}");
        }
    }
    assert!(world.engine.directory().replays.is_empty());
}

#[tokio::test]
async fn a_disabled_endpoint_is_to_be_resumed_first() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    receiver.set_replies([Reply::status(410), Reply::status(200)]);
    world.order(&source, "1").await;
    until(async || !world.engine.directory().endpoints.get(endpoint).unwrap().is_active()).await;
    let refused = world.engine.start_replay(draft(endpoint, all())).await.unwrap_err();
    assert!(
        matches!(&refused, ConfigureError::Conflict { message } if message.contains("resume it before replaying")),
        "{refused}"
    );
    world.engine.resume_endpoint(endpoint).await.unwrap();
    receiver.wait_for(2).await;
    world.attempts(endpoint, 2).await;
    let replay = world.engine.start_replay(draft(endpoint, all())).await.unwrap();
    assert_eq!(ended(&world, replay.id).await.progress.queued, 1);
    // A change of the endpoint does not disturb a replay.
    let change = EndpointChange { name: Some("renamed".to_owned()), ..EndpointChange::default() };
    world.engine.update_endpoint(endpoint, change).await.unwrap();
    receiver.wait_for(3).await;
}

#[tokio::test]
async fn replays_to_an_endpoint_that_takes_nothing_do_not_keep_others_from_running() {
    let limits = Limits { replays_running_max: 2, replay_waiting_max: 3, ..Limits::default() };
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    for n in 0..10 {
        world.order(&source, &n.to_string()).await;
    }
    let (paused, active) =
        (world.endpoint(receiver.url("/")).await.0.id, world.endpoint(receiver.url("/")).await.0.id);
    world.engine.pause_endpoint(paused).await.unwrap();
    let mut stuck = Vec::new();
    for _ in 0..3 {
        stuck.push(world.engine.start_replay(draft(paused, all())).await.unwrap().id);
        world.clock.advance_ms(1);
    }
    until(async || seen(&world, stuck[0]).progress.queued == 3).await;
    let other = world.engine.start_replay(draft(active, all())).await.unwrap();
    assert_eq!(ended(&world, other.id).await.progress.queued, 10);
    assert_eq!(seen(&world, stuck[2]).state, ReplayState::Queued, "it waits like the others");
    // They go on as soon as there is room, and lose nothing.
    world.engine.resume_endpoint(paused).await.unwrap();
    for id in stuck {
        let progress = ended(&world, id).await.progress;
        assert_eq!(progress.queued + progress.skipped.on_their_way, 10);
    }
}
