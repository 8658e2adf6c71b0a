//! A request of any event type as Duda's documentation shows it, in values of our own.

use serde_json::{Map, Value, json};
use shopwire_core::Headers;

use crate::catalog::Topic;
use crate::style::js;
use crate::{Draft, SampleFacts};

pub(super) fn sample(topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
    let site_name = facts.shop.get("site_name").unwrap_or("7d0b41f2");
    let mut envelope = Map::new();
    if let Some(data) = data_of(topic) {
        envelope.insert("data".to_owned(), data);
    }
    envelope.insert("source".to_owned(), Value::Null);
    envelope.insert("resource_data".to_owned(), json!({ "site_name": site_name }));
    envelope.insert("event_timestamp".to_owned(), facts.now.as_ms().into());
    envelope.insert("event_type".to_owned(), topic.name.into());
    let mut body = Value::Object(envelope);
    let place = topic.id.iter().find(|pointer| body.pointer(pointer).is_some());
    if let (Some(id), Some(place)) = (facts.subject_id, place.and_then(|pointer| body.pointer_mut(pointer))) {
        *place = id.into();
    }
    let headers = Headers::new().with("content-type", "application/json");
    Draft { query: None, headers, body: js::to_string(&body).into_bytes() }
}

fn data_of(topic: &'static Topic) -> Option<Value> {
    let text = topic.sample.or(match topic.name {
        "ECOMM_PRODUCT_CREATED" | "ECOMM_PRODUCT_UPDATED" => Some(include_str!("fixtures/product.json")),
        "ECOMM_ORDER_CREATED" | "ECOMM_ORDER_PAID" => Some(include_str!("fixtures/order.json")),
        "ECOMM_ORDER_UPDATED" => Some(include_str!("fixtures/order_updated.json")),
        "ECOMM_CATEGORY_CREATED" | "ECOMM_CATEGORY_UPDATED" => Some(include_str!("fixtures/category.json")),
        "ECOMM_REFUND_CREATED" => Some(include_str!("fixtures/refund.json")),
        subscription if subscription.starts_with("ECOMM_SUBSCRIPTION_") => {
            Some(include_str!("fixtures/subscription.json"))
        }
        _ => None,
    })?;
    let mut data: Value = serde_json::from_str(text).expect("fixtures are JSON, as tests show");
    if let Some(fields) = data.as_object_mut() {
        absent_in(topic.name).iter().for_each(|key| drop(fields.shift_remove(*key)));
    }
    Some(data)
}

/// The fixture of subscriptions is that of a renewal, the richest; the others lack some of it.
fn absent_in(event_type: &str) -> &'static [&'static str] {
    match event_type {
        "ECOMM_SUBSCRIPTION_CREATED" | "ECOMM_SUBSCRIPTION_PAYMENT_FAILED" => &["renewal_order"],
        "ECOMM_SUBSCRIPTION_CANCELLATION_REQUESTED" | "ECOMM_SUBSCRIPTION_CANCELLED" => {
            &["renewal_order", "billing_portal_link"]
        }
        _ => &[],
    }
}
