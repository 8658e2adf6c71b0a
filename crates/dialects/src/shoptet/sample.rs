//! Bodies as Shoptet sends them: four keys in their order, written as PHP writes JSON (Shoptet OpenAPI:
//! `notificationData`).

use serde_json::{Value, json};
use shopwire_core::{Headers, Timestamp};

use crate::catalog::Topic;
use crate::style::php;
use crate::{Draft, SampleFacts};

/// A request of this topic, unsigned.
pub(super) fn draft(topic: &Topic, facts: &SampleFacts<'_>) -> Draft {
    let eshop_id = facts.shop.get("eshop_id").unwrap_or("222651");
    let body = json!({
        "eshopId": number(eshop_id),
        "event": topic.name,
        "eventCreated": created(facts.now),
        "eventInstance": instance(topic, facts.subject_id, eshop_id),
    });
    Draft {
        query: None,
        headers: Headers::new().with("Content-Type", "application/json"),
        body: php::encode(&body).into_bytes(),
    }
}

/// The identifier, in the JSON type that the catalogue's example has.
fn instance(topic: &Topic, subject_id: Option<&str>, eshop_id: &str) -> Value {
    let example = topic.sample.and_then(|sample| serde_json::from_str(sample).ok()).unwrap_or_default();
    let own_id = if topic.identifier == "shop" { Some(eshop_id) } else { None };
    match (subject_id.or(own_id), example) {
        (None, example) => example,
        (Some(id), Value::Number(_)) => number(id),
        (Some(id), _) if topic.identifier == "list" => php::encode(&json!([id])).into(),
        (Some(id), _) => id.into(),
    }
}

/// The id as a JSON number if it is one as JSON writes them, else as text.
fn number(id: &str) -> Value {
    match serde_json::from_str(id) {
        Ok(Value::Number(number)) if id.bytes().all(|b| b.is_ascii_digit()) => Value::Number(number),
        _ => id.into(),
    }
}

/// A time with an offset without a colon: `2019-01-08T15:13:39+0000`.
fn created(moment: Timestamp) -> String {
    format!("{}+0000", &moment.to_string()[..19])
}
