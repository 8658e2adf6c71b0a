//! What Shoplazza's bodies can carry comes back as it was, whatever it is: the rich entities, with anything in their fields
//! and without any of what need not be there.

use proptest::sample::{Index, select};
use serde_json::{Map, Value};
use shopwire_core::commerce::Canonical;

use super::render::{rendered, rich, rich_name, says};
use super::*;
use crate::shoplazza::words;

/// What Shoplazza always tells, so that its absence can't be carried: a lack is told as a presumption.
const ALWAYS: [&str; 17] = [
    "id",
    "name",
    "value",
    "title",
    "email",
    "first_name",
    "url",
    "method",
    "product_id",
    "webhook_api_version",
    "created_at",
    "updated_at",
    "published_at",
    "status",
    "financial_status",
    "fulfillment_status",
    "currency",
];

/// What tells of something by its place or by its kind, and so is not free.
const FIXED: [&str; 4] = ["currency", "recurring", "extra", "subtotal"];

#[derive(Debug, Clone)]
enum Change {
    Absent,
    Other { text: String, amount: String, number: i32, word: Index },
}

fn change() -> impl Strategy<Value = Change> {
    let other = ("\\PC{1,12}", "-?[1-9][0-9]{0,8}(\\.[0-9]{1,4})?", 1i32.., any::<Index>());
    prop_oneof![
        1 => Just(Change::Absent),
        2 => other.prop_map(|(text, amount, number, word)| Change::Other { text, amount, number, word }),
    ]
}

/// The places of all values that may change, behind the keys that lead there.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter().filter(|(key, _)| !FIXED.contains(&key.as_str())) {
                places(member, &format!("{here}/{key}"), found);
            }
        }
        // Words in one text can't hold their separator, and names of options lead to what was chosen.
        Value::Array(items) if items.iter().all(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{at}"), found);
            }
        }
        Value::Array(_) => {}
        _ => found.push(here.to_owned()),
    }
}

fn apply(entity: &mut Value, place: &str, change: &Change) {
    let (parent, key) = place.rsplit_once('/').expect("a place has a parent");
    let Some(value) = entity.pointer(place).cloned() else { return };
    let is_money = key == "amount";
    let new = match change {
        Change::Absent if is_money || value.is_boolean() || value.is_number() || ALWAYS.contains(&key) => {
            return;
        }
        // Quantities and weights are numbers, which are always told.
        Change::Absent if ["quantity", "weight", "inventory_quantity"].contains(&key) => return,
        Change::Absent => {
            if let Some(parent) = entity.pointer_mut(parent).and_then(Value::as_object_mut) {
                parent.shift_remove(key);
            }
            return;
        }
        Change::Other { text, amount, number, word } => another(&value, key, text, amount, *number, word),
    };
    // The options' names stand in the variants' choices too.
    if !(key == "name" && parent.contains("/options/")) {
        *entity.pointer_mut(place).expect("it was just there") = new;
    }
}

fn another(value: &Value, key: &str, text: &str, amount: &str, number: i32, word: &Index) -> Value {
    let of = |words: crate::Words| {
        let own: Vec<&str> =
            words.0.iter().filter(|(ours, theirs)| ours == theirs).map(|(ours, _)| *ours).collect();
        Value::from(own[word.index(own.len())])
    };
    match (value, key) {
        (Value::Bool(truth), _) => (!truth).into(),
        (Value::Number(_), _) => number.into(),
        (_, "amount" | "quantity" | "weight" | "inventory_quantity" | "latitude" | "longitude") => {
            amount.into()
        }
        (_, "financial_status") => of(words::FINANCIAL),
        (_, "fulfillment_status") => of(words::FULFILLMENT),
        // The one word that is a state of orders, of fulfilments and of charges alike.
        (_, "status") => "finished".into(),
        (_, key) if key.ends_with("_at") => format!("2025-06-{:02}T10:20:30+02:00", 1 + number % 28).into(),
        _ => text.into(),
    }
}

/// A topic with an entity of its kind, some of whose fields are something else or not there.
fn carried() -> impl Strategy<Value = (&'static Topic, Map<String, Value>)> {
    let names = [
        "products/update",
        "collections/create",
        "customers/update",
        "orders/partially_refunded",
        "orders/refunded",
        "cart/update",
        "fulfillments/update",
        "app/uninstalled",
        "app/subscriptions_update",
    ];
    let changes = proptest::collection::vec((any::<Index>(), change()), 0..80);
    (select(names.to_vec()), changes).prop_map(|(name, changes)| {
        let topic = topic(name);
        let mut entity = Value::Object(rich(rich_name(topic)));
        for (at, change) in changes {
            let mut found = Vec::new();
            places(&entity, "", &mut found);
            apply(&mut entity, &found[at.index(found.len())].clone(), &change);
        }
        (topic, entity.as_object().cloned().expect("an object"))
    })
}

#[test]
fn platform_words_come_back_as_themselves() {
    for words in [words::ORDER, words::FINANCIAL, words::FULFILLMENT] {
        for (ours, theirs) in words.0 {
            // Spellings that only some pages use are read, and written as the others are.
            let is_misspelt = ["canceled", "refund_fail"].contains(theirs);
            assert_eq!(words.theirs(words.ours(theirs)) == *theirs, !is_misspelt, "{ours} {theirs}");
        }
        assert_eq!((words.ours("canceled"), words.theirs("a_shops_own")), ("cancelled", "a_shops_own"));
    }
}

/// The lines of one that the other does not have.
fn told(one: &Canonical, other: &Canonical) -> String {
    let text = |canonical| serde_json::to_string_pretty(canonical).expect("json");
    let other = text(other);
    text(one).lines().filter(|line| !other.lines().any(|same| same == *line)).collect()
}

proptest! {
    #[test]
    fn comes_back_as_it_was((topic, entity) in carried()) {
        let said = says(topic, entity);
        let draft = rendered(topic, &said);
        let back = Shoplazza.canonical(&received(&draft), &reading(&draft)).expect("canonical data");
        // Amounts are equal whatever zeros end them, so values are compared, not texts.
        prop_assert!(back == said, "{}: back {}\nsaid {}", topic.name, told(&back, &said), told(&said, &back));
    }
}
