//! Whether a body has the shape of the samples: the same keys in the same order, with types that samples show there.

use std::mem::discriminant;

use serde_json::Value;

/// What the documentation names and its samples happen not to show: (the end of the object's place, the key).
const BEYOND: &[(&str, &str)] = &[
    ("product", "quantity"),
    ("order", "custom_fields"),
    ("order", "customer_accepts_marketing"),
    ("shipping_method", "id"),
];

/// What the documentation's tables call nullable and its samples happen to show filled.
const NULLABLE: &[&str] = &["/next_billing_date", "refund/transaction_id"];

/// A value of a sample.
struct Shown {
    noun: String,
    kin: String,
    value: Value,
}

/// All values of all samples.
#[derive(Default)]
pub(super) struct Samples(Vec<Shown>);

impl Samples {
    /// Adds a sample with what is in it.
    pub(super) fn add(&mut self, place: &str, sample: &Value) {
        self.0.push(Shown { noun: noun(place), kin: kin(place), value: sample.clone() });
        match sample {
            Value::Object(members) => {
                members.iter().for_each(|(key, value)| self.add(&format!("{place}/{key}"), value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(&format!("{place}[]"), item)),
            _ => {}
        }
    }

    /// Panics at the first place where `given` is not as the samples.
    pub(super) fn check(&self, place: &str, given: &Value) {
        let noun = noun(place);
        let mut alike = self.0.iter().filter(|shown| shown.noun == noun).map(|shown| &shown.value);
        // Nothing but `null` tells no type, and no sample at all tells nothing.
        if alike.clone().all(Value::is_null) {
            return;
        }
        let is_shown = alike.any(|sample| discriminant(sample) == discriminant(given));
        let is_nullable = given.is_null() && NULLABLE.iter().any(|end| noun.ends_with(end));
        assert!(is_shown || is_nullable, "{place}: {given} is of a type that no sample shows");
        match given {
            // What apps attach is theirs.
            Value::Object(_) if place.ends_with("/metadata") => {}
            Value::Object(members) => {
                self.check_keys(place, given);
                members.iter().for_each(|(key, value)| self.check(&format!("{place}/{key}"), value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.check(&format!("{place}[]"), item)),
            _ => {}
        }
    }

    /// Orders differ in their keys by where they stand.
    fn check_keys(&self, place: &str, given: &Value) {
        let keys = |value: &Value| -> Vec<String> {
            let members = value.as_object().into_iter().flatten();
            members.map(|(key, _)| key.clone()).filter(|key| !is_beyond(place, key)).collect()
        };
        let (kin, keys_given) = (kin(place), keys(given));
        let mut same = self.0.iter().filter(|shown| shown.kin == kin && shown.value.is_object());
        assert!(
            same.any(|shown| keys(&shown.value) == keys_given),
            "{place}: no sample has the keys {keys_given:?}"
        );
    }
}

fn is_beyond(place: &str, key: &str) -> bool {
    BEYOND.iter().any(|(end, beyond)| place.ends_with(end) && key == *beyond)
}

/// The place as far as it matters for types: an order is an order wherever it stands.
fn noun(place: &str) -> String {
    let order = ["initial_order", "renewal_order"].iter().find_map(|key| place.split_once(key));
    kin(&order.map_or_else(|| place.to_owned(), |(_, inside)| format!("order{inside}")))
}

/// The place as far as it matters for keys: an address is an address, and a refund a refund.
fn kin(place: &str) -> String {
    let place = place
        .split_once("/refunds[]")
        .map_or_else(|| place.to_owned(), |(_, inside)| format!("refund{inside}"));
    place.replace("billing_address", "address").replace("shipping_address", "address")
}

#[test]
fn notices_what_differs() {
    let mut samples = Samples::default();
    samples.add("x", &serde_json::json!({ "a": 1, "b": null, "c": [{ "d": "x" }] }));
    samples.add("x", &serde_json::json!({ "a": 1, "b": "x", "c": [] }));
    let conforms = |given: &Value| std::panic::catch_unwind(|| samples.check("x", given)).is_ok();
    assert!(conforms(&serde_json::json!({ "a": 2.5, "b": null, "c": [{ "d": "" }, { "d": "y" }] })));
    for wrong in [
        serde_json::json!({ "a": "1", "b": null, "c": [] }),
        serde_json::json!({ "a": null, "b": null, "c": [] }),
        serde_json::json!({ "b": null, "a": 1, "c": [] }),
        serde_json::json!({ "a": 1, "b": null }),
        serde_json::json!({ "a": 1, "b": null, "c": [], "e": 1 }),
        serde_json::json!({ "a": 1, "b": null, "c": [{ "d": null }] }),
        serde_json::json!({ "a": 1, "b": null, "c": null }),
        serde_json::json!([]),
    ] {
        assert!(!conforms(&wrong), "{wrong}");
    }
}
