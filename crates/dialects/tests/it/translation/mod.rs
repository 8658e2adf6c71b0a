//! One platform's webhook as another's, for every pair and every event type that both know: it is sent, verified, read as
//! the same event about the same thing, and what both bodies have a place for is carried.

mod forwarding;
mod words;

use std::sync::LazyLock;

use serde_json::{Map, Value};
use shopwire_core::commerce::entity::{Entity, Order};
use shopwire_core::commerce::words::financial;
use shopwire_core::commerce::{CanonicalType, EntityKind, details, number_for};
use shopwire_core::{DialectId, Event, EventId, Secret, ShopId, SourceId, Timestamp};
use shopwire_dialects::translate::{self, Stamp, Translation};
use shopwire_dialects::{Canonical, Dialect, Incoming, Key, ShopIdentity};

use DialectId::{BigCommerce, Duda, Ecwid, Shoplazza, Shoptet};

/// The fields of a kind that these dialects' bodies have: between any two of them, each is carried as it is.
struct Carried {
    kind: EntityKind,
    by: &'static [DialectId],
    /// JSON pointers into the canonical entity.
    fields: &'static [&'static str],
}

#[rustfmt::skip]
const CARRIED: &[Carried] = &[
    Carried { kind: EntityKind::Order, by: &[Ecwid, Shoptet, Shoplazza], fields: &["/number"] },
    Carried { kind: EntityKind::Order, by: &[Ecwid, Shoplazza, Duda], fields: &["/financial_status"] },
    Carried { kind: EntityKind::Order, by: &[Ecwid, Shoplazza], fields: &["/fulfillment_status"] },
    Carried { kind: EntityKind::Order, by: &[Shoplazza, Duda], fields: &[
        "/test", "/accepts_marketing", "/currency", "/subtotal", "/total_shipping", "/total", "/discounts/0/id",
        "/discounts/0/title", "/discounts/0/kind", "/discounts/0/amount", "/payment/method", "/cancel_reason",
        "/created_at", "/cancelled_at", "/ip_address", "/user_agent", "/shipping_method/id", "/shipping_method/name",
        "/shipping_method/price",
        "/line_items/0/id", "/line_items/0/product_id", "/line_items/0/variant_id", "/line_items/0/title",
        "/line_items/0/sku", "/line_items/0/quantity", "/line_items/0/price", "/line_items/0/total",
        "/line_items/0/weight", "/line_items/0/image/url", "/line_items/0/options/0/name",
        "/line_items/0/options/0/value",
        "/billing_address/name", "/billing_address/first_name", "/billing_address/last_name", "/billing_address/line1",
        "/billing_address/line2", "/billing_address/district", "/billing_address/city", "/billing_address/region_code",
        "/billing_address/country_code", "/billing_address/postal_code", "/billing_address/phone",
        "/shipping_address/name", "/shipping_address/first_name", "/shipping_address/last_name",
        "/shipping_address/line1", "/shipping_address/city", "/shipping_address/region_code",
        "/shipping_address/country_code", "/shipping_address/postal_code", "/shipping_address/phone",
    ] },
    Carried { kind: EntityKind::Product, by: &[Shoplazza, Duda], fields: &[
        "/title", "/description", "/published", "/handle", "/requires_shipping", "/inventory_tracked",
        "/inventory_quantity", "/images/0/url", "/images/0/alt", "/options/0/id", "/options/0/name",
        "/options/0/values/0/value", "/options/0/values/1/value", "/variants/0/id", "/variants/0/sku",
        "/variants/0/price/amount", "/variants/0/inventory_quantity", "/variants/0/options/0/name",
        "/variants/0/options/0/value", "/variants/1/id", "/variants/1/sku", "/variants/1/price/amount", "/seo/title",
        "/seo/description",
    ] },
    Carried { kind: EntityKind::Category, by: &[Shoplazza, Duda], fields: &[
        "/title", "/description", "/handle", "/image/url", "/image/alt", "/seo/title", "/seo/description",
    ] },
    Carried { kind: EntityKind::Customer, by: &[Ecwid, Shoplazza], fields: &["/email"] },
    Carried { kind: EntityKind::Shipment, by: &[BigCommerce, Shoplazza], fields: &["/order_id"] },
];

/// What can't be said, since the one platform's body lacks what the other's can't do without, with what is then said of it.
const UNSAID: &[(DialectId, DialectId, CanonicalType, &str)] = &[
    (Shoptet, Ecwid, CanonicalType::InvoiceCreated, "without `order_number`"),
    (Shoptet, Ecwid, CanonicalType::InvoiceDeleted, "without `order_number`"),
    (Ecwid, Shoplazza, CanonicalType::AppSubscriptionChanged, "it depends on what changed"),
];

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

fn stamp(id: [u8; 16]) -> Stamp {
    let (shop, source) = (ShopId::from_bytes([2; 16]), SourceId::from_bytes([3; 16]));
    Stamp { id: EventId::from_bytes(id), shop, source, now: NOW }
}

/// The shop on every platform; they share one word for two of the ids.
fn identity() -> ShopIdentity {
    ShopIdentity::of("store_id", "1077")
        .and("store_hash", "k3w9qpzt1a")
        .and("eshop_id", "418203")
        .and("shop_domain", "nordhaven.myshoplaza.com")
        .and("site_name", "7d0b41f2")
}

/// Readable as text and as base64, whichever a dialect takes its secret for.
fn key() -> Key {
    Key::Signing(Secret::new("c2hvcHdpcmUtc2hvcHdpcmUtc2hvcHdpcmUt"))
}

fn known(kind: EntityKind) -> Entity {
    static ENTITIES: LazyLock<Map<String, Value>> =
        LazyLock::new(|| serde_json::from_str(include_str!("entities.json")).expect("JSON"));
    match ENTITIES.get(kind.as_str()).and_then(Value::as_object) {
        Some(fields) => Entity::read(kind, fields.clone()).expect("known fields"),
        None => Entity::only(kind, "x-1"),
    }
}

/// An event of our own of this type, with all details that any type has.
fn change(event_type: CanonicalType, id: [u8; 16]) -> Event {
    let texts = [
        (details::LINE_ITEM_ID, "l-1"),
        (details::COUPON_ID, "7"),
        (details::ORDER_ID, "2031"),
        (details::MESSAGE_ID, "8"),
        (details::CHARGE_ID, "ch-1"),
        (details::INVENTORY_METHOD, "relative"),
    ];
    let object = match (event_type, known(event_type.kind())) {
        // Shoplazza calls an order cancelled only if it was not paid.
        (CanonicalType::OrderCancelled, Entity::Order(order)) => {
            let unpaid = Some(financial::WAITING.to_owned());
            Entity::Order(Box::new(Order { financial_status: unpaid, ..*order }))
        }
        (_, object) => object,
    };
    let canonical = Canonical::of(object).with(details::INVENTORY_VALUE, -3);
    let canonical = texts.into_iter().fold(canonical, |canonical, (name, text)| canonical.with(name, text));
    translate::changed(event_type, &canonical, &stamp(id))
}

/// What a receiver makes of a request that was signed and is verified.
fn delivered(dialect: &dyn Dialect, said: Translation) -> Event {
    let at = format!("{} {}", dialect.id(), said.topic);
    let request = dialect.sign(said.draft, &key(), NOW);
    let incoming =
        Incoming { query: request.query.as_deref(), headers: &request.headers, body: &request.body };
    assert_eq!(dialect.verify(&incoming, &[key()], NOW).map(|verified| verified.key), Ok(0), "{at}");
    translate::received(dialect, &incoming, &stamp([9; 16])).expect(&at)
}

fn entity(event: &Event) -> Value {
    let canonical = shopwire_dialects::canonical(event).expect("what was received can be read");
    serde_json::to_value(canonical.object).expect("JSON")
}

/// By which id the receiver knows what an event is about; `None` where its platform's events don't name it.
fn expected_id(to: DialectId, event: &Event) -> Option<String> {
    let (kind, id) = (event.subject.kind()?, event.subject.id());
    let code = ["number", "code", "list"].into_iter().find_map(|field| {
        let is_code = !matches!((kind, field), (EntityKind::AbandonedCart, _));
        entity(event).get(field).filter(|_| is_code)?.as_str().map(str::to_owned)
    });
    match to {
        _ if matches!(kind, EntityKind::Shop | EntityKind::App) => None,
        Ecwid => Some(number_for(event.shop, kind.as_str(), id).to_string()),
        // Carts go by their own id there, everything else by numbers.
        BigCommerce if matches!(kind, EntityKind::Cart | EntityKind::AbandonedCart) => Some(id.to_owned()),
        BigCommerce => Some(number_for(event.shop, kind.as_str(), id).to_string()),
        Shoptet => Some(code.unwrap_or_else(|| id.to_owned())),
        _ => Some(id.to_owned()),
    }
}

/// Calls `check` with every event type that both know: the webhook of one, and what it becomes in the other's words.
fn for_every_pair(check: impl Fn(DialectId, DialectId, CanonicalType, Event, &dyn Dialect)) -> usize {
    let mut count = 0;
    for from in shopwire_dialects::all() {
        for event_type in from.catalog().topics.iter().filter_map(|topic| topic.event_type) {
            let said = translate::into(&change(event_type, [1; 16]), from.id(), &identity());
            let theirs =
                delivered(*from, said.unwrap_or_else(|error| panic!("{} {event_type}: {error}", from.id())));
            assert_eq!(theirs.event_type.canonical(), Some(event_type), "{}", from.id());
            for to in shopwire_dialects::all().iter().filter(|to| to.id() != from.id()) {
                if to.catalog().for_event_type(event_type).is_some() {
                    check(from.id(), to.id(), event_type, theirs.clone(), *to);
                    count += 1;
                }
            }
        }
    }
    count
}

#[test]
fn the_receiver_reads_the_same_event_about_the_same_thing_and_every_field_that_both_have() {
    let count = for_every_pair(|from, to, event_type, theirs, dialect| {
        let at = format!("{from} → {to}: {event_type}");
        let said = translate::into(&theirs, to, &identity());
        if let Some((.., reason)) =
            UNSAID.iter().find(|(a, b, what, _)| (*a, *b, *what) == (from, to, event_type))
        {
            let refused = said.expect_err(&at).to_string();
            return assert!(refused.contains(reason), "{at}: {refused}");
        }
        let ours = delivered(dialect, said.unwrap_or_else(|error| panic!("{at}: {error}")));
        assert_eq!(ours.event_type, theirs.event_type, "{at}");
        assert_eq!(ours.subject.kind(), theirs.subject.kind(), "{at}");
        if let Some(id) = expected_id(to, &theirs) {
            assert_eq!(ours.subject.id(), id, "{at}");
        }
        // Of what is gone, platforms tell no more than which it was.
        if event_type.as_str().ends_with(".deleted") {
            return;
        }
        let (before, after) = (entity(&theirs), entity(&ours));
        let both = |line: &&Carried| {
            line.kind == event_type.kind() && line.by.contains(&from) && line.by.contains(&to)
        };
        for field in CARRIED.iter().filter(both).flat_map(|line| line.fields) {
            let value = before.pointer(field);
            assert!(value.is_some(), "{from} {event_type} lost {field}: {before:#}");
            assert_eq!(after.pointer(field), value, "{at}: {field}");
        }
    });
    assert!(count > 90, "{count} pairs");
}

#[test]
fn what_one_tells_as_a_sum_the_other_tells_item_by_item() {
    let order = known(EntityKind::Order);
    let without = |field: &str| {
        let mut fields = order.to_map();
        fields.shift_remove(field);
        let order = Entity::read(EntityKind::Order, fields).expect("an order");
        translate::changed(CanonicalType::OrderUpdated, &Canonical::of(order), &stamp([1; 16]))
    };
    let told = |to: &dyn Dialect, field: &str| {
        entity(&delivered(to, translate::into(&without(field), to.id(), &identity()).expect("a topic")))
    };
    let (shoplazza, duda) = (&shopwire_dialects::shoplazza::Shoplazza, &shopwire_dialects::duda::Duda);
    for (sum, items, amount) in [("total_tax", "taxes", "130.25"), ("total_discount", "discounts", "10.55")] {
        assert_eq!(told(shoplazza, sum)[sum]["amount"], amount, "{sum}");
        assert_eq!(told(duda, items)[items][0]["amount"]["amount"], amount, "{items}");
    }
    assert_eq!(told(shoplazza, "total_shipping")["total_shipping"]["amount"], "6.95");
    assert_eq!(told(duda, "status")["status"], "shipped", "as far as the goods have come");
    assert_eq!(told(duda, "nothing")["status"], "shipped", "placed says no more than that it goes on");
}

#[test]
fn the_only_picture_code_and_tracking_number_stand_where_they_are_looked_for() {
    let duda = &shopwire_dialects::duda::Duda;
    let told = |event_type: CanonicalType, fields: &str| {
        let fields = serde_json::from_str(fields).expect("JSON");
        let canonical = Canonical::of(Entity::read(event_type.kind(), fields).expect("an entity"));
        let event = translate::changed(event_type, &canonical, &stamp([1; 16]));
        entity(&delivered(duda, translate::into(&event, Duda, &identity()).expect("a topic")))
    };
    let product = told(
        CanonicalType::ProductUpdated,
        r#"{"id":"p","image":{"url":"https://cdn.example.com/a.jpg"},"variants":[{"id":"v","sku":"A-1"}]}"#,
    );
    assert_eq!(product["images"][0]["url"], "https://cdn.example.com/a.jpg");
    assert_eq!(product["sku"], "A-1");
    let order = told(
        CanonicalType::OrderUpdated,
        r#"{"id":"o","shipments":[{"id":"1","tracking_number":"A"},{"id":"2","tracking_number":"B"}]}"#,
    );
    assert_eq!(order["tracking_number"], "B");
}
