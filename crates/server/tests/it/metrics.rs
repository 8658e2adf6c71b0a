//! Metrics and health.

use std::collections::BTreeMap;

use shopwire_core::{DialectId, Headers};

use crate::client::send;
use crate::world::{World, genuine};

/// Samples by their name with labels. Every line must be one, or a comment.
fn samples(text: &str) -> BTreeMap<&str, f64> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect(line);
            (name, value.parse().expect(line))
        })
        .collect()
}

#[tokio::test]
async fn metrics_are_well_formed_and_count() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let webhook = genuine(DialectId::Shoptet, "order:create", "169", 1);
    assert_eq!(world.deliver(&source, &webhook).await.status, 200);
    assert_eq!(world.deliver(&source, &webhook).await.status, 200);
    let mut tampered = webhook;
    tampered.body.push(b' ');
    assert_eq!(world.deliver(&source, &tampered).await.status, 401);
    let answer = world.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.get("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text();
    let samples = samples(&text);
    for (result, count) in [("received", 1.0), ("merged", 1.0), ("rejected", 1.0)] {
        let name = format!("shopwire_webhooks_total{{dialect=\"shoptet\",result=\"{result}\"}}");
        assert_eq!(samples.get(name.as_str()), Some(&count), "{text}");
    }
    assert_eq!(samples.get("shopwire_accept_seconds_count"), Some(&2.0), "{text}");
    assert_eq!(samples["shopwire_accept_seconds_bucket{le=\"+Inf\"}"], 2.0);
    let names: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    insta::assert_snapshot!("metric names", names.join("\n"));
    world.stop().await;
}

#[tokio::test]
async fn health_needs_no_token() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(send(world.address, "GET", path, &Headers::new(), b"").await.status, 200, "{path}");
    }
    world.engine.ledger().close().await.unwrap();
    assert_eq!(send(world.address, "GET", "/healthz", &Headers::new(), b"").await.status, 200);
    let problem = send(world.address, "GET", "/readyz", &Headers::new(), b"").await;
    problem.problem(503, "unavailable");
    let refused = world.get("/v1/events").await;
    refused.problem(503, "unavailable");
    assert_eq!(refused.headers.get("retry-after"), Some("1"));
}
