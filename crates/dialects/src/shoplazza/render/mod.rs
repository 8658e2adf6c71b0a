//! Canonical events → Shoplazza's requests, strictly as documented: every field is there, in the documented order and JSON
//! type (see [`blank`](super::blank)).
//!
//! The body is the resource, wrapped in its name except for carts and charges; of something deleted, only its id. Times
//! that Shoplazza always tells and nobody told us are that of the event.

mod address;
mod app;
mod cart;
mod collection;
mod customer;
mod discount;
mod fulfillment;
pub(super) mod line_item;
pub(super) mod order;
mod picture;
pub(super) mod product;

use serde_json::{Value, json};
use shopwire_core::commerce::entity::Entity;
use shopwire_core::{DialectId, Headers, ReceivedWebhook, Timestamp};

use super::decode;
use super::verify::{API_VERSION, DEDUPLICATION_ID, SHOP_DOMAIN, TOPIC};
use crate::catalog::Topic;
use crate::style::js;
use crate::{Draft, Happening, Unrenderable, mac};

pub(super) fn render(topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
    let domain = happening.identity(DialectId::Shoplazza, "shop_domain")?;
    let headers = Headers::new()
        .with("Content-Type", "application/json")
        .with(TOPIC, topic.name)
        .with(SHOP_DOMAIN, domain)
        .with(API_VERSION, version(topic, happening.api_version))
        .with(DEDUPLICATION_ID, deduplication_id(happening));
    // Some receivers hash the body as JavaScript writes it again, so it is written that way from the start.
    Ok(Draft { query: None, headers, body: js::to_string(&body(topic, happening)?).into_bytes() })
}

/// The body as it came, under the headers as they came, in their documented case. What a relay on the way may have lost is
/// made up for.
pub(super) fn forward(received: &ReceivedWebhook, happening: &Happening<'_>) -> Draft {
    let came = |name| received.headers.get(name).filter(|value: &&str| !value.is_empty());
    let domain = came(SHOP_DOMAIN).or_else(|| happening.identity.get("shop_domain"));
    let id = came(DEDUPLICATION_ID).map_or_else(|| deduplication_id(happening), str::to_owned);
    let version = came(API_VERSION).map(str::to_owned).or_else(|| happening.api_version.and_then(dashed));
    let fields = [
        ("Content-Type", Some("application/json".to_owned())),
        (TOPIC, Some(came(TOPIC).unwrap_or(&received.topic).to_owned())),
        (SHOP_DOMAIN, domain.map(str::to_owned)),
        (API_VERSION, version),
        (DEDUPLICATION_ID, Some(id)),
    ];
    let headers = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Draft { query: received.query.clone(), headers, body: received.body.to_vec() }
}

/// The version in the form of the header: the app's, else the lowest that sends the topic.
pub(super) fn version(topic: &Topic, chosen: Option<&str>) -> String {
    let lowest = || dashed(topic.min_version.unwrap_or("202007"));
    chosen
        .and_then(dashed)
        .or_else(lowest)
        .expect("the catalogue's versions are years with months, as tests show")
}

/// `202207` is `2022-07` in the header; so it may also be given.
fn dashed(version: &str) -> Option<String> {
    let digits = version.replacen('-', "", 1);
    let is_month = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit());
    is_month.then(|| format!("{}-{}", &digits[..4], &digits[4..]))
}

/// The same on every attempt, and another for every event.
fn deduplication_id(happening: &Happening<'_>) -> String {
    mac::hex(happening.id.as_bytes())
}

fn body(topic: &'static Topic, happening: &Happening<'_>) -> Result<Value, Unrenderable> {
    if topic.name.ends_with("/delete") {
        return Ok(wrapped(topic, json!({ "id": happening.subject.id() })));
    }
    let at = &seconds(happening.occurred_at);
    Ok(match &happening.canonical.object {
        Entity::Product(product) => wrapped(topic, product::product(product, at)),
        Entity::Order(order) => wrapped(topic, order::order(order, topic, at)),
        Entity::Cart(cart) => cart::cart(cart, at),
        Entity::Shipment(shipment) => wrapped(topic, fulfillment::fulfillment(shipment, at)),
        Entity::Category(category) => wrapped(topic, collection::collection(category, at)),
        Entity::Customer(customer) => wrapped(topic, customer::customer(customer, at)),
        Entity::App(app) if topic.id.contains(&"/application_id") => app::charge(app, topic, happening, at)?,
        Entity::App(app) => wrapped(topic, app::app(app, topic, happening, at)),
        _ => return Err(missing(happening, "object")),
    })
}

fn wrapped(topic: &Topic, resource: Value) -> Value {
    Value::Object([(decode::wrapper(topic.subject).to_owned(), resource)].into_iter().collect())
}

fn missing(happening: &Happening<'_>, field: &'static str) -> Unrenderable {
    Unrenderable::Missing { dialect: DialectId::Shoplazza, subject: happening.subject.to_string(), field }
}

/// A time as Shoplazza writes it: without fractions of a second.
fn seconds(moment: Timestamp) -> String {
    Timestamp::from_secs(moment.as_secs()).to_string().replace(".000Z", "Z")
}
