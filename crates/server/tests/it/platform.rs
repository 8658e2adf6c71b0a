//! What the tests of the platforms' own endpoints have in common.

use serde_json::{Value, json};
use shopwire_core::DialectId;

use crate::client::Answer;
use crate::world::{SECRET, World, text};

/// An app of a platform.
pub(crate) async fn app(world: &World, dialect: DialectId) -> String {
    let new = json!({"dialect": dialect, "name": "app", "client_secret": SECRET});
    text(&world.made("/v1/apps", new).await["id"])
}

/// A shop that has all parts of an identity on a platform.
pub(crate) async fn shop_on(world: &World, dialect: DialectId) -> String {
    let needed = shopwire_dialects::get(dialect).unwrap().registration().identity;
    let parts: serde_json::Map<_, _> =
        needed.iter().map(|part| ((*part).to_owned(), json!("1003"))).collect();
    let new = json!({"name": "Teapots", "identities": {dialect.as_str(): parts}});
    text(&world.made("/v1/shops", new).await["id"])
}

/// Installs an app in a shop.
pub(crate) async fn install(world: &World, app: &str, shop: &str, scopes: &[&str]) {
    world.put(&format!("/v1/apps/{app}/grants/{shop}"), &json!({"scopes": scopes})).await.expect(200);
}

/// Asks for an endpoint of an app.
pub(crate) async fn ask(world: &World, app: &str, shop: Option<&str>, url: &str, topics: &[&str]) -> Answer {
    let new = json!({"name": "a", "app": app, "shop": shop, "url": url, "topics": topics});
    world.post("/v1/endpoints", &new).await
}

/// The rule by which an endpoint was refused, with the platform's own answer.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16) -> (String, Value) {
    let code = if status == 409 { "platform_conflict" } else { "platform_rule" };
    let problem = answer.problem(status, code);
    (text(&problem["rule"]), problem["platform_answer"].clone())
}
