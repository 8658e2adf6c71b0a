//! Stock: counts by hand and by orders, thresholds, movements.

use serde_json::{Value, json};

use super::{Story, check, names, told};
use crate::commerce::EntityKind::{Product, Variant};

fn stock(quantity: &str) -> Value {
    json!({"inventory_quantity": quantity, "inventory_minimum": "5"})
}

#[track_caller]
fn product(rule: &str, before: Value, after: Value, expected: &[&str]) {
    check(Product, rule, before, after, expected);
}

#[test]
fn stock_that_is_counted_for_the_product() {
    let rule = "BigCommerce docs: store/product/inventory/updated, besides the update of the product";
    let changed = &["product.updated", "product.inventory_changed"];
    product(rule, stock("10"), stock("12"), changed);
    product(rule, stock("10"), stock("10.0"), &["product.updated"]);
    product(rule, stock("10"), stock("10"), &[]);
    product(rule, json!({"title": "a"}), json!({"title": "b"}), &["product.updated"]);
    product(rule, json!({}), stock("10"), changed);
    product(rule, stock("10"), json!({}), &["product.updated"]);
    product(rule, Value::Null, stock("10"), &["product.created"]);
    product(rule, stock("10"), Value::Null, &["product.deleted"]);
    for untracked in [json!({"inventory_tracked": false}), json!({"inventory_tracking": "none"})] {
        let state = |quantity: &str| {
            let mut state = untracked.clone();
            state["inventory_quantity"] = quantity.into();
            state["stock_levels"] = json!([{"stock_id": "s", "quantity": quantity}]);
            state
        };
        product("not counted", state("10"), state("0"), &["product.updated"]);
    }
}

#[test]
fn by_hand_it_is_the_level_and_by_an_order_the_difference() {
    let rule = "BigCommerce docs: store/product/inventory/order/updated is always relative and signed";
    for (cause, after, event, method, value) in [
        (None, "12", "product.inventory_changed", "absolute", 12),
        (Some("import"), "12", "product.inventory_changed", "absolute", 12),
        (Some("order"), "7", "product.inventory_changed_by_order", "relative", -3),
        (Some("order"), "12", "product.inventory_changed_by_order", "relative", 2),
        (None, "-1.9", "product.inventory_changed", "absolute", -1),
        (Some("order"), "9.5", "product.inventory_changed_by_order", "relative", -1),
        (Some("order"), "10.5", "product.inventory_changed_by_order", "relative", 0),
    ] {
        let events = Story::of(Product)
            .stands(json!({"inventory_quantity": "10"}))
            .change(json!({"inventory_quantity": after}), cause);
        let expected = json!({
            "type": event, "subject": "product/1", "previous": {"inventory_quantity": "10"},
            "details": {"inventory_method": method, "inventory_value": value},
        });
        assert_eq!(told(&events[1]), expected, "{rule}");
    }
    let events = Story::of(Product).stands(json!({})).change(stock("3"), Some("order"));
    assert_eq!(names(&events), ["product.updated"], "by how many is not known");
    let huge = "9999999999999999999999999999";
    let events = Story::of(Product).stands(stock("1")).put(stock(huge));
    assert_eq!(told(&events[1])["details"]["inventory_value"], json!(i64::MAX));
}

#[test]
fn at_most_one_of_in_stock_sold_out_and_low() {
    let shoptet = |rule: &str, before: &str, after: &str, expected: Option<&'static str>| {
        let events = Story::of(Product).stands(stock(before)).put(stock(after));
        let mut all = vec!["product.updated", "product.inventory_changed"];
        all.extend(expected);
        assert_eq!(names(&events), all, "{rule}: {before} to {after}");
    };
    let rule = "Shoptet docs: stock:soldOut when the sum becomes nothing or less";
    let sold_out = Some("product.sold_out");
    shoptet(rule, "10", "0", sold_out);
    shoptet(rule, "3", "-1", sold_out);
    shoptet(rule, "0.5", "0", sold_out);
    shoptet(rule, "0", "-1", None);
    let rule = "Shoptet docs: stock:inStock when the sum becomes more than nothing";
    let in_stock = Some("product.in_stock");
    shoptet(rule, "0", "1", in_stock);
    shoptet(rule, "-2", "100", in_stock);
    shoptet(rule, "0", "0.25", in_stock);
    shoptet(rule, "-2", "0", None);
    let rule = "Shoptet docs: stock:minStockSupplyReached when the sum falls below the minimum";
    let low = Some("product.low_stock");
    shoptet(rule, "5", "4", low);
    shoptet(rule, "10", "4.99", low);
    shoptet(rule, "10", "5", None);
    shoptet(rule, "4", "3", None);
    shoptet(rule, "4", "6", None);
    let no_minimum = |quantity: &str| json!({"inventory_quantity": quantity});
    let changed = &["product.updated", "product.inventory_changed"];
    product("no minimum is set", no_minimum("10"), no_minimum("1"), changed);
    let below_zero = |quantity: &str| json!({"inventory_quantity": quantity, "inventory_minimum": "-1"});
    product("what is sold out is not scarce too", below_zero("0"), below_zero("-2"), changed);
    let raised = json!({"inventory_quantity": "10", "inventory_minimum": "20"});
    product("only the minimum was raised", stock("10"), raised, &["product.updated"]);
    product("how many there were is not known", json!({}), stock("0"), changed);
    let by_order = Story::of(Product).stands(stock("1")).change(stock("0"), Some("order"));
    assert_eq!(names(&by_order)[1..], ["product.inventory_changed_by_order", "product.sold_out"]);
}

#[test]
fn the_sum_over_all_stocks_counts_and_each_stock_moves() {
    let levels = |levels: &[(&str, &str)]| {
        let levels: Vec<Value> =
            levels.iter().map(|(id, n)| json!({"stock_id": id, "quantity": n})).collect();
        json!({"inventory_quantity": "99", "stock_levels": levels})
    };
    let rule = "Shoptet docs: sums over all stocks; stock:movement names the stock";
    let events =
        Story::of(Product).stands(levels(&[("a", "3"), ("b", "0")])).put(levels(&[("a", "0"), ("b", "0")]));
    let all = ["product.updated", "product.inventory_changed", "product.sold_out", "stock.moved"];
    assert_eq!(names(&events), all, "{rule}");
    let expected = json!({
        "type": "stock.moved", "subject": "stock/a", "previous": {},
        "details": {"product_id": "1", "quantity_delta": "-3"},
    });
    assert_eq!(told(&events[3]), expected);
    assert_eq!(events[3].canonical.object.id(), "a");

    let between = levels(&[("b", "3.50")]);
    let moved = &["product.updated", "stock.moved", "stock.moved"];
    product("from one stock to another", levels(&[("a", "3.5")]), between, moved);
    let reordered = levels(&[("b", "1"), ("a", "3")]);
    product("in another order", levels(&[("a", "3"), ("b", "1")]), reordered, &["product.updated"]);
    let nameless = json!({"inventory_quantity": "99", "stock_levels": [{"quantity": "4"}]});
    let events = &["product.updated", "product.inventory_changed", "stock.moved"];
    product("a level of no stock", levels(&[("a", "3")]), nameless, events);
    product("a new product moves nothing", Value::Null, levels(&[("a", "3")]), &["product.created"]);
    let arrived = Story::of(Product).stands(json!({})).put(levels(&[("a", "3.10")]));
    assert_eq!(told(&arrived[2])["details"]["quantity_delta"], "3.1");
}

fn variants(variants: Value) -> Value {
    json!({"variants": variants})
}

#[test]
fn variants_inside_their_product() {
    let rule = "BigCommerce docs: store/sku/created, /updated, /deleted";
    let one = || variants(json!([{"id": "v", "sku": "S"}]));
    product(rule, Value::Null, one(), &["product.created", "variant.created"]);
    product(rule, json!({}), one(), &["product.updated", "variant.created"]);
    let renamed = variants(json!([{"id": "v", "sku": "T"}]));
    product(rule, one(), renamed, &["product.updated", "variant.updated"]);
    product(rule, one(), json!({}), &["product.updated", "variant.deleted"]);
    product(rule, one(), Value::Null, &["product.deleted", "variant.deleted"]);
    let two = |a: &str, b: &str| variants(json!([{"id": a}, {"id": b}]));
    product("only their order", two("v", "w"), two("w", "v"), &["product.updated"]);
    let touched = variants(json!([{"id": "v", "sku": "S", "updated_at": "2026-01-01T00:00:00Z"}]));
    product("only when it was touched", one(), touched.clone(), &[]);
    let mut renamed = touched;
    renamed["title"] = "x".into();
    product("of the variant only when it was touched", one(), renamed, &["product.updated"]);
    product("which one is not known", json!({}), variants(json!([{"sku": "S"}])), &["product.updated"]);
    let events = Story::of(Product).stands(one()).put(variants(json!([{"id": "v", "sku": "T"}])));
    let expected =
        json!({"type": "variant.updated", "subject": "variant/v", "previous": {"sku": "S"}, "details": {}});
    assert_eq!(told(&events[1]), expected);
    assert_eq!(events[1].canonical.object.to_map()["product_id"], "1");
}

#[test]
fn stock_that_is_counted_for_each_variant() {
    let rule = "BigCommerce docs: store/sku/inventory/updated when it is counted for variants";
    let state = |tracking: Value, own: &str, of_variant: &str| {
        let mut state = json!({
            "inventory_quantity": own, "inventory_minimum": "2",
            "variants": [{"id": "v", "inventory_quantity": of_variant}],
        });
        if tracking.is_string() {
            state["inventory_tracking"] = tracking;
        }
        state
    };
    let of_variant = &["product.updated", "variant.updated", "variant.inventory_changed"];
    for tracking in [Value::Null, "variant".into()] {
        product(rule, state(tracking.clone(), "9", "9"), state(tracking.clone(), "8", "8"), of_variant);
        let own_only = state(tracking.clone(), "0", "9");
        product("not its own", state(tracking.clone(), "9", "9"), own_only, &["product.updated"]);
    }
    let tracking = || Value::from("product");
    let of_product = &["product.updated", "product.inventory_changed", "variant.updated"];
    product("counted as a whole", state(tracking(), "9", "9"), state(tracking(), "8", "8"), of_product);

    let rule = "Shoptet docs: the news about stock are of the product, with the variant";
    let events = Story::of(Product).stands(state(Value::Null, "9", "3")).put(state(Value::Null, "9", "1"));
    assert_eq!(names(&events)[3..], ["product.low_stock"], "{rule}: below the minimum of its product");
    assert_eq!(events[3].subject.as_str(), "product/1");
    assert_eq!(told(&events[3])["details"], json!({"variant_id": "v"}));
    let events = Story::of(Product)
        .stands(state(Value::Null, "9", "1"))
        .change(state(Value::Null, "9", "0"), Some("order"));
    let all =
        ["product.updated", "variant.updated", "variant.inventory_changed_by_order", "product.sold_out"];
    assert_eq!(names(&events), all);
    let expected = json!({
        "type": "variant.inventory_changed_by_order", "subject": "variant/v",
        "previous": {"inventory_quantity": "1"},
        "details": {"inventory_method": "relative", "inventory_value": -1},
    });
    assert_eq!(told(&events[2]), expected);
}

#[test]
fn a_variants_levels_move_its_stocks_last() {
    let state = |v: &str, w: &str| {
        variants(json!([
            {"id": "v", "stock_levels": [{"stock_id": "s", "quantity": v}]},
            {"id": "w", "stock_levels": [{"stock_id": "s", "quantity": w}]},
        ]))
    };
    let events = Story::of(Product).stands(state("5", "5")).put(state("4", "7"));
    let all = [
        "product.updated",
        "variant.updated",
        "variant.inventory_changed",
        "variant.updated",
        "variant.inventory_changed",
        "stock.moved",
        "stock.moved",
    ];
    assert_eq!(names(&events), all);
    let details = json!({"product_id": "1", "variant_id": "w", "quantity_delta": "2"});
    assert_eq!(told(&events[6])["details"], details);
}

#[test]
fn variants_of_a_collection_of_their_own() {
    let state = |quantity: &str| {
        json!({
            "product_id": "7", "inventory_minimum": "2", "inventory_quantity": "50",
            "stock_levels": [{"stock_id": "s", "quantity": quantity}],
        })
    };
    check(Variant, "BigCommerce docs: store/sku/created", Value::Null, state("3"), &["variant.created"]);
    check(Variant, "BigCommerce docs: store/sku/deleted", state("3"), Value::Null, &["variant.deleted"]);
    let events = Story::of(Variant).stands(state("3")).put(state("1"));
    let all = ["variant.updated", "variant.inventory_changed", "product.low_stock", "stock.moved"];
    assert_eq!(names(&events), all);
    assert_eq!(events[2].subject.as_str(), "product/7");
    assert_eq!(told(&events[2])["details"], json!({"variant_id": "1"}));
    assert_eq!(events[2].canonical.object.id(), "7");
    let details = json!({"product_id": "7", "variant_id": "1", "quantity_delta": "-2"});
    assert_eq!(told(&events[3])["details"], details);
    let bare = |quantity: &str| json!({"inventory_quantity": quantity});
    let changed = &["variant.updated", "variant.inventory_changed"];
    check(Variant, "of which product is not known", bare("1"), bare("0"), changed);
}
