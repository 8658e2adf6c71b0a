//! What carts give, by a simple model.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Model, known};
use crate::commerce::EntityKind;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cart {
    /// How many of what.
    lines: BTreeMap<u8, u8>,
    coupons: BTreeSet<u8>,
    email: Option<u8>,
    ordered: bool,
}

pub(super) fn states() -> impl Strategy<Value = Cart> {
    let lines = prop::collection::btree_map(0..3_u8, 1..3_u8, 0..3);
    let coupons = prop::collection::btree_set(0..2_u8, 0..2);
    let state = (lines, coupons, prop::option::of(0..2_u8), prop::bool::weighted(0.15));
    state.prop_map(|(lines, coupons, email, ordered)| Cart { lines, coupons, email, ordered })
}

/// What a shop knows of its carts: whether this one is open, left behind, and since when nobody touched it.
#[derive(Default)]
pub(super) struct Carts {
    open: bool,
    abandoned: bool,
    touched: i64,
}

impl Carts {
    fn close(&mut self) {
        (self.open, self.abandoned) = (false, false);
    }
}

fn lines(old: &BTreeMap<u8, u8>, new: &BTreeMap<u8, u8>) -> Vec<&'static str> {
    let mut events = Vec::new();
    for line in 0..3 {
        match (old.get(&line), new.get(&line)) {
            (None, Some(_)) => events.push("cart.line_item_created"),
            (Some(_), None) => events.push("cart.line_item_deleted"),
            (Some(old), Some(new)) if old != new => events.push("cart.line_item_updated"),
            _ => {}
        }
    }
    events
}

impl Model for Carts {
    type State = Cart;
    const KIND: EntityKind = EntityKind::Cart;

    fn json(state: &Cart) -> Value {
        let line = |(id, quantity): (&u8, &u8)| json!({"id": id.to_string(), "quantity": quantity});
        let lines: Vec<Value> = state.lines.iter().map(line).collect();
        let coupons: Vec<Value> = state.coupons.iter().map(|id| json!({"id": id.to_string()})).collect();
        known(vec![
            ("line_items", lines.into()),
            ("coupons", coupons.into()),
            ("email", state.email.map(|email| email.to_string()).into()),
            ("order_id", state.ordered.then_some("169").into()),
        ])
    }

    fn change(&mut self, before: Option<&Cart>, after: Option<&Cart>, _: bool, minute: i64) -> Vec<String> {
        let mut events = Vec::new();
        let (was_open, was_abandoned) = (self.open, self.abandoned);
        let nothing = BTreeMap::new();
        let old_lines = before.filter(|_| was_open).map_or(&nothing, |cart| &cart.lines);
        let had_coupon = |id: &u8| was_open && before.is_some_and(|cart| cart.coupons.contains(id));
        match after {
            Some(new) if new.ordered => {
                let holds = was_open || !new.lines.is_empty();
                if holds && before.is_none_or(|cart| !cart.ordered) {
                    events.push("cart.converted");
                }
                self.close();
            }
            Some(new) if !new.lines.is_empty() => {
                (self.open, self.touched) = (true, minute);
                events.push("cart.updated");
                if !was_open {
                    events.push("cart.created");
                }
                events.extend(lines(old_lines, &new.lines));
                events.extend(new.coupons.iter().filter(|id| !had_coupon(id)).map(|_| "cart.coupon_applied"));
                if was_abandoned {
                    events.push("abandoned_cart.updated");
                }
            }
            gone => {
                if was_open && gone.is_some() {
                    events.push("cart.updated");
                    events.extend(lines(old_lines, &nothing));
                }
                if was_open {
                    events.push("cart.deleted");
                }
                if was_abandoned {
                    events.push("abandoned_cart.deleted");
                }
                self.close();
            }
        }
        events.into_iter().map(about).collect()
    }

    fn pass(&mut self, _: Option<&Cart>, minute: i64) -> Vec<String> {
        let left = self.open && !self.abandoned && minute - self.touched >= 60;
        self.abandoned |= left;
        left.then(|| about("abandoned_cart.created")).into_iter().collect()
    }
}

fn about(event: &str) -> String {
    let (kind, _) = event.split_once('.').expect("a kind and what happened");
    format!("{event} {kind}/1")
}
