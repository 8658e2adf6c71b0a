//! Two writers to one entity never lose or invent an event: not in one process, and not in two.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use shopwire_core::{EventId, Limits};
use shopwire_engine::capture::{CaptureError, Expectation, Writing, Written};
use shopwire_engine::configure::RegistrationConfig;
use shopwire_engine::egress::{Egress, SystemResolver};
use shopwire_engine::{Engine, EngineParts};
use shopwire_store::{EntityKey, Ledger};
use shopwire_testkit::SeededRandom;

use crate::SimTimer;
use crate::changing::{object, order, put, recorded, said};
use crate::egress::loopback;
use crate::world::World;

const WRITERS: usize = 8;
const WRITES: usize = 40;

/// A second engine on the same store, which knows nothing of the first one's turns.
async fn another(world: &World) -> Engine {
    let timer = Arc::new(SimTimer(world.clock.clone()));
    let egress = Egress::new(loopback(), Arc::clone(&timer) as _, Arc::new(SystemResolver)).unwrap();
    let ledger = Arc::clone(&world.ledger) as Arc<dyn Ledger>;
    let random = Arc::new(SeededRandom::new(4_711));
    Engine::start(EngineParts {
        ledger,
        timer,
        random,
        egress,
        limits: Limits::default(),
        registration: RegistrationConfig::default(),
    })
    .await
    .unwrap()
}

/// Many writers, each with states of its own, some of them meeting.
async fn race(engines: &[Engine], key: &EntityKey) -> Vec<Written> {
    let writer = |engine: Engine, writer: usize, key: EntityKey| async move {
        let mut done = Vec::new();
        for n in 0..WRITES {
            // Every fourth state is one that others write as well.
            let status = if n % 4 == 0 { "pending".to_owned() } else { format!("{writer}-{n}") };
            match put(&engine, &key, json!({ "status": status })).await {
                Ok(written) => done.push(written),
                Err(CaptureError::Contended) => {}
                Err(error) => panic!("{error}"),
            }
            tokio::task::yield_now().await;
        }
        done
    };
    let tasks: Vec<_> = (0..WRITERS)
        .map(|n| tokio::spawn(writer(engines[n % engines.len()].clone(), n, key.clone())))
        .collect();
    let mut done = Vec::new();
    for task in tasks {
        done.extend(task.await.unwrap());
    }
    done
}

/// The log is one chain from version to version, and says what the writers were told.
async fn check(world: &World, key: &EntityKey, done: &[Written]) {
    let log = world.events().await;
    let told: BTreeMap<EventId, u64> = done
        .iter()
        .flat_map(|written| written.events.iter().map(|given| (given.id, written.version)))
        .collect();
    assert_eq!(told.len(), log.len(), "none is lost, none invented");
    let mut at = (0, Value::Null);
    for event in &log {
        let (version, said) = (recorded(event).version, said(event));
        assert_eq!(told.get(&event.id), Some(&version));
        if version == at.0 {
            assert_eq!(said["object"]["status"], at.1);
            continue;
        }
        assert_eq!(version, at.0 + 1, "no version is without events, since each changed the status");
        assert_eq!(said["previous"]["status"], at.1, "each follows from the one before");
        at = (version, said["object"]["status"].clone());
    }
    let last = world.engine.entity(key).await.unwrap().unwrap();
    let state: Value = serde_json::from_slice(&last.entity).unwrap();
    assert_eq!((last.version, &state["status"]), (at.0, &at.1));
    assert!(at.0 > (WRITERS * WRITES / 2) as u64, "{}", at.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_in_one_process_wait_for_each_other() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let done = race(std::slice::from_ref(&world.engine), &key).await;
    assert_eq!(done.len(), WRITERS * WRITES);
    check(&world, &key, &done).await;
    assert_eq!(world.engine.metrics().change_conflicts.get(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_that_know_nothing_of_each_other_begin_anew() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let other = another(&world).await;
    let engines = [world.engine.clone(), other.clone()];
    let done = race(&engines, &key).await;
    check(&world, &key, &done).await;
    let conflicts: u64 = engines.iter().map(|engine| engine.metrics().change_conflicts.get()).sum();
    assert!(conflicts > 0, "they did not even meet");
}

/// Of all who say "if it is still at this version", one is right.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_expect_the_same_version_one_writes() {
    let world = World::new().await;
    let key = order(world.shop().await.id, "169");
    let engines = [world.engine.clone(), another(&world).await];
    put(&world.engine, &key, json!({"status": "pending"})).await.unwrap();
    for version in 1..20 {
        let writers = (0..WRITERS).map(|n| {
            let (engine, key) = (engines[n % 2].clone(), key.clone());
            let writing = Writing { expectation: Expectation::Version(version), ..Writing::default() };
            let entity = object(json!({ "status": format!("{version}-{n}") }));
            tokio::spawn(async move { engine.put_entity(key, entity, writing).await })
        });
        let mut done = 0;
        for writer in writers.collect::<Vec<_>>() {
            match writer.await.unwrap() {
                Ok(written) => {
                    assert_eq!(written.version, version + 1);
                    done += 1;
                }
                Err(error) => assert_eq!(error, CaptureError::Unexpected { version: Some(version + 1) }),
            }
        }
        assert_eq!(done, 1);
    }
}
