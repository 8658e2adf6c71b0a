//! The kinds with few rules.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{Model, known};
use crate::commerce::EntityKind;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Subscription {
    status: &'static str,
    failed: bool,
    renewal: Option<u8>,
    next: u8,
}

pub(super) fn subscriptions() -> impl Strategy<Value = Subscription> {
    let status = select(vec!["active", "cancellation_requested", "stopped", "finished"]);
    (status, any::<bool>(), prop::option::of(0..2_u8), 1..3_u8)
        .prop_map(|(status, failed, renewal, next)| Subscription { status, failed, renewal, next })
}

#[derive(Default)]
pub(super) struct Subscriptions;

impl Model for Subscriptions {
    type State = Subscription;
    const KIND: EntityKind = EntityKind::Subscription;

    fn json(state: &Subscription) -> Value {
        known(vec![
            ("status", state.status.into()),
            ("payment_status", if state.failed { "failed" } else { "paid" }.into()),
            ("renewal_order", state.renewal.map_or(Value::Null, |id| json!({"id": id.to_string()}))),
            ("next_billing_at", format!("2026-0{}-01T00:00:00", state.next).into()),
        ])
    }

    fn change(
        &mut self,
        before: Option<&Subscription>,
        after: Option<&Subscription>,
        _: bool,
        _: i64,
    ) -> Vec<String> {
        let mut events = Vec::new();
        match (before, after) {
            (None, _) => events.push("created"),
            (Some(old), None) if !matches!(old.status, "stopped" | "finished") => events.push("cancelled"),
            (Some(_), None) => {}
            (Some(old), Some(new)) => {
                if new.renewal.is_some() && new.renewal != old.renewal {
                    events.push("renewed");
                }
                if new.failed && !old.failed {
                    events.push("payment_failed");
                }
                match new.status {
                    status if status == old.status => {}
                    "cancellation_requested" => events.push("cancellation_requested"),
                    "stopped" => events.push("cancelled"),
                    _ => {}
                }
            }
        }
        events.into_iter().map(|event| format!("subscription.{event} subscription/1")).collect()
    }
}

/// Each setting with one of three values, the first of which is none.
type Settings = [u8; 7];
const SETTINGS: [(&str, &str); 7] = [
    ("name", ""),
    ("plan", "plan_changed"),
    ("currency", "currencies_changed"),
    ("billing_details", "billing_information_changed"),
    ("design", "design_changed"),
    ("mandatory_fields", "mandatory_fields_changed"),
    ("domain", "domain_changed"),
];

pub(super) fn settings() -> impl Strategy<Value = Settings> {
    prop::array::uniform7(0..3_u8)
}

#[derive(Default)]
pub(super) struct Shops;

impl Model for Shops {
    type State = Settings;
    const KIND: EntityKind = EntityKind::Shop;

    fn json(state: &Settings) -> Value {
        let value = |name: &str, value: u8| match (name, value) {
            (_, 0) => Value::Null,
            ("currency", value) => ["EUR", "CZK"][usize::from(value - 1)].into(),
            ("billing_details" | "design", value) => json!({ "own": value }),
            ("mandatory_fields", value) => json!([value.to_string()]),
            (_, value) => value.to_string().into(),
        };
        known(SETTINGS.iter().zip(state).map(|((name, _), set)| (*name, value(name, *set))).collect())
    }

    fn change(
        &mut self,
        before: Option<&Settings>,
        after: Option<&Settings>,
        _: bool,
        _: i64,
    ) -> Vec<String> {
        let mut events = Vec::new();
        match (before, after) {
            (None, _) => events.push("created"),
            (_, None) => events.push("deleted"),
            (Some(old), Some(new)) => {
                events.push("updated");
                let changed = SETTINGS.iter().zip(old.iter().zip(new)).filter(|(_, (old, new))| old != new);
                events.extend(changed.map(|((_, event), _)| *event).filter(|event| !event.is_empty()));
            }
        }
        events.into_iter().map(|event| format!("shop.{event} shop/1")).collect()
    }
}

pub(super) fn people() -> impl Strategy<Value = (Option<bool>, u8)> {
    (any::<Option<bool>>(), 0..2_u8)
}

#[derive(Default)]
pub(super) struct Customers;

impl Model for Customers {
    /// Whether their orders are refused, and their name.
    type State = (Option<bool>, u8);
    const KIND: EntityKind = EntityKind::Customer;

    fn json((disabled, name): &Self::State) -> Value {
        known(vec![("orders_disabled", (*disabled).into()), ("name", name.to_string().into())])
    }

    fn change(
        &mut self,
        before: Option<&Self::State>,
        after: Option<&Self::State>,
        _: bool,
        _: i64,
    ) -> Vec<String> {
        let events: &[&str] = match (before, after) {
            (None, _) => &["created"],
            (_, None) => &["deleted"],
            (Some((old, _)), Some((new, _))) => match (old.unwrap_or(false), new.unwrap_or(false)) {
                (false, true) => &["updated", "orders_disabled"],
                (true, false) => &["updated", "orders_enabled"],
                _ => &["updated"],
            },
        };
        events.iter().map(|event| format!("customer.{event} customer/1")).collect()
    }
}
