//! A dialect as the command line sees it: the five platforms and our own, alike.

use serde::Serialize;
use serde_json::Value;
use shopwire_core::{DialectId, Headers, Timestamp};
use shopwire_dialects::{Dialect, Incoming, Key, Rejection, ShopIdentity, Verified, cloudevents};

/// One who speaks a dialect.
#[derive(Clone, Copy)]
pub(crate) enum Speaker {
    /// A platform.
    Platform(&'static dyn Dialect),
    /// Shopwire itself.
    Shopwire,
}

/// What a request says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Told {
    /// The topic in its dialect.
    pub(crate) topic: String,
    /// The event type it stands for.
    pub(crate) event_type: String,
    /// What it is about.
    pub(crate) subject: Option<String>,
    /// The shop it speaks of.
    pub(crate) shop: ShopIdentity,
    /// The sender's own id of the event.
    pub(crate) event_id: Option<String>,
    /// When it happened.
    pub(crate) occurred_at: Option<Timestamp>,
}

impl Told {
    /// What is told, by name, for people.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        let parts: Vec<String> = self.shop.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let facts = [
            ("topic", Some(self.topic.clone())),
            ("event type", Some(self.event_type.clone())),
            ("subject", self.subject.clone()),
            ("shop", (!parts.is_empty()).then(|| parts.join(" "))),
            ("event id", self.event_id.clone()),
            ("occurred at", self.occurred_at.map(|at| at.to_string())),
        ];
        facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Speaker {
    /// Who speaks this dialect.
    pub(crate) fn of(dialect: DialectId) -> Self {
        shopwire_dialects::get(dialect).map_or(Self::Shopwire, Self::Platform)
    }

    /// The dialect.
    pub(crate) fn dialect(self) -> DialectId {
        match self {
            Self::Platform(dialect) => dialect.id(),
            Self::Shopwire => DialectId::CloudEvents,
        }
    }

    /// Whether a request is genuine, and if not, why.
    pub(crate) fn verify(
        self,
        incoming: &Incoming<'_>,
        keys: &[Key],
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        match self {
            Self::Platform(dialect) => dialect.verify(incoming, keys, now),
            Self::Shopwire => cloudevents::verify(incoming.headers, incoming.body, &signing_keys(keys), now),
        }
    }

    /// What a request says; the error tells why it can't be read.
    pub(crate) fn read(self, incoming: &Incoming<'_>) -> Result<Told, String> {
        match self {
            Self::Platform(dialect) => {
                let reading = dialect.read(incoming).map_err(|unreadable| unreadable.to_string())?;
                Ok(Told {
                    topic: reading.topic,
                    event_type: reading.event_type.to_string(),
                    subject: Some(reading.subject.to_string()),
                    shop: reading.shop,
                    event_id: reading.platform_event_id,
                    occurred_at: reading.occurred_at,
                })
            }
            Self::Shopwire => cloud_event(incoming),
        }
    }

    /// The status that its sender counts as success.
    pub(crate) fn success(self) -> u16 {
        match self {
            Self::Platform(dialect) => dialect.receive_policy().success,
            Self::Shopwire => 200,
        }
    }
}

/// Those keys that are of the form of Standard Webhooks.
pub(crate) fn signing_keys(keys: &[Key]) -> Vec<cloudevents::SigningKey> {
    let parse = |key: &Key| match key {
        Key::Signing(secret) => cloudevents::SigningKey::parse(secret).ok(),
        Key::Header { .. } => None,
    };
    keys.iter().filter_map(parse).collect()
}

/// Context attributes from the headers (binary mode) or the body (structured mode).
fn cloud_event(incoming: &Incoming<'_>) -> Result<Told, String> {
    let body: Value =
        serde_json::from_slice(incoming.body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let attribute = |name: &str| {
        in_headers(incoming.headers, name).or_else(|| Some(body.get(name)?.as_str()?.to_owned()))
    };
    let event_type =
        attribute("type").ok_or("not a CloudEvent: neither `ce-type` nor a `type` in the body")?;
    let source = attribute("source").unwrap_or_default();
    let shop = source.strip_prefix("/shops/").map(|shop| ShopIdentity::of("shop", shop));
    Ok(Told {
        event_type: event_type.strip_prefix(cloudevents::TYPE_PREFIX).unwrap_or(&event_type).to_owned(),
        topic: event_type,
        subject: attribute("subject"),
        shop: shop.unwrap_or_default(),
        event_id: attribute("id"),
        occurred_at: attribute("time").as_deref().and_then(Timestamp::parse),
    })
}

/// An attribute in its header, percent-decoded (CloudEvents HTTP binding, 3.1.3.2).
fn in_headers(headers: &Headers, name: &str) -> Option<String> {
    let value = headers.get(&format!("ce-{name}"))?;
    let mut bytes = value.bytes();
    let mut decoded = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        let ahead = (bytes.clone().next(), bytes.clone().nth(1));
        match (byte, ahead) {
            (b'%', (Some(high), Some(low))) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit =
                    |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
                decoded.push(digit(high) << 4 | digit(low));
                bytes.nth(1);
            }
            _ => decoded.push(byte),
        }
    }
    Some(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_modes_of_a_cloud_event_say_the_same() {
        let structured = br#"{"specversion":"1.0","id":"evt_1","source":"/shops/shp_1","type":"shopwire.order.paid","subject":"order/\u00e4 1","time":"2026-01-01T00:00:00.000Z","data":{}}"#;
        let headers = Headers::new().with("content-type", "application/cloudevents+json");
        let told =
            Speaker::Shopwire.read(&Incoming { query: None, headers: &headers, body: structured }).unwrap();
        let headers = Headers::new()
            .with("ce-id", "evt_1")
            .with("ce-source", "/shops/shp_1")
            .with("ce-type", "shopwire.order.paid")
            .with("ce-subject", "order/%C3%A4%201")
            .with("ce-time", "2026-01-01T00:00:00.000Z");
        assert_eq!(
            Speaker::Shopwire.read(&Incoming { query: None, headers: &headers, body: b"{}" }),
            Ok(told.clone())
        );
        assert_eq!((told.event_type.as_str(), told.subject.as_deref()), ("order.paid", Some("order/ä 1")));
        assert_eq!(told.shop.get("shop"), Some("shp_1"));
    }

    #[test]
    fn what_is_no_cloud_event_is_said_to_be_none() {
        let read =
            |headers: &Headers, body: &[u8]| Speaker::Shopwire.read(&Incoming { query: None, headers, body });
        assert!(read(&Headers::new(), b"{}").unwrap_err().contains("not a CloudEvent"));
        assert!(read(&Headers::new(), b"{").unwrap_err().contains("not JSON"));
        let cut = Headers::new().with("ce-type", "a%2").with("ce-subject", "%zz%");
        let told = read(&cut, b"{}").unwrap();
        assert_eq!((told.event_type.as_str(), told.subject.as_deref()), ("a%2", Some("%zz%")));
    }
}
