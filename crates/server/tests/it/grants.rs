//! Apps: their versions, and what they may do in the shops that installed them.

use serde_json::{Value, json};
use shopwire_core::DialectId;

use crate::platform::{app, install, shop_on};
use crate::world::{SECRET, World, text};

#[tokio::test]
async fn a_grant_is_given_replaced_shown_and_taken() {
    let world = World::new().await;
    let (app, shop) = (app(&world, DialectId::Ecwid).await, shop_on(&world, DialectId::Ecwid).await);
    let grant = format!("/v1/apps/{app}/grants/{shop}");
    world.get(&grant).await.problem(404, "not_found");
    world.delete(&grant).await.problem(404, "not_found");
    let given = world.put(&grant, &json!({"scopes": ["read_orders", "read_products"]})).await.expect(200);
    // The list's own name for one, and what every app has.
    assert_eq!(given["scopes"], json!(["read_catalog", "read_orders", "read_store_profile"]));
    world.clock.advance_ms(1_000);
    let replaced = world.put(&grant, &json!({"scopes": ["read_invoices"]})).await.expect(200);
    assert_eq!(replaced["scopes"], json!(["read_invoices", "read_store_profile"]));
    assert_eq!(replaced["granted_at"], given["granted_at"]);
    assert_ne!(replaced["updated_at"], given["updated_at"]);
    assert_eq!(world.get(&grant).await.expect(200), replaced);
    let shown = world.get(&format!("/v1/apps/{app}")).await.expect(200);
    assert_eq!(shown["grants"], json!([replaced]));
    assert!(!shown.to_string().contains(SECRET), "{shown}");
    assert_eq!(world.delete(&grant).await.status, 204);
    assert_eq!(world.get(&format!("/v1/apps/{app}")).await.expect(200)["grants"], json!([]));
    world.stop().await;
}

#[tokio::test]
async fn a_grant_that_can_not_be_is_refused_with_the_cure() {
    let world = World::new().await;
    let app = app(&world, DialectId::Shoplazza).await;
    let (known, bare) = (shop_on(&world, DialectId::Shoplazza).await, world.shop().await);
    let of = |shop: &str| format!("/v1/apps/{app}/grants/{shop}");
    let unknown = world.put(&of(&known), &json!({"scopes": ["read_orders"]})).await;
    let unknown = unknown.problem(422, "invalid_field");
    assert_eq!(unknown["field"], "scopes");
    let detail = text(&unknown["detail"]);
    assert!(detail.contains("`read_orders`") && detail.contains("`read_order`"), "{detail}");
    let unnamed = world.put(&of(&bare), &json!({"scopes": []})).await.problem(422, "invalid_field");
    assert!(text(&unnamed["detail"]).contains("`shop_domain`"), "{unnamed}");
    world.put(&of(&known), &json!({})).await.problem(400, "malformed_json");
    world.put(&of("shop_x"), &json!({"scopes": []})).await.problem(404, "not_found");
    let nobody = format!("/v1/apps/app_0190000000007fffbfffffffffffffff/grants/{known}");
    world.put(&nobody, &json!({"scopes": []})).await.problem(404, "not_found");
    world.get(&nobody).await.problem(404, "not_found");
    world.stop().await;
}

#[tokio::test]
async fn a_forgotten_shop_is_in_no_grant_and_its_identity_stays_while_it_is() {
    let world = World::new().await;
    let (app, shop) = (app(&world, DialectId::Shoptet).await, shop_on(&world, DialectId::Shoptet).await);
    install(&world, &app, &shop, &[]).await;
    let nameless = world.patch(&format!("/v1/shops/{shop}"), &json!({"identities": {}})).await;
    assert_eq!(nameless.problem(422, "invalid_field")["field"], "identities");
    assert_eq!(world.delete(&format!("/v1/shops/{shop}")).await.status, 204);
    assert_eq!(world.get(&format!("/v1/apps/{app}")).await.expect(200)["grants"], json!([]));
    world.stop().await;
}

#[tokio::test]
async fn only_shoplazzas_apps_have_a_version() {
    let world = World::new().await;
    let new = |dialect: &str, version: Value| json!({"dialect": dialect, "name": "a", "client_secret": SECRET, "webhook_api_version": version});
    let newest = world.made("/v1/apps", new("shoplazza", json!(null))).await;
    assert_eq!(newest["webhook_api_version"], "202207");
    let older = world.made("/v1/apps", new("shoplazza", json!("202007"))).await;
    let path = format!("/v1/apps/{}", text(&older["id"]));
    let later = world.patch(&path, &json!({"webhook_api_version": "202601"})).await.expect(200);
    assert_eq!(later["webhook_api_version"], "202601");
    for (dialect, version) in [("shoplazza", "202001"), ("shoplazza", "latest"), ("duda", "202207")] {
        let refused = world.post("/v1/apps", &new(dialect, json!(version))).await;
        assert_eq!(
            refused.problem(422, "invalid_field")["field"],
            "webhook_api_version",
            "{dialect} {version}"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn an_app_is_not_forgotten_while_an_endpoint_uses_it() {
    let world = World::new().await;
    let app = app(&world, DialectId::Duda).await;
    let new = json!({"name": "a", "app": app, "url": "http://127.0.0.1:9/", "topics": ["PUBLISH"]});
    let endpoint = text(&world.made("/v1/endpoints", new).await["id"]);
    let refused = world.delete(&format!("/v1/apps/{app}")).await.problem(409, "conflict");
    assert!(text(&refused["detail"]).contains(&endpoint), "{refused}");
    assert_eq!(world.delete(&format!("/v1/endpoints/{endpoint}")).await.status, 204);
    assert_eq!(world.delete(&format!("/v1/apps/{app}")).await.status, 204);
    world.stop().await;
}
