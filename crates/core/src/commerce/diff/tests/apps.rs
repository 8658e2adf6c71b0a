//! Apps: installations, charges, usage near its cap, storage, expiry.

use serde_json::{Value, json};

use super::{HOUR_MS, Story, TimerKind, check, names, told};
use crate::commerce::EntityKind::App;

#[track_caller]
fn app(rule: &str, before: Value, after: Value, expected: &[&str]) {
    check(App, rule, before, after, expected);
}

fn charges(charges: Value) -> Value {
    json!({"charges": charges})
}

#[test]
fn an_app_comes_and_goes_and_has_no_event_for_just_any_change() {
    app("Ecwid docs: application.installed", Value::Null, json!({}), &["app.installed"]);
    app("Ecwid docs: application.uninstalled", json!({}), Value::Null, &["app.uninstalled"]);
    app("the map has no app.updated", json!({"name": "a"}), json!({"name": "b"}), &[]);
    let paying = json!({"subscription_status": "ACTIVE", "charges": [{"id": "c", "status": "active"}], "storage": {"a": 1}});
    app("what it comes with has not changed", Value::Null, paying, &["app.installed"]);
}

#[test]
fn a_subscription_changes_with_its_status_or_its_charges() {
    let rule = "Ecwid docs: application.subscriptionStatusChanged";
    let status = |status: &str| json!({"subscription_status": status});
    let changed = &["app.subscription_changed"];
    app(rule, status("TRIAL"), status("ACTIVE"), changed);
    app(rule, json!({}), status("ACTIVE"), changed);
    app(rule, status("ACTIVE"), json!({}), &[]);
    app(rule, status("ACTIVE"), json!({"subscription_status": "ACTIVE", "name": "x"}), &[]);
    let events = Story::of(App).stands(status("TRIAL")).put(status("ACTIVE"));
    assert_eq!(told(&events[0])["previous"], json!({"subscription_status": "TRIAL"}));
    assert_eq!(told(&events[0])["details"], json!({}));

    let rule = "Shoplazza docs: app/subscriptions_update when the status of a charge that recurs changes";
    let charge = |status: &str| charges(json!([{"id": "c", "recurring": true, "status": status}]));
    app(rule, charge("pending"), charge("active"), changed);
    app(rule, json!({}), charge("pending"), changed);
    app(rule, charge("active"), json!({}), &[]);
    let renamed = charges(json!([{"id": "c", "recurring": true, "status": "active", "name": "x"}]));
    app(rule, charge("active"), renamed, &[]);
    let events = Story::of(App).stands(charge("pending")).put(charge("active"));
    assert_eq!(told(&events[0])["details"], json!({"charge_id": "c"}));
    let with_status = |status: &str, of_charge: &str| json!({"subscription_status": status, "charges": [{"id": "c", "status": of_charge}]});
    app(
        "both at once is told once",
        with_status("TRIAL", "pending"),
        with_status("ACTIVE", "active"),
        changed,
    );
    let two = |a: &str, b: &str| charges(json!([{"id": "a", "status": a}, {"id": "b", "status": b}]));
    let twice = &["app.subscription_changed", "app.subscription_changed"];
    app("each charge by itself", two("pending", "pending"), two("active", "declined"), twice);
}

#[test]
fn a_one_time_charge_changes() {
    let rule = "Shoplazza docs: app/purchases_one_time_update when the status of a charge for once changes";
    let charge = |status: &str| charges(json!([{"id": "c", "recurring": false, "status": status}]));
    app(rule, charge("pending"), charge("active"), &["app.one_time_charge_changed"]);
    app(rule, charge("active"), charge("active"), &[]);
    let events = Story::of(App).stands(charge("pending")).put(charge("active"));
    assert_eq!(told(&events[0])["details"], json!({"charge_id": "c"}));
    let mixed = |once: &str, again: &str| {
        charges(
            json!([{"id": "a", "recurring": false, "status": once}, {"id": "b", "recurring": true, "status": again}]),
        )
    };
    let both = &["app.one_time_charge_changed", "app.subscription_changed"];
    app("each its own", mixed("pending", "pending"), mixed("active", "active"), both);
}

#[test]
fn storage_changes_by_keys() {
    let rule = "Ecwid docs: application.storageChanged";
    let storage = |storage: Value| json!({"storage": storage});
    let before = || storage(json!({"a": 1, "b": 2, "c": 3}));
    let events = Story::of(App).stands(before()).put(storage(json!({"d": 4, "b": 2, "a": 0})));
    assert_eq!(names(&events), ["app.storage_changed"], "{rule}");
    assert_eq!(told(&events[0])["details"], json!({"storage_keys": ["a", "c", "d"]}));
    app("other order", before(), storage(json!({"c": 3, "a": 1, "b": 2})), &[]);
    app("empty and absent are the same", json!({}), storage(json!({})), &[]);
    app("all of it goes", before(), json!({}), &["app.storage_changed"]);
}

fn usage(used: &str, period: &str) -> Value {
    charges(json!([{
        "id": "c", "capped_amount": {"amount": "100", "currency": "USD"},
        "usage_amount": {"amount": used, "currency": "USD"}, "period_started_at": period,
    }]))
}

const FIRST: &str = "2026-01-01T00:00:00Z";
const SECOND: &str = "2026-02-01T00:00:00Z";

#[test]
fn usage_near_its_cap_is_announced_once_in_each_period() {
    let rule = "Shoplazza docs: app/subscriptions_approaching_capped_amount at nine tenths of the cap";
    let near = ["app.usage_cap_approaching"];
    let mut story = Story::of(App).stands(usage("10", FIRST));
    assert!(story.put(usage("89.99", FIRST)).is_empty(), "{rule}");
    let events = story.put(usage("90.00", FIRST));
    assert_eq!(names(&events), near, "{rule}");
    assert_eq!(told(&events[0])["details"], json!({"charge_id": "c"}));
    assert!(story.put(usage("95", FIRST)).is_empty(), "once");
    assert!(story.put(usage("50", FIRST)).is_empty());
    assert!(story.put(usage("120", FIRST)).is_empty(), "once, even if it fell in between");
    assert!(story.put(usage("0", SECOND)).is_empty());
    assert_eq!(names(&story.put(usage("91", SECOND))), near, "another period");
}

#[test]
fn a_period_is_known_by_its_beginning_else_by_its_bill() {
    let charge = |used: &str, billed: Value| {
        let mut charge =
            json!({"id": "c", "capped_amount": {"amount": "10"}, "usage_amount": {"amount": used}});
        if billed.is_string() {
            charge["billing_at"] = billed;
        }
        charges(json!([charge]))
    };
    let near = ["app.usage_cap_approaching"];
    let mut story = Story::of(App).stands(charge("0", FIRST.into()));
    assert_eq!(names(&story.put(charge("9", FIRST.into()))), near);
    assert_eq!(names(&story.put(charge("9.5", SECOND.into()))), near);
    let mut story = Story::of(App).stands(charge("0", Value::Null));
    assert_eq!(names(&story.put(charge("9", Value::Null))), near);
    assert!(story.put(charge("0", Value::Null)).is_empty());
    assert!(story.put(charge("10", Value::Null)).is_empty(), "no periods: once");
}

#[test]
fn what_has_no_cap_nears_none() {
    let money = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
    for charge in [
        json!({"id": "c", "usage_amount": money("90", "USD")}),
        json!({"id": "c", "capped_amount": money("100", "USD")}),
        json!({"id": "c", "capped_amount": money("0", "USD"), "usage_amount": money("0", "USD")}),
        json!({"id": "c", "capped_amount": money("100", "USD"), "usage_amount": money("95", "EUR")}),
    ] {
        app("nothing to compare", json!({}), charges(json!([charge])), &[]);
    }
    let at_once = Story::of(App).put(usage("95", FIRST));
    assert_eq!(names(&at_once), ["app.installed", "app.usage_cap_approaching"]);
}

fn until(time: &str) -> Value {
    json!({"expires_at": time})
}

#[test]
fn an_app_expires_when_its_time_is_up() {
    let rule = "Shoplazza docs: app/expired";
    let mut story = Story::of(App).stands(until("2026-01-01T02:00:00+01:00"));
    assert!(story.wait(HOUR_MS - 1).is_empty(), "{rule}");
    assert_eq!(names(&story.wait(1)), ["app.expired"], "{rule}");
    assert!(story.fire(TimerKind::AppExpiry).is_empty(), "once");
    assert!(story.put(json!({"expires_at": "2026-01-01T02:00:00+01:00", "name": "x"})).is_empty());
    assert!(story.wait(HOUR_MS).is_empty());
    story.put(until("2026-01-01T05:00:00Z"));
    assert_eq!(names(&story.wait(3 * HOUR_MS)), ["app.expired"], "prolonged, and over again");
}

#[test]
fn a_time_without_a_zone_counts_as_utc() {
    let mut story = Story::of(App).stands(until("2026-01-01T01:00:00"));
    assert!(story.wait(HOUR_MS - 1).is_empty());
    assert_eq!(names(&story.wait(1)), ["app.expired"]);
}

#[test]
fn expiry_is_called_off_put_off_or_over_already() {
    for (then, why) in
        [(json!({}), "no end"), (Value::Null, "uninstalled"), (until("2027-01-01T00:00:00Z"), "put off")]
    {
        let mut story = Story::of(App).stands(until("2026-01-01T01:00:00Z")).stands(then);
        assert!(story.wait(2 * HOUR_MS).is_empty(), "{why}");
        assert!(story.fire(TimerKind::AppExpiry).is_empty(), "{why}");
    }
    let mut early = Story::of(App).stands(until("2026-01-01T01:00:00Z"));
    assert!(early.fire(TimerKind::AppExpiry).is_empty(), "too early");
    assert_eq!(names(&early.wait(HOUR_MS)), ["app.expired"], "and so it was set again");
    let mut late = Story::of(App);
    assert_eq!(names(&late.put(until("2025-12-31T00:00:00Z"))), ["app.installed", "app.expired"]);
    assert!(late.timers.is_empty());
    let mut ended = Story::of(App).stands(until("2027-01-01T00:00:00Z"));
    assert_eq!(names(&ended.put(until("2025-12-31T00:00:00Z"))), ["app.expired"], "ended before its time");
    assert!(ended.timers.is_empty());
}
