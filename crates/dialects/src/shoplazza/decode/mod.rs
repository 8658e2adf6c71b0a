//! Shoplazza's headers and body → who, what, and the canonical entity.
//!
//! Lenient where the documentation and the wire are known to differ: bodies wrapped or bare, JSON inside strings, money
//! as text or number, `canceled_at` or `cancelled_at`, `store_id` or `stord_id`.

mod address;
mod app;
mod cart;
mod category;
mod customer;
mod discount;
mod line_item;
mod order;
mod product;
mod shipment;

use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use shopwire_core::DialectId;
use shopwire_core::commerce::entity::{Entity, Image};
use shopwire_core::commerce::{EntityKind, EventType, Subject, details};

use super::blank;
use super::verify::{DEDUPLICATION_ID, SHOP_DOMAIN, TOPIC};
use crate::catalog::{SHOPLAZZA, Topic};
use crate::fields::Fields;
use crate::{Canonical, Incoming, Reading, ShopIdentity, Unreadable, mac, peek};

pub(super) fn read(incoming: &Incoming<'_>) -> Result<Reading, Unreadable> {
    let topic = incoming.headers.get(TOPIC).filter(|topic| !topic.is_empty());
    let topic = topic.ok_or_else(|| unreadable(format!("header `{TOPIC}` is missing")))?;
    let body = peek::body(incoming.body).map_err(unreadable)?;
    let known = SHOPLAZZA.find(topic);
    let event_id = incoming.headers.get(DEDUPLICATION_ID).filter(|id| !id.is_empty());
    Ok(Reading {
        shop: shop(incoming, body),
        topic: known.map_or(topic, |known| known.name).to_owned(),
        event_type: match known {
            Some(known) => known.event_type(DialectId::Shoplazza, topic),
            None => EventType::Native { dialect: DialectId::Shoplazza, topic: topic.to_owned() },
        },
        subject: known.map_or_else(|| stranger(topic, body), |known| subject(known, body)),
        identity_key: event_id.map_or_else(|| fingerprint(topic, incoming.body), str::to_owned),
        platform_event_id: event_id.map(str::to_owned),
        // Nothing says when the event happened; a resource's `updated_at` may be older or newer.
        occurred_at: None,
    })
}

/// The canonical entity. `previous` stays empty: Shoplazza sends no former values.
pub(super) fn canonical(body: &[u8], reading: &Reading) -> Result<Canonical, Unreadable> {
    let body: Value = serde_json::from_slice(body).map_err(unreadable)?;
    let Value::Object(body) = body else { return Err(unreadable("it is no object")) };
    let mut fields = Fields::of(body);
    fields.lift(wrapper(reading.subject.kind_name()));
    let canonical = Canonical::of(entity(fields, reading));
    let charge = match &canonical.object {
        Entity::App(app) => app.charges.first().map(|charge| charge.id.clone()),
        _ => None,
    };
    Ok(match charge {
        Some(charge) => canonical.with(details::CHARGE_ID, charge),
        None => canonical,
    })
}

fn entity(fields: Fields, reading: &Reading) -> Entity {
    let id = reading.subject.id();
    match reading.subject.kind() {
        Some(EntityKind::Order) => Entity::Order(Box::new(order::order(fields))),
        Some(EntityKind::Product) => Entity::Product(Box::new(product::product(fields))),
        Some(EntityKind::Cart) => Entity::Cart(Box::new(cart::cart(fields, id))),
        Some(EntityKind::Shipment) => Entity::Shipment(Box::new(shipment::shipment(fields))),
        Some(EntityKind::Category) => Entity::Category(Box::new(category::category(fields))),
        Some(EntityKind::Customer) => Entity::Customer(Box::new(customer::customer(fields))),
        Some(EntityKind::App) => Entity::App(Box::new(app::app(fields, &reading.topic, id))),
        _ => Entity::Bare(fields.into_bare(id)),
    }
}

fn unreadable(what: impl ToString) -> Unreadable {
    Unreadable { dialect: DialectId::Shoplazza, what: what.to_string() }
}

fn shop(incoming: &Incoming<'_>, body: &RawValue) -> ShopIdentity {
    let domain = incoming.headers.get(SHOP_DOMAIN).filter(|domain| !domain.is_empty());
    // Only the bodies of charges name the shop, and the documentation spells its key wrong in one of them.
    let store_id = peek::member(body, &["store_id", "stord_id"]).and_then(peek::id);
    let parts = [("shop_domain", domain.map(str::to_ascii_lowercase)), ("store_id", store_id)];
    let known = parts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.fold(ShopIdentity::default(), |shop, (name, value)| shop.and(name, value))
}

fn subject(topic: &Topic, body: &RawValue) -> Subject {
    Subject::native(topic.subject, peek::first_id(body, topic.id).as_deref().unwrap_or("unknown"))
}

/// The subject of a topic that nobody knows: that of its family, or the family's own name.
fn stranger(topic: &str, body: &RawValue) -> Subject {
    let family = topic.split('/').next().filter(|family| !family.is_empty()).unwrap_or("unknown");
    let relative = SHOPLAZZA.topics.iter().find(|known| known.name.split('/').next() == Some(family));
    relative.map_or_else(
        || {
            let wrapped = format!("/{}/id", wrapper(family));
            Subject::native(family, peek::first_id(body, &[&wrapped, "/id"]).as_deref().unwrap_or("unknown"))
        },
        |relative| subject(relative, body),
    )
}

/// What stands for the missing id of the event: two requests with the same topic and body are copies.
fn fingerprint(topic: &str, body: &[u8]) -> String {
    mac::hex(&Sha256::new().chain_update(topic).chain_update([0]).chain_update(body).finalize())
}

/// The word that a body of this kind is wrapped in.
pub(super) fn wrapper(kind: &str) -> &str {
    match kind {
        "shipment" => "fulfillment",
        "category" => "collection",
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

/// The picture of something; none if nothing stands in it.
fn picture(f: &mut Fields) -> Option<Image> {
    f.image("image", image).filter(|image| *image != Image::default())
}

/// A picture, as products, variants and collections have it.
fn image(mut f: Fields) -> Image {
    Image {
        id: f.id("id"),
        url: f.text("src"),
        alt: f.text("alt"),
        position: f.integer("position"),
        width: f.integer("width").filter(|pixels| *pixels != 0),
        height: f.integer("height").filter(|pixels| *pixels != 0),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "product.image"),
    }
}
