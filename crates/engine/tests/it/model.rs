//! Whatever happens, in whatever order: every event is delivered at least once or dead with a reason, and of one subject
//! none overtakes another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use shopwire_core::delivery::RetryPolicy;
use shopwire_core::{DialectId, EndpointId};
use shopwire_engine::capture::CaptureError;
use shopwire_engine::configure::{ConfigureError, EndpointDraft};
use shopwire_engine::receive::ReceiveError;
use shopwire_store::StoreError;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::changing::{order, put};
use crate::unreliable::Fault;
use crate::world::{World, subject};

#[derive(Debug, Clone)]
enum Action {
    /// So many events, spread over a few subjects.
    Receive(usize),
    /// So many orders of the shop are written.
    Change(usize),
    /// The receiver answers its next requests so.
    Misbehave(usize, Manner),
    /// A verb of the store fails so many times.
    Fail(&'static str, usize),
    Pass(i64),
    Pause,
    Resume,
    /// What is dead by now is sent again.
    Redeliver,
    Restart,
    Crash,
}

/// What a store may fail at while all goes on.
const VERBS: [&str; 8] = ["append", "commit", "snapshot", "record", "read_after", "read_at", "lane", "save"];

#[derive(Debug, Clone, Copy)]
enum Manner {
    Fails,
    Closes,
    Hangs,
}

fn action() -> impl Strategy<Value = Action> {
    let manner = prop_oneof![Just(Manner::Fails), Just(Manner::Closes), Just(Manner::Hangs)];
    let verb = (0..VERBS.len()).prop_map(|at| VERBS[at]);
    prop_oneof![
        6 => (1usize..12).prop_map(Action::Receive),
        3 => (1usize..6).prop_map(Action::Change),
        2 => (verb, 1usize..4).prop_map(|(verb, times)| Action::Fail(verb, times)),
        1 => Just(Action::Redeliver),
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

/// What was asked for, as the model has it.
#[derive(Default)]
struct Asked {
    /// Subject and event, in the order in which they were answered.
    sent: Vec<(String, String)>,
    /// Those that were dead and are sent again: they come behind what went on without them.
    redelivered: BTreeSet<String>,
    told: u64,
}

impl Asked {
    /// Webhooks, each sent again until it is taken: a platform does so too.
    async fn receive(&mut self, world: &World, events: usize) {
        let source = world.engine.directory().sources.all().remove(0);
        let topic = crate::world::order_updated(source.dialect);
        for _ in 0..events {
            self.told += 1;
            let id = (self.told % 5).to_string();
            let receipt = loop {
                match world.receive(&source, topic, &id, self.told).await {
                    Ok(receipt) => break receipt,
                    Err(error) => assert!(matches!(error, ReceiveError::Store(_)), "{error}"),
                }
            };
            assert!(!receipt.merged, "what was refused is not remembered");
            self.sent.push((format!("order/{id}"), receipt.event.to_string()));
        }
    }

    /// Writes to two orders, each repeated until it is done.
    async fn change(&mut self, world: &World, writes: usize) {
        let shop = world.engine.directory().sources.all().remove(0).shop;
        for _ in 0..writes {
            self.told += 1;
            let (key, email) =
                (order(shop, &format!("w{}", self.told % 2)), format!("{}@example.com", self.told));
            let written = loop {
                match put(&world.engine, &key, serde_json::json!({ "email": email })).await {
                    Ok(written) => break written,
                    Err(error) => assert!(matches!(error, CaptureError::Store(_)), "{error}"),
                }
            };
            assert_eq!(written.events.len(), 1, "what was refused is not half done");
            self.sent.push((format!("order/{}", key.id), written.events[0].id.to_string()));
        }
    }

    async fn redeliver(&mut self, world: &World, endpoint: EndpointId) {
        for letter in world.dead(endpoint, 0).await {
            world.engine.redeliver(endpoint, letter.event).await.unwrap();
            self.redelivered.insert(letter.event.to_string());
        }
    }
}

/// Does it again until the store lets it.
async fn set_up<T>(mut change: impl AsyncFnMut() -> Result<T, ConfigureError>) {
    while let Err(error) = change().await {
        assert!(matches!(error, ConfigureError::Store(_)), "{error}");
    }
}

async fn act(
    world: World,
    endpoint: EndpointId,
    receiver: &Mutex<Receiver>,
    action: &Action,
    asked: &mut Asked,
) -> World {
    match *action {
        Action::Receive(events) => asked.receive(&world, events).await,
        Action::Change(writes) => asked.change(&world, writes).await,
        Action::Redeliver => asked.redeliver(&world, endpoint).await,
        Action::Fail(verb, times) => {
            world.ledger.jam(verb, times, Fault::Fails(StoreError::Full("no space left".to_owned())));
        }
        Action::Misbehave(requests, manner) => receiver.lock().unwrap().next.extend(vec![manner; requests]),
        Action::Pass(ms) => world.clock.advance_ms(ms),
        Action::Pause => set_up(async || world.engine.pause_endpoint(endpoint).await).await,
        Action::Resume => set_up(async || world.engine.resume_endpoint(endpoint).await).await,
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
    let mut asked = Asked::default();
    for action in actions {
        world = act(world, endpoint, &receiver, action, &mut asked).await;
    }
    // From here on all goes well.
    receiver.lock().unwrap().next.clear();
    VERBS.iter().for_each(|verb| world.ledger.jam(verb, 0, Fault::Panics));
    world.engine.resume_endpoint(endpoint).await.unwrap();
    let Asked { sent, redelivered, .. } = asked;
    let (mut ended, mut idle_rounds) = (BTreeSet::new(), 0);
    // The bound only keeps a fault from hanging the test: a loaded machine is waited for.
    while ended.len() < sent.len() && idle_rounds < 50_000 {
        let before = ended.len();
        ended = receiver.lock().unwrap().took.iter().map(|(_, event)| event.clone()).collect();
        ended.extend(world.dead(endpoint, 0).await.iter().map(|letter| letter.event.to_string()));
        idle_rounds = if ended.len() > before { 0 } else { idle_rounds + 1 };
        world.clock.advance_ms(1_000);
        tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
    }
    assert_eq!(ended.len(), sent.len(), "every event has come to an end");
    let (took, sent) = (
        receiver.lock().unwrap().took.clone(),
        firsts(&sent)
            .into_iter()
            .map(|(s, e)| (s.to_owned(), e.into_iter().map(str::to_owned).collect::<Vec<_>>()))
            .collect::<BTreeMap<_, _>>(),
    );
    for (subject, mut got) in firsts(&took) {
        got.retain(|event| !redelivered.contains(*event));
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
