//! Occurrences: what must be told, and what is refused.

use serde_json::{Value, json};

use super::super::{Arisen, Occurrence, OccurrenceError, occur};
use super::{entity, object};
use crate::commerce::{ArisesFrom, CanonicalType, EntityKind, details};

fn told(event_type: &str, details: Value) -> Result<Arisen, String> {
    let event_type = event_type.parse().expect("an event type");
    let details = object(details);
    occur(&Occurrence { event_type, id: "1", object: None, details: &details }).map_err(|e| e.to_string())
}

#[test]
fn gives_the_event_with_its_details() {
    let event = told("order.message_created", json!({"message_id": "3"})).expect("an event");
    assert_eq!(super::told(&event)["details"], json!({"message_id": "3"}));
    assert_eq!((event.subject.as_str(), event.canonical.object.id()), ("order/1", "1"));
    let known = entity(EntityKind::Order, json!({"status": "pending"})).expect("an order");
    let details = object(json!({"message_id": "3"}));
    let event_type = CanonicalType::OrderMessageCreated;
    let occurrence = Occurrence { event_type, id: "1", object: Some(&known), details: &details };
    assert_eq!(occur(&occurrence).expect("an event").canonical.object, known);
}

#[test]
fn details_that_may_be_told_need_not_be() {
    for (event_type, details) in [
        ("customer.imported", json!({})),
        ("customer.imported", json!({"count": 12})),
        ("customer.data_removal_requested", json!({})),
        ("customer.data_export_requested", json!({"requested_by": "the customer"})),
        ("shop.data_removal_requested", json!({"requested_by": "the owner"})),
        ("shop.data_export_requested", json!({})),
    ] {
        assert!(told(event_type, details.clone()).is_ok(), "{event_type} {details}");
    }
}

#[test]
fn errors_name_the_thing_the_value_and_the_cure() {
    for (event_type, details, error) in [
        (
            "order.message_created",
            json!({}),
            "`order.message_created` lacks the detail `message_id`: add it, as text in quotes (`\"3\"`)",
        ),
        (
            "order.message_created",
            json!({"message_id": 3}),
            "the detail `message_id` of `order.message_created` is 3: write it as text in quotes (`\"3\"`)",
        ),
        (
            "customer.imported",
            json!({"count": "12"}),
            "the detail `count` of `customer.imported` is \"12\": write it as a whole number (`3`)",
        ),
        (
            "customer.imported",
            json!({"count": 1.5}),
            "the detail `count` of `customer.imported` is 1.5: write it as a whole number (`3`)",
        ),
        (
            "customer.imported",
            json!({"number": 12}),
            "`customer.imported` has no detail `number`: it may have `count`",
        ),
    ] {
        assert_eq!(told(event_type, details).expect_err("wrong"), error);
    }
}

#[test]
fn only_occurrences_are_told_as_such() {
    for event_type in CanonicalType::ALL.iter().copied() {
        let details = match details::of_occurrence(event_type) {
            [detail] if detail.required => object(json!({ detail.name: "x" })),
            _ => object(json!({})),
        };
        let occurrence = Occurrence { event_type, id: "1", object: None, details: &details };
        let found = occur(&occurrence);
        if event_type.arises_from() == ArisesFrom::Occurrence {
            assert_eq!(found.expect("an event").event_type, event_type);
        } else {
            assert_eq!(found, Err(OccurrenceError::NotAnOccurrence(event_type)));
        }
    }
    let error = told("order.paid", json!({})).expect_err("no occurrence");
    assert!(error.contains("`order.paid` is no occurrence") && error.contains("PUT the order"), "{error}");
    let error = told("app.expired", json!({})).expect_err("no occurrence");
    assert!(error.contains("PUT the app, and time does the rest"), "{error}");
}

#[test]
fn the_object_must_be_of_the_types_kind() {
    let customer = entity(EntityKind::Customer, json!({})).expect("a customer");
    let details = object(json!({"message_id": "3"}));
    let event_type = CanonicalType::OrderMessageCreated;
    let found = occur(&Occurrence { event_type, id: "1", object: Some(&customer), details: &details });
    let error = found.expect_err("wrong");
    assert_eq!(
        error.to_string(),
        "the object of `order.message_created` is of another kind: give one of kind `order`"
    );
}
