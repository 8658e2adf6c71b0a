//! Lanes that read on from the log: they share what they read, come back to what passes from memory, and keep nothing that was
//! erased.

use futures_util::future::join_all;
use shopwire_core::delivery::DeadReason;
use shopwire_core::{DialectId, EndpointId, Source};
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::world::{World, ids, until};

/// Endpoints that have a backlog of so many orders when the engine is started again: their receiver hangs.
async fn backlog(endpoints: usize, orders: u64) -> (World, ScriptedReceiver, Source, Vec<EndpointId>) {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::hang()]);
    let mut made = Vec::new();
    for _ in 0..endpoints {
        made.push(world.endpoint(receiver.url("/")).await.0.id);
    }
    join_all((0..orders).map(async |n| world.order(&source, &n.to_string()).await)).await;
    (world, receiver, source, made)
}

#[tokio::test]
async fn what_many_read_is_read_once() {
    let (world, receiver, _, endpoints) = backlog(10, 640).await;
    receiver.set_replies([Reply::status(200)]);
    let world = world.crashed().await;
    for endpoint in &endpoints {
        world.attempts(*endpoint, 640).await;
    }
    let read = world.ledger.calls("read_after");
    // Ten pages, and the ends of the log that each of them comes to; by themselves they would read a hundred.
    assert!((10..=40).contains(&read), "{read} pages were read for ten endpoints");
}

#[tokio::test]
async fn a_lane_that_has_nearly_caught_up_is_fed_from_memory_although_more_comes_all_the_time() {
    let (world, receiver, source, endpoints) = backlog(1, 640).await;
    receiver.set_replies([Reply::status(200)]);
    let world = world.crashed().await;
    // More comes with each that is delivered, so that the end of the log runs ahead of the lane until it is fed.
    let mut sent = 640;
    until(async || {
        world.order(&source, &sent.to_string()).await;
        sent += 1;
        world.engine.metrics().lanes_hot.get() == 1
    })
    .await;
    world.attempts(endpoints[0], usize::try_from(sent).unwrap()).await;
    let read = world.ledger.calls("read_after");
    for n in 0..100 {
        world.order(&source, &format!("later-{n}")).await;
    }
    world.attempts(endpoints[0], usize::try_from(sent).unwrap() + 100).await;
    assert_eq!(world.ledger.calls("read_after"), read);
}

#[tokio::test]
async fn nothing_that_was_erased_is_sent_from_a_page_that_somebody_still_reads() {
    let (world, receiver, source, endpoints) = backlog(2, 64).await;
    let world = world.crashed().await;
    // Both have the page: sixteen of each are on the wire, the others wait.
    until(async || world.engine.metrics().in_flight.get() == 2 * 16).await;
    let log = world.log().await;
    let last = log.iter().find(|logged| logged.subject.id() == "63").unwrap();
    world.engine.erase(source.shop, vec![last.subject.clone()]).await.unwrap();
    receiver.set_replies([Reply::status(200)]);
    let id = last.id.to_string();
    for endpoint in endpoints {
        // What hangs runs out of time, and then the breaker lets a probe through.
        until(async || {
            world.clock.advance_ms(1_000);
            !world.dead(endpoint, 0).await.is_empty()
        })
        .await;
        let dead = world.dead(endpoint, 1).await;
        assert_eq!((dead.len(), dead[0].event, dead[0].reason), (1, last.id, DeadReason::Erased));
    }
    assert!(!ids(&receiver.requests()).contains(&id));
}
