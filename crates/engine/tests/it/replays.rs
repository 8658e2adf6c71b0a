//! Replays as jobs: they go on over restarts, end when told to, keep to their rate, and lose nothing.

use std::collections::BTreeSet;

use shopwire_core::{
    Clock as _, DialectId, EndpointId, Limits, Replay, ReplayId, ReplayState, Selection, Source,
};
use shopwire_engine::configure::ConfigureError;
use shopwire_engine::replay::ReplayDraft;
use shopwire_store::StoreError;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::egress::NOW;
use crate::unreliable::Fault;
use crate::world::{World, ids, subject, until};

/// Everything that is there so far.
pub(crate) fn all() -> Selection {
    Selection { since: Some(NOW.plus_ms(-1)), ..Selection::default() }
}

pub(crate) fn draft(endpoint: EndpointId, selection: Selection) -> ReplayDraft {
    ReplayDraft { endpoint, selection, ignore_topics: false, rate: None }
}

/// The replay as it is now.
pub(crate) fn seen(world: &World, id: ReplayId) -> Replay {
    world.engine.directory().replays.get(id).unwrap().as_ref().clone()
}

/// The replay, once it has ended; time goes on for it as it needs.
pub(crate) async fn ended(world: &World, id: ReplayId) -> Replay {
    until(async || {
        if seen(world, id).state.has_ended() {
            return true;
        }
        // Its own waits are short; nobody else's time is to come.
        if let Some(next) = world.clock.next_wake().filter(|next| next.since_ms(world.clock.now()) <= 1_000) {
            world.clock.set(next);
        }
        false
    })
    .await;
    seen(world, id)
}

/// A world in which an endpoint got `count` events of seven orders; with the ids of all, oldest first.
async fn delivered(
    limits: Limits,
    count: usize,
) -> (World, ScriptedReceiver, Source, EndpointId, Vec<String>) {
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let endpoint = world.endpoint(receiver.url("/")).await.0.id;
    let mut sent = Vec::new();
    for n in 0..count {
        sent.push(world.order(&source, &(n % 7).to_string()).await.to_string());
    }
    world.attempts(endpoint, count).await;
    (world, receiver, source, endpoint, sent)
}

#[tokio::test]
async fn what_was_delivered_is_delivered_again_in_order_of_its_subject_with_the_same_ids() {
    let (world, receiver, _, endpoint, sent) = delivered(Limits::default(), 150).await;
    let replay = world.engine.start_replay(draft(endpoint, all())).await.unwrap();
    let ended = ended(&world, replay.id).await;
    assert_eq!((&ended.state, ended.progress.queued), (&ReplayState::Finished, 150));
    assert_eq!((ended.progress.selected, ended.progress.skipped.total()), (150, 0));
    let again = receiver.wait_for(300).await.split_off(150);
    let mut unordered = ids(&again);
    unordered.sort_by_key(|id| sent.iter().position(|sent| sent == id));
    assert_eq!(unordered, sent, "each once more");
    for order in 0..7 {
        let name = format!("order/{order}");
        let of: Vec<_> = again.iter().filter(|request| subject(request) == name).cloned().collect();
        let places: Vec<_> = ids(&of).iter().map(|id| sent.iter().position(|sent| sent == id)).collect();
        assert!(places.is_sorted(), "{name}: {places:?}");
    }
    let numbers: Vec<_> = world.attempts(endpoint, 300).await.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [[1; 150], [2; 150]].concat(), "the numbers of attempts go on");
}

#[tokio::test]
async fn every_selected_event_arrives_although_we_crash_in_the_middle() {
    for crashes in [true, false] {
        let (world, _, _, _, sent) = delivered(Limits::default(), 60).await;
        let other = ScriptedReceiver::start().await;
        let target = world.endpoint(other.url("/")).await.0.id;
        let slow = ReplayDraft { rate: Some(10), ..draft(target, all()) };
        let replay = world.engine.start_replay(slow).await.unwrap();
        for count in 1..=25 {
            until(async || seen(&world, replay.id).progress.queued == count).await;
            world.pass_ms(100).await;
        }
        let world = if crashes { world.crashed().await } else { world.restarted().await };
        let stood = seen(&world, replay.id);
        assert_eq!((stood.id, stood.last), (replay.id, replay.last));
        assert!((10..=26).contains(&stood.progress.queued), "crash {crashes}: {:?}", stood.progress);
        let ended = ended(&world, replay.id).await;
        assert_eq!(ended.state, ReplayState::Finished);
        let got: BTreeSet<_> = async {
            until(async || ids(&other.requests()).into_iter().collect::<BTreeSet<_>>().len() == 60).await;
            ids(&other.requests()).into_iter().collect()
        }
        .await;
        assert_eq!(got, sent.into_iter().collect(), "crash {crashes}");
        assert!(
            other.requests().len() <= 60 + 16,
            "what is done again is little: {}",
            other.requests().len()
        );
        // What has ended stays so.
        let world = world.restarted().await;
        assert_eq!(seen(&world, replay.id), ended);
    }
}

#[tokio::test]
async fn a_rate_is_kept() {
    let (world, _, _, endpoint, _) = delivered(Limits::default(), 30).await;
    let replay =
        world.engine.start_replay(ReplayDraft { rate: Some(20), ..draft(endpoint, all()) }).await.unwrap();
    let start = world.clock.now();
    // Twenty a second are two every tenth of one.
    for tenth in 1..=15 {
        until(async || seen(&world, replay.id).progress.queued == 2 * tenth).await;
        if tenth < 15 {
            world.due_in(100).await;
            assert_eq!(seen(&world, replay.id).progress.queued, 2 * tenth, "no more before its time");
            world.clock.advance_ms(100);
        }
    }
    assert_eq!(ended(&world, replay.id).await.state, ReplayState::Finished);
    assert_eq!(world.clock.now().since_ms(start), 1_400);
}

#[tokio::test]
async fn a_cancelled_replay_queues_nothing_more_and_stays_cancelled() {
    let (world, receiver, _, endpoint, _) = delivered(Limits::default(), 40).await;
    let slow = ReplayDraft { rate: Some(10), ..draft(endpoint, all()) };
    let replay = world.engine.start_replay(slow).await.unwrap();
    until(async || seen(&world, replay.id).progress.queued == 1).await;
    world.pass_ms(100).await;
    until(async || seen(&world, replay.id).progress.queued == 2).await;
    let cancelled = world.engine.cancel_replay(replay.id).await.unwrap();
    assert_eq!(cancelled.state, ReplayState::Cancelled);
    assert_eq!(world.engine.cancel_replay(replay.id).await.unwrap(), cancelled, "once more changes nothing");
    world.clock.advance_ms(10_000);
    let world = world.crashed().await;
    world.clock.advance_ms(10_000);
    // Another one goes its whole way meanwhile.
    let other = Selection { subject: "order/1".parse().ok(), ..Selection::default() };
    let finished = world.engine.start_replay(draft(endpoint, other)).await.unwrap();
    assert_eq!(ended(&world, finished.id).await.progress.queued, 6);
    assert_eq!(seen(&world, replay.id), cancelled);
    receiver.wait_for(40 + 2 + 6).await;
    let refused = world.engine.cancel_replay(finished.id).await.unwrap_err();
    assert!(
        matches!(&refused, ConfigureError::Conflict { message } if message.contains("is finished")),
        "{refused}"
    );
    let unknown = world.engine.cancel_replay(ReplayId::from_bytes([9; 16])).await.unwrap_err();
    assert!(matches!(unknown, ConfigureError::NotFound { what: "replay", .. }), "{unknown}");
}

#[tokio::test]
async fn an_endpoint_that_is_deleted_ends_its_replays() {
    let limits = Limits { replays_running_max: 1, ..Limits::default() };
    let (world, _, _, endpoint, _) = delivered(limits, 10).await;
    let slow = || ReplayDraft { rate: Some(1), ..draft(endpoint, all()) };
    let running = world.engine.start_replay(slow()).await.unwrap();
    until(async || seen(&world, running.id).state == ReplayState::Running).await;
    let queued = world.engine.start_replay(slow()).await.unwrap();
    world.engine.delete_endpoint(endpoint).await.unwrap();
    for id in [running.id, queued.id] {
        until(async || seen(&world, id).state.has_ended()).await;
        let ReplayState::Failed { reason } = seen(&world, id).state else {
            panic!("it can't have succeeded")
        };
        assert_eq!(reason, format!("endpoint `{endpoint}` was deleted"));
    }
    let world = world.crashed().await;
    assert_eq!(seen(&world, running.id).state.as_str(), "failed");
    assert_eq!(world.engine.unfinished_replays(), (0, 0));
}

#[tokio::test]
async fn a_failing_store_costs_time_and_no_event() {
    let (world, receiver, _, endpoint, sent) = delivered(Limits::default(), 20).await;
    let replay = world.engine.start_replay(draft(endpoint, all())).await;
    let first = replay.unwrap();
    ended(&world, first.id).await;
    receiver.wait_for(40).await;
    let full = || Fault::Fails(StoreError::Full("a test".to_owned()));
    for (verb, times) in [("read_after", 2), ("replay", 3), ("lane", 1), ("save", 2)] {
        let before = receiver.requests().len();
        let slow = ReplayDraft { rate: Some(100), ..draft(endpoint, all()) };
        let replay = world.engine.start_replay(slow).await.unwrap();
        world.ledger.jam(verb, times, full());
        let ended = ended(&world, replay.id).await;
        assert_eq!(ended.state, ReplayState::Finished, "{verb}");
        until(async || {
            let got: BTreeSet<_> = ids(&receiver.requests()[before..]).into_iter().collect();
            got == sent.iter().cloned().collect()
        })
        .await;
    }
    world.ledger.jam("save", 1, full());
    let refused = world.engine.start_replay(draft(endpoint, all())).await.unwrap_err();
    assert!(matches!(refused, ConfigureError::Store(StoreError::Full(_))), "{refused}");
    assert_eq!(world.engine.directory().replays.len(), 5, "what was refused is not there");
}

#[tokio::test]
async fn what_is_replayed_and_fails_waits_and_dies_like_anything_else() {
    let (world, receiver, _, endpoint, sent) = delivered(Limits::default(), 1).await;
    let event = sent[0].parse().unwrap();
    receiver.set_replies([Reply::status(500), Reply::status(200)]);
    let only = Selection { events: vec![event], ..Selection::default() };
    let replay = world.engine.start_replay(draft(endpoint, only)).await.unwrap();
    assert_eq!(ended(&world, replay.id).await.progress.queued, 1);
    world.attempts(endpoint, 2).await;
    let state = world.state(event, endpoint).await;
    let shopwire_engine::DeliveryState::Waiting { next_at: Some(at), .. } = state else {
        panic!("it waits for its retry, whatever became of it before: {state:?}")
    };
    world.clock.wait_for_sleep_until(at).await;
    world.clock.set(at);
    world.attempts(endpoint, 3).await;
    let state = world.state(event, endpoint).await;
    assert_eq!(state, shopwire_engine::DeliveryState::Delivered { at });
}
