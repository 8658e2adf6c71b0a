//! A request of any event type as Duda's documentation shows it, in values of our own.

use serde_json::Value;

use super::render::enveloped;
use crate::catalog::Topic;
use crate::{Draft, SampleFacts};

pub(super) fn sample(topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
    let site_name = facts.shop.get("site_name").unwrap_or("7d0b41f2");
    let mut data = data_of(topic);
    if let Some(id) = facts.subject_id {
        let mut places = topic.id.iter().filter_map(|pointer| pointer.strip_prefix("/data"));
        let place = places.find(|place| data.as_ref().is_some_and(|data| data.pointer(place).is_some()));
        if let Some(value) = place.and_then(|place| data.as_mut()?.pointer_mut(place)) {
            *value = id.into();
        }
    }
    enveloped(topic, data, site_name, facts.now)
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
