//! Canonical events → Duda's envelope, strictly in the documented form.
//!
//! **Invariants.** Keys, their order and their JSON types are those of Duda's samples, whatever is known. Where there is
//! nothing to say, a field is `null` if a sample shows it so (or is not there, if a sample lacks it), else the empty value
//! of its type: `""`, `[]`, `{}`, `false`, `0`. Texts, dates and money that are `""` are read back as nothing.

mod address;
mod category;
mod line_item;
mod order;
mod payment;
mod product;
mod refund;
mod subscription;
mod variation;

pub(super) use refund::tax_provider;

use serde_json::{Map, Value, json};
use shopwire_core::commerce::CanonicalType;
use shopwire_core::commerce::entity::{Entity, Image};
use shopwire_core::{DialectId, Headers, ReceivedWebhook, Timestamp};

use super::words;
use crate::catalog::Topic;
use crate::shape::{Nothing, Shape};
use crate::style::js;
use crate::{Draft, Happening, Unrenderable};

/// The empty text, where a text is promised.
const EMPTY: Nothing = Nothing::Text("");

pub(super) fn render(topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
    let site_name = happening.identity(DialectId::Duda, "site_name")?;
    let data = data(topic, happening)?;
    Ok(enveloped(topic, Some(data), site_name, happening.occurred_at))
}

pub(super) fn forward(received: &ReceivedWebhook) -> Draft {
    request(received.body.as_ref())
}

/// A request with Duda's head: some receivers take the bare content type and no other.
fn request(body: impl Into<Vec<u8>>) -> Draft {
    Draft { query: None, headers: Headers::new().with("content-type", "application/json"), body: body.into() }
}

/// A request with `data` in Duda's envelope.
pub(super) fn enveloped(topic: &Topic, data: Option<Value>, site_name: &str, at: Timestamp) -> Draft {
    let mut s = Shape::plain();
    if let Some(data) = data {
        s.set("data", data);
    }
    s.set("source", Value::Null)
        .set("resource_data", json!({ "site_name": site_name }))
        .set("event_timestamp", at.as_ms())
        .set("event_type", topic.name);
    request(js::to_string(&s.done()))
}

/// What the event says of its subject.
fn data(topic: &Topic, happening: &Happening<'_>) -> Result<Value, Unrenderable> {
    let is = |event_type| topic.event_type == Some(event_type);
    Ok(match &happening.canonical.object {
        Entity::Product(product) if is(CanonicalType::ProductDeleted) => product::deleted(product),
        Entity::Product(product) => product::product(product),
        Entity::Category(category) if is(CanonicalType::CategoryDeleted) => category::deleted(category),
        Entity::Category(category) => category::category(category),
        Entity::Order(order) if is(CanonicalType::OrderPaid) => order::paid(order),
        Entity::Order(order) => order::order(order, order::Place::Alone),
        Entity::Refund(refund) => refund::refund(refund, None),
        Entity::Subscription(subscription) => subscription::data(topic, subscription, happening)?,
        _ => Value::Object(Map::new()),
    })
}

/// A picture, as products and categories have it.
fn image(image: &Image) -> Value {
    let mut s = Shape::of(&image.extra);
    s.text("alt", image.alt.as_deref(), EMPTY).text("url", image.url.as_deref(), EMPTY).done()
}
