//! Who may do what: the matrix over everything there is.

use serde_json::{Value, json};
use shopwire_core::Headers;

use crate::client::send;
use crate::world::{World, text};

/// Every operation of the document, with an id in place of parameters: method, path, whether it asks for a token.
fn operations(document: &Value) -> Vec<(String, String, bool)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let path = path
                .replace("{source}", "src_0190000000007fffbfffffffffffffff")
                .replace("{id}", "none")
                .replace("{dialect}", "none")
                .replace("{type}", "none");
            operations.push((method.to_uppercase(), path, operation.get("security").is_some()));
        }
    }
    operations
}

#[tokio::test]
async fn everything_but_webhooks_and_health_asks_for_a_token() {
    let world = World::new().await;
    let document = send(world.address, "GET", "/openapi.json", &Headers::new(), b"").await.expect(200);
    let operations = operations(&document);
    assert!(operations.len() > 40, "{}", operations.len());
    let open: Vec<_> =
        operations.iter().filter(|(.., guarded)| !guarded).map(|(_, path, _)| path.as_str()).collect();
    assert_eq!(open, ["/healthz", "/in/src_0190000000007fffbfffffffffffffff", "/openapi.json", "/readyz"]);
    let wrong = Headers::new().with("authorization", "Bearer swt_wrong");
    let basic = Headers::new().with("authorization", format!("Basic {}", world.admin));
    for (method, path, guarded) in operations {
        for headers in [&Headers::new(), &wrong, &basic] {
            let answer = send(world.address, &method, &path, headers, b"").await;
            if guarded {
                answer.problem(401, "unauthorized");
                assert!(answer.headers.get("www-authenticate").unwrap().starts_with("Bearer"), "{path}");
            } else {
                assert_ne!(answer.status, 401, "{method} {path}");
            }
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn who_may_only_look_can_look_and_change_nothing() {
    let world = World::new().await;
    let token = world.made("/v1/tokens", json!({"name": "viewer", "role": "read_only"})).await;
    let headers = Headers::new().with("authorization", format!("bearer {}", text(&token["text"])));
    let document = world.get("/openapi.json").await.expect(200);
    for (method, path, guarded) in operations(&document) {
        if !guarded {
            continue;
        }
        let answer = send(world.address, &method, &path, &headers, b"{}").await;
        if method == "GET" {
            assert!(matches!(answer.status, 200 | 404), "{method} {path}: {}", answer.status);
        } else {
            answer.problem(403, "forbidden");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn a_deleted_token_opens_nothing_and_the_last_admin_stays() {
    let world = World::new().await;
    let second = world.made("/v1/tokens", json!({"name": "second", "role": "admin"})).await;
    let headers = Headers::new().with("authorization", format!("Bearer {}", text(&second["text"])));
    send(world.address, "GET", "/v1/shops", &headers, b"").await.expect(200);
    let path = format!("/v1/tokens/{}", text(&second["id"]));
    assert_eq!(world.delete(&path).await.status, 204);
    send(world.address, "GET", "/v1/shops", &headers, b"").await.problem(401, "unauthorized");
    let first = text(&world.all("/v1/tokens", 10).await[0]["id"]);
    let problem = world.delete(&format!("/v1/tokens/{first}")).await.problem(409, "conflict");
    assert!(text(&problem["detail"]).contains("last admin"), "{problem}");
    world.get(&path).await.problem(404, "not_found");
    world.delete(&path).await.problem(404, "not_found");
    world.stop().await;
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let world = World::new().await;
    assert!(world.engine.ensure_admin().await.unwrap().is_none());
    assert_eq!(world.all("/v1/tokens", 10).await.len(), 1);
    world.stop().await;
}
