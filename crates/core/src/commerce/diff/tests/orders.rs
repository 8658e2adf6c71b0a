//! Orders: every transition, and what is none.

use serde_json::{Value, json};

use super::{Story, check, names, told};
use crate::commerce::EntityKind::Order;

#[track_caller]
fn order(rule: &str, before: Value, after: Value, expected: &[&str]) {
    check(Order, rule, before, after, expected);
}

#[test]
fn a_new_order_is_created_and_nothing_else() {
    let rule = "Ecwid docs: order.created for whatever way it was placed";
    order(rule, Value::Null, json!({"status": "pending"}), &["order.created"]);
    order(rule, Value::Null, json!({"status": "cancelled", "archived": true}), &["order.created"]);
    let shipped_and_refunded = json!({"fulfillment_status": "shipped", "financial_status": "refunded"});
    order(rule, Value::Null, shipped_and_refunded, &["order.created"]);
}

#[test]
fn any_change_updates_an_order_and_no_change_does_not() {
    let rule = "Ecwid docs: order.updated for any data of it";
    order(rule, json!({"note": "a"}), json!({"note": "b"}), &["order.updated"]);
    order(rule, json!({"note": "a"}), json!({}), &["order.updated"]);
    order(rule, json!({"extra": {"mine": 1}}), json!({"extra": {"mine": 2}}), &["order.updated"]);
    let rule = "BigCommerce protocol notes: a write that changes nothing fires nothing";
    order(rule, json!({"note": "a"}), json!({"note": "a"}), &[]);
    let times = |time: &str| json!({"note": "a", "updated_at": time});
    order(rule, times("2026-01-01T00:00:00Z"), times("2026-01-02T00:00:00Z"), &[]);
    order(rule, json!({"note": "a"}), times("2026-01-02T00:00:00Z"), &[]);
    order(rule, Value::Null, Value::Null, &[]);
    let parts = |time: &str, status: &str| {
        json!({"customer": {"id": "9", "updated_at": time}, "refunds": [{"id": "a", "extra": {"updated_at": time}}],
            "shipments": [{"id": "s", "updated_at": time, "status": status}]})
    };
    order(rule, parts("2026-01-01T00:00:00Z", "a"), parts("2026-01-02T00:00:00Z", "a"), &[]);
    order(rule, parts("2026-01-01T00:00:00Z", "a"), parts("2026-01-01T00:00:00Z", "b"), &["order.updated"]);
}

#[test]
fn a_deleted_order_is_told_as_it_was() {
    let mut story = Story::of(Order).stands(json!({"status": "pending", "financial_status": "paid"}));
    let events = story.put(Value::Null);
    assert_eq!(names(&events), ["order.deleted"]);
    let canonical = &events[0].canonical;
    assert_eq!(canonical.object.to_map()["status"], "pending");
    assert!(canonical.previous.is_empty());
}

#[test]
fn the_status_changes_with_former_and_present_one() {
    let rule = "BigCommerce docs: store/order/statusUpdated only if the status differs";
    let both = &["order.updated", "order.status_changed"];
    order(rule, json!({"status": "pending"}), json!({"status": "awaiting_payment"}), both);
    order(rule, json!({}), json!({"status": "awaiting_payment"}), both);
    order(rule, json!({"status": "pending"}), json!({}), &["order.updated"]);
    order(rule, json!({"status": "pending"}), json!({"status": "pending", "note": "x"}), &["order.updated"]);
    let mut story = Story::of(Order).stands(json!({"status": "pending", "note": "a"}));
    let events = story.put(json!({"status": "shipped", "note": "b"}));
    assert_eq!(told(&events[0])["previous"], json!({"status": "pending", "note": "a"}));
    assert_eq!(told(&events[1])["previous"], json!({"status": "pending"}));
    assert_eq!(events[1].canonical.object.to_map()["status"], "shipped");
}

#[test]
fn an_order_is_archived_once() {
    let rule = "BigCommerce docs: store/order/archived";
    order(rule, json!({}), json!({"archived": true}), &["order.updated", "order.archived"]);
    order(rule, json!({"archived": false}), json!({"archived": true}), &["order.updated", "order.archived"]);
    order(rule, json!({"archived": true}), json!({"archived": true, "note": "x"}), &["order.updated"]);
    order(rule, json!({"archived": true}), json!({"archived": false}), &["order.updated"]);
}

#[test]
fn an_order_is_paid_when_the_payment_becomes_paid() {
    let rule = "Duda docs: ECOMM_ORDER_PAID when the payment moves into paid";
    let paid = json!({"financial_status": "paid"});
    for before in ["waiting", "paying", "authorized", "partially_paid", "failed", "refunded"] {
        let expected = &["order.updated", "order.paid"];
        order(rule, json!({"financial_status": before}), paid.clone(), expected);
    }
    order(rule, json!({}), paid.clone(), &["order.updated", "order.paid"]);
    order(rule, paid.clone(), json!({"financial_status": "paid", "note": "x"}), &["order.updated"]);
    order(rule, paid.clone(), json!({"financial_status": "waiting"}), &["order.updated"]);
    order(rule, json!({}), json!({"financial_status": "partially_paid"}), &["order.updated"]);
    let rule = "Shoplazza docs: orders/paid for one that is placed with its payment, on delivery once that succeeded";
    order(rule, Value::Null, paid, &["order.created", "order.paid"]);
    order(rule, Value::Null, json!({"financial_status": "waiting"}), &["order.created"]);
}

#[test]
fn each_shipment_that_leaves_something_fulfils_in_part() {
    let rule = "Shoplazza docs: orders/partially_fulfilled each time something is sent and not all is";
    let both = &["order.updated", "order.partially_fulfilled"];
    let state =
        |status: &str, shipments: Value| json!({"fulfillment_status": status, "shipments": shipments});
    let sent = |id: &str, quantity: &str| json!({"id": id, "line_items": [{"quantity": quantity}]});
    order(rule, json!({}), state("partially_shipped", json!([])), both);
    let one = state("partially_shipped", json!([sent("a", "1")]));
    order(rule, state("waiting", json!([])), one.clone(), both);
    order(rule, one.clone(), state("partially_shipped", json!([sent("a", "1"), sent("b", "0")])), both);
    order(rule, one.clone(), state("partially_shipped", json!([sent("a", "1.5")])), both);
    let line = |status: &str| json!({"fulfillment_status": "partially_shipped", "line_items": [{"fulfillment_status": status}]});
    order(rule, line("waiting"), line("shipped"), both);

    order(rule, one.clone(), state("partially_shipped", json!([sent("b", "1")])), &["order.updated"]);
    order(rule, one.clone(), state("partially_shipped", json!([sent("a", "1.00")])), &["order.updated"]);
    order(rule, one.clone(), state("partially_shipped", json!([])), &["order.updated"]);
    order(rule, line("shipped"), line("waiting"), &["order.updated"]);
    order(rule, one.clone(), state("waiting", json!([sent("a", "1")])), &["order.updated"]);
    order(rule, state("waiting", json!([])), state("waiting", json!([sent("a", "1")])), &["order.updated"]);
    let rule = "Shoplazza docs: orders/fulfilled once all is sent";
    let fulfilled = &["order.updated", "order.fulfilled"];
    order(rule, one, state("shipped", json!([sent("a", "1"), sent("b", "1")])), fulfilled);
    order(rule, state("shipped", json!([])), state("shipped", json!([sent("b", "1")])), &["order.updated"]);
}

#[test]
fn an_order_finishes_in_every_documented_situation() {
    let state = |status: &str, financial: &str, fulfillment: &str| json!({"status": status, "financial_status": financial, "fulfillment_status": fulfillment});
    let finishes = |rule: &str, before: Value, after: Value| {
        let events = Story::of(Order).stands(before.clone()).put(after.clone());
        assert!(names(&events).contains(&"order.finished"), "{rule}: {before} {after}");
    };
    let placed = || state("placed", "paid", "shipped");
    finishes("Shoplazza docs: all items were received", placed(), state("placed", "paid", "finished"));
    finishes("Shoplazza docs: the status says so", placed(), state("finished", "paid", "shipped"));
    finishes("the other platforms' word for it", placed(), state("completed", "paid", "shipped"));
    for financial in ["paid", "refunding", "refund_failed", "partially_refunded", "refunded"] {
        let before = state("placed", financial, "waiting");
        finishes(
            "Shoplazza API: cancelled after the payment",
            before,
            state("cancelled", financial, "waiting"),
        );
    }
    finishes(
        "Shoplazza docs: paid back in full and all came back",
        state("placed", "waiting", "returned"),
        state("placed", "refunded", "returned"),
    );
    for fulfillment in ["returning", "partially_returned", "returned"] {
        finishes(
            "Shoplazza docs: after-sales of a paid order",
            placed(),
            state("placed", "paid", fulfillment),
        );
    }
    let stays = |rule: &str, before: Value, after: Value| {
        let events = Story::of(Order).stands(before.clone()).put(after.clone());
        assert!(!names(&events).contains(&"order.finished"), "{rule}: {before} {after}");
    };
    let open = || state("opened", "waiting", "initialled");
    stays("it was not paid", open(), state("cancelled", "waiting", "cancelled"));
    stays("it was not paid", open(), state("opened", "waiting", "returning"));
    stays("only some was received", placed(), state("placed", "paid", "partially_finished"));
    stays("paid back, and nothing came back", placed(), state("placed", "refunded", "shipped"));
    stays("it was finished", state("finished", "paid", "shipped"), state("finished", "refunded", "returned"));
    stays("it is no longer", state("finished", "paid", "shipped"), placed());
    stays("it came so", Value::Null, state("finished", "paid", "finished"));
}

#[test]
fn each_refund_that_leaves_something_refunds_in_part() {
    let rule = "Shoplazza docs: orders/partially_refunded for each refund that is not of all";
    let both = &["order.updated", "order.partially_refunded"];
    let state = |financial: &str, sum: &str, refunds: &[&str]| {
        let refunds: Vec<Value> = refunds.iter().map(|id| json!({"id": id})).collect();
        json!({"financial_status": financial, "total_refunded": {"amount": sum}, "refunds": refunds})
    };
    order(rule, state("paid", "0", &[]), state("partially_refunded", "5", &["a"]), both);
    order(rule, json!({"financial_status": "paid"}), json!({"financial_status": "partially_refunded"}), both);
    let one = || state("partially_refunded", "5", &["a"]);
    order(rule, one(), state("partially_refunded", "7.50", &["a"]), both);
    order(rule, one(), state("partially_refunded", "5", &["a", "b"]), both);
    order(rule, one(), state("partially_refunded", "5", &["b"]), both);
    order(rule, json!({"financial_status": "paid"}), state("paid", "1", &[]), both);
    let nameless = |count: usize| json!({"refunds": vec![json!({}); count]});
    order(rule, nameless(1), nameless(2), both);
    order(rule, nameless(2), nameless(1), &["order.updated"]);

    order(rule, one(), state("partially_refunded", "5.00", &["a"]), &["order.updated"]);
    order(rule, one(), state("partially_refunded", "4", &["a"]), &["order.updated"]);
    order(rule, one(), state("partially_refunded", "5", &[]), &["order.updated"]);
    order(rule, one(), state("paid", "5", &["a"]), &["order.updated", "order.paid"]);
    let rule = "Shoplazza docs: orders/refunded once all is paid back, and then not in part too";
    order(rule, one(), state("refunded", "9", &["a", "b"]), &["order.updated", "order.refunded"]);
    order(rule, state("refunded", "9", &["a"]), state("refunded", "10", &["a", "b"]), &["order.updated"]);
}

#[test]
fn an_order_is_cancelled_once() {
    let rule = "Shoptet docs: order:cancel when the status becomes cancelled";
    let all = &["order.updated", "order.status_changed", "order.cancelled"];
    order(rule, json!({"status": "pending"}), json!({"status": "cancelled"}), all);
    order(rule, json!({}), json!({"status": "cancelled"}), all);
    order(
        rule,
        json!({"status": "cancelled"}),
        json!({"status": "cancelled", "note": "x"}),
        &["order.updated"],
    );
    let back = &["order.updated", "order.status_changed"];
    order(rule, json!({"status": "cancelled"}), json!({"status": "pending"}), back);
    order(rule, json!({}), json!({"financial_status": "cancelled"}), &["order.updated"]);
}

#[test]
fn several_at_once_come_in_the_order_of_the_map() {
    let before = json!({"status": "pending", "financial_status": "waiting", "fulfillment_status": "waiting"});
    let after = json!({"status": "completed", "financial_status": "paid", "fulfillment_status": "shipped", "archived": true});
    let all = &[
        "order.updated",
        "order.archived",
        "order.status_changed",
        "order.paid",
        "order.fulfilled",
        "order.finished",
    ];
    order("each for itself", before, after, all);
}
