//! Bodies as Shoptet sends them: four keys in their order, written as PHP writes JSON (Shoptet OpenAPI:
//! `notificationData`).

use serde_json::{Value, json};
use shopwire_core::{Headers, Timestamp};

use crate::Draft;
use crate::catalog::Topic;
use crate::style::php;

/// What a body is made of. A `payload` never is: whoever wants to know more asks the REST API.
pub(super) struct Envelope<'a> {
    /// What happened.
    pub(super) topic: &'a Topic,
    /// The e-shop.
    pub(super) eshop_id: &'a str,
    /// When it happened.
    pub(super) created_at: Timestamp,
    /// To what: its code, guid or id; `None` for the catalogue's example.
    pub(super) instance: Option<&'a str>,
}

impl Envelope<'_> {
    /// The request, unsigned.
    pub(super) fn draft(&self) -> Draft {
        let body = json!({
            "eshopId": number(self.eshop_id),
            "event": self.topic.name,
            "eventCreated": created(self.created_at),
            "eventInstance": self.instance(),
        });
        Draft { query: None, headers: headers(), body: php::encode(&body).into_bytes() }
    }

    /// The identifier, in the JSON type that the catalogue's example has.
    fn instance(&self) -> Value {
        let example =
            self.topic.sample.and_then(|sample| serde_json::from_str(sample).ok()).unwrap_or_default();
        match (self.instance, example) {
            (None, example) => example,
            (Some(id), Value::Number(_)) => number(id),
            (Some(id), _) if self.topic.identifier == "list" => php::encode(&json!([id])).into(),
            (Some(id), _) => id.into(),
        }
    }
}

/// What comes with every request.
pub(super) fn headers() -> Headers {
    Headers::new().with("Content-Type", "application/json")
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
