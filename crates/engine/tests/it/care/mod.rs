//! The care that endpoints get: rate, window, breaker, what is told of them and when they are given up.

mod breaker;
mod pace;
mod told;

use serde_json::Value;
use shopwire_core::EndpointId;
use shopwire_core::delivery::{Endpoint, RetryPolicy};
use shopwire_engine::EndpointHealth;
use shopwire_engine::configure::EndpointDraft;
use shopwire_testkit::{Received, Reply, ScriptedReceiver};

use crate::world::World;

/// How an endpoint is sent to just now.
fn health(world: &World, id: EndpointId) -> EndpointHealth {
    world.engine.endpoint_health(&configured(world, id))
}

fn configured(world: &World, id: EndpointId) -> Endpoint {
    world.engine.directory().endpoints.get(id).unwrap().as_ref().clone()
}

/// A receiver that refuses everything.
async fn refusing() -> ScriptedReceiver {
    let receiver = ScriptedReceiver::start().await;
    receiver.set_replies([Reply::status(500)]);
    receiver
}

/// An endpoint that is tried again every two minutes.
fn patient(url: String) -> EndpointDraft {
    let retry = RetryPolicy { delays_s: vec![120; 45], jitter: 0.0 };
    EndpointDraft { retry: Some(retry), ..World::draft(url) }
}

/// The types of the operational events in the log, oldest first.
async fn told(world: &World) -> Vec<String> {
    let log = world.log().await;
    log.iter()
        .filter(|head| head.event_type.operational().is_some())
        .map(|head| head.event_type.to_string())
        .collect()
}

fn json(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}
