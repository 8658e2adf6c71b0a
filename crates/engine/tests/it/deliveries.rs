//! From a received webhook to its deliveries.

use shopwire_core::{DialectId, Headers};
use shopwire_dialects::cloudevents::{SigningKey, verify};
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::world::World;

#[tokio::test]
async fn a_webhook_becomes_a_signed_canonical_delivery() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::BigCommerce).await;
    let (_, secret) = world.endpoint(receiver.url("/events")).await;
    let receipt = world.receive(&source, "store/order/created", "169", 1).await.unwrap();
    let request = receiver.wait_for(1).await.remove(0);
    let headers: Headers = request.headers.iter().collect();
    let keys = [SigningKey::parse(&secret).unwrap()];
    verify(&headers, &request.body, &keys, world.engine.timer().now()).unwrap();
    assert_eq!(headers.get("webhook-id"), Some(receipt.event.to_string().as_str()));
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["type"], &body["subject"]), (&"shopwire.order.created".into(), &"order/169".into()));
}

#[tokio::test]
async fn a_failed_delivery_is_retried_on_time_with_the_same_id() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::BigCommerce).await;
    receiver.set_replies([Reply::status(500), Reply::status(500), Reply::status(200)]);
    world.endpoint(receiver.url("/events")).await;
    world.receive(&source, "store/order/created", "169", 1).await.unwrap();
    receiver.wait_for(1).await;
    for (attempt, wait_ms) in [(2, 5_000), (3, 300_000)] {
        world.due_in(wait_ms).await;
        world.clock.advance_ms(wait_ms);
        receiver.wait_for(attempt).await;
    }
    let ids: Vec<_> =
        receiver.requests().iter().map(|r| r.header("webhook-id").unwrap().to_owned()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn many_webhooks_arrive_once_each_and_in_order_of_their_subject() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::BigCommerce).await;
    world.endpoint(receiver.url("/events")).await;
    let mut sent = Vec::new();
    for n in 0..300u64 {
        let id = (n % 7).to_string();
        let receipt = world.receive(&source, "store/order/updated", &id, n).await.unwrap();
        sent.push((format!("order/{id}"), receipt.event.to_string()));
    }
    let got: Vec<(String, String)> = receiver
        .wait_for(300)
        .await
        .iter()
        .map(|request| {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            (body["subject"].as_str().unwrap().to_owned(), body["id"].as_str().unwrap().to_owned())
        })
        .collect();
    for subject in 0..7 {
        let of = |all: &[(String, String)]| -> Vec<String> {
            let name = format!("order/{subject}");
            all.iter().filter(|(s, _)| *s == name).map(|(_, id)| id.clone()).collect()
        };
        assert_eq!(of(&got), of(&sent), "order/{subject}");
    }
}

#[tokio::test]
async fn what_was_not_delivered_is_delivered_after_a_restart() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/events")).await;
    world.engine.pause_endpoint(endpoint.id).await.unwrap();
    for n in 0..200 {
        world.receive(&source, "order.updated", &n.to_string(), n).await.unwrap();
    }
    let world = world.restarted().await;
    assert_eq!(receiver.requests().len(), 0);
    world.engine.resume_endpoint(endpoint.id).await.unwrap();
    receiver.wait_for(200).await;
    let world = world.restarted().await;
    world.receive(&source, "order.updated", "last", 999).await.unwrap();
    assert_eq!(receiver.wait_for(201).await.len(), 201);
}

#[tokio::test]
async fn the_connection_of_an_endpoint_that_has_gone_silent_is_closed() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, _) = world.endpoint(receiver.url("/")).await;
    world.order(&source, "1").await;
    world.attempts(endpoint.id, 1).await;
    world.pass_ms(30_000).await;
    receiver.wait_for_closed(1).await;
    world.order(&source, "2").await;
    assert_eq!(receiver.wait_for(2).await[1].connection, 2);
}
