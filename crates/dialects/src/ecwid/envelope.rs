//! Bodies as Ecwid writes them: compact, in the documented order of keys, with the documented types (Ecwid docs: webhooks
//! structure).

use std::fmt::Write as _;

use serde_json::Value;
use shopwire_core::{Headers, Timestamp};

use crate::catalog::Topic;
use crate::{Draft, mac};

/// What a body is made of.
pub(super) struct Envelope<'a> {
    /// What happened.
    pub(super) topic: &'a Topic,
    /// The event's id.
    pub(super) event_id: String,
    /// When it happened.
    pub(super) created_at: Timestamp,
    /// The store.
    pub(super) store_id: &'a str,
    /// What it happened to.
    pub(super) entity_id: &'a str,
    /// What there is to say, as JSON.
    pub(super) data: Option<&'a str>,
}

impl Envelope<'_> {
    /// The request, unsigned.
    pub(super) fn draft(&self) -> Draft {
        Draft { query: Some(query(self.topic.name)), headers: headers(), body: self.body().into_bytes() }
    }

    fn body(&self) -> String {
        // `application.*` carry the store's id in quotes, everything else carries numbers.
        let is_quoted = self.topic.name.starts_with("application.");
        let mut body = format!(
            r#"{{"eventId":"{}","eventCreated":{},"storeId":{},"entityId":{},"eventType":"{}""#,
            self.event_id,
            self.created_at.as_secs(),
            number(self.store_id),
            if is_quoted { quoted(self.entity_id) } else { number(self.entity_id) },
            self.topic.name,
        );
        if let Some(data) = self.data {
            write!(body, r#","data":{data}"#).expect("a string can be written to");
        }
        body.push('}');
        body
    }
}

/// The topic, repeated in the query.
pub(super) fn query(topic: &str) -> String {
    format!("eventtype={topic}")
}

/// What comes with every request.
pub(super) fn headers() -> Headers {
    Headers::new().with("Content-Type", "application/json; charset=UTF-8").with("Cache-Control", "no-cache")
}

/// An id of the form of a random UUID (version 4).
pub(super) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = mac::hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The id as a JSON number if it is one as JSON writes them, else as a string.
fn number(id: &str) -> String {
    let is_number = id.bytes().all(|b| b.is_ascii_digit()) && (id == "0" || !id.starts_with('0'));
    if is_number && !id.is_empty() { id.to_owned() } else { quoted(id) }
}

fn quoted(id: &str) -> String {
    Value::from(id).to_string()
}
