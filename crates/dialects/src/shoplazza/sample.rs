//! A request of any topic as Shoplazza's documentation shows it, in values of our own.

use serde_json::Value;
use shopwire_core::Headers;

use super::render::order::states_of;
use super::render::version;
use super::verify::{API_VERSION, DEDUPLICATION_ID, SHOP_DOMAIN, TOPIC};
use crate::catalog::Topic;
use crate::style::js;
use crate::{Draft, SampleFacts, mac};

pub(super) fn sample(topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
    let mut body: Value = serde_json::from_str(body_of(topic)).expect("fixtures are JSON, as tests show");
    tell_facts(&mut body, topic, facts);
    tell_state(&mut body, topic);
    let mut chance = [0; 16];
    facts.random.fill(&mut chance);
    let headers = Headers::new()
        .with("Content-Type", "application/json")
        .with(TOPIC, topic.name)
        .with(SHOP_DOMAIN, facts.shop.get("shop_domain").unwrap_or("example.myshoplaza.com"))
        .with(API_VERSION, version(topic, None))
        .with(DEDUPLICATION_ID, mac::hex(&chance));
    // Some receivers hash the body as JavaScript writes it again, so it is written that way from the start.
    Draft { query: None, headers, body: js::to_string(&body).into_bytes() }
}

fn body_of(topic: &'static Topic) -> &'static str {
    let family = topic.name.split('/').next().unwrap_or_default();
    topic.sample.unwrap_or(match family {
        "products" => include_str!("fixtures/product.json"),
        "orders" => include_str!("fixtures/order.json"),
        "cart" => include_str!("fixtures/cart.json"),
        "fulfillments" => include_str!("fixtures/fulfillment.json"),
        "collections" => include_str!("fixtures/collection.json"),
        "customers" => include_str!("fixtures/customer.json"),
        "app" => include_str!("fixtures/app.json"),
        _ => "{}",
    })
}

fn tell_facts(body: &mut Value, topic: &Topic, facts: &SampleFacts<'_>) {
    let place = topic.id.iter().find(|pointer| body.pointer(pointer).is_some());
    if let (Some(id), Some(place)) = (facts.subject_id, place.and_then(|pointer| body.pointer_mut(pointer))) {
        *place = id.into();
    }
    if let (Some(id), Some(place)) = (facts.shop.get("store_id"), body.pointer_mut("/store_id")) {
        *place = id.parse::<u64>().map_or_else(|_| id.into(), Value::from);
    }
}

fn tell_state(body: &mut Value, topic: &Topic) {
    let places = ["/order/status", "/order/financial_status", "/order/fulfillment_status"];
    for (place, state) in places.iter().zip(states_of(topic.name).into_iter().flatten()) {
        if let Some(value) = body.pointer_mut(place) {
            *value = state.into();
        }
    }
}
