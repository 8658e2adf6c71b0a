//! What apps give, by a simple model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{Model, known};
use crate::commerce::EntityKind;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct App {
    status: &'static str,
    once: &'static str,
    again: &'static str,
    /// Of a cap of ten.
    usage: u8,
    period: u8,
    storage: BTreeMap<&'static str, u8>,
    /// In minutes from the beginning, some of them before it.
    ends: Option<i64>,
}

pub(super) fn states() -> impl Strategy<Value = App> {
    let status = || select(vec!["", "pending", "active"]);
    let storage = prop::collection::btree_map(select(vec!["a", "b"]), 0..2_u8, 0..3);
    let ends = prop::option::of(-60..200_i64);
    (status(), status(), status(), 7..12_u8, 1..3_u8, storage, ends).prop_map(
        |(status, once, again, usage, period, storage, ends)| App {
            status,
            once,
            again,
            usage,
            period,
            storage,
            ends,
        },
    )
}

#[derive(Default)]
pub(super) struct Apps {
    announced: Option<u8>,
    expired: bool,
}

impl Model for Apps {
    type State = App;
    const KIND: EntityKind = EntityKind::App;

    fn json(state: &App) -> Value {
        let begin = crate::Timestamp::parse("2026-01-01T00:00:00Z").expect("a time");
        let word = |word: &str| if word.is_empty() { Value::Null } else { word.into() };
        let charge = |id: &str, recurring: bool, status: &str| {
            known(vec![("id", id.into()), ("recurring", recurring.into()), ("status", word(status))])
        };
        let mut again = charge("again", true, state.again);
        again["capped_amount"] = json!({"amount": "10"});
        again["usage_amount"] = json!({"amount": state.usage});
        again["period_started_at"] = format!("2026-0{}-01T00:00:00Z", state.period).into();
        known(vec![
            ("subscription_status", word(state.status)),
            ("charges", json!([charge("once", false, state.once), again])),
            ("storage", json!(state.storage)),
            ("expires_at", state.ends.map(|minute| begin.plus_ms(minute * 60_000).to_string()).into()),
        ])
    }

    fn change(&mut self, before: Option<&App>, after: Option<&App>, _: bool, minute: i64) -> Vec<String> {
        let Some(new) = after else {
            *self = Self::default();
            return vec!["app.uninstalled app/1".to_owned()];
        };
        let mut events = Vec::new();
        if let Some(old) = before {
            let turns = |old: &str, new: &str| old != new && !new.is_empty();
            if turns(old.status, new.status) || turns(old.again, new.again) {
                events.push("subscription_changed");
            }
            if turns(old.once, new.once) {
                events.push("one_time_charge_changed");
            }
            if old.storage != new.storage {
                events.push("storage_changed");
            }
        } else {
            events.push("installed");
        }
        if new.usage >= 9 && self.announced != Some(new.period) {
            self.announced = Some(new.period);
            events.push("usage_cap_approaching");
        }
        if before.and_then(|old| old.ends) != new.ends {
            self.expired = new.ends.is_some_and(|end| end <= minute);
            if self.expired {
                events.push("expired");
            }
        }
        events.into_iter().map(|event| format!("app.{event} app/1")).collect()
    }

    fn pass(&mut self, state: Option<&App>, minute: i64) -> Vec<String> {
        let is_over = state.and_then(|app| app.ends).is_some_and(|end| end <= minute);
        let now = is_over && !self.expired;
        self.expired |= now;
        now.then(|| "app.expired app/1".to_owned()).into_iter().collect()
    }
}
