//! Shops, customers, subscriptions, jobs and the kinds that only come, change and go.

use serde_json::{Value, json};

use super::{Story, check, names, told};
use crate::commerce::EntityKind;
use crate::commerce::EntityKind::{Customer, Job, ShippingRequest, Shop, Subscription};

#[test]
fn each_group_of_settings_has_its_event() {
    for (field, before, after, event) in [
        ("plan", json!("BUSINESS"), json!("UNLIMITED"), "shop.plan_changed"),
        ("plan_level", json!("1"), json!("2"), "shop.plan_changed"),
        ("currency", json!("CZK"), json!("EUR"), "shop.currencies_changed"),
        ("currencies", json!([{"code": "CZK"}]), json!([{"code": "EUR"}]), "shop.currencies_changed"),
        (
            "billing_address",
            json!({"city": "Brno"}),
            json!({"city": "Plzen"}),
            "shop.billing_information_changed",
        ),
        ("billing_details", json!({"vat": "1"}), json!({"vat": "2"}), "shop.billing_information_changed"),
        ("design", json!({"template": "a"}), json!({"template": "b"}), "shop.design_changed"),
        ("mandatory_fields", json!(["phone"]), json!(["phone", "company"]), "shop.mandatory_fields_changed"),
        ("domain", json!("a.example"), json!("b.example"), "shop.domain_changed"),
    ] {
        let rule = "Shoptet docs: eshop:*; Ecwid docs: profile.subscriptionStatusChanged; each only for its settings";
        let state = |value: &Value| {
            let mut state = json!({"name": "a", "address": {"city": "Praha"}});
            state[field] = value.clone();
            state
        };
        check(Shop, rule, state(&before), state(&after), &["shop.updated", event]);
        check(Shop, rule, state(&before), state(&before), &[]);
        check(Shop, rule, Value::Null, state(&after), &["shop.created"]);
        let mut renamed = state(&before);
        renamed["name"] = "b".into();
        check(Shop, rule, state(&before), renamed, &["shop.updated"]);
        let events = Story::of(Shop).stands(state(&before)).put(state(&after));
        assert_eq!(told(&events[1])["previous"][field], before);
    }
    let both = json!({"domain": "b.example", "plan": "B"});
    let all = &["shop.updated", "shop.plan_changed", "shop.domain_changed"];
    check(Shop, "two groups at once", json!({"domain": "a.example", "plan": "A"}), both, all);
    check(Shop, "Duda docs: ECOMM_STORE_DELETED", json!({}), Value::Null, &["shop.deleted"]);
}

#[test]
fn a_customers_orders_are_taken_or_not() {
    let disabled = |disabled: bool| json!({"orders_disabled": disabled});
    let rule = "Shoptet docs: customer:disableOrders";
    let off = &["customer.updated", "customer.orders_disabled"];
    check(Customer, rule, json!({}), disabled(true), off);
    check(Customer, rule, disabled(false), disabled(true), off);
    check(Customer, rule, json!({}), disabled(false), &["customer.updated"]);
    check(Customer, rule, Value::Null, disabled(true), &["customer.created"]);
    let rule = "Shoptet docs: customer:enableOrders";
    let on = &["customer.updated", "customer.orders_enabled"];
    check(Customer, rule, disabled(true), disabled(false), on);
    check(Customer, rule, disabled(true), json!({}), on);
    check(
        Customer,
        rule,
        disabled(true),
        json!({"orders_disabled": true, "name": "x"}),
        &["customer.updated"],
    );
    check(Customer, rule, disabled(true), Value::Null, &["customer.deleted"]);
}

#[test]
fn a_subscription_goes_on_and_ends() {
    let check = |rule: &str, before: Value, after: Value, expected: &[&str]| {
        super::check(Subscription, rule, before, after, expected);
    };
    let state = |status: &str| json!({"status": status});
    let new = &["subscription.created"];
    check("Duda docs: ECOMM_SUBSCRIPTION_CREATED", Value::Null, json!({"status": "active"}), new);
    let rule = "Duda docs: ECOMM_SUBSCRIPTION_RENEWED with the order that the renewal gave";
    let renewed = |order: &str, next: &str| json!({"renewal_order": {"id": order}, "next_billing_at": next});
    let renewal = &["subscription.renewed"];
    check(rule, json!({}), renewed("o1", "2026-02-01"), renewal);
    check(rule, renewed("o1", "2026-02-01"), renewed("o2", "2026-02-01"), renewal);
    check(rule, renewed("o1", "2026-02-01"), renewed("o1", "2026-03-01"), &[]);
    check(rule, renewed("o1", "2026-02-01"), json!({"next_billing_at": "2026-02-01"}), &[]);
    let rule = "Duda docs: ECOMM_SUBSCRIPTION_PAYMENT_FAILED";
    let payment = |status: &str| json!({"payment_status": status});
    check(rule, payment("paid"), payment("failed"), &["subscription.payment_failed"]);
    check(rule, json!({}), payment("failed"), &["subscription.payment_failed"]);
    check(rule, payment("failed"), payment("paid"), &[]);
    check(rule, payment("failed"), json!({"payment_status": "failed", "customer_id": "2"}), &[]);
    let rule = "Duda docs: ECOMM_SUBSCRIPTION_CANCELLATION_REQUESTED";
    let requested = &["subscription.cancellation_requested"];
    check(rule, state("active"), state("cancellation_requested"), requested);
    check(rule, state("cancellation_requested"), state("active"), &[]);
    let rule = "Duda docs: ECOMM_SUBSCRIPTION_CANCELLED";
    let cancelled = &["subscription.cancelled"];
    check(rule, state("active"), state("stopped"), cancelled);
    check(rule, state("cancellation_requested"), state("stopped"), cancelled);
    check(rule, state("active"), Value::Null, cancelled);
    check(rule, state("stopped"), Value::Null, &[]);
    check(rule, state("finished"), Value::Null, &[]);
    check("the map has no row for it", state("active"), state("finished"), &[]);
    check("how it came is no transition", Value::Null, state("stopped"), new);
}

#[test]
fn a_job_ends_once() {
    let rule = "Shoptet docs: job:finished, also for jobs that failed";
    let state = |status: &str| json!({"status": status});
    for end in ["completed", "failed", "expired", "killed"] {
        check(Job, rule, state("running"), state(end), &["job.finished"]);
        check(Job, rule, Value::Null, state(end), &["job.finished"]);
        check(Job, rule, state("completed"), state(end), &[]);
        check(Job, rule, state(end), state("running"), &[]);
    }
    check(Job, rule, state("pending"), state("running"), &[]);
    check(Job, rule, Value::Null, state("pending"), &[]);
    check(Job, rule, state("running"), Value::Null, &[]);
}

#[test]
fn a_shipping_request_is_chosen_or_not() {
    let state = |status: &str| json!({"status": status});
    let rule = "Shoptet docs: shippingRequest:confirmed when it was chosen, :cancelled when another was";
    let (yes, no) = (&["shipping_request.confirmed"], &["shipping_request.cancelled"]);
    check(ShippingRequest, rule, state("requested"), state("confirmed"), yes);
    check(ShippingRequest, rule, state("requested"), state("cancelled"), no);
    check(ShippingRequest, rule, state("confirmed"), state("cancelled"), no);
    check(ShippingRequest, rule, Value::Null, state("confirmed"), yes);
    check(ShippingRequest, rule, Value::Null, state("requested"), &[]);
    check(ShippingRequest, rule, state("confirmed"), json!({"status": "confirmed", "order_id": "2"}), &[]);
    check(ShippingRequest, rule, state("requested"), Value::Null, &[]);
}

#[test]
fn lists_have_one_event_for_whatever_happens_to_them() {
    let rule =
        "Shoptet docs: orderStatusesList:change for what is created, updated or deleted; the same of methods";
    for (kind, event) in [
        (EntityKind::OrderStatus, "order_status.changed"),
        (EntityKind::PaymentMethod, "payment_method.changed"),
        (EntityKind::ShippingMethod, "shipping_method.changed"),
    ] {
        let name = |name: &str| json!({"name": name});
        check(kind, rule, Value::Null, name("a"), &[event]);
        check(kind, rule, name("a"), name("b"), &[event]);
        check(kind, rule, name("a"), Value::Null, &[event]);
        check(kind, rule, name("a"), name("a"), &[]);
    }
}

#[test]
fn kinds_give_only_what_the_map_has() {
    let own = |value: &str| json!({"extra": {"mine": value}});
    for (kind, expected) in [
        (EntityKind::Refund, "refund.created"),
        (EntityKind::Stock, ""),
        (EntityKind::Shipment, "shipment.created shipment.updated shipment.deleted"),
        (EntityKind::Invoice, "invoice.created invoice.updated invoice.deleted"),
        (EntityKind::Brand, "brand.created brand.updated brand.deleted"),
        (EntityKind::Subscriber, "subscriber.created subscriber.updated subscriber.deleted"),
    ] {
        let mut story = Story::of(kind);
        let mut found = Vec::new();
        for state in [own("a"), own("b"), own("b"), Value::Null] {
            found.extend(names(&story.put(state)));
        }
        assert_eq!(found.join(" "), expected);
    }
}
