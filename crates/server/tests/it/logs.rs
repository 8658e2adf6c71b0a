//! What is logged: each refusal under its request's id, and never a secret.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use shopwire_core::{DialectId, Headers};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::client::send;
use crate::world::{SECRET, World, genuine, text};

/// All that is logged, also by tests that run beside this one: what holds here holds for them too.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("no other test logs");
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let endpoint = json!({
        "name": "erp", "url": "http://127.0.0.1:9/hook",
        "headers": [{"name": "Authorization", "value": "hush_of_the_header"}],
    });
    let endpoint = world.made("/v1/endpoints", endpoint).await;
    let token = world.made("/v1/tokens", json!({"name": "viewer", "role": "read_only"})).await;
    world.event(&source, DialectId::Shoptet, "order:create", "1").await;
    world.post(&format!("/v1/endpoints/{}/test", text(&endpoint["id"])), &json!({})).await.expect(200);
    let mut tampered = genuine(DialectId::Shoptet, "order:create", "169", 1);
    tampered.body.push(b' ');
    let signature = tampered.headers.get("shoptet-webhook-signature").unwrap().to_owned();
    world.deliver(&source, &tampered).await.problem(401, "not_genuine");
    let wrong = Headers::new().with("authorization", "Bearer swt_nobody");
    let refused = send(world.address, "GET", "/v1/shops?name=hush_of_the_query", &wrong, b"").await;
    let request = text(&refused.problem(401, "unauthorized")["request_id"]);
    let logged = log.text();
    assert!(logged.contains("webhook rejected") && logged.contains("/v1/shops"), "{logged}");
    assert!(logged.contains(&request), "{logged}");
    for secret in [
        SECRET,
        "hush_of_the",
        "swt_nobody",
        &signature,
        &world.admin,
        &text(&token["text"]),
        &text(&endpoint["secret"]),
    ] {
        // hyper traces its buffers' lengths, not their bytes; ours are never logged at all.
        assert!(!logged.contains(secret), "{secret}: {logged}");
    }
    world.stop().await;
}
