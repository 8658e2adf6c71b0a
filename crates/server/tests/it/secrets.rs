//! Secrets are shown once, and stand in no later answer.

use serde_json::json;
use shopwire_core::DialectId;

use crate::world::{SECRET, World, text};

#[tokio::test]
async fn no_secret_stands_in_any_later_answer() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let app = json!({"dialect": "duda", "name": "app", "client_secret": "aHVzaCBvZiB0aGUgYXBw"});
    let app = text(&world.made("/v1/apps", app).await["id"]);
    let endpoint = json!({
        "name": "erp", "url": "http://127.0.0.1:9/hook",
        "headers": [{"name": "Authorization", "value": "hush_of_the_header"}],
    });
    let endpoint = world.made("/v1/endpoints", endpoint).await;
    let id = text(&endpoint["id"]);
    let rotated = world.post(&format!("/v1/endpoints/{id}/rotate_secret"), &json!({})).await.expect(200);
    let token = world.made("/v1/tokens", json!({"name": "viewer", "role": "read_only"})).await;
    let event = world.event(&source, DialectId::Shoptet, "order:create", "1").await;
    let secrets = [
        SECRET.to_owned(),
        "aHVzaCBvZiB0aGUgYXBw".to_owned(),
        "hush_of_the_header".to_owned(),
        text(&endpoint["secret"]),
        text(&rotated["secret"]),
        text(&token["text"]),
        world.admin.clone(),
    ];
    let mut answers = vec![
        world.patch(&format!("/v1/sources/{source}"), &json!({"name": "new"})).await,
        world.patch(&format!("/v1/apps/{app}"), &json!({"name": "new"})).await,
        world.patch(&format!("/v1/endpoints/{id}"), &json!({"name": "new"})).await,
        world.post(&format!("/v1/endpoints/{id}/pause"), &json!({})).await,
        world.post(&format!("/v1/endpoints/{id}/test"), &json!({})).await,
    ];
    for path in [
        "/v1/shops",
        "/v1/apps",
        "/v1/sources",
        "/v1/endpoints",
        "/v1/tokens",
        "/v1/events",
        "/v1/attempts",
        "/v1/deliveries",
        "/v1/dead_letters",
        "/v1/rejections",
        "/metrics",
    ] {
        answers.push(world.get(path).await);
    }
    for path in [
        format!("/v1/apps/{app}"),
        format!("/v1/sources/{source}"),
        format!("/v1/endpoints/{id}"),
        format!("/v1/events/{event}"),
        format!("/v1/tokens/{}", text(&token["id"])),
    ] {
        answers.push(world.get(&path).await);
    }
    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        let shown = answer.text();
        for secret in &secrets {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn a_secret_that_is_refused_is_not_repeated() {
    let world = World::new().await;
    let shop = world.shop().await;
    for (path, body) in [
        ("/v1/apps", json!({"dialect": "duda", "name": "a", "client_secret": " hush"})),
        (
            "/v1/sources",
            json!({"shop": shop, "dialect": "duda", "name": "a", "keys": [{"kind": "signing", "secret": "hush\n"}]}),
        ),
        ("/v1/endpoints", json!({"name": "a", "url": "http://127.0.0.1:9/", "secret": "hush"})),
        (
            "/v1/endpoints",
            json!({"name": "a", "url": "http://127.0.0.1:9/", "headers": [{"name": "X-A", "value": "hush\r\n"}]}),
        ),
    ] {
        let problem = world.post(path, &body).await.problem(422, "invalid_field");
        assert!(!problem.to_string().contains("hush"), "{problem}");
    }
    world.stop().await;
}
