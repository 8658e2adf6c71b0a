//! BigCommerce's envelope → who, what, when; its `data` → canonical facts (BigCommerce docs: webhook events).
//!
//! Lenient: ids as numbers or strings, keys in any order, `data` empty, absent or a list, and from the years before all
//! six fields were there: no `created_at`, `hash` or `producer`. Ids inside `data` (`*_id`, `*_ids`) become
//! text, as canonical ids are, and status ids words; everything else is kept as it stands, under snake-case names, in the
//! entity's `extra` unless it has a field of that name.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use shopwire_core::commerce::entity::{Bare, Entity};
use shopwire_core::commerce::{EventType, Subject, details};
use shopwire_core::{DialectId, Timestamp};

use super::words::status_word;
use crate::catalog::{BIGCOMMERCE, Topic};
use crate::{Canonical, Reading, ShopIdentity, Unreadable, lenient, mac};

/// The body, with its values still as they were written.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    producer: Option<&'a RawValue>,
    hash: Option<&'a RawValue>,
    created_at: Option<&'a RawValue>,
    store_id: Option<&'a RawValue>,
    scope: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Unreadable> {
        lenient::object(body).map_err(unreadable)
    }

    fn scope(&self) -> Result<Cow<'a, str>, Unreadable> {
        let scope = self.scope.and_then(lenient::raw_text).ok_or_else(|| unreadable("`scope` is missing"))?;
        if scope.contains(char::is_control) {
            return Err(unreadable("`scope` holds a control character"));
        }
        Ok(scope)
    }

    fn data(&self) -> Result<Value, Unreadable> {
        self.data.map_or(Ok(Value::Null), |raw| {
            serde_json::from_str(raw.get()).map_err(|error| unreadable(format!("`data`: {error}")))
        })
    }

    fn shop(&self) -> ShopIdentity {
        let mut shop = ShopIdentity::default();
        if let Some(id) = self.store_id.and_then(lenient::raw_id) {
            shop = shop.and("store_id", id);
        }
        let producer = self.producer.and_then(lenient::raw_text);
        match producer.as_deref().and_then(|path| path.strip_prefix("stores/")) {
            Some(hash) if !hash.is_empty() => shop.and("store_hash", hash),
            _ => shop,
        }
    }

    fn created(&self) -> Option<Timestamp> {
        let secs = lenient::raw_id(self.created_at?)?.parse().ok()?;
        Some(Timestamp::from_secs(secs))
    }

    fn hash(&self) -> Option<String> {
        self.hash.and_then(lenient::raw_id).map(Cow::into_owned)
    }

    /// The id at one of the pointers the catalogue uses for BigCommerce.
    fn id_at(&self, pointer: &str, data: &Value) -> Option<String> {
        if let Some(index) = pointer.strip_prefix("/scope/") {
            let segment = self.scope().ok()?.split('/').nth(index.parse().ok()?)?.to_owned();
            return Some(segment);
        }
        match pointer {
            "/store_id" => self.store_id.and_then(lenient::raw_id).map(Cow::into_owned),
            _ => lenient::id(data.pointer(pointer.strip_prefix("/data")?)?),
        }
    }
}

/// Equal for copies of one webhook: its `hash`; the digest of a body that has none.
pub(super) fn identity_key(body: &[u8]) -> String {
    let hash = Envelope::parse(body).ok().and_then(|envelope| envelope.hash());
    hash.unwrap_or_else(|| mac::hex(&Sha256::digest(body)))
}

/// Who, what and when.
pub(super) fn read(body: &[u8]) -> Result<Reading, Unreadable> {
    let envelope = Envelope::parse(body)?;
    let scope = envelope.scope()?;
    let data = envelope.data()?;
    let known = BIGCOMMERCE.find(&scope);
    let topic = documented(known, &scope);
    let kind = known.map_or_else(|| family(&scope), |topic| topic.subject.to_owned());
    let pointers = known.map_or(&["/data/id"][..], |topic| topic.id);
    let id = pointers.iter().find_map(|pointer| envelope.id_at(pointer, &data));
    let native = || EventType::Native { dialect: DialectId::BigCommerce, topic: topic.to_owned() };
    let hash = envelope.hash();
    Ok(Reading {
        shop: envelope.shop(),
        event_type: known.map_or_else(native, |known| known.event_type(DialectId::BigCommerce, topic)),
        topic: topic.to_owned(),
        subject: Subject::native(&kind, id.as_deref().unwrap_or("unknown")),
        identity_key: hash.clone().unwrap_or_else(|| mac::hex(&Sha256::digest(body))),
        platform_event_id: hash,
        occurred_at: envelope.created(),
    })
}

/// The documented spelling; a topic of one channel keeps the channel it came with.
fn documented<'s>(known: Option<&'static Topic>, scope: &'s str) -> &'s str {
    match known {
        Some(topic) if !topic.is_template() => topic.name,
        _ => scope,
    }
}

/// What an unknown scope is about: its second segment.
fn family(scope: &str) -> String {
    let segment = scope.split('/').nth(1).filter(|segment| !segment.is_empty());
    segment.map_or_else(|| "unknown".to_owned(), snake_case)
}

fn unreadable(what: impl Into<String>) -> Unreadable {
    Unreadable { dialect: DialectId::BigCommerce, what: what.into() }
}

/// The entity's id and what `data` tells of it.
pub(super) fn canonical(body: &[u8], reading: &Reading) -> Result<Canonical, Unreadable> {
    let mut facts = Facts { reading, object: Map::new(), previous: Map::new(), details: Map::new() };
    match Envelope::parse(body)?.data()? {
        Value::Null => {}
        Value::Object(members) => members.into_iter().for_each(|(name, value)| facts.keep(&name, value)),
        Value::Array(records) => facts.insert("records", records.into()),
        other => facts.insert("data", other),
    }
    let known = BIGCOMMERCE.find(&reading.topic);
    if known.is_some_and(Topic::is_template)
        && let Some(channel) = reading.topic.split('/').nth(2)
    {
        facts.insert("channel_id", channel.into());
    }
    Ok(facts.canonical())
}

/// What `data` tells, on its way to canonical names.
struct Facts<'r> {
    reading: &'r Reading,
    object: Map<String, Value>,
    previous: Map<String, Value>,
    details: Map<String, Value>,
}

impl Facts<'_> {
    fn canonical(self) -> Canonical {
        let subject = &self.reading.subject;
        let object = match subject.kind() {
            Some(kind) => Entity::read_leniently(kind, subject.id(), self.object),
            None => Entity::Bare(Bare { id: subject.id().to_owned(), facts: self.object }),
        };
        Canonical { object, previous: self.previous, details: self.details }
    }

    /// Puts one member of `data` where it belongs.
    fn keep(&mut self, name: &str, value: Value) {
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

    fn insert(&mut self, name: &str, value: Value) {
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

fn snake_case(name: &str) -> String {
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
