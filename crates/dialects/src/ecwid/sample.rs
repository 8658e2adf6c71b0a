//! Bodies as Ecwid's documentation shows them: compact, in the documented order of keys, with the documented types
//! (Ecwid docs: webhooks structure, event data in webhooks).

use std::fmt::Write as _;

use shopwire_core::{Headers, Random};

use crate::catalog::Topic;
use crate::{Draft, SampleFacts, mac};

/// A request of this topic, unsigned.
pub(super) fn draft(topic: &Topic, facts: &SampleFacts<'_>) -> Draft {
    Draft {
        query: Some(format!("eventtype={}", topic.name)),
        headers: Headers::new()
            .with("Content-Type", "application/json; charset=UTF-8")
            .with("Cache-Control", "no-cache"),
        body: body(topic, facts).into_bytes(),
    }
}

fn body(topic: &Topic, facts: &SampleFacts<'_>) -> String {
    let store_id = facts.shop.get("store_id").unwrap_or("1003");
    let mut body = format!(
        r#"{{"eventId":"{}","eventCreated":{},"storeId":{},"entityId":{},"eventType":"{}""#,
        event_id(facts.random),
        facts.now.as_secs(),
        number(store_id),
        entity_id(topic, facts.subject_id.unwrap_or_else(|| example_id(topic, store_id))),
        topic.name,
    );
    if let Some(data) = topic.sample {
        write!(body, r#","data":{data}"#).expect("a string can be written to");
    }
    body.push('}');
    body
}

/// `application.*` carry the store's id in quotes, everything else carries numbers.
fn entity_id(topic: &Topic, id: &str) -> String {
    if topic.name.starts_with("application.") { quoted(id) } else { number(id) }
}

fn example_id<'a>(topic: &Topic, store_id: &'a str) -> &'a str {
    match topic.subject {
        "shop" | "app" => store_id,
        "order" => "450012387",
        "abandoned_cart" => "293225803",
        "product" => "667251253",
        _ => "103878161",
    }
}

/// The id as a JSON number if it is one as JSON writes them, else as a string.
fn number(id: &str) -> String {
    let is_number = id.bytes().all(|b| b.is_ascii_digit()) && (id == "0" || !id.starts_with('0'));
    if is_number && !id.is_empty() { id.to_owned() } else { quoted(id) }
}

fn quoted(id: &str) -> String {
    serde_json::Value::from(id).to_string()
}

/// An id of the form of a random UUID (version 4).
fn event_id(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = mac::hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
