//! Shops, apps and sources.

use serde_json::json;
use shopwire_core::{DialectId, Limits};

use crate::world::{SECRET, World, genuine, signed, text};

#[tokio::test]
async fn a_shop_is_made_changed_and_forgotten() {
    let world = World::new().await;
    let answer = world
        .post("/v1/shops", &json!({"name": " Teapots ", "identities": {"duda": {"site_name": "t"}}}))
        .await;
    let shop = answer.expect(201);
    let path = text(&json!(answer.headers.get("location").unwrap()));
    assert_eq!(path, format!("/v1/shops/{}", text(&shop["id"])));
    assert_eq!(world.get(&path).await.expect(200), shop);
    assert_eq!(shop["name"], "Teapots");
    world.clock.advance_ms(1000);
    let changed = world.patch(&path, &json!({"name": "Kettles"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["identities"]), (&json!("Kettles"), &shop["identities"]));
    assert_ne!(changed["updated_at"], changed["created_at"]);
    assert_eq!(world.delete(&path).await.status, 204);
    world.get(&path).await.problem(404, "not_found");
    world.patch(&path, &json!({})).await.problem(404, "not_found");
    world.delete(&path).await.problem(404, "not_found");
    world.stop().await;
}

#[tokio::test]
async fn shops_that_can_not_be_are_refused_by_field() {
    let world = World::with(Limits { shops_max: 1, ..Limits::default() }).await;
    for (shop, field) in [
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"name": "a", "identities": {"ecwid": {"eshop_id": "1"}}}), "identities"),
        (json!({"name": "a", "identities": {"cloudevents": {"x": "1"}}}), "identities"),
    ] {
        assert_eq!(world.post("/v1/shops", &shop).await.problem(422, "invalid_field")["field"], field);
    }
    world.shop().await;
    let problem = world.post("/v1/shops", &json!({"name": "two"})).await.problem(422, "limit_reached");
    assert_eq!((&problem["limit"], &problem["max"]), (&json!("shops_max"), &json!(1)));
    world.stop().await;
}

#[tokio::test]
async fn a_shop_in_use_is_not_forgotten() {
    let world = World::new().await;
    let source = world.source(DialectId::Duda).await;
    let shop = text(&world.get(&format!("/v1/sources/{source}")).await.expect(200)["shop"]);
    let problem = world.delete(&format!("/v1/shops/{shop}")).await.problem(409, "conflict");
    assert!(text(&problem["detail"]).contains(&source), "{problem}");
    world.delete(&format!("/v1/sources/{source}")).await;
    assert_eq!(world.delete(&format!("/v1/shops/{shop}")).await.status, 204);
    world.stop().await;
}

#[tokio::test]
async fn an_apps_secret_verifies_its_sources_and_can_be_rotated() {
    let world = World::new().await;
    let app =
        json!({"dialect": "bigcommerce", "name": "app", "client_id": "c1", "client_secret": "old_secret"});
    let app = text(&world.made("/v1/apps", app).await["id"]);
    let source = json!({"shop": world.shop().await, "dialect": "bigcommerce", "name": "main", "app": app});
    let source = text(&world.made("/v1/sources", source).await["id"]);
    let webhook = genuine(DialectId::BigCommerce, "store/order/created", "169", 1);
    world.deliver(&source, &webhook).await.problem(401, "not_genuine");
    let rotate = format!("/v1/apps/{app}/rotate_secret");
    let rotated = world.post(&rotate, &json!({"client_secret": SECRET, "overlap_ms": 0})).await.expect(200);
    assert_eq!(rotated["secrets"].as_array().unwrap().len(), 1);
    assert_eq!(world.deliver(&source, &webhook).await.status, 200);
    let problem = world.delete(&format!("/v1/apps/{app}")).await.problem(409, "conflict");
    assert!(text(&problem["detail"]).contains(&source), "{problem}");
    let source = format!("/v1/sources/{source}");
    let problem = world.patch(&source, &json!({"app": null})).await.problem(422, "invalid_field");
    assert_eq!(problem["field"], "keys");
    assert_eq!(world.delete(&source).await.status, 204);
    assert_eq!(world.delete(&format!("/v1/apps/{app}")).await.status, 204);
    world.stop().await;
}

#[tokio::test]
async fn apps_are_changed_listed_and_refused() {
    let world = World::new().await;
    let app = json!({"dialect": "duda", "name": "app", "client_id": "c1", "client_secret": "c2VjcmV0"});
    let app = format!("/v1/apps/{}", text(&world.made("/v1/apps", app).await["id"]));
    let changed = world.patch(&app, &json!({"name": "new", "client_id": null})).await.expect(200);
    assert_eq!((&changed["name"], &changed["client_id"]), (&json!("new"), &json!(null)));
    assert_eq!(world.get(&app).await.expect(200), changed);
    assert_eq!(world.all("/v1/apps?dialect=duda", 5).await.len(), 1);
    assert!(world.all("/v1/apps?dialect=ecwid", 5).await.is_empty());
    for (wrong, field) in [
        (json!({"dialect": "cloudevents", "name": "a", "client_secret": "c2VjcmV0"}), "dialect"),
        (json!({"dialect": "duda", "name": "a", "client_secret": "no base64!"}), "client_secret"),
        (json!({"dialect": "duda", "name": "a", "client_secret": ""}), "client_secret"),
        (json!({"dialect": "duda", "name": "a", "client_secret": " c2VjcmV0"}), "client_secret"),
        (json!({"dialect": "duda", "name": "a", "client_secret": "c2VjcmV0", "client_id": ""}), "client_id"),
    ] {
        assert_eq!(world.post("/v1/apps", &wrong).await.problem(422, "invalid_field")["field"], field);
    }
    let week = 7 * 24 * 3_600_000_u64;
    let rotate = format!("{app}/rotate_secret");
    let problem = world.post(&rotate, &json!({"client_secret": "c2VjcmV0", "overlap_ms": week + 1})).await;
    assert_eq!(problem.problem(422, "invalid_field")["field"], "overlap_ms");
    world.stop().await;
}

#[tokio::test]
async fn a_sources_former_key_is_good_for_the_overlap_and_no_longer() {
    let world = World::new().await;
    let source = world.source(DialectId::Shoptet).await;
    let rotate = format!("/v1/sources/{source}/rotate_secret");
    let new = json!({"key": {"kind": "signing", "secret": "new"}, "overlap_ms": 60_000});
    assert_eq!(world.post(&rotate, &new).await.expect(200)["keys"].as_array().unwrap().len(), 2);
    let webhook = genuine(DialectId::Shoptet, "order:create", "169", 1);
    assert_eq!(world.deliver(&source, &webhook).await.status, 200);
    world.clock.advance_ms(60_000);
    world.deliver(&source, &webhook).await.problem(401, "not_genuine");
    world.stop().await;
}

#[tokio::test]
async fn sources_that_can_not_be_are_refused_by_field() {
    let world = World::new().await;
    let shop = world.shop().await;
    let app = json!({"dialect": "duda", "name": "app", "client_secret": "c2VjcmV0"});
    let app = text(&world.made("/v1/apps", app).await["id"]);
    let signing = json!([{"kind": "signing", "secret": "s"}]);
    let header = json!([{"kind": "header", "header": "X-Auth", "secret": "s"}]);
    let none = "shop_0190000000007fffbfffffffffffffff";
    let eleven = json!(vec![&signing[0]; 11]);
    for (source, field) in [
        (json!({"shop": none, "dialect": "ecwid", "name": "a", "keys": signing}), "shop"),
        (json!({"shop": shop, "dialect": "cloudevents", "name": "a", "keys": signing}), "dialect"),
        (json!({"shop": shop, "dialect": "ecwid", "name": "", "keys": signing}), "name"),
        (json!({"shop": shop, "dialect": "ecwid", "name": "a"}), "keys"),
        (json!({"shop": shop, "dialect": "ecwid", "name": "a", "keys": header}), "keys"),
        (
            json!({"shop": shop, "dialect": "duda", "name": "a", "keys": [{"kind": "signing", "secret": "no base64!"}]}),
            "keys",
        ),
        (json!({"shop": shop, "dialect": "ecwid", "name": "a", "app": app}), "app"),
        (
            json!({"shop": shop, "dialect": "ecwid", "name": "a", "app": "app_0190000000007fffbfffffffffffffff"}),
            "app",
        ),
    ] {
        assert_eq!(world.post("/v1/sources", &source).await.problem(422, "invalid_field")["field"], field);
    }
    let many = json!({"shop": shop, "dialect": "ecwid", "name": "a", "keys": eleven});
    world.post("/v1/sources", &many).await.problem(422, "limit_reached");
    let odd = json!({"shop": shop, "dialect": "ecwid", "name": "a", "keys": [{"kind": "signing", "secret": "s", "x": 1}]});
    world.post("/v1/sources", &odd).await.problem(400, "malformed_json");
    world.stop().await;
}

#[tokio::test]
async fn a_header_key_verifies_bigcommerces_older_way() {
    let world = World::new().await;
    let keys = json!([{"kind": "header", "header": "X-Auth", "secret": "open sesame"}]);
    let source = json!({"shop": world.shop().await, "dialect": "bigcommerce", "name": "old", "keys": keys});
    let source = text(&world.made("/v1/sources", source).await["id"]);
    let mut webhook = genuine(DialectId::BigCommerce, "store/order/created", "169", 1);
    webhook.headers = webhook.headers.iter().filter(|(name, _)| !name.starts_with("webhook-")).collect();
    world.deliver(&source, &webhook).await.problem(401, "not_genuine");
    webhook.headers.push("x-auth", "open sesame");
    assert_eq!(world.deliver(&source, &webhook).await.status, 200);
    world.stop().await;
}

#[tokio::test]
async fn a_source_tells_where_the_platform_posts_to() {
    let world = World::new().await;
    let source = world.source(DialectId::Ecwid).await;
    let told = world.get(&format!("/v1/sources/{source}")).await.expect(200);
    assert_eq!(told["url"], format!("https://hooks.example.com/in/{source}"));
    let shop = text(&told["shop"]);
    assert_eq!(world.all(&format!("/v1/sources?shop={shop}&dialect=ecwid"), 5).await, [told]);
    assert!(world.all(&format!("/v1/sources?shop={shop}&dialect=duda"), 5).await.is_empty());
    let renamed = world.patch(&format!("/v1/sources/{source}"), &json!({"name": "new"})).await.expect(200);
    assert_eq!(renamed["name"], "new");
    // A request signed for it still passes: renaming touches no key.
    let webhook = signed(DialectId::Ecwid, genuine(DialectId::Ecwid, "order.created", "1", 1));
    assert_eq!(world.deliver(&source, &webhook).await.status, 200);
    world.stop().await;
}
