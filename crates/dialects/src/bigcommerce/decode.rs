//! BigCommerce's envelope → who, what, when; its `data` → canonical facts (BigCommerce docs: webhook events).
//!
//! Lenient: ids as numbers or strings, keys in any order, `data` empty, absent or a list, and from the years before all
//! six fields were there: no `created_at`, `hash` or `producer`. Ids inside `data` (`*_id`, `*_ids`) become
//! text, as canonical ids are, and status ids words; everything else is kept as it stands, under snake-case names, in the
//! entity's `extra` unless it has a field of that name.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use shopwire_core::commerce::{EventType, Subject};
use shopwire_core::{DialectId, Timestamp};

use super::facts::{Facts, snake_case};
use crate::catalog::{BIGCOMMERCE, Topic};
use crate::{Canonical, Reading, ShopIdentity, Unreadable, lenient, mac, peek};

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

    /// The id at one of the pointers the catalogue uses for BigCommerce, if it is found without taking lists apart.
    fn id_at(&self, pointer: &str) -> Option<String> {
        if let Some(index) = pointer.strip_prefix("/scope/") {
            let segment = self.scope().ok()?.split('/').nth(index.parse().ok()?)?.to_owned();
            return Some(segment);
        }
        match pointer {
            "/store_id" => self.store_id.and_then(lenient::raw_id).map(Cow::into_owned),
            _ => peek::id(peek::at(self.data?, pointer.strip_prefix("/data")?)?),
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
    let known = BIGCOMMERCE.find(&scope);
    let topic = documented(known, &scope);
    let kind = known.map_or_else(|| family(&scope), |topic| topic.subject.to_owned());
    let pointers = known.map_or(&["/data/id"][..], |topic| topic.id);
    let id = match pointers.iter().find_map(|pointer| envelope.id_at(pointer)) {
        Some(id) => Some(id),
        None => id_in(&envelope.data()?, pointers),
    };
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

/// The id at the first of the pointers that leads to one in `data`, which may be a list.
fn id_in(data: &Value, pointers: &[&str]) -> Option<String> {
    pointers.iter().find_map(|pointer| lenient::id(data.pointer(pointer.strip_prefix("/data")?)?))
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
    let mut facts = Facts::of(reading);
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
