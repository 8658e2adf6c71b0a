use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};
use shopwire_core::commerce::entity::Product;
use shopwire_core::{AppId, EventId, Grant, Headers, Origin, RecordedChange, SourceId, Timestamp};

use super::*;
use crate::bigcommerce::BigCommerce;
use crate::ecwid::Ecwid;
use crate::shoplazza::Shoplazza;
use crate::shoptet::Shoptet;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn shop() -> ShopId {
    ShopId::from_bytes([1; 16])
}

fn event(event_type: EventType, subject: &str, origin: Origin) -> Event {
    let (id, subject) = (EventId::from_bytes([2; 16]), subject.parse().expect("a subject"));
    Event { id, shop: shop(), event_type, subject, occurred_at: NOW, received_at: NOW, origin }
}

fn changed(event_type: CanonicalType, subject: &str) -> Event {
    let change = RecordedChange { cause: None, actor: None, version: 1, data: Bytes::new() };
    event(EventType::Canonical(event_type), subject, Origin::Change(change))
}

fn webhook(dialect: DialectId, event_type: EventType, topic: &str, subject: &str) -> Event {
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([3; 16]),
        dialect,
        topic: topic.to_owned(),
        platform_event_id: None,
        query: None,
        headers: Headers::new(),
        body: Bytes::from_static(br#"{"as": "it came"}"#),
    };
    event(event_type, subject, Origin::Webhook(webhook))
}

fn native(dialect: DialectId, topic: &str) -> Event {
    webhook(dialect, EventType::Native { dialect, topic: topic.to_owned() }, topic, "channel/7")
}

fn app(dialect: DialectId, scopes: Option<&[&str]>, version: Option<&str>) -> App {
    let grant = |scopes: &[&str]| Grant {
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        granted_at: NOW,
        updated_at: NOW,
    };
    App {
        id: AppId::from_bytes([4; 16]),
        dialect,
        name: "Feeds".to_owned(),
        client_id: Some("client-1".to_owned()),
        secrets: Vec::new(),
        webhook_api_version: version.map(str::to_owned),
        grants: scopes.map_or_else(BTreeMap::new, |scopes| BTreeMap::from([(shop(), grant(scopes))])),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn nothing<'c>() -> Option<&'c Canonical> {
    None
}

/// The name under which it goes out to an app, or why it does not.
fn told(dialect: &dyn Dialect, event: &Event, app: &App) -> Result<String, String> {
    let holder = Holder { app, is_source: false };
    let published = publish(dialect, event, nothing, Some(holder));
    published.map(|published| published.name.into_owned()).map_err(|error| error.to_string())
}

#[test]
fn a_canonical_event_goes_out_under_the_topic_of_its_type_or_not_at_all() {
    let created = changed(CanonicalType::OrderCreated, "order/1");
    for dialect in crate::all() {
        let published = publish(*dialect, &created, nothing, None).expect("all five have it");
        let topic = published.topic.expect("a topic of the catalogue");
        assert_eq!(topic.event_type, Some(CanonicalType::OrderCreated), "{}", dialect.id());
        assert_eq!(published.name, topic.name);
    }
    let moved = changed(CanonicalType::StockMoved, "stock/1");
    let error = publish(&Ecwid, &moved, nothing, None).expect_err("only Shoptet has it").to_string();
    assert_eq!(error, "ecwid has no topic for `stock.moved`");
}

#[test]
fn a_topic_without_an_event_type_goes_out_in_its_own_dialect_under_the_name_it_came_by() {
    let page = native(DialectId::BigCommerce, "store/channel/7/page/created");
    let published = publish(&BigCommerce, &page, nothing, None).expect("its own dialect");
    assert_eq!(published.name, "store/channel/7/page/created");
    assert_eq!(published.topic.map(|topic| topic.name), Some("store/channel/{channel_id}/page/created"));
    let error = publish(&Shoptet, &page, nothing, None).expect_err("another dialect").to_string();
    assert_eq!(
        error,
        "`store/channel/7/page/created` is a topic of bigcommerce alone: it has no name in shoptet"
    );
    let stranger = native(DialectId::BigCommerce, "store/never/heard/of");
    let published = publish(&BigCommerce, &stranger, nothing, None).expect("kept as it is");
    assert!(published.topic.is_none() && published.name == "store/never/heard/of");
}

#[test]
fn an_app_must_be_installed_and_hold_the_topic_s_scope_at_this_moment() {
    let event = changed(CanonicalType::OrderUpdated, "order/1");
    let told = |scopes| told(&Ecwid, &event, &app(DialectId::Ecwid, scopes, None));
    assert_eq!(told(Some(&["read_orders"])), Ok("order.updated".to_owned()));
    assert_eq!(
        told(Some(&["read_catalog"])),
        Err("app `Feeds` lacks the scope `read_orders` in the shop, which `order.updated` needs".to_owned())
    );
    assert_eq!(told(None), Err("app `Feeds` is not installed in the shop: it has no grant there".to_owned()));
    let elsewhere = Event { shop: ShopId::from_bytes([9; 16]), ..event.clone() };
    let error = super::tests::told(&Ecwid, &elsewhere, &app(DialectId::Ecwid, Some(&["read_orders"]), None));
    assert!(error.expect_err("granted in one shop only").contains("not installed"));
}

#[test]
fn a_topic_that_is_younger_than_the_app_s_version_is_not_sent() {
    let event = changed(CanonicalType::AppSubscriptionChanged, "app/client-1");
    let told = |version| told(&Shoplazza, &event, &app(DialectId::Shoplazza, Some(&[]), version));
    assert_eq!(
        told(Some("202201")).expect_err("too old"),
        "app `Feeds` gets webhooks of version 202201, and `app/subscriptions_update` begins with 202207"
    );
    for version in [Some("202207"), Some("2022-07"), Some("2026-01"), None] {
        assert_eq!(told(version), Ok("app/subscriptions_update".to_owned()), "{version:?}");
    }
}

#[test]
fn an_app_hears_of_itself_only_and_of_its_removal_although_it_is_gone() {
    let ours = app(DialectId::Ecwid, Some(&["read_store_profile"]), None);
    let gone = app(DialectId::Ecwid, None, None);
    for subject in ["app/client-1".to_owned(), format!("app/{}", ours.id)] {
        let changed_of = |event_type| changed(event_type, &subject);
        assert!(told(&Ecwid, &changed_of(CanonicalType::AppStorageChanged), &ours).is_ok());
        assert!(told(&Ecwid, &changed_of(CanonicalType::AppUninstalled), &gone).is_ok());
        assert!(told(&Ecwid, &changed_of(CanonicalType::AppStorageChanged), &gone).is_err());
    }
    let another = changed(CanonicalType::AppUninstalled, "app/client-2");
    let error = told(&Ecwid, &another, &ours).expect_err("not ours");
    assert_eq!(error, "the event concerns another app than `Feeds`");
    assert!(publish(&Ecwid, &another, nothing, None).is_ok(), "whoever has no app hears of all");
}

#[test]
fn a_webhook_that_names_no_app_concerns_the_app_of_its_source() {
    let uninstalled = EventType::Canonical(CanonicalType::AppUninstalled);
    let event = webhook(DialectId::BigCommerce, uninstalled, "store/app/uninstalled", "app/1025646");
    let app = app(DialectId::BigCommerce, None, None);
    let to = |is_source| publish(&BigCommerce, &event, nothing, Some(Holder { app: &app, is_source }));
    assert!(to(true).is_ok());
    assert!(matches!(to(false), Err(NotPublished::AnotherApp { .. })));
}

fn product(fields: Value, previous: Value) -> Canonical {
    let Value::Object(fields) = fields else { panic!("fields") };
    let (mut canonical, Value::Object(previous)) =
        (Canonical::of(Entity::read_leniently(EntityKind::Product, "1", fields)), previous)
    else {
        panic!("fields")
    };
    canonical.previous = previous;
    canonical
}

#[test]
fn conditions_are_asked_of_what_the_event_says_and_not_of_what_the_platform_itself_has_sent() {
    let conditional = BigCommerce.catalog().topics.iter().find(|topic| {
        !topic.when.ignoring.is_empty() && topic.event_type == Some(CanonicalType::ProductUpdated)
            || !topic.when.changed.is_empty() && topic.event_type == Some(CanonicalType::ProductUpdated)
    });
    let topic = conditional.expect("BigCommerce lists the fields of product updated");
    let irrelevant = product(json!({}), json!({ "no_field_of_the_list": 1 }));
    let all_ignored: serde_json::Map<_, _> =
        topic.when.ignoring.iter().map(|field| ((*field).to_owned(), json!(1))).collect();
    let said = if all_ignored.is_empty() { irrelevant } else { product(json!({}), all_ignored.into()) };
    let change = changed(CanonicalType::ProductUpdated, "product/1");
    let error = publish(&BigCommerce, &change, || Some(&said), None).expect_err("nothing it cares for");
    assert!(matches!(error, NotPublished::Condition { topic: "store/product/updated", .. }), "{error}");
    let of_type = EventType::Canonical(CanonicalType::ProductUpdated);
    let theirs = webhook(DialectId::BigCommerce, of_type, "store/product/updated", "product/1");
    assert!(publish(&BigCommerce, &theirs, || Some(&said), None).is_ok());
    assert!(publish(&BigCommerce, &change, nothing, None).is_ok(), "nothing is known that speaks against it");
}

#[test]
fn its_own_webhook_is_passed_on_and_what_can_not_be_made_is_told() {
    let identity = ShopIdentity::default();
    let of_type = EventType::Canonical(CanonicalType::OrderUpdated);
    let theirs = webhook(DialectId::Ecwid, of_type, "order.updated", "order/1");
    let passed_on = draft(&Ecwid, &theirs, None, &identity, None).expect("as it came");
    assert_eq!(passed_on.body, br#"{"as": "it came"}"#);
    // The same in another dialect has to be made, and there is nothing to make it from.
    assert_eq!(draft(&BigCommerce, &theirs, None, &identity, None), Err(Undraftable::Unreadable));
    let unknown = Event {
        origin: changed(CanonicalType::OrderUpdated, "order/1").origin,
        ..native(DialectId::BigCommerce, "store/never/heard/of")
    };
    let said = Canonical::of(Product::default());
    let error =
        draft(&BigCommerce, &unknown, Some(&said), &identity, None).expect_err("not in the catalogue");
    assert!(error.to_string().contains("`store/never/heard/of`"), "{error}");
    let moved = changed(CanonicalType::StockMoved, "stock/1");
    assert!(matches!(
        draft(&Ecwid, &moved, Some(&said), &identity, None),
        Err(Undraftable::NotPublished(NotPublished::NoTopic { .. }))
    ));
}
