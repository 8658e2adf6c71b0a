//! What orders give, by a simple model.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{Model, known};
use crate::commerce::EntityKind;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    status: &'static str,
    money: &'static str,
    goods: &'static str,
    archived: bool,
    parcels: usize,
    refunds: usize,
    note: u8,
}

pub(super) fn states() -> impl Strategy<Value = Order> {
    let status = select(vec!["", "pending", "cancelled", "finished", "completed"]);
    let money = select(vec!["", "waiting", "paid", "partially_refunded", "refunded", "refunding"]);
    let goods =
        select(vec!["", "waiting", "partially_shipped", "shipped", "finished", "returning", "returned"]);
    (status, money, goods, any::<bool>(), 0..3_usize, 0..3_usize, 0..2_u8).prop_map(
        |(status, money, goods, archived, parcels, refunds, note)| Order {
            status,
            money,
            goods,
            archived,
            parcels,
            refunds,
            note,
        },
    )
}

#[derive(Default)]
pub(super) struct Orders;

/// Whether an order is over, by the words for what happened to it, its money and its goods.
fn over(order: &Order) -> bool {
    let was_paid = ["paid", "partially_refunded", "refunded", "refunding"].contains(&order.money);
    match (order.status, order.goods) {
        ("finished" | "completed", _) | (_, "finished") => true,
        ("cancelled", _) | (_, "returning" | "returned") => was_paid,
        _ => false,
    }
}

impl Model for Orders {
    type State = Order;
    const KIND: EntityKind = EntityKind::Order;

    fn json(state: &Order) -> Value {
        let word = |word: &str| if word.is_empty() { Value::Null } else { word.into() };
        let parts = |count: usize| (0..count).map(|n| json!({"id": n.to_string()})).collect::<Vec<_>>();
        known(vec![
            ("status", word(state.status)),
            ("financial_status", word(state.money)),
            ("fulfillment_status", word(state.goods)),
            ("archived", state.archived.into()),
            ("shipments", parts(state.parcels).into()),
            ("refunds", parts(state.refunds).into()),
            ("note", state.note.to_string().into()),
        ])
    }

    fn change(&mut self, before: Option<&Order>, after: Option<&Order>, _: bool, _: i64) -> Vec<String> {
        let mut events = Vec::new();
        match (before, after) {
            (None, Some(new)) => {
                events.push("created");
                if new.money == "paid" {
                    events.push("paid");
                }
            }
            (Some(old), Some(new)) => {
                events.push("updated");
                let mut when = |holds: bool, event: &'static str| {
                    if holds {
                        events.push(event)
                    }
                };
                when(new.archived && !old.archived, "archived");
                when(old.status != new.status && !new.status.is_empty(), "status_changed");
                when(old.money != "paid" && new.money == "paid", "paid");
                let grew = old.goods != new.goods || new.parcels > old.parcels;
                when(new.goods == "partially_shipped" && grew, "partially_fulfilled");
                when(new.goods == "shipped" && old.goods != "shipped", "fulfilled");
                when(over(new) && !over(old), "finished");
                let grew = new.refunds > old.refunds
                    || (new.money == "partially_refunded" && old.money != new.money);
                when(grew && new.money != "refunded", "partially_refunded");
                when(old.money != "refunded" && new.money == "refunded", "refunded");
                when(new.status == "cancelled" && old.status != "cancelled", "cancelled");
            }
            _ => events.push("deleted"),
        }
        events.into_iter().map(|event| format!("order.{event} order/1")).collect()
    }
}
