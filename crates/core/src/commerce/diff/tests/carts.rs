//! Carts: lines, coupons, conversion, and being left alone.

use serde_json::{Value, json};

use super::{HOUR_MS, Story, check, names, told};
use crate::commerce::EntityKind::{AbandonedCart, Cart};

const BEGUN: &[&str] = &["cart.created", "cart.updated", "cart.line_item_created"];

fn one() -> Value {
    json!({"line_items": [{"id": "a", "product_id": "7", "quantity": "1"}]})
}

fn with(field: &str, value: Value) -> Value {
    let mut cart = one();
    cart[field] = value;
    cart
}

#[test]
fn a_cart_comes_with_its_first_item() {
    let rule = "BigCommerce docs: store/cart/created with the first item, and store/cart/updated too";
    check(Cart, rule, Value::Null, one(), BEGUN);
    check(Cart, rule, json!({"email": "a@b.example"}), one(), BEGUN);
    check(Cart, rule, Value::Null, json!({"email": "a@b.example"}), &[]);
    check(Cart, rule, json!({"email": "a@b.example"}), json!({"email": "c@d.example"}), &[]);
    check(Cart, rule, json!({"email": "a@b.example"}), Value::Null, &[]);
    let two = json!({"line_items": [{"id": "a"}, {"id": "b"}]});
    let both = &["cart.created", "cart.updated", "cart.line_item_created", "cart.line_item_created"];
    check(Cart, rule, Value::Null, two, both);
}

#[test]
fn lines_are_told_one_by_one() {
    let rule = "BigCommerce docs: store/cart/lineItem/updated for quantity, options, price, and the variant";
    let line = |line: Value| json!({"line_items": [line]});
    let updated = &["cart.updated", "cart.line_item_updated"];
    let before = || line(json!({"id": "a", "quantity": "1", "price": {"amount": "2"}, "variant_id": "v"}));
    for changed in [
        json!({"id": "a", "quantity": "2", "price": {"amount": "2"}, "variant_id": "v"}),
        json!({"id": "a", "quantity": "1", "price": {"amount": "3"}, "variant_id": "v"}),
        json!({"id": "a", "quantity": "1", "price": {"amount": "2"}, "variant_id": "w"}),
        json!({"id": "a", "quantity": "1", "price": {"amount": "2"}, "variant_id": "v", "options": [{"name": "size", "value": "L"}]}),
    ] {
        check(Cart, rule, before(), line(changed), updated);
    }
    let renamed = line(
        json!({"id": "a", "quantity": "1.0", "price": {"amount": "2.00"}, "variant_id": "v", "title": "x"}),
    );
    check(Cart, "nothing of it but the title", before(), renamed, &["cart.updated"]);
    let rule = "BigCommerce docs: store/cart/lineItem/created and /deleted";
    let added = json!({"line_items": [{"id": "b"}, {"id": "a", "product_id": "7", "quantity": "1"}]});
    check(Cart, rule, one(), added.clone(), &["cart.updated", "cart.line_item_created"]);
    check(Cart, rule, added, one(), &["cart.updated", "cart.line_item_deleted"]);
    let other = json!({"line_items": [{"id": "b"}]});
    let swapped = &["cart.updated", "cart.line_item_created", "cart.line_item_deleted"];
    check(Cart, rule, one(), other, swapped);
}

#[test]
fn a_line_is_known_by_its_id_else_by_what_it_is_of() {
    let mut story = Story::of(Cart).stands(one());
    let events = story.put(json!({"line_items": [{"id": "a", "product_id": "7", "quantity": "3"}]}));
    let expected = json!({
        "type": "cart.line_item_updated", "subject": "cart/1",
        "previous": {"line_items": [{"id": "a", "product_id": "7", "quantity": "1"}]},
        "details": {"line_item_id": "a"},
    });
    assert_eq!(told(&events[1]), expected);
    let lines = |quantities: &[&str]| {
        let line = |quantity: &&str| json!({"product_id": "7", "variant_id": "8", "quantity": quantity});
        json!({"line_items": quantities.iter().map(line).collect::<Vec<_>>()})
    };
    let mut story = Story::of(Cart).stands(lines(&["1", "2"]));
    let events = story.put(lines(&["1", "3"]));
    assert_eq!(names(&events), ["cart.updated", "cart.line_item_updated"]);
    assert_eq!(told(&events[1])["details"], json!({"line_item_id": "7/8/2"}));
    assert_eq!(names(&story.put(lines(&["1"]))), ["cart.updated", "cart.line_item_deleted"]);
}

#[test]
fn a_cart_changes_with_its_buyer() {
    let rule = "BigCommerce docs: store/cart/updated when an address is entered or changed, and at sign-in";
    check(Cart, rule, one(), with("email", "a@b.example".into()), &["cart.updated"]);
    check(
        Cart,
        rule,
        with("email", "a@b.example".into()),
        with("email", "c@d.example".into()),
        &["cart.updated"],
    );
    check(Cart, rule, one(), with("customer_id", "9".into()), &["cart.updated"]);
    check(Cart, rule, one(), one(), &[]);
    check(Cart, rule, one(), with("updated_at", "2026-01-01T00:00:00Z".into()), &[]);
}

#[test]
fn each_new_coupon_is_applied() {
    let rule =
        "BigCommerce docs: store/cart/couponApplied for a code that was not applied, with the coupon's id";
    let applied = &["cart.updated", "cart.coupon_applied"];
    let first = || with("coupons", json!([{"id": "5", "code": "SUMMER"}]));
    check(Cart, rule, one(), first(), applied);
    check(Cart, rule, first(), with("coupons", json!([{"id": "6", "code": "WINTER"}])), applied);
    check(Cart, rule, first(), with("coupons", json!([{"code": "WINTER"}])), applied);
    check(Cart, rule, first(), with("coupons", json!([{"code": "SUMMER"}])), &["cart.updated"]);
    check(Cart, rule, with("coupons", json!([{"code": "SUMMER"}])), first(), &["cart.updated"]);
    check(Cart, rule, first(), with("coupons", json!([{"id": "6", "code": "SUMMER"}])), applied);
    check(Cart, rule, first(), one(), &["cart.updated"]);
    check(Cart, rule, one(), with("coupons", json!([{"extra": {"mine": 1}}])), &["cart.updated"]);
    let mut with_begin = BEGUN.to_vec();
    with_begin.push("cart.coupon_applied");
    check(Cart, rule, Value::Null, first(), &with_begin);
    let events = Story::of(Cart).stands(one()).put(first());
    assert_eq!(told(&events[1])["details"], json!({"coupon_id": "5", "coupon_code": "SUMMER"}));
    let events = Story::of(Cart).stands(one()).put(with("coupons", json!([{"code": "SUMMER"}])));
    assert_eq!(told(&events[1])["details"], json!({"coupon_id": "SUMMER", "coupon_code": "SUMMER"}));
}

#[test]
fn a_cart_goes_with_its_last_item() {
    let rule =
        "BigCommerce docs: store/cart/deleted when the last item is taken out, and store/cart/updated too";
    let mut story = Story::of(Cart).stands(one());
    let events = story.put(json!({"line_items": []}));
    assert_eq!(names(&events), ["cart.updated", "cart.line_item_deleted", "cart.deleted"], "{rule}");
    assert!(events[2].canonical.object.to_map().contains_key("line_items"), "as it was");
    assert!(story.timers.is_empty());
    assert!(story.put(Value::Null).is_empty(), "it went already");
    let mut story = Story::of(Cart).stands(one()).stands(json!({}));
    assert_eq!(names(&story.put(one())), BEGUN, "a new one with the old id");
    check(Cart, "BigCommerce docs: store/cart/deleted by a DELETE", one(), Value::Null, &["cart.deleted"]);
}

#[test]
fn a_cart_becomes_an_order() {
    let rule = "BigCommerce docs: store/cart/converted with the ids of both; the cart is gone then";
    let ordered = || with("order_id", "169".into());
    check(Cart, rule, one(), ordered(), &["cart.converted"]);
    check(Cart, rule, one(), json!({"order_id": "169"}), &["cart.converted"]);
    check(Cart, rule, Value::Null, ordered(), &["cart.converted"]);
    check(Cart, rule, Value::Null, json!({"order_id": "169"}), &[]);
    check(Cart, rule, ordered(), Value::Null, &[]);
    check(Cart, rule, ordered(), with("order_id", "170".into()), &[]);
    let mut story = Story::of(Cart).stands(one());
    assert_eq!(story.timers.len(), 1);
    let events = story.put(ordered());
    let expected = json!({
        "type": "cart.converted", "subject": "cart/1", "previous": {"order_id": null}, "details": {"order_id": "169"},
    });
    assert_eq!(told(&events[0]), expected);
    assert!(story.timers.is_empty());
    assert_eq!(names(&story.put(one())), BEGUN, "no longer an order, so there again");
}

#[test]
fn a_cart_left_alone_for_an_hour_is_abandoned_once() {
    let rule = "BigCommerce docs: store/cart/abandoned an hour after the last change";
    let mut story = Story::of(Cart).stands(one());
    assert!(story.wait(HOUR_MS - 1).is_empty(), "{rule}");
    let events = story.wait(1);
    assert_eq!(names(&events), ["abandoned_cart.created"], "{rule}");
    assert_eq!(events[0].subject.as_str(), "abandoned_cart/1");
    assert_eq!(Some(&events[0].canonical.object), story.entity.as_ref());
    assert!(story.wait(10 * HOUR_MS).is_empty(), "once");
    assert!(story.fire(super::TimerKind::CartAbandonment).is_empty(), "even if it fired again");
    let rule = "Ecwid docs: unfinished_order.updated when something about it changes";
    let events = story.put(with("email", "a@b.example".into()));
    assert_eq!(names(&events), ["cart.updated", "abandoned_cart.updated"], "{rule}");
    assert!(story.timers.is_empty(), "once for each cart");
    let rule = "Ecwid docs: unfinished_order.deleted";
    let events = story.put(Value::Null);
    assert_eq!(names(&events), ["cart.deleted", "abandoned_cart.deleted"], "{rule}");
    assert_eq!(names(&story.put(one())), BEGUN);
    assert_eq!(names(&story.wait(HOUR_MS)), ["abandoned_cart.created"], "another cart with the same id");
}

#[test]
fn a_change_puts_abandonment_off_and_the_end_calls_it_off() {
    let mut story = Story::of(Cart).stands(one());
    assert!(story.wait(HOUR_MS - 1).is_empty());
    story.put(with("email", "a@b.example".into()));
    assert!(story.wait(HOUR_MS - 1).is_empty(), "put off by the change");
    assert!(story.put(with("email", "a@b.example".into())).is_empty());
    assert_eq!(
        names(&story.wait(1)),
        ["abandoned_cart.created"],
        "not put off by a write that changes nothing"
    );
    for end in [Value::Null, json!({}), with("order_id", "169".into())] {
        let mut story = Story::of(Cart).stands(one()).stands(end.clone());
        assert!(story.wait(2 * HOUR_MS).is_empty(), "{end}");
        assert!(story.fire(super::TimerKind::CartAbandonment).is_empty(), "{end}");
    }
    assert!(
        Story::of(Cart).stands(json!({"email": "a@b.example"})).timers.is_empty(),
        "an empty one is none"
    );
}

#[test]
fn an_abandoned_cart_that_is_ordered_or_emptied() {
    let abandoned = || {
        let mut story = Story::of(Cart).stands(one());
        assert_eq!(story.wait(HOUR_MS).len(), 1);
        story
    };
    let rule = "an order is no deletion of what was left behind";
    assert_eq!(names(&abandoned().put(with("order_id", "169".into()))), ["cart.converted"], "{rule}");
    let gone = ["cart.updated", "cart.line_item_deleted", "cart.deleted", "abandoned_cart.deleted"];
    assert_eq!(names(&abandoned().put(json!({}))), gone);
    let rule = "Ecwid protocol notes: hiding one updates it";
    let hidden = with("hidden", true.into());
    assert_eq!(names(&abandoned().put(hidden)), ["cart.updated", "abandoned_cart.updated"], "{rule}");
}

#[test]
fn abandoned_carts_can_be_told_as_such() {
    let rule = "Ecwid docs: unfinished_order.created, .updated, .deleted";
    check(AbandonedCart, rule, Value::Null, one(), &["abandoned_cart.created"]);
    check(AbandonedCart, rule, one(), with("hidden", true.into()), &["abandoned_cart.updated"]);
    check(AbandonedCart, rule, one(), one(), &[]);
    check(AbandonedCart, rule, one(), Value::Null, &["abandoned_cart.deleted"]);
    let mut story = Story::of(AbandonedCart).stands(one());
    assert!(story.wait(2 * HOUR_MS).is_empty());
}
