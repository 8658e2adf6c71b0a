//! For each event one call explains its whole story (P8).

use shopwire_core::delivery::{DeadReason, Outcome, RetryPolicy};
use shopwire_core::{DialectId, EventId};
use shopwire_engine::DeliveryState;
use shopwire_engine::configure::EndpointDraft;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::egress::NOW;
use crate::world::World;

#[tokio::test]
async fn it_tells_where_every_delivery_stands_and_why() {
    let world = World::new().await;
    let (_, source) = world.source(DialectId::Ecwid).await;
    let other_shop = world.shop().await;
    let (good, bad, slow) =
        (ScriptedReceiver::start().await, ScriptedReceiver::start().await, ScriptedReceiver::start().await);
    bad.set_replies([Reply::status(500)]);
    slow.set_script(|_| Reply::hang());
    let make = async |draft: EndpointDraft| world.engine.create_endpoint(draft).await.unwrap().0.id;
    let delivered = make(World::draft(good.url("/"))).await;
    let topics = Some(vec!["product.*".to_owned()]);
    let of_topics = make(EndpointDraft { topics, ..World::draft(good.url("/")) }).await;
    let of_shop = make(EndpointDraft { shop: Some(other_shop.id), ..World::draft(good.url("/")) }).await;
    let waiting = make(World::draft(bad.url("/"))).await;
    let retry = RetryPolicy { delays_s: vec![], jitter: 0.0 };
    let dead = make(EndpointDraft { retry: Some(retry), ..World::draft(bad.url("/")) }).await;
    let queued = make(World::draft(slow.url("/"))).await;
    let paused = make(World::draft(good.url("/"))).await;
    world.engine.pause_endpoint(paused).await.unwrap();

    let first = world.receive(&source, "order.updated", "1", 1).await.unwrap().event;
    assert!(world.receive(&source, "order.updated", "1", 1).await.unwrap().merged);
    let follower = world.order(&source, "1").await;
    let later = make(World::draft(good.url("/"))).await;
    for endpoint in [delivered, waiting, dead] {
        world.attempts(endpoint, 1).await;
    }
    world.dead(dead, 2).await;
    slow.wait_for(1).await;

    let says = async |event: EventId, endpoint| world.state(event, endpoint).await;
    assert_eq!(says(first, delivered).await, DeliveryState::Delivered { at: NOW });
    assert_eq!(
        says(first, of_topics).await,
        DeliveryState::Filtered("none of the endpoint's topics covers `order.updated`".to_owned())
    );
    assert_eq!(
        says(first, of_shop).await,
        DeliveryState::Filtered("the endpoint gets the events of another shop".to_owned())
    );
    let last = Some(Outcome::Refused { status: 500 });
    assert_eq!(
        says(first, waiting).await,
        DeliveryState::Waiting { next_at: Some(NOW.plus_ms(5_000)), last }
    );
    assert_eq!(says(follower, waiting).await, DeliveryState::Waiting { next_at: None, last: None });
    assert_eq!(says(first, dead).await, DeliveryState::Dead { reason: DeadReason::Exhausted, at: NOW });
    assert_eq!(says(first, queued).await, DeliveryState::Queued);
    assert_eq!(says(first, paused).await, DeliveryState::Held);
    assert_eq!(says(first, later).await, DeliveryState::BeforeEndpoint);
    // What waits for a retry waits for the operator once the endpoint is paused.
    world.engine.pause_endpoint(waiting).await.unwrap();
    assert_eq!(says(first, waiting).await, DeliveryState::Held);

    let story = world.engine.story(first).await.unwrap().unwrap();
    assert_eq!((story.logged.event.id, story.merges.count), (first, 1));
    assert!(story.deliveries.iter().all(|d| d.attempts.iter().all(|a| a.endpoint == d.endpoint.id)));
    assert!(world.engine.story(EventId::from_bytes([9; 16])).await.unwrap().is_none());
}
