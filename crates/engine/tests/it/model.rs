//! Whatever happens, in whatever order: every event is delivered at least once or dead with a reason, and of one subject
//! none overtakes another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use shopwire_core::delivery::RetryPolicy;
use shopwire_core::{DialectId, EndpointId};
use shopwire_engine::configure::EndpointDraft;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::world::{World, subject};

#[derive(Debug, Clone)]
enum Action {
    /// So many events, spread over a few subjects.
    Receive(usize),
    /// The receiver answers its next requests so.
    Misbehave(usize, Manner),
    Pass(i64),
    Pause,
    Resume,
    Restart,
    Crash,
}

#[derive(Debug, Clone, Copy)]
enum Manner {
    Fails,
    Closes,
    Hangs,
}

fn action() -> impl Strategy<Value = Action> {
    let manner = prop_oneof![Just(Manner::Fails), Just(Manner::Closes), Just(Manner::Hangs)];
    prop_oneof![
        6 => (1usize..12).prop_map(Action::Receive),
        4 => (1usize..10, manner).prop_map(|(requests, manner)| Action::Misbehave(requests, manner)),
        4 => (1i64..20_000).prop_map(Action::Pass),
        1 => Just(Action::Pause),
        2 => Just(Action::Resume),
        1 => Just(Action::Restart),
        2 => Just(Action::Crash),
    ]
}

/// What the receiver does next, and what it took: subject and event, in order.
#[derive(Default)]
struct Receiver {
    next: Vec<Manner>,
    took: Vec<(String, String)>,
}

impl Receiver {
    async fn listen(this: &Arc<Mutex<Self>>) -> ScriptedReceiver {
        let (receiver, this) = (ScriptedReceiver::start().await, Arc::clone(this));
        receiver.set_script(move |request| {
            let mut this = this.lock().unwrap();
            match this.next.pop() {
                Some(Manner::Fails) => Reply::status(500),
                Some(Manner::Closes) => Reply::close(),
                Some(Manner::Hangs) => Reply::hang(),
                None => {
                    this.took.push((subject(request), request.header("webhook-id").unwrap().to_owned()));
                    Reply::status(200)
                }
            }
        });
        receiver
    }
}

async fn act(
    world: World,
    endpoint: EndpointId,
    receiver: &Mutex<Receiver>,
    action: &Action,
    sent: &mut Vec<(String, String)>,
) -> World {
    match *action {
        Action::Receive(events) => {
            let source = world.engine.directory().sources.all().remove(0);
            for _ in 0..events {
                let id = (sent.len() % 5).to_string();
                let event = world.order(&source, &id).await;
                sent.push((format!("order/{id}"), event.to_string()));
            }
        }
        Action::Misbehave(requests, manner) => receiver.lock().unwrap().next.extend(vec![manner; requests]),
        Action::Pass(ms) => world.clock.advance_ms(ms),
        Action::Pause => drop(world.engine.pause_endpoint(endpoint).await.unwrap()),
        Action::Resume => drop(world.engine.resume_endpoint(endpoint).await.unwrap()),
        // Stopping lets what is in flight land: somebody has to move the clock for what hangs.
        Action::Restart if receiver.lock().unwrap().next.is_empty() => {
            let clock = world.clock.clone();
            let mover = tokio::spawn(async move {
                loop {
                    clock.advance_ms(1_000);
                    tokio::task::yield_now().await;
                }
            });
            let world = world.restarted().await;
            mover.abort();
            return world;
        }
        Action::Restart => {}
        Action::Crash => return world.crashed().await,
    }
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    world
}

/// The first time that each event of a subject stands in a list.
fn firsts(list: &[(String, String)]) -> BTreeMap<&str, Vec<&str>> {
    let (mut seen, mut firsts) = (BTreeSet::new(), BTreeMap::<&str, Vec<&str>>::new());
    for (subject, event) in list.iter().filter(|(_, event)| seen.insert(event.as_str())) {
        firsts.entry(subject).or_default().push(event);
    }
    firsts
}

async fn live(actions: &[Action]) {
    let receiver = Arc::<Mutex<Receiver>>::default();
    let listening = Receiver::listen(&receiver).await;
    let mut world = World::new().await;
    world.source(DialectId::Ecwid).await;
    let retry = RetryPolicy { delays_s: vec![1, 5], jitter: 0.0 };
    let draft =
        EndpointDraft { retry: Some(retry), in_flight_max: Some(4), ..World::draft(listening.url("/")) };
    let endpoint = world.engine.create_endpoint(draft).await.unwrap().0.id;
    let mut sent = Vec::new();
    for action in actions {
        world = act(world, endpoint, &receiver, action, &mut sent).await;
    }
    // From here on all goes well.
    receiver.lock().unwrap().next.clear();
    world.engine.resume_endpoint(endpoint).await.unwrap();
    let mut ended = BTreeSet::new();
    // Real sockets under a loaded machine need many rounds; the bound only keeps a fault from hanging the test.
    for _ in 0..50_000 {
        ended = receiver.lock().unwrap().took.iter().map(|(_, event)| event.clone()).collect();
        ended.extend(world.dead(endpoint, 0).await.iter().map(|letter| letter.event.to_string()));
        if ended.len() == sent.len() {
            break;
        }
        world.clock.advance_ms(1_000);
        tokio::task::yield_now().await;
    }
    assert_eq!(ended.len(), sent.len(), "every event has come to an end");
    let (took, sent) = (
        receiver.lock().unwrap().took.clone(),
        firsts(&sent)
            .into_iter()
            .map(|(s, e)| (s.to_owned(), e.into_iter().map(str::to_owned).collect::<Vec<_>>()))
            .collect::<BTreeMap<_, _>>(),
    );
    for (subject, got) in firsts(&took) {
        let expected: Vec<_> = sent[subject].iter().filter(|event| got.contains(&event.as_str())).collect();
        assert_eq!(got, expected, "{subject} in order");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_lost_and_nothing_overtakes(actions in proptest::collection::vec(action(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(&actions));
    }
}
