//! Each verb of the store fails for a while, in each way a disk can, while traffic goes on: who asks is told to come again,
//! nothing is lost, nothing overtakes, and afterwards all goes on by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::json;
use shopwire_core::delivery::RetryPolicy;
use shopwire_core::{DialectId, EndpointId, Source};
use shopwire_engine::capture::CaptureError;
use shopwire_engine::configure::{ConfigureError, EndpointDraft};
use shopwire_engine::receive::ReceiveError;
use shopwire_store::StoreError;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::changing::{order, put};
use crate::unreliable::Fault;
use crate::world::{World, subject, until};

/// All that receiving, changing, delivering and setting up ask of the store.
const VERBS: [&str; 14] = [
    "append",
    "append_all",
    "commit",
    "snapshot",
    "record",
    "read_after",
    "read_at",
    "lane",
    "open_lane",
    "event",
    "timers_due",
    "next_timer",
    "save",
    "head",
];
/// So many calls of a verb fail in a row.
const TIMES: usize = 3;
const SUBJECTS: u64 = 4;

fn faults() -> [(&'static str, StoreError); 3] {
    [
        ("full", StoreError::Full("no space left on device".to_owned())),
        ("read-only", StoreError::Unavailable("attempt to write a readonly database".to_owned())),
        ("I/O", StoreError::Unavailable("disk I/O error".to_owned())),
    ]
}

/// What is sent, and what the receiver took: subject and event, in order.
struct Traffic {
    world: World,
    source: Source,
    endpoint: EndpointId,
    /// Keeps listening.
    _receiver: ScriptedReceiver,
    took: Arc<Mutex<Vec<(String, String)>>>,
    sent: Vec<(String, String)>,
    refused: usize,
    told: u64,
}

impl Traffic {
    async fn start() -> Self {
        let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
        let (_, source) = world.source(DialectId::Ecwid).await;
        let took = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&took);
        let mut requests = 0;
        receiver.set_script(move |request| {
            requests += 1;
            // Some come again, so that what waits is looked up too.
            if requests % 5 == 0 {
                return Reply::status(500);
            }
            let id = request.header("webhook-id").unwrap().to_owned();
            noted.lock().unwrap().push((subject(request), id));
            Reply::status(200)
        });
        let retry = RetryPolicy { delays_s: vec![1; 40], jitter: 0.0 };
        let draft = EndpointDraft { retry: Some(retry), ..World::draft(receiver.url("/")) };
        let endpoint = world.engine.create_endpoint(draft).await.unwrap().0.id;
        let (sent, refused, told) = (Vec::new(), 0, 0);
        Self { world, source, endpoint, _receiver: receiver, took, sent, refused, told }
    }

    /// Everything there is to ask for, each asked again until it is done.
    async fn goes_on(&mut self) {
        for _ in 0..2 * SUBJECTS {
            self.receive().await;
        }
        self.change().await;
        let (engine, endpoint) = (self.world.engine.clone(), self.endpoint);
        while let Err(error) = engine.pause_endpoint(endpoint).await {
            self.is_ours(matches!(error, ConfigureError::Store(_)), &error);
        }
        self.receive().await;
        while let Err(error) = engine.resume_endpoint(endpoint).await {
            self.is_ours(matches!(error, ConfigureError::Store(_)), &error);
        }
    }

    /// A refusal is a fault of ours, and nothing else.
    fn is_ours(&mut self, is_ours: bool, error: &dyn std::error::Error) {
        assert!(is_ours, "{error}");
        self.refused += 1;
        assert!(self.refused < 1_000, "it goes on for ever: {error}");
    }

    async fn receive(&mut self) {
        self.told += 1;
        let id = (self.told % SUBJECTS).to_string();
        let topic = crate::world::order_updated(DialectId::Ecwid);
        loop {
            match self.world.receive(&self.source, topic, &id, self.told).await {
                Ok(receipt) => {
                    assert!(!receipt.merged, "what was refused is not remembered");
                    return self.sent.push((format!("order/{id}"), receipt.event.to_string()));
                }
                Err(error) => self.is_ours(matches!(error, ReceiveError::Store(_)), &error),
            }
        }
    }

    async fn change(&mut self) {
        self.told += 1;
        let (key, email) = (order(self.source.shop, "written"), format!("{}@example.com", self.told));
        let written = loop {
            match put(&self.world.engine, &key, json!({ "email": email })).await {
                Ok(written) => break written,
                Err(error) => self.is_ours(matches!(error, CaptureError::Store(_)), &error),
            }
        };
        assert_eq!(written.events.len(), 1, "once, however often it was refused");
        self.sent.push(("order/written".to_owned(), written.events[0].id.to_string()));
    }

    /// Ends when all that was answered is taken.
    async fn arrives(&self, told: &str) {
        let missing = || -> BTreeSet<String> {
            let took: BTreeSet<_> = self.took.lock().unwrap().iter().map(|(_, id)| id.clone()).collect();
            self.sent.iter().map(|(_, id)| id.clone()).filter(|id| !took.contains(id)).collect()
        };
        until(async || {
            // Time passes only while nothing is under way, which would be cut off by it.
            if self.world.engine.metrics().in_flight.get() == 0 {
                self.world.clock.advance_ms(250);
            }
            missing().is_empty()
        })
        .await;
        assert!(self.world.dead(self.endpoint, 0).await.is_empty(), "{told}");
        let took = self.took.lock().unwrap();
        assert_eq!(firsts(&took), firsts(&self.sent), "{told}: in order");
    }
}

/// The events of each subject in the order in which they first stand in a list.
fn firsts(list: &[(String, String)]) -> BTreeMap<&str, Vec<&str>> {
    let (mut seen, mut firsts) = (BTreeSet::new(), BTreeMap::<&str, Vec<&str>>::new());
    for (subject, event) in list.iter().filter(|(_, event)| seen.insert(event.as_str())) {
        firsts.entry(subject).or_default().push(event);
    }
    firsts
}

#[tokio::test]
async fn a_store_that_fails_at_any_verb_in_any_way_costs_time_and_nothing_else() {
    for (name, error) in faults() {
        let mut traffic = Traffic::start().await;
        let mut asked = BTreeSet::new();
        for verb in VERBS {
            let calls = traffic.world.ledger.calls(verb);
            traffic.world.ledger.jam(verb, TIMES, Fault::Fails(error.clone()));
            traffic.goes_on().await;
            traffic.arrives(&format!("{name} at `{verb}`")).await;
            if traffic.world.ledger.calls(verb) > calls {
                asked.insert(verb);
            }
        }
        assert!(traffic.refused >= 3 * TIMES, "{name}: {} were refused", traffic.refused);
        for verb in ["append", "commit", "record", "read_after", "read_at", "snapshot", "save"] {
            assert!(asked.contains(verb), "{name}: `{verb}` was never asked");
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_everywhere_at_once_recovers_as_a_whole() {
    for (name, error) in faults() {
        let mut traffic = Traffic::start().await;
        for _ in 0..3 {
            for verb in VERBS {
                traffic.world.ledger.jam(verb, TIMES, Fault::Fails(error.clone()));
            }
            traffic.goes_on().await;
        }
        traffic.arrives(name).await;
        // What was recorded stays so: the next start sends nothing again.
        let took = traffic.took.lock().unwrap().len();
        let world = traffic.world.restarted().await;
        let next = world.order(&traffic.source, "next").await;
        until(async || traffic.took.lock().unwrap().iter().any(|(_, id)| *id == next.to_string())).await;
        assert_eq!(traffic.took.lock().unwrap().len(), took + 1, "{name}");
    }
}
