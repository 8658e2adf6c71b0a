//! A store without room: platforms are asked to come again, and nothing is half done.

use serde_json::json;
use shopwire_core::Limits;
use shopwire_store::StoreError;

use crate::client::Answer;
use crate::unreliable::{Fault, Unreliable};
use crate::world::{ORDERS, World, genuine};

/// The answer is a refusal that tells when to come back, and does not show what the store said.
#[track_caller]
fn come_again(answer: &Answer, code: &str) {
    let problem = answer.problem(503, code);
    assert_eq!(answer.headers.get("retry-after"), Some("1"), "{problem}");
    assert!(!problem.to_string().contains("sda1"), "{problem}");
    assert_eq!(answer.headers.get("shopwire-event-id"), None);
}

async fn jammed() -> (World, std::sync::Arc<Unreliable>) {
    let mut door = None;
    let world = World::over(Limits::default(), |ledger| {
        let unreliable = Unreliable::over(ledger);
        door = Some(unreliable.clone());
        unreliable
    });
    (world.await, door.unwrap())
}

#[tokio::test]
async fn a_webhook_without_room_is_refused_with_503_and_taken_in_when_there_is_room_again() {
    let (world, ledger) = jammed().await;
    for (dialect, topic) in ORDERS {
        let (source, webhook) = (world.source(dialect).await, genuine(dialect, topic, "169", 1));
        let of_dialect = format!("/v1/events?dialect={dialect}");
        for (fault, code) in [
            (StoreError::Full("no space left on sda1".to_owned()), "busy"),
            (StoreError::Unavailable("sda1: disk I/O error".to_owned()), "unavailable"),
        ] {
            ledger.jam("append", 2, Fault::Fails(fault));
            for _ in 0..2 {
                come_again(&world.deliver(&source, &webhook).await, code);
            }
            assert!(world.all(&of_dialect, 10).await.is_empty(), "{dialect}");
        }
        // The very same bytes: a refused webhook must not be remembered as seen.
        let answer = world.deliver(&source, &webhook).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{dialect}: {answer:?}");
        let event = world.all(&of_dialect, 10).await.pop().unwrap();
        assert_eq!(event["id"].as_str(), answer.headers.get("shopwire-event-id"), "{dialect}");
        assert_eq!(event["topic"], topic);
    }
    assert!(world.all("/v1/rejections", 10).await.is_empty(), "our trouble is not booked on the sender");
    world.stop().await;
}

#[tokio::test]
async fn configuration_without_room_is_refused_with_503_and_nothing_of_it_stays() {
    let (world, ledger) = jammed().await;
    ledger.jam("save", 1, Fault::Fails(StoreError::Full("no space left on sda1".to_owned())));
    let shop = json!({"name": "Teapots"});
    come_again(&world.post("/v1/shops", &shop).await, "busy");
    assert!(world.all("/v1/shops", 10).await.is_empty());
    world.made("/v1/shops", shop).await;
    assert_eq!(world.all("/v1/shops", 10).await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_server_whose_store_can_not_be_read_says_that_it_is_not_ready() {
    let (world, ledger) = jammed().await;
    assert_eq!(world.get("/readyz").await.status, 200);
    ledger.jam("head", 1, Fault::Fails(StoreError::Unavailable("sda1: disk I/O error".to_owned())));
    come_again(&world.get("/readyz").await, "unavailable");
    assert_eq!(world.get("/healthz").await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);
    world.stop().await;
}

#[tokio::test]
async fn a_server_without_room_says_that_it_is_not_ready_until_there_is_room_again() {
    let (world, ledger) = jammed().await;
    let full = || Fault::Fails(StoreError::Full("no space left on sda1".to_owned()));
    let (dialect, topic) = ORDERS[0];
    let (source, webhook) = (world.source(dialect).await, genuine(dialect, topic, "169", 1));
    assert_eq!(world.get("/readyz").await.status, 200);
    ledger.jam("append", 1, full());
    ledger.jam("remember", 2, full());
    come_again(&world.deliver(&source, &webhook).await, "busy");
    for _ in 0..2 {
        come_again(&world.get("/readyz").await, "busy");
    }
    // Nobody sends anything to who is not ready: it finds out by itself.
    assert_eq!(world.get("/readyz").await.status, 200);
    assert_eq!(world.deliver(&source, &webhook).await.status, 200);
    ledger.jam("append", 1, full());
    come_again(&world.deliver(&source, &genuine(dialect, topic, "170", 2)).await, "busy");
    assert_eq!(world.deliver(&source, &genuine(dialect, topic, "170", 2)).await.status, 200);
    let probes = ledger.calls("remember");
    assert_eq!(world.get("/readyz").await.status, 200);
    assert_eq!(ledger.calls("remember"), probes, "who just wrote something need not try");
    world.stop().await;
}

#[tokio::test]
async fn erasures_and_backups_without_room_are_refused_with_503() {
    let (world, ledger) = jammed().await;
    let full = || Fault::Fails(StoreError::Full("no space left on sda1".to_owned()));
    let shop = world.made("/v1/shops", json!({"name": "Teapots"})).await;
    let path = format!("/v1/shops/{}/erasures", shop["id"].as_str().unwrap());
    ledger.jam("erase", 1, full());
    let erasure = json!({"subject": "customer/42"});
    come_again(&world.post(&path, &erasure).await, "busy");
    assert_eq!(world.post(&path, &erasure).await.status, 200);
    ledger.jam("back_up", 1, full());
    come_again(&world.post("/v1/backups", &json!({"name": "one"})).await, "busy");
    assert_eq!(world.post("/v1/backups", &json!({"name": "two"})).await.status, 201);
    world.stop().await;
}
