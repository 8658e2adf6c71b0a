//! Rendering: byte for byte, in the documented shape, whatever is known.

use serde_json::{Map, Value};
use shopwire_core::commerce::entity::{App, Charge, Entity};
use shopwire_core::commerce::{Canonical, EntityKind, Subject, details};
use shopwire_core::{EventId, Headers, ShopId};

use super::*;
use crate::catalog::Listed;
use crate::{Happening, Unrenderable};

/// Every topic of Shoplazza's own list.
fn topics() -> impl Iterator<Item = &'static Topic> {
    SHOPLAZZA.topics.iter().filter(|topic| topic.listed == Listed::Seed)
}

fn identity() -> ShopIdentity {
    ShopIdentity::of("shop_domain", "nordhaven.myshoplaza.com").and("store_id", "70218")
}

fn id_of(event: u8) -> EventId {
    EventId::from_bytes([event; 16])
}

/// Renders what an event of this topic says.
pub(super) fn rendered(topic: &'static Topic, canonical: &Canonical) -> Draft {
    rendered_for(topic, canonical, &identity(), Some("202207")).expect(topic.name)
}

fn rendered_for(
    topic: &'static Topic,
    canonical: &Canonical,
    identity: &ShopIdentity,
    api_version: Option<&str>,
) -> Result<Draft, Unrenderable> {
    let event_type = topic.event_type(Shoplazza.id(), topic.name);
    let subject = Subject::native(topic.subject, canonical.object.id());
    let happening = Happening {
        id: id_of(7),
        event_type: &event_type,
        subject: &subject,
        occurred_at: NOW,
        shop: ShopId::from_bytes([1; 16]),
        identity,
        canonical,
        api_version,
    };
    Shoplazza.render(topic, &happening)
}

fn decoded(draft: &Draft) -> Canonical {
    Shoplazza.canonical(&received(draft), &reading(draft)).expect("canonical data")
}

fn body(draft: &Draft) -> Value {
    serde_json::from_slice(&draft.body).expect("json")
}

/// Which of the rich entities a topic is about.
pub(super) fn rich_name(topic: &Topic) -> &'static str {
    match topic.subject {
        "app" if topic.id.contains(&"/application_id") => "charge",
        other => other,
    }
}

/// An entity with all that Shoplazza can tell of it.
pub(super) fn rich(name: &str) -> Map<String, Value> {
    let rich: Value = serde_json::from_str(include_str!("../fixtures/rich.json")).expect("json");
    rich[name].as_object().cloned().expect(name)
}

/// What an event says of this entity.
pub(super) fn says(topic: &Topic, entity: Map<String, Value>) -> Canonical {
    let kind: EntityKind = topic.subject.parse().expect("a kind");
    let canonical = Canonical::of(Entity::read(kind, entity).expect("an entity"));
    let charge = match &canonical.object {
        Entity::App(app) => app.charges.first().map(|charge| charge.id.clone()),
        _ => None,
    };
    charge.into_iter().fold(canonical, |canonical, charge| canonical.with(details::CHARGE_ID, charge))
}

/// An entity of which nothing but its id is known.
fn sparse(topic: &Topic) -> Canonical {
    let kind: EntityKind = topic.subject.parse().expect("a kind");
    let canonical = Canonical::of(Entity::only(kind, "only-1"));
    if rich_name(topic) == "charge" { canonical.with(details::CHARGE_ID, "charge-1") } else { canonical }
}

/// Walks ours beside the documented body. Same keys in the same order, same types; `null` only where it is documented.
fn compare(ours: &Value, documented: &Value, place: &str, slips: &mut Vec<String>) {
    match (ours, documented) {
        (Value::Object(ours), Value::Object(documented)) => {
            // What shops name themselves has no fixed keys.
            let is_own = ["/custom_properties", "/addition"].iter().any(|end| place.ends_with(end));
            if !is_own && !ours.keys().eq(documented.keys()) {
                slips.push(format!("{place}: {:?}", ours.keys().collect::<Vec<_>>()));
            }
            for (key, value) in ours {
                let same = documented.get(key).unwrap_or(&Value::Null);
                compare(value, same, &format!("{place}/{key}"), slips);
            }
        }
        (Value::Array(ours), Value::Array(documented)) => {
            for (item, like) in ours.iter().filter_map(|item| Some((item, documented.first()?))) {
                compare(item, like, &format!("{place}/*"), slips);
            }
        }
        (Value::String(text), Value::String(like)) => {
            let json = |text: &str| {
                serde_json::from_str(text).ok().filter(|v: &Value| v.is_object() || v.is_array())
            };
            match (json(text), json(like)) {
                (Some(inner), Some(like)) => compare(&inner, &like, &format!("{place}(json)"), slips),
                (None, Some(_)) => slips.push(format!("{place}: no JSON in {text:?}")),
                _ => {}
            }
        }
        // What is only documented as `null` is of any type when there is something to say.
        (_, Value::Null) => {}
        (ours, documented) if std::mem::discriminant(ours) == std::mem::discriminant(documented) => {}
        // A charge that is not active yet was neither activated nor billed, and its other times are `null` then.
        (Value::Null, _) if ["/activated_on", "/billing_on"].contains(&place) => {}
        _ => slips.push(format!("{place}: {ours}, documented as {documented}")),
    }
}

fn slips(topic: &'static Topic, draft: &Draft) -> Vec<String> {
    let mut documented = body(&sample(&Shoplazza, topic, NOW));
    if ["orders/partially_refunded", "orders/refunded"].contains(&topic.name) {
        documented["order"]["total_refund_price"] = Value::Null;
    }
    let mut slips = Vec::new();
    compare(&body(draft), &documented, "", &mut slips);
    slips
}

#[test]
fn documented_bodies_come_back_byte_for_byte() {
    for topic in topics() {
        let documented = sample(&Shoplazza, topic, NOW);
        // The sum of all refunds has no place in the documented body, and these topics always tell it.
        let mut expected = body(&documented);
        if ["orders/partially_refunded", "orders/refunded"].contains(&topic.name) {
            expected["order"]["total_refund_price"] = Value::Null;
        }
        let ours = rendered(topic, &decoded(&documented));
        let text = String::from_utf8(ours.body).expect("text");
        pretty_eq(&text, &js::to_string(&expected), topic.name);
    }
}

fn pretty_eq(ours: &str, expected: &str, name: &str) {
    let at = ours.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..(at + 80).min(text.len())])
            .into_owned()
    };
    assert!(ours == expected, "{name} at {at}:\n  ours …{}…\n  docs …{}…", around(ours), around(expected));
}

#[test]
fn whatever_is_known_is_told_in_the_documented_shape() {
    for topic in topics() {
        let documented = decoded(&sample(&Shoplazza, topic, NOW));
        for canonical in [documented, says(topic, rich(rich_name(topic))), sparse(topic)] {
            let draft = rendered(topic, &canonical);
            assert_eq!(slips(topic, &draft), Vec::<String>::new(), "{}", topic.name);
            let reading = reading(&draft);
            assert_eq!(reading.subject.id(), canonical.object.id(), "{}", topic.name);
            assert_eq!((reading.topic.as_str(), reading.shop), (topic.name, expected_shop(topic)));
            let text = String::from_utf8(draft.body).expect("text");
            assert_eq!(js::to_string(&serde_json::from_str(&text).expect("json")), text, "{}", topic.name);
        }
    }
}

/// Only charges tell the shop's number.
fn expected_shop(topic: &Topic) -> ShopIdentity {
    let domain = ShopIdentity::of("shop_domain", "nordhaven.myshoplaza.com");
    if rich_name(topic) == "charge" { domain.and("store_id", "70218") } else { domain }
}

#[test]
fn the_least_that_can_be_said() {
    for name in [
        "products/update",
        "orders/paid",
        "cart/update",
        "customers/create",
        "app/expired",
        "app/subscriptions_update",
    ] {
        let draft = rendered(topic(name), &sparse(topic(name)));
        insta::assert_snapshot!(
            format!("sparse_{}", name.replace('/', "_")),
            serde_json::to_string_pretty(&body(&draft)).expect("json")
        );
    }
}

#[test]
fn an_order_of_another_platform_is_told_in_full() {
    let theirs = r#"{"id":"DU-77","number":"77","status":"awaiting_fulfillment","financial_status":"paid",
        "fulfillment_status":"processing","email":"guest@example.com","currency":"USD",
        "billing_address":{"first_name":"Kim","last_name":"Ray","street_name":"Main St","street_number":"5","city":"Reno"},
        "line_items":[{"id":"1","title":"Mug","quantity":"3","price":{"amount":"4.5","currency":"USD"},
            "url":"https://shop.example.com/p/mug?ref=1","discounts":[{"title":"Less","amount":{"amount":"1.5"}}]}],
        "total":{"amount":"13.5","currency":"USD"},"total_paid":{"amount":"13.5","currency":"USD"},
        "refunds":[{"id":"r1","total":{"amount":"4.5"}},{"id":"r2","total":{"amount":"2"}}],
        "user_agent":"Lynx","ip_address":"203.0.113.4","created_at":"2025-03-01T10:00:00.250+00:00",
        "extra":{"foreign":true,"config":"no object","location_line":null,"order_type":"7"}}"#;
    let topic = topic("orders/partially_refunded");
    let order = says(topic, serde_json::from_str(theirs).expect("json"));
    let draft = rendered(topic, &order);
    assert_eq!(slips(topic, &draft), Vec::<String>::new());
    insta::assert_snapshot!(
        "foreign_order",
        serde_json::to_string_pretty(&body(&draft)["order"]).expect("json")
    );
}

#[test]
fn a_product_without_variants_is_its_own_only_variant() {
    let theirs = r#"{"id":"55","title":"Mug","sku":"MUG","status":"ACTIVE","weight":"0.3","weight_unit":"kg",
        "prices":[{"price":{"amount":"4.50","currency":"USD"},"compare_at_price":{"amount":"6","currency":"USD"}}],
        "stock_levels":[{"stock_id":"a","quantity":"4"},{"stock_id":"b","quantity":"3"}],"inventory_quantity":"99",
        "images":[{"url":"https://cdn.example.com/mug.jpg"}]}"#;
    let topic = topic("products/create");
    let product =
        &body(&rendered(topic, &says(topic, serde_json::from_str(theirs).expect("json"))))["product"];
    let variant = &product["variants"][0];
    let told: Vec<String> = ["/published", "/inventory_quantity", "/has_only_default_variant", "/image/src"]
        .iter()
        .map(|place| product.pointer(place).expect(place).to_string())
        .collect();
    assert_eq!(told, ["true", "7", "true", "\"https://cdn.example.com/mug.jpg\""]);
    let told: Vec<String> = ["id", "sku", "price", "compare_at_price", "weight", "inventory_quantity"]
        .iter()
        .map(|key| variant[*key].to_string())
        .collect();
    assert_eq!(told, ["\"55\"", "\"MUG\"", "4.5", "6", "0.3", "7"]);
}

#[test]
fn headers_are_the_documented_ones() {
    let topic = topic("orders/paid");
    let draft = Shoplazza.sign(rendered(topic, &sparse(topic)), &key("app secret"), NOW);
    let names: Vec<&str> = draft.headers.iter().map(|(name, _)| name).collect();
    let sampled: Vec<String> =
        signed("orders/paid").headers.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, sampled);
    assert_eq!(draft.headers.get(SHOP_DOMAIN), Some("nordhaven.myshoplaza.com"));
    assert_eq!(verdict(&draft, &[key("app secret")]), Ok(Verified { key: 0 }));
}

#[test]
fn the_version_is_the_apps_else_the_lowest_that_sends_the_topic() {
    for (name, chosen, expected) in [
        ("orders/paid", None, "2020-07"),
        ("cart/create", None, "2022-01"),
        ("app/subscriptions_update", None, "2022-07"),
        ("orders/paid", Some("202207"), "2022-07"),
        ("orders/paid", Some("2022-01"), "2022-01"),
        ("orders/paid", Some("newest"), "2020-07"),
        ("orders/paid", Some("20220é"), "2020-07"),
    ] {
        let topic = topic(name);
        let draft = rendered_for(topic, &sparse(topic), &identity(), chosen).expect(name);
        assert_eq!(draft.headers.get("X-Shoplazza-Api-Version"), Some(expected), "{name} {chosen:?}");
    }
}

#[test]
fn deduplication_ids_are_the_events_own() {
    let topic = topic("orders/paid");
    let (event_type, subject) =
        (topic.event_type(Shoplazza.id(), topic.name), Subject::native("order", "only-1"));
    let (identity, canonical) = (identity(), sparse(topic));
    let id = |event, occurred_at, api_version| {
        let happening = Happening {
            id: id_of(event),
            event_type: &event_type,
            subject: &subject,
            occurred_at,
            shop: ShopId::from_bytes([1; 16]),
            identity: &identity,
            canonical: &canonical,
            api_version,
        };
        let draft = Shoplazza.render(topic, &happening).expect("a request");
        draft.headers.get(DEDUPLICATION_ID).expect("an id").to_owned()
    };
    assert_eq!(id(7, NOW, None), id(7, NOW.plus_ms(5_000), Some("202207")));
    assert_ne!(id(7, NOW, None), id(8, NOW, None));
    let sampled = signed("orders/paid");
    assert_eq!(id(7, NOW, None).len(), sampled.headers.get(DEDUPLICATION_ID).expect("an id").len());
}

#[test]
fn what_the_platform_cannot_do_without_is_asked_for() {
    let nobody = ShopIdentity::of("store_id", "70218");
    for topic in topics() {
        let error = rendered_for(topic, &sparse(topic), &nobody, None).expect_err(topic.name);
        assert!(error.to_string().contains("`identities.shoplazza.shop_domain`"), "{error}");
    }
    let charges = topic("app/subscriptions_update");
    let without_number = ShopIdentity::of("shop_domain", "a.myshoplaza.com");
    let error = rendered_for(charges, &sparse(charges), &without_number, None).expect_err("no number");
    assert!(error.to_string().contains("`identities.shoplazza.store_id`"), "{error}");
    let no_charge = Canonical::of(App { id: "a".to_owned(), ..App::default() });
    let error = rendered_for(charges, &no_charge, &identity(), None).expect_err("no charge");
    assert_eq!(
        error.to_string(),
        "shoplazza can't be told of `app/a` without `charges`: give the entity one"
    );
    let something_else = Canonical::of(Entity::only(EntityKind::Review, "r"));
    assert!(rendered_for(topic("orders/paid"), &something_else, &identity(), None).is_err());
}

#[test]
fn the_charge_that_is_meant_is_told() {
    let charge = |id: &str, price: &str| Charge {
        id: id.to_owned(),
        price: Some(serde_json::from_str(&format!(r#"{{"amount":"{price}"}}"#)).expect("money")),
        ..Charge::default()
    };
    let app =
        App { id: "a".to_owned(), charges: vec![charge("1", "5.00"), charge("2", "7.50")], ..App::default() };
    let topic = topic("app/purchases_one_time_update");
    let told = |canonical: Canonical| {
        let body = body(&rendered(topic, &canonical));
        (body["id"].clone(), body["price"].clone())
    };
    assert_eq!(told(Canonical::of(app.clone())), ("1".into(), "5".into()));
    assert_eq!(told(Canonical::of(app.clone()).with(details::CHARGE_ID, "2")), ("2".into(), "7.5".into()));
    assert_eq!(told(Canonical::of(app).with(details::CHARGE_ID, "9")), ("9".into(), "0".into()));
}

#[test]
fn forwards_what_was_received() {
    let topic = topic("orders/update");
    let body = "{\"order\" : {\"id\":\"5\",\"new\":1.50}}";
    let event_type = topic.event_type(Shoplazza.id(), topic.name);
    let (subject, identity, canonical) = (Subject::native("order", "5"), identity(), sparse(topic));
    let happening = Happening {
        id: id_of(7),
        event_type: &event_type,
        subject: &subject,
        occurred_at: NOW,
        shop: ShopId::from_bytes([1; 16]),
        identity: &identity,
        canonical: &canonical,
        api_version: Some("202201"),
    };
    let forward = |headers: Headers| {
        let received = shopwire_core::ReceivedWebhook {
            source: shopwire_core::SourceId::from_bytes([2; 16]),
            dialect: Shoplazza.id(),
            topic: "orders/update".to_owned(),
            platform_event_id: None,
            query: None,
            headers,
            body: body.as_bytes().to_vec().into(),
        };
        Shoplazza.forward(&received, &happening)
    };
    let kept = Headers::new()
        .with("x-shoplazza-deduplication-id", "D-1")
        .with("x-shoplazza-shop-domain", "Other.myshoplaza.com")
        .with("x-shoplazza-api-version", "2020-07")
        .with("x-shoplazza-topic", "orders/update");
    let draft = forward(kept);
    assert_eq!(draft.body, body.as_bytes());
    let expected = Headers::new()
        .with("Content-Type", "application/json")
        .with(TOPIC, "orders/update")
        .with(SHOP_DOMAIN, "Other.myshoplaza.com")
        .with("X-Shoplazza-Api-Version", "2020-07")
        .with(DEDUPLICATION_ID, "D-1");
    assert_eq!(draft.headers, expected);
    let made_up: Vec<String> =
        forward(Headers::new()).headers.iter().map(|(_, value)| value.to_owned()).collect();
    let id = "07".repeat(16);
    assert_eq!(
        made_up,
        ["application/json", "orders/update", "nordhaven.myshoplaza.com", "2022-01", id.as_str()]
    );
}
