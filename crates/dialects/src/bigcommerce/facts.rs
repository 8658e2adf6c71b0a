//! The members of `data` → canonical names, former values and details (BigCommerce docs: webhook events).

use serde_json::{Map, Value};
use shopwire_core::commerce::details;
use shopwire_core::commerce::entity::{Bare, Entity};

use super::words::status_word;
use crate::{Canonical, Reading, lenient};

/// What `data` tells, on its way to canonical names.
pub(super) struct Facts<'r> {
    reading: &'r Reading,
    object: Map<String, Value>,
    previous: Map<String, Value>,
    details: Map<String, Value>,
}

impl<'r> Facts<'r> {
    /// Nothing yet of what this reading is about.
    pub(super) fn of(reading: &'r Reading) -> Self {
        Self { reading, object: Map::new(), previous: Map::new(), details: Map::new() }
    }

    /// All of it.
    pub(super) fn canonical(self) -> Canonical {
        let subject = &self.reading.subject;
        let object = match subject.kind() {
            Some(kind) => Entity::read_leniently(kind, subject.id(), self.object),
            None => Entity::Bare(Bare { id: subject.id().to_owned(), facts: self.object }),
        };
        Canonical { object, previous: self.previous, details: self.details }
    }

    /// Puts one member of `data` where it belongs.
    pub(super) fn keep(&mut self, name: &str, value: Value) {
        match (name, value) {
            (_, Value::Null) => {}
            // The subject's kind says it better; only for native topics may it tell more.
            ("type", _) if self.reading.event_type.canonical().is_some() => {}
            ("id", id) => self.keep_id(id),
            ("status", Value::Object(status)) => self.keep_status(status),
            ("inventory", Value::Object(inventory)) => self.keep_inventory(inventory),
            ("message" | "sku" | "refund" | "address", Value::Object(members)) => self.keep_all(members),
            (name, value) => self.keep_member(name, value),
        }
    }

    fn keep_all(&mut self, members: Map<String, Value>) {
        for (name, value) in members {
            self.keep_member(&name, value);
        }
    }

    /// Puts a member where it belongs that tells of the event, and others among the entity's.
    fn keep_member(&mut self, name: &str, value: Value) {
        let is_cart = self.reading.subject.kind_name() == "cart";
        match name {
            "order_message_id" => self.keep_detail(details::MESSAGE_ID, value),
            "couponId" if is_cart => self.keep_detail(details::COUPON_ID, value),
            "orderId" if is_cart => self.keep_detail(details::ORDER_ID, value),
            "cartId" | "variant_id" if self.is_subject(&value) => {}
            _ => self.insert(name, value),
        }
    }

    /// An id as the event's own; what is none stays among the entity's.
    fn keep_detail(&mut self, name: &'static str, value: Value) {
        match lenient::id(&value) {
            Some(id) => drop(self.details.insert(name.to_owned(), id.into())),
            None => self.insert(name, value),
        }
    }

    /// `data.id` is not always the subject's: a variant's events carry the SKU's, a line item's its own.
    fn keep_id(&mut self, id: Value) {
        if self.is_subject(&id) {
            return;
        }
        match self.reading.subject.kind_name() {
            "variant" => self.insert("sku_id", id),
            "cart" => self.keep_detail(details::LINE_ITEM_ID, id),
            _ => self.insert("data_id", id),
        }
    }

    fn is_subject(&self, id: &Value) -> bool {
        lenient::id(id).is_some_and(|id| id == self.reading.subject.id())
    }

    /// The ids as words. A former status that equals the present one is no change.
    fn keep_status(&mut self, mut status: Map<String, Value>) {
        let mut word = |name| {
            let id = lenient::id(status.get(name)?)?;
            status.shift_remove(name);
            Some(Value::from(status_word(&id)))
        };
        let (former, present) = (word("previous_status_id"), word("new_status_id"));
        if let Some(former) = former.filter(|former| Some(former) != present.as_ref()) {
            self.previous.insert("status".to_owned(), former);
        }
        if let Some(present) = present {
            self.insert("status", present);
        }
        self.keep_all(status);
    }

    /// How and by how much stock changed is the event's to tell.
    fn keep_inventory(&mut self, mut inventory: Map<String, Value>) {
        let mut detail = |theirs, ours: &str, fits: fn(&Value) -> bool| {
            if let Some(value) = inventory.get(theirs).filter(|value| fits(value)).cloned() {
                inventory.shift_remove(theirs);
                self.details.insert(ours.to_owned(), value);
            }
        };
        detail("method", details::INVENTORY_METHOD, Value::is_string);
        detail("value", details::INVENTORY_VALUE, Value::is_i64);
        inventory.retain(|name, value| !(name.ends_with("_id") && self.is_subject(value)));
        if self.reading.subject.kind_name() == "variant"
            && let Some(id) = inventory.shift_remove("product_id")
        {
            self.insert("product_id", id);
        }
        if !inventory.is_empty() {
            self.insert("inventory", inventory.into());
        }
    }

    /// Adds a member under its canonical name.
    pub(super) fn insert(&mut self, name: &str, value: Value) {
        let name = match snake_case(name) {
            // Entities have members of these names of their own.
            name if name == "id" || name == "extra" => format!("data_{name}"),
            name => name,
        };
        let value = settled(&name, value);
        self.object.insert(name, value);
    }
}

/// Ids as text, names in snake case, all the way down.
fn settled(name: &str, value: Value) -> Value {
    match value {
        Value::Number(number) if name.ends_with("_id") || name.ends_with("_ids") => {
            Value::String(number.to_string())
        }
        Value::Array(items) => items.into_iter().map(|item| settled(name, item)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(inner, value)| {
                let inner = snake_case(&inner);
                let value = settled(&inner, value);
                (inner, value)
            })
            .collect(),
        other => other,
    }
}

/// A platform's name in our spelling.
pub(super) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
