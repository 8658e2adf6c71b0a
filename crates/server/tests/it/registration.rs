//! Endpoints in a platform's dialect: its rules, and its answers where one is broken.

use serde_json::{Value, json};
use shopwire_core::DialectId;
use shopwire_core::DialectId::{BigCommerce, Duda, Ecwid, Shoplazza, Shoptet};

use crate::platform::{app, ask, install, refused, shop_on};
use crate::world::{ORDERS, SECRET, World, text};

const URL: &str = "http://127.0.0.1:9/hook";

async fn installed(world: &World, dialect: DialectId, scopes: &[&str]) -> (String, String) {
    let (app, shop) = (app(world, dialect).await, shop_on(world, dialect).await);
    install(world, &app, &shop, scopes).await;
    (app, shop)
}

fn path(endpoint: &Value) -> String {
    format!("/v1/endpoints/{}", text(&endpoint["id"]))
}

#[tokio::test]
async fn an_endpoint_takes_dialect_and_signature_from_its_app_and_shows_no_secret() {
    let world = World::new().await;
    let (app, shop) = installed(&world, Shoptet, &[]).await;
    let made = ask(&world, &app, Some(&shop), URL, &["order:create"]).await.expect(201);
    assert_eq!((&made["dialect"], &made["app"]), (&json!("shoptet"), &json!(app)));
    assert_eq!(
        (&made["ordering"], &made["retry"], &made["secrets"]),
        (&json!("none"), &json!(null), &json!([]))
    );
    assert_eq!(made.get("secret"), None);
    // A signature key of its own, as Shoptet gives one to each installation.
    let rotated = world.post(&format!("{}/rotate_secret", path(&made)), &json!({"secret": "own key"})).await;
    let rotated = rotated.expect(200);
    assert_eq!((rotated["secrets"].as_array().unwrap().len(), rotated.get("secret")), (1, None));
    world.post(&format!("{}/rotate_secret", path(&made)), &json!({})).await.problem(422, "invalid_field");
    assert_eq!(world.all(&format!("/v1/endpoints?app={app}"), 5).await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn without_an_app_a_secret_in_the_platforms_form_signs() {
    let world = World::new().await;
    for (dialect, topic) in ORDERS {
        let shop = shop_on(&world, dialect).await;
        let new = json!({"name": "a", "dialect": dialect, "shop": shop, "url": URL, "topics": [topic]});
        let unsigned = world.post("/v1/endpoints", &new).await.problem(422, "invalid_field");
        assert_eq!(unsigned["field"], "secret", "{dialect}");
        let mut signed = new.clone();
        signed["secret"] = SECRET.into();
        // Twice: each stands for an app of its own.
        for _ in 0..2 {
            let made = world.made("/v1/endpoints", signed.clone()).await;
            assert!(!made.to_string().contains(SECRET), "{made}");
            assert_eq!((&made["secrets"].as_array().unwrap().len(), &made["app"]), (&1, &json!(null)));
        }
    }
    let shop = shop_on(&world, Duda).await;
    let wrong = json!({"name": "a", "dialect": "duda", "shop": shop, "url": URL, "topics": ["PUBLISH"], "secret": "no base64!"});
    let problem = world.post("/v1/endpoints", &wrong).await.problem(422, "invalid_field");
    assert!(problem["field"] == "secret" && !problem.to_string().contains("base64!"), "{problem}");
    world.stop().await;
}

#[tokio::test]
async fn what_a_platforms_endpoint_can_not_have_is_refused_by_field() {
    let world = World::new().await;
    let (app, shop) = installed(&world, Shoptet, &[]).await;
    let bare = world.shop().await;
    let good = json!({"name": "a", "app": app, "shop": shop, "url": URL, "topics": ["order:create"]});
    for (wrong, field) in [
        (json!({"dialect": "duda"}), "dialect"),
        (json!({"app": "app_0190000000007fffbfffffffffffffff"}), "app"),
        (json!({"shop": null}), "shop"),
        (json!({"shop": bare}), "shop"),
        (json!({"topics": null}), "topics"),
        (json!({"topics": ["order:created"]}), "topics"),
        (json!({"topics": ["order:*"]}), "topics"),
        (json!({"mode": "binary"}), "mode"),
        (json!({"retry": {"delays_s": [1]}}), "retry"),
        (json!({"headers": [{"name": "Shoptet-Webhook-Signature", "value": "x"}]}), "headers"),
    ] {
        let mut new = good.clone();
        for (name, value) in wrong.as_object().unwrap() {
            new[name] = value.clone();
        }
        let problem = world.post("/v1/endpoints", &new).await.problem(422, "invalid_field");
        assert_eq!(problem["field"], field, "{problem}");
    }
    let made = world.made("/v1/endpoints", good).await;
    for (wrong, field) in [
        (json!({"shop": null}), "shop"),
        (json!({"mode": "binary"}), "mode"),
        (json!({"retry": {"delays_s": [1]}}), "retry"),
        (json!({"topics": ["nothing"]}), "topics"),
    ] {
        let problem = world.patch(&path(&made), &wrong).await.problem(422, "invalid_field");
        assert_eq!(problem["field"], field, "{problem}");
    }
    let (ecwid, shop) = installed(&world, Ecwid, &["read_orders"]).await;
    let bound = ask(&world, &ecwid, Some(&shop), URL, &["order.created"]).await;
    assert_eq!(bound.problem(422, "invalid_field")["field"], "shop");
    world.stop().await;
}

#[tokio::test]
async fn shoptet_has_one_url_for_an_event_of_an_installation() {
    let world = World::new().await;
    let (app, shop) = installed(&world, Shoptet, &[]).await;
    let first = ask(&world, &app, Some(&shop), URL, &["order:create", "order:delete"]).await.expect(201);
    let again =
        ask(&world, &app, Some(&shop), "http://127.0.0.1:9/other", &["order:create", "brand:create"]).await;
    let (rule, answer) = refused(&again, 422);
    assert_eq!((rule.as_str(), &answer["data"]), ("one_url_per_topic", &json!(null)));
    let errors = json!([{
        "errorCode": "webhook-already-exists",
        "message": "Webhook already exists for this event",
        "instance": "order:create",
    }]);
    assert_eq!(answer["errors"], errors);
    assert!(answer["metadata"]["requestId"].is_string(), "{answer}");
    // Another shop, and another app, are other installations.
    let other_shop = shop_on(&world, Shoptet).await;
    ask(&world, &app, Some(&other_shop), URL, &["order:create"]).await.expect(201);
    let (other_app, _) = installed(&world, Shoptet, &[]).await;
    ask(&world, &other_app, Some(&shop), URL, &["order:create"]).await.expect(201);
    // A change counts like a registration, and not against itself.
    let second = ask(&world, &app, Some(&shop), URL, &["brand:create"]).await.expect(201);
    let change = json!({"topics": ["brand:create", "order:delete"]});
    assert_eq!(refused(&world.patch(&path(&second), &change).await, 422).0, "one_url_per_topic");
    world.patch(&path(&second), &json!({"topics": ["brand:create", "brand:update"]})).await.expect(200);
    world.delete(&path(&first)).await;
    world.patch(&path(&second), &change).await.expect(200);
    world.stop().await;
}

#[tokio::test]
async fn shoptet_answers_409_to_events_that_exclude_each_other() {
    let world = World::new().await;
    for (one, other) in [
        ("order:update", "order:cancel"),
        ("customer:update", "customer:disableOrders"),
        ("customer:update", "customer:enableOrders"),
    ] {
        let (app, shop) = installed(&world, Shoptet, &[]).await;
        let together = ask(&world, &app, Some(&shop), URL, &[one, other]).await;
        let (rule, answer) = refused(&together, 409);
        assert_eq!(
            (rule.as_str(), answer["errors"].as_array().unwrap().len()),
            ("conflict", 2),
            "{one} {other}"
        );
        let made = ask(&world, &app, Some(&shop), URL, &[one]).await.expect(201);
        assert_eq!(refused(&ask(&world, &app, Some(&shop), URL, &[other]).await, 409).0, "conflict");
        let elsewhere = ask(&world, &app, Some(&shop), URL, &["brand:create"]).await.expect(201);
        let change = json!({"topics": [other]});
        assert_eq!(refused(&world.patch(&path(&elsewhere), &change).await, 409).0, "conflict");
        world.patch(&path(&made), &change).await.expect(200);
    }
    let (app, shop) = installed(&world, Shoptet, &[]).await;
    ask(&world, &app, Some(&shop), URL, &["customer:disableOrders", "customer:enableOrders"])
        .await
        .expect(201);
    world.stop().await;
}

#[tokio::test]
async fn shoptet_registers_fifty_events_at_once() {
    let world = World::new().await;
    let (app, shop) = installed(&world, Shoptet, &[]).await;
    let catalog = shopwire_dialects::get(Shoptet).unwrap().catalog();
    let free = catalog.topics.iter().filter(|topic| topic.conflicts.is_empty());
    let topics: Vec<_> = free.map(|topic| topic.name).take(51).collect();
    let (rule, answer) = refused(&ask(&world, &app, Some(&shop), URL, &topics).await, 422);
    assert_eq!((rule.as_str(), &answer["errors"][0]["instance"]), ("topics_per_call", &json!(topics[50])));
    ask(&world, &app, Some(&shop), URL, &topics[..50]).await.expect(201);
    world.stop().await;
}

#[tokio::test]
async fn bigcommerce_has_a_scope_and_destination_once_and_a_scope_ten_times() {
    let world = World::new().await;
    let (app, shop) = installed(&world, BigCommerce, &[]).await;
    let url = |number: usize| format!("http://127.0.0.1:9/{number}");
    for number in 0..10 {
        ask(&world, &app, Some(&shop), &url(number), &["store/order/*"]).await.expect(201);
    }
    let (rule, answer) = refused(&ask(&world, &app, Some(&shop), &url(3), &["store/order/*"]).await, 422);
    assert_eq!(rule, "topic_and_url_once");
    assert_eq!(
        (&answer["status"], &answer["title"]),
        (&json!(422), &json!("JSON data is missing or invalid"))
    );
    assert!(answer["errors"]["scope"].is_string(), "{answer}");
    let eleventh = ask(&world, &app, Some(&shop), &url(10), &["store/order/*"]).await;
    assert_eq!(refused(&eleventh, 422).0, "endpoints_per_topic");
    // The prefix and a name that it covers are different scopes.
    let other = ask(&world, &app, Some(&shop), &url(3), &["store/order/created"]).await.expect(201);
    let change = json!({"topics": ["store/order/*"]});
    assert_eq!(refused(&world.patch(&path(&other), &change).await, 422).0, "topic_and_url_once");
    let other_shop = shop_on(&world, BigCommerce).await;
    ask(&world, &app, Some(&other_shop), &url(3), &["store/order/*"]).await.expect(201);
    let channel = "store/channel/7/order/created";
    let made = ask(&world, &app, Some(&shop), &url(3), &[channel]).await.expect(201);
    assert_eq!(made["topics"], json!([channel]));
    world.stop().await;
}

#[tokio::test]
async fn shoplazza_wants_scope_and_version() {
    let world = World::new().await;
    let (app, shop) = installed(&world, Shoplazza, &["read_product"]).await;
    let lacking = ask(&world, &app, Some(&shop), URL, &["products/create", "orders/create"]).await;
    let (rule, answer) = refused(&lacking, 422);
    assert_eq!(rule, "scope");
    let said = text(&answer["errors"]["topic"][0]);
    assert!(said.contains("`read_order`") && said.contains(&shop), "{said}");
    // What is granted elsewhere does not count here.
    let elsewhere = shop_on(&world, Shoplazza).await;
    install(&world, &app, &elsewhere, &["read_order"]).await;
    assert_eq!(refused(&ask(&world, &app, Some(&shop), URL, &["orders/create"]).await, 422).0, "scope");
    let made = ask(&world, &app, Some(&shop), URL, &["products/create", "app/expired"]).await.expect(201);
    let change = json!({"topics": ["orders/create"]});
    assert_eq!(refused(&world.patch(&path(&made), &change).await, 422).0, "scope");
    install(&world, &app, &shop, &["read_order"]).await;
    world.patch(&path(&made), &change).await.expect(200);
    let version = |version: &str| json!({"webhook_api_version": version});
    world.patch(&format!("/v1/apps/{app}"), &version("202007")).await.expect(200);
    let early = ask(&world, &app, Some(&shop), URL, &["cart/create", "orders/paid"]).await;
    let (rule, answer) = refused(&early, 422);
    assert_eq!(rule, "version");
    assert!(text(&answer["errors"]["topic"][0]).contains("202201"), "{answer}");
    world.patch(&format!("/v1/apps/{app}"), &version("202201")).await.expect(200);
    ask(&world, &app, Some(&shop), URL, &["cart/create", "orders/paid"]).await.expect(201);
    world.stop().await;
}

#[tokio::test]
async fn ecwid_and_duda_have_one_endpoint_for_an_app() {
    let world = World::new().await;
    for (dialect, topic, scope) in
        [(Ecwid, "order.created", "read_orders"), (Duda, "ECOMM_ORDER_CREATED", "GET_ORDERS")]
    {
        let app = app(&world, dialect).await;
        let made = ask(&world, &app, None, URL, &[topic]).await.expect(201);
        let (rule, answer) = refused(&ask(&world, &app, None, "http://127.0.0.1:9/2", &[topic]).await, 422);
        assert_eq!((rule.as_str(), answer), ("one_endpoint_per_app", json!(null)), "{dialect}");
        // Once it is installed somewhere, at least one shop must have granted the scope.
        let shop = shop_on(&world, dialect).await;
        install(&world, &app, &shop, &[]).await;
        let change = json!({"topics": [topic]});
        assert_eq!(refused(&world.patch(&path(&made), &change).await, 422).0, "scope", "{dialect}");
        install(&world, &app, &shop, &[scope]).await;
        world.patch(&path(&made), &change).await.expect(200);
    }
    world.stop().await;
}

#[tokio::test]
async fn https_and_ports_are_the_platforms_unless_the_operator_says_otherwise() {
    let world = World::strict().await;
    for (dialect, topic, url, rule) in [
        (BigCommerce, "store/order/created", "http://127.0.0.1/", Some("https")),
        (BigCommerce, "store/order/created", "https://127.0.0.1:8443/", Some("port")),
        (BigCommerce, "store/order/created", "https://127.0.0.1/", None),
        (Shoptet, "order:create", "https://127.0.0.1:9/", Some("port")),
        (Shoptet, "order:create", "http://127.0.0.1:8080/", None),
        (Shoplazza, "app/expired", "http://127.0.0.1/", Some("https")),
        (Shoplazza, "app/expired", "https://127.0.0.1:9/", None),
    ] {
        let (app, shop) = installed(&world, dialect, &[]).await;
        let answer = ask(&world, &app, Some(&shop), url, &[topic]).await;
        match rule {
            None => drop(answer.expect(201)),
            Some(rule) => assert_eq!(refused(&answer, 422).0, rule, "{dialect} {url}"),
        }
    }
    for (dialect, topic, url, rule) in [
        (Ecwid, "profile.updated", "https://127.0.0.1:1023/", Some("port")),
        (Ecwid, "profile.updated", "https://127.0.0.1:1024/", None),
        (Duda, "PUBLISH", "http://127.0.0.1/", Some("https")),
        (Duda, "PUBLISH", "https://127.0.0.1:9/", None),
    ] {
        let app = app(&world, dialect).await;
        let answer = ask(&world, &app, None, url, &[topic]).await;
        match rule {
            None => {
                let made = answer.expect(201);
                let change = json!({"url": "http://127.0.0.1/"});
                assert_eq!(refused(&world.patch(&path(&made), &change).await, 422).0, "https", "{dialect}");
            }
            Some(rule) => assert_eq!(refused(&answer, 422).0, rule, "{dialect} {url}"),
        }
    }
    let (app, shop) = installed(&world, Shoplazza, &[]).await;
    let answer = ask(&world, &app, Some(&shop), "http://127.0.0.1/", &["app/expired"]).await;
    assert_eq!(refused(&answer, 422).1, json!({"errors": {"address": ["is invalid"]}}));
    world.stop().await;
}
