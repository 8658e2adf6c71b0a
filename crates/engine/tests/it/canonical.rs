//! What a receiver of canonical events gets: Standard Webhooks, judged by an implementation that is not ours.

use shopwire_core::delivery::{ContentMode, CustomHeader};
use shopwire_core::{DialectId, Secret};
use shopwire_engine::configure::EndpointDraft;
use shopwire_testkit::{Received, Reply, ScriptedReceiver};

use crate::egress::NOW;
use crate::world::World;

/// The signature that a secret gives for a request, by the reference implementation.
fn theirs(request: &Received, secret: &Secret) -> String {
    let oracle = standardwebhooks::Webhook::new(secret.expose()).unwrap();
    let timestamp = request.header("webhook-timestamp").unwrap().parse().unwrap();
    oracle.sign(request.header("webhook-id").unwrap(), timestamp, &request.body).unwrap()
}

fn signatures(request: &Received) -> Vec<String> {
    request.header("webhook-signature").unwrap().split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn each_attempt_has_the_same_id_and_its_own_time_and_signature() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500), Reply::status(200)]);
    let (endpoint, secret) = world.endpoint(receiver.url("/")).await;
    let event = world.order(&source, "1").await;
    world.attempts(endpoint.id, 1).await;
    world.pass_ms(5_000).await;
    let requests = receiver.wait_for(2).await;
    for (request, at) in requests.iter().zip([NOW, NOW.plus_ms(5_000)]) {
        assert_eq!(request.header("webhook-id"), Some(event.to_string().as_str()));
        assert_eq!(request.header("webhook-timestamp"), Some(at.as_secs().to_string().as_str()));
        assert_eq!(signatures(request), [theirs(request, &secret)]);
    }
    assert_eq!(requests[0].body, requests[1].body);
    assert_ne!(signatures(&requests[0]), signatures(&requests[1]));
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_sign_and_afterwards_the_new_one_alone() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let (endpoint, old) = world.endpoint(receiver.url("/")).await;
    let (_, new) = world.engine.rotate_endpoint_secret(endpoint.id, None, 60_000).await.unwrap();
    let new = new.unwrap();
    world.order(&source, "1").await;
    let request = receiver.wait_for(1).await.remove(0);
    assert_eq!(signatures(&request), [theirs(&request, &new), theirs(&request, &old)]);
    // The lane runs on: the old one ends by itself.
    world.clock.advance_ms(60_000);
    world.order(&source, "1").await;
    let request = receiver.wait_for(2).await.remove(1);
    assert_eq!(signatures(&request), [theirs(&request, &new)]);
}

#[tokio::test]
async fn a_binary_event_has_its_attributes_in_headers_and_is_signed_alike() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Shoplazza).await;
    let draft = EndpointDraft { mode: ContentMode::Binary, ..World::draft(receiver.url("/")) };
    let (_, secret) = world.engine.create_endpoint(draft).await.unwrap();
    let secret = secret.unwrap();
    let event = world.order(&source, "169").await;
    let request = receiver.wait_for(1).await.remove(0);
    assert_eq!(request.header("ce-id"), Some(event.to_string().as_str()));
    assert_eq!(request.header("ce-type"), Some("shopwire.order.updated"));
    assert_eq!(request.header("ce-subject"), Some("order/169"));
    assert_eq!(request.header("ce-specversion"), Some("1.0"));
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert!(body.get("specversion").is_none() && body.get("object").is_some(), "{body}");
    assert_eq!(signatures(&request), [theirs(&request, &secret)]);
}

#[tokio::test]
async fn custom_headers_come_in_exactly_their_letter_case() {
    let (world, receiver) = (World::new().await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    let header = |name: &str, value: &str| CustomHeader { name: name.to_owned(), value: Secret::new(value) };
    let headers = vec![header("X-ERP-Key", "s3cret"), header("authorization", "Bearer x")];
    let draft = EndpointDraft { headers, ..World::draft(receiver.url("/")) };
    world.engine.create_endpoint(draft).await.unwrap();
    world.order(&source, "1").await;
    let head = receiver.wait_for(1).await.remove(0).head_text();
    assert!(
        head.contains("\r\nX-ERP-Key: s3cret\r\n") && head.contains("\r\nauthorization: Bearer x\r\n"),
        "{head}"
    );
}
