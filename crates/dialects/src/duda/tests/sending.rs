//! The sending half: every topic in the documented form, from what is known in full, in part and hardly at all.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};
use shopwire_core::commerce::entity::Entity;
use shopwire_core::commerce::{Canonical, CanonicalType, EntityKind, Subject};
use shopwire_core::{EventId, ReceivedWebhook, ShopId, SourceId};

use super::conform::Samples;
use super::*;
use crate::testing::places_in;
use crate::{Happening, Unrenderable};

/// The topics of the event map.
fn topics() -> impl Iterator<Item = &'static Topic> {
    DUDA.topics.iter().filter(|topic| topic.event_type.is_some())
}

fn rendered_for(
    topic: &'static Topic,
    canonical: &Canonical,
    shop: &ShopIdentity,
) -> Result<Draft, Unrenderable> {
    let event_type = topic.event_type.expect("a canonical event type");
    let subject = Subject::new(event_type.kind(), canonical.object.id());
    let happening = Happening {
        id: EventId::from_bytes([1; 16]),
        event_type: &event_type.into(),
        subject: &subject,
        occurred_at: NOW,
        shop: ShopId::from_bytes([2; 16]),
        identity: shop,
        canonical,
        api_version: None,
    };
    Duda.render(topic, &happening)
}

fn rendered(topic: &'static Topic, object: &Entity) -> String {
    let shop = ShopIdentity::of("site_name", "7d0b41f2");
    let draft = rendered_for(topic, &Canonical::of(object.clone()), &shop).expect(topic.name);
    String::from_utf8(draft.body).expect("text")
}

fn decoded(body: &str) -> Entity {
    let draft = request(Headers::new(), body);
    let reading = Duda.read(&received(&draft)).expect("it can be read");
    Duda.canonical(&received(&draft), &reading).expect("canonical data").object
}

fn data(body: &str) -> Value {
    let mut body: Value = serde_json::from_str(body).expect("json");
    body["data"].take()
}

fn sampled(topic: &'static Topic) -> String {
    String::from_utf8(sample(&Duda, topic, NOW).body).expect("text")
}

/// `data` of all topics as the documentation shows it. What is told of something deleted is a noun of its own.
static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    let mut samples = Samples::default();
    topics().for_each(|topic| samples.add(&noun(topic), &data(&sampled(topic))));
    samples
});

fn noun(topic: &Topic) -> String {
    let own = match topic.subject {
        "subscription" => topic.name,
        _ if topic.name.ends_with("_DELETED") => "DELETED ",
        _ => "",
    };
    format!("{own}{}", topic.subject)
}

fn check_shape(topic: &'static Topic, body: &str) {
    SAMPLES.check(&noun(topic), &data(body));
    assert_eq!(
        js::to_string(&serde_json::from_str(body).expect("json")),
        body,
        "JavaScript would write it otherwise"
    );
}

fn map(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).expect("an object")
}

/// An entity that knows all there is to know.
fn rich(topic: &Topic) -> Map<String, Value> {
    match topic.subject {
        "order" => map(include_str!("../fixtures/canonical/order.json")),
        "product" => map(include_str!("../fixtures/canonical/product.json")),
        "category" => map(include_str!("../fixtures/canonical/category.json")),
        "refund" => map(include_str!("../fixtures/canonical/refund.json")),
        "subscription" => map(include_str!("../fixtures/canonical/subscription.json")),
        _ => map(r#"{"id":"7d0b41f2"}"#),
    }
}

fn kind(topic: &Topic) -> EntityKind {
    topic.event_type.expect("a canonical event type").kind()
}

fn entity(topic: &Topic, object: Map<String, Value>) -> Entity {
    Entity::read(kind(topic), object).expect("an entity")
}

/// An entity as somebody would write it who is in a hurry.
fn sparse(topic: &Topic) -> Entity {
    let object = match topic.subject {
        "order" => r#"{"id":"1","status":"shipped","total":{"amount":"50"}}"#,
        "subscription" => r#"{"id":"1","renewal_order":{"id":"2"}}"#,
        _ => r#"{"id":"1"}"#,
    };
    entity(topic, map(object))
}

#[test]
fn every_topics_sample_comes_back_byte_for_byte() {
    assert_eq!(topics().count(), 17);
    for topic in topics() {
        let body = sampled(topic);
        assert_eq!(rendered(topic, &decoded(&body)), body, "{}", topic.name);
    }
}

#[test]
fn every_topic_has_the_samples_shape_however_much_is_known() {
    for topic in topics() {
        for object in [entity(topic, rich(topic)), sparse(topic), Entity::only(kind(topic), "1")] {
            if topic.name == "ECOMM_SUBSCRIPTION_RENEWED" && object == Entity::only(kind(topic), "1") {
                continue;
            }
            check_shape(topic, &rendered(topic, &object));
        }
    }
}

#[test]
fn what_everybody_knows_is_told_in_dudas_words() {
    for (name, file) in [
        ("ECOMM_ORDER_CREATED", "rich_order"),
        ("ECOMM_PRODUCT_CREATED", "rich_product"),
        ("ECOMM_CATEGORY_UPDATED", "rich_category"),
        ("ECOMM_REFUND_CREATED", "rich_refund"),
        ("ECOMM_SUBSCRIPTION_RENEWED", "rich_subscription"),
    ] {
        let body = rendered(topic(name), &entity(topic(name), rich(topic(name))));
        insta::assert_snapshot!(file, serde_json::to_string_pretty(&data(&body)).expect("json"));
    }
    let body = rendered(topic("ECOMM_ORDER_UPDATED"), &sparse(topic("ECOMM_ORDER_UPDATED")));
    insta::assert_snapshot!("sparse_order", body);
}

#[test]
fn the_head_and_the_envelope_are_dudas() {
    let object = Canonical::of(Entity::only(EntityKind::Category, "qT4mWv9x"));
    let shop = ShopIdentity::of("site_name", "s1");
    let draft = rendered_for(topic("ECOMM_CATEGORY_DELETED"), &object, &shop).expect("a draft");
    let expected = r#"{"data":{"id":"qT4mWv9x"},"source":null,"resource_data":{"site_name":"s1"},"event_timestamp":1741937412418,"event_type":"ECOMM_CATEGORY_DELETED"}"#;
    assert_eq!(String::from_utf8(draft.body.clone()).expect("text"), expected);
    assert_eq!(draft.headers.iter().collect::<Vec<_>>(), [("content-type", "application/json")]);
    assert_eq!(draft.query, None);
    let signed = Duda.sign(draft, &key(SECRET), NOW);
    assert_eq!(verdict(&signed, &[key(SECRET)]), Ok(Verified { key: 0 }));
}

#[test]
fn an_order_is_paid_under_the_name_of_the_text_and_not_of_the_sample() {
    let paid = DUDA.for_event_type(CanonicalType::OrderPaid).expect("a topic");
    let status = |object: &Entity| data(&rendered(paid, object))["payment"]["status"].clone();
    assert!(rendered(paid, &sparse(paid)).ends_with(r#""event_type":"ECOMM_ORDER_PAID"}"#));
    assert_eq!(status(&sparse(paid)), "PAID", "that is what it is sent for");
    let deferred = entity(paid, map(r#"{"id":"1","financial_status":"paid_deferred"}"#));
    assert_eq!(status(&deferred), "PAID_DEFERRED");
}

#[test]
fn states_are_canonical_inside_and_dudas_outside() {
    for (table, words) in [
        (
            words::ORDER,
            "IN_PROGRESS PROCESSED DISPUTED SHIPPED DELIVERED PENDING CANCELLED DISPATCHED NEW_ONE",
        ),
        (
            words::PAYMENT,
            "PAID DEFERRED PAID_DEFERRED CHARGED_BACK REFUNDED PAIDOUT PENDING FAILED EXPIRED CANCELLED OPEN AUTHORIZED",
        ),
        (words::SOURCE, "CHECKOUT EXTERNAL SUBSCRIPTION_BILLING_ENGINE"),
        (words::SUBSCRIPTION, "ACTIVE FINISHED STOPPED CANCELLATION_REQUESTED"),
        (words::PRODUCT_TYPE, "PHYSICAL DIGITAL SERVICE DONATION"),
        (words::DISPLAY, "ACTIVE HIDDEN"),
        (words::STOCK, "IN_STOCK OUT_OF_STOCK"),
    ] {
        for word in words.split(' ') {
            assert_eq!(table.theirs(table.ours(word)), word);
        }
    }
    let Entity::Order(order) = decoded(&event(
        "ECOMM_ORDER_UPDATED",
        r#"{"id":"1","status":"SHIPPED","payment":{"status":"PAID"}}"#,
    )) else {
        panic!("an order");
    };
    assert_eq!((order.status.as_deref(), order.financial_status.as_deref()), (Some("shipped"), Some("paid")));
    assert_eq!(order.payment, None, "nothing else is known of it");
}

#[test]
fn refuses_what_would_be_wrong_and_names_the_cure() {
    for topic in topics() {
        let object = Canonical::of(sparse(topic));
        let error = rendered_for(topic, &object, &ShopIdentity::of("store_id", "1")).expect_err(topic.name);
        assert!(error.to_string().contains("set `identities.duda.site_name` of the shop"), "{error}");
    }
    let renewed = topic("ECOMM_SUBSCRIPTION_RENEWED");
    let object = Canonical::of(Entity::only(EntityKind::Subscription, "s1"));
    let error = rendered_for(renewed, &object, &ShopIdentity::of("site_name", "s")).expect_err("no order");
    assert_eq!(
        error.to_string(),
        "duda can't be told of `subscription/s1` without `renewal_order`: give the entity one"
    );
}

#[test]
fn an_entity_of_another_kind_gives_no_fields_of_its_own() {
    let object = Canonical::of(Entity::only(EntityKind::Shop, "s1"));
    let draft = rendered_for(topic("ECOMM_STORE_DELETED"), &object, &ShopIdentity::of("site_name", "s"))
        .expect("a draft");
    assert!(draft.body.starts_with(br#"{"data":{},"source":null,"#));
}

#[test]
fn a_received_body_is_passed_on_as_it_came() {
    let body = " { \"event_type\" : \"PUBLISH\", \"odd\": 1.0 }\n";
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([3; 16]),
        dialect: Duda.id(),
        topic: "PUBLISH".to_owned(),
        platform_event_id: None,
        query: Some("token=ours".to_owned()),
        headers: Headers::new().with(TIMESTAMP, "1741937412418"),
        body: body.as_bytes().to_vec().into(),
    };
    let canonical = Canonical::of(Entity::only(EntityKind::Shop, "s1"));
    let happening = Happening {
        id: EventId::from_bytes([1; 16]),
        event_type: &EventType::Native { dialect: Duda.id(), topic: "PUBLISH".to_owned() },
        subject: &Subject::native("site", "s1"),
        occurred_at: NOW,
        shop: ShopId::from_bytes([2; 16]),
        identity: &ShopIdentity::default(),
        canonical: &canonical,
        api_version: None,
    };
    let draft = Duda.forward(&webhook, &happening);
    assert_eq!(String::from_utf8(draft.body).expect("text"), body);
    assert_eq!(draft.headers.iter().collect::<Vec<_>>(), [("content-type", "application/json")]);
    assert_eq!(draft.query, None, "the address it came in by is ours");
}

/// Removes what stands at a place, unless nobody could do without it.
fn remove(object: &mut Value, place: &str) {
    let Some((parent, key)) = place.rsplit_once('/') else { return };
    match object.pointer_mut(parent) {
        Some(Value::Object(members)) if key != "id" && key != "amount" => drop(members.shift_remove(key)),
        Some(Value::Array(items)) => {
            let at: usize = key.parse().unwrap_or(usize::MAX);
            if at < items.len() {
                items.remove(at);
            }
        }
        _ => {}
    }
}

/// A topic, and a rich entity that lacks some of what could be known.
fn thinned() -> impl Strategy<Value = (&'static Topic, Entity)> {
    let topics: Vec<_> = topics().collect();
    (select(topics), proptest::collection::vec(any::<Index>(), 0..25)).prop_map(|(topic, removed)| {
        let mut object = Value::Object(rich(topic));
        for at in removed {
            let places = places_in(&object, "");
            remove(&mut object, &places[at.index(places.len())]);
        }
        if topic.name == "ECOMM_SUBSCRIPTION_RENEWED" && object.get("renewal_order").is_none() {
            object["renewal_order"] = json!({ "id": "o2" });
        }
        (topic, entity(topic, object.as_object().cloned().expect("an object")))
    })
}

/// Whether a value at this place is told even if nobody told it, because others tell it: it can't become nothing.
fn is_told_by_others(topic: &Topic, place: &str) -> bool {
    let ends = |end: &str| place.ends_with(end);
    let is_of_payment = ends("/payment") || ends("/payment/status");
    let in_a_part = place.contains("/items/") || place.contains("/refunds/");
    ends("_address/name")
        || ends("/address_1")
        || ends("/mode")
        || ends("/stock_status")
        || ends("/renewal_order")
        || ends("currency")
        || (is_of_payment && topic.event_type == Some(CanonicalType::OrderPaid))
        || (in_a_part && (ends("/total") || ends("/order_id")))
        || (place.contains("/variations/") && ends("/price_difference"))
        || (place.contains("/prices") && !ends("compare_at_price"))
}

fn is_state(place: &str) -> bool {
    ["/status", "/state", "/stock_status", "/data/type", "/data/source", "_order/source"]
        .iter()
        .any(|end| place.ends_with(end))
}

/// Another value of the same type, or what says nothing in its place.
fn altered(topic: &Topic, value: &Value, place: &str, text: &str, number: i64) -> Value {
    match value {
        // Of states Duda has its own words, and a body that is no longer one of them is not Duda's.
        _ if is_told_by_others(topic, place) || is_state(place) => value.clone(),
        // What was silent stays silent: it may be what others are told by.
        Value::String(said) if said.is_empty() => Value::Null,
        Value::String(_) => {
            [json!(text), json!(""), Value::Null][usize::from(number.unsigned_abs() as u8) % 3].clone()
        }
        Value::Number(_) if number % 2 == 0 => json!(number),
        Value::Number(_) => serde_json::from_str(&format!("{number}.25")).expect("a number"),
        Value::Bool(truth) => json!(!truth),
        Value::Array(_) => json!([]),
        Value::Object(_) if ["subscription", "data"].iter().any(|end| place.ends_with(end)) => value.clone(),
        Value::Object(members) if members.is_empty() => json!({ "k": text }),
        // An item stays an item: a list with anything else in it is kept as it is, which other tests show.
        Value::Object(_) if place.ends_with(|last: char| last.is_ascii_digit()) => value.clone(),
        Value::Object(_) | Value::Null => Value::Null,
    }
}

/// A webhook of Duda's with some values altered.
fn altered_webhook() -> impl Strategy<Value = (&'static Topic, String)> {
    let topics: Vec<_> = topics().collect();
    let changes = proptest::collection::vec((any::<Index>(), "[ -~ž]{0,6}", any::<i8>()), 0..20);
    (select(topics), any::<bool>(), changes).prop_map(|(topic, is_rich, changes)| {
        let known = if is_rich { rendered(topic, &entity(topic, rich(topic))) } else { sampled(topic) };
        let mut body: Value = serde_json::from_str(&known).expect("json");
        for (at, text, number) in changes {
            let places = places_in(&body["data"], "/data");
            if places.is_empty() {
                break;
            }
            let place = &places[at.index(places.len())];
            let value = body.pointer_mut(place).expect("it was just found");
            *value = altered(topic, value, place, &text, number.into());
        }
        (topic, body.to_string())
    })
}

proptest! {
    #[test]
    fn whatever_is_known_the_shape_is_the_samples_and_reading_it_loses_nothing((topic, object) in thinned()) {
        let body = rendered(topic, &object);
        check_shape(topic, &body);
        prop_assert_eq!(rendered(topic, &decoded(&body)), body);
    }

    #[test]
    fn what_duda_says_is_read_and_told_again_the_same((topic, body) in altered_webhook()) {
        let object = decoded(&body);
        prop_assert_eq!(decoded(&rendered(topic, &object)), object);
    }
}
