//! Whether a body has the shape of samples: the same paths in the same order, with types that the samples show.

use std::mem::discriminant;

use serde_json::Value;

/// What the documentation names and its samples happen not to show: (the end of the object's place, the key).
const BEYOND: &[(&str, &str)] = &[
    ("data", "quantity"),
    ("data", "custom_fields"),
    ("data", "customer_accepts_marketing"),
    ("order", "custom_fields"),
    ("shipping_method", "id"),
];

/// Panics at the first place where `given` is not as the samples.
pub(super) fn check(samples: &[&Value], given: &Value, place: &str) {
    let shown = |value: &Value| samples.iter().any(|sample| discriminant(*sample) == discriminant(value));
    // Nothing but `null` tells no type, and no sample at all tells nothing.
    if samples.iter().all(|sample| sample.is_null()) {
        return;
    }
    assert!(shown(given), "{place}: {given} is of a type that no sample shows");
    match given {
        Value::Object(members) => {
            let is_beyond = |key: &str| BEYOND.iter().any(|(end, beyond)| place.ends_with(end) && key == *beyond);
            let keys = |value: &Value| -> Vec<String> {
                let members = value.as_object().into_iter().flatten();
                members.map(|(key, _)| key.clone()).filter(|key| !is_beyond(key)).collect()
            };
            let is_open = samples.iter().any(|sample| sample.as_object().is_some_and(|members| members.is_empty()));
            let is_shown = samples.iter().any(|sample| sample.is_object() && keys(sample) == keys(given));
            assert!(is_open || is_shown, "{place}: no sample has the keys {:?}", keys(given));
            for (key, value) in members {
                let inner: Vec<&Value> = samples.iter().filter_map(|sample| sample.get(key)).collect();
                check(&inner, value, &format!("{place}/{key}"));
            }
        }
        Value::Array(items) => {
            let inner: Vec<&Value> = samples.iter().filter_map(|sample| sample.as_array()).flatten().collect();
            items.iter().for_each(|item| check(&inner, item, &format!("{place}[]")));
        }
        _ => {}
    }
}

#[test]
fn notices_what_differs() {
    let samples = [
        serde_json::json!({ "a": 1, "b": null, "c": [{ "d": "x" }] }),
        serde_json::json!({ "a": 1, "b": "x", "c": [] }),
    ];
    let conforms = |given: Value| std::panic::catch_unwind(|| check(&[&samples[0], &samples[1]], &given, "data")).is_ok();
    assert!(conforms(serde_json::json!({ "a": 2.5, "b": null, "c": [{ "d": "" }, { "d": "y" }] })));
    for wrong in [
        serde_json::json!({ "a": "1", "b": null, "c": [] }),
        serde_json::json!({ "a": null, "b": null, "c": [] }),
        serde_json::json!({ "b": null, "a": 1, "c": [] }),
        serde_json::json!({ "a": 1, "b": null }),
        serde_json::json!({ "a": 1, "b": null, "c": [], "e": 1 }),
        serde_json::json!({ "a": 1, "b": null, "c": [{ "d": null }] }),
        serde_json::json!({ "a": 1, "b": null, "c": null }),
    ] {
        assert!(!conforms(wrong.clone()), "{wrong}");
    }
}
