//! An event of the log as a CloudEvent.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use shopwire_core::commerce::entity::{Bare, Entity};
use shopwire_core::delivery::ContentMode;
use shopwire_core::{
    Event, EventId, Headers, LoggedEvent, Origin, ReceivedWebhook, RecordedChange, Timestamp,
};

use crate::Canonical;

/// What every event type begins with on the wire: `shopwire.order.paid`.
pub const TYPE_PREFIX: &str = "shopwire.";

/// What most bodies come to at most.
const ABOUT_BYTES: usize = 2048;

/// A signed request in structured mode has about so many fields and bytes in them.
const HEADER_FIELDS: usize = 8;
const HEADER_BYTES: usize = 320;

/// A CloudEvent, ready to be put into a request in either mode. The same for every endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    attributes: Attributes,
    structured: Bytes,
    data: Bytes,
}

/// The context attributes. Extension names are lower-case letters and digits, as CloudEvents demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Attributes {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    time: Timestamp,
    /// The place in the log, of fixed width so that texts compare like numbers (the `sequence` extension).
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<String>,
    datacontenttype: &'static str,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    canonical: &'a Canonical,
    origin: OriginData<'a>,
    /// The platform's own body, where the event map has no name for its topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<&'a RawValue>,
}

/// A change's canonical data as it is stored.
#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
    #[serde(borrow)]
    previous: Option<&'a RawValue>,
    #[serde(borrow)]
    details: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct ChangedData<'a> {
    object: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a RawValue>,
    origin: OriginData<'a>,
}

/// Where an event comes from.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OriginData<'a> {
    Webhook {
        dialect: &'static str,
        topic: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        event_id: Option<&'a str>,
        source: String,
        received_at: Timestamp,
    },
    Change {
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<&'a str>,
        version: u64,
        received_at: Timestamp,
    },
}

/// Renders an event of the log. Data that can't be decoded is not lost: the platform's own body then stands in
/// `received`, beside an object that has only its id.
pub fn render(logged: &LoggedEvent) -> Rendered {
    let event = &logged.event;
    let source = match event.event_type.operational() {
        Some(_) => "/endpoints".to_owned(),
        None => format!("/shops/{}", event.shop),
    };
    let attributes = Attributes {
        specversion: "1.0",
        id: event.id.to_string(),
        source,
        event_type: match event.event_type.canonical() {
            Some(canonical) => [TYPE_PREFIX, canonical.as_str()].concat(),
            None => format!("{TYPE_PREFIX}{}", event.event_type),
        },
        subject: Some(event.subject.to_string()),
        time: event.occurred_at,
        sequence: Some(format!("{:020}", logged.seq.0)),
        datacontenttype: "application/json",
    };
    match &event.origin {
        Origin::Webhook(webhook) => received(attributes, event, webhook),
        Origin::Change(change) => changed(attributes, event, change),
    }
}

fn received(attributes: Attributes, event: &Event, webhook: &ReceivedWebhook) -> Rendered {
    let canonical = crate::canonical(event);
    let is_whole = canonical.is_some() && event.event_type.canonical().is_some();
    let data = Data {
        canonical: &canonical.unwrap_or_else(|| bare(event)),
        origin: OriginData::Webhook {
            dialect: webhook.dialect.as_str(),
            topic: &webhook.topic,
            event_id: webhook.platform_event_id.as_deref(),
            source: webhook.source.to_string(),
            received_at: event.received_at,
        },
        received: if is_whole { None } else { serde_json::from_slice(&webhook.body).ok() },
    };
    assemble(attributes, &data)
}

/// What a change says is stored in canonical form: it is passed on without being read.
fn changed(attributes: Attributes, event: &Event, change: &RecordedChange) -> Rendered {
    if event.event_type.operational().is_some() {
        // What Shopwire tells of itself has no origin beside it.
        return match serde_json::from_slice::<&RawValue>(&change.data) {
            Ok(told) => assemble(attributes, &told),
            Err(_) => assemble(attributes, &bare(event)),
        };
    }
    let origin = OriginData::Change {
        cause: change.cause.as_deref(),
        actor: change.actor.as_deref(),
        version: change.version,
        received_at: event.received_at,
    };
    match serde_json::from_slice::<Stored<'_>>(&change.data) {
        Ok(Stored { object, previous, details }) => {
            assemble(attributes, &ChangedData { object, previous, details, origin })
        }
        Err(_) => assemble(attributes, &Data { canonical: &bare(event), origin, received: None }),
    }
}

fn bare(event: &Event) -> Canonical {
    Canonical::of(Entity::Bare(Bare::new(event.subject.id())))
}

/// The event with which an operator tries an endpoint; it stands in no log.
pub fn test_event(id: EventId, now: Timestamp) -> Rendered {
    let attributes = Attributes {
        specversion: "1.0",
        id: id.to_string(),
        source: "/endpoints".to_owned(),
        event_type: format!("{TYPE_PREFIX}endpoint.test"),
        subject: None,
        time: now,
        sequence: None,
        datacontenttype: "application/json",
    };
    let message = Value::from("A test. If you can read this and verify its signature, the endpoint works.");
    assemble(attributes, &Map::from_iter([("message".to_owned(), message)]))
}

fn assemble(attributes: Attributes, data: &impl Serialize) -> Rendered {
    const OF_VALUES: &str = "values with text keys always serialise";
    let mut structured = Vec::with_capacity(ABOUT_BYTES);
    serde_json::to_writer(&mut structured, &attributes).expect(OF_VALUES);
    structured.pop();
    structured.extend_from_slice(b",\"data\":");
    let start = structured.len();
    serde_json::to_writer(&mut structured, data).expect(OF_VALUES);
    let end = structured.len();
    structured.push(b'}');
    let structured = Bytes::from(structured);
    let data = structured.slice(start..end);
    Rendered { attributes, structured, data }
}

impl Rendered {
    /// The event's id.
    pub fn id(&self) -> &str {
        &self.attributes.id
    }

    /// The body in the given mode.
    pub fn body(&self, mode: ContentMode) -> &Bytes {
        match mode {
            ContentMode::Structured => &self.structured,
            ContentMode::Binary => &self.data,
        }
    }

    /// The headers in the given mode, without a signature.
    pub fn headers(&self, mode: ContentMode) -> Headers {
        match mode {
            ContentMode::Structured => {
                let headers = Headers::with_capacity(HEADER_FIELDS, HEADER_BYTES);
                headers.with("content-type", "application/cloudevents+json")
            }
            ContentMode::Binary => self.binary_headers(),
        }
    }

    fn binary_headers(&self) -> Headers {
        let of = &self.attributes;
        let mut headers = Headers::with_capacity(HEADER_FIELDS + 7, 2 * HEADER_BYTES)
            .with("content-type", of.datacontenttype)
            .with("ce-specversion", of.specversion)
            .with("ce-id", header_value(&of.id))
            .with("ce-source", header_value(&of.source))
            .with("ce-type", header_value(&of.event_type));
        if let Some(subject) = &of.subject {
            headers.push("ce-subject", header_value(subject));
        }
        headers.push("ce-time", of.time.to_string());
        if let Some(sequence) = &of.sequence {
            headers.push("ce-sequence", sequence);
        }
        headers
    }
}

/// Percent-encodes what a header can't hold: space, quote, percent and all but printable ASCII (CloudEvents HTTP
/// binding, 3.1.3.2).
fn header_value(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut value, byte| {
        if byte.is_ascii_graphic() && byte != b'"' && byte != b'%' {
            value.push(char::from(byte));
        } else {
            write!(value, "%{byte:02X}").expect("a string can be written to");
        }
        value
    })
}
