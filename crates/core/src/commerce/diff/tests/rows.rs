//! Every row of the event map arises from something.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{Occurrence, occur};
use super::{HOUR_MS, Story, object};
use crate::commerce::{ArisesFrom, CanonicalType, EntityKind, details};

/// Histories that together give every event that is not simply an entity that comes, changes and goes.
fn histories() -> Vec<(EntityKind, Vec<Value>)> {
    let cart = json!({"line_items": [{"id": "a", "quantity": "1"}]});
    vec![
        (
            EntityKind::Shop,
            vec![
                json!({}),
                json!({"plan": "a", "currency": "EUR", "billing_details": {"vat": "1"}, "design": {"font": "x"},
                    "mandatory_fields": ["phone"], "domain": "a.example"}),
            ],
        ),
        (
            EntityKind::App,
            vec![
                json!({"expires_at": "2026-01-01T01:00:00Z"}),
                json!({"expires_at": "2026-01-01T01:00:00Z", "storage": {"a": 1}, "charges": [
                    {"id": "a", "recurring": false, "status": "active"},
                    {"id": "b", "status": "active", "capped_amount": {"amount": "10"}, "usage_amount": {"amount": "9"}},
                ]}),
            ],
        ),
        (
            EntityKind::Product,
            [("5", "5", "a"), ("0", "9", "a"), ("5", "1", "b"), ("1", "0", "b")]
                .map(|(own, level, sku)| {
                    json!({"inventory_tracking": if sku == "a" { "product" } else { "variant" },
                        "inventory_quantity": own, "inventory_minimum": "2",
                        "variants": [{"id": "v", "sku": sku, "stock_levels": [{"stock_id": "s", "quantity": level}]}]})
                })
                .to_vec(),
        ),
        (EntityKind::Product, ["0", "5", "1", "0"].map(|own| json!({"inventory_quantity": own})).to_vec()),
        (
            EntityKind::Product,
            ["5", "1"].map(|own| json!({"inventory_quantity": own, "inventory_minimum": "2"})).to_vec(),
        ),
        (
            EntityKind::Customer,
            [false, true, false].map(|disabled| json!({"orders_disabled": disabled})).to_vec(),
        ),
        (
            EntityKind::Order,
            [("waiting", "waiting", "pending"), ("paid", "partially_shipped", "pending"), ("paid", "shipped", "pending"),
                ("partially_refunded", "shipped", "pending"), ("refunded", "returned", "cancelled")]
            .map(|(financial, fulfillment, status)| {
                json!({"financial_status": financial, "fulfillment_status": fulfillment, "status": status,
                    "archived": status == "cancelled"})
            })
            .to_vec(),
        ),
        (
            EntityKind::Cart,
            vec![
                cart,
                json!({"line_items": [{"id": "a", "quantity": "2"}, {"id": "b"}], "coupons": [{"id": "5"}]}),
                json!({"line_items": [{"id": "b"}]}),
                json!({"line_items": [{"id": "b"}], "order_id": "169"}),
            ],
        ),
        (
            EntityKind::Subscription,
            vec![
                json!({"status": "active"}),
                json!({"status": "cancellation_requested", "payment_status": "failed", "renewal_order": {"id": "o"}}),
                json!({"status": "stopped"}),
            ],
        ),
        (EntityKind::ShippingRequest, vec![json!({"status": "confirmed"}), json!({"status": "cancelled"})]),
        (EntityKind::Job, vec![json!({"status": "completed"})]),
    ]
}

fn all_that_arises() -> BTreeSet<CanonicalType> {
    let mut found = BTreeSet::new();
    for kind in EntityKind::ALL {
        let mut story = Story::of(*kind);
        let line = matches!(kind, EntityKind::Cart);
        for note in [json!("a"), json!("b"), Value::Null] {
            let mut state = json!({"extra": {"note": note}});
            if line {
                state["line_items"] = json!([{"id": "a"}]);
            }
            let events = story.put(if note.is_null() { note } else { state });
            found.extend(events.iter().map(|event| event.event_type));
        }
    }
    for (kind, states) in histories() {
        for cause in [None, Some("order")] {
            let mut story = Story::of(kind);
            for state in &states {
                let events = story.change(state.clone(), cause);
                found.extend(events.iter().map(|event| event.event_type));
            }
            found.extend(story.wait(HOUR_MS).iter().map(|event| event.event_type));
        }
    }
    let mut left = Story::of(EntityKind::Cart).stands(json!({"line_items": [{"id": "a"}]}));
    found.extend(left.wait(HOUR_MS).iter().map(|event| event.event_type));
    found
}

#[test]
fn every_row_arises_from_a_write_a_timer_or_an_occurrence() {
    let mut found = all_that_arises();
    for event_type in CanonicalType::ALL.iter().copied() {
        let is_occurrence = event_type.arises_from() == ArisesFrom::Occurrence;
        assert!(!(is_occurrence && found.contains(&event_type)), "{event_type} shows in no state");
        let details = match details::of_occurrence(event_type) {
            [detail] if detail.required => object(json!({ detail.name: "x" })),
            _ => object(json!({})),
        };
        let told = occur(&Occurrence { event_type, id: "1", object: None, details: &details });
        found.extend(told.map(|event| event.event_type));
    }
    let missing: Vec<&str> =
        CanonicalType::ALL.iter().filter(|row| !found.contains(row)).map(|row| row.as_str()).collect();
    assert!(missing.is_empty(), "nothing gives {missing:?}");
    assert_eq!(found.len(), 115);
}
