//! What is known of entities, and what may be asked of them.

use bytes::Bytes;
use serde_json::{Map, Value};
use shopwire_core::commerce::EntityKind;
use shopwire_core::commerce::entity::Entity;
use shopwire_core::{ShopId, Timestamp};
use shopwire_store::{EntityKey, Snapshot, StoreError};

use super::CaptureError;
use crate::Engine;

/// Entities that are read from the store at once.
const AT_ONCE: usize = 25;
/// Bytes of entities on one page, but for the last read.
const PAGE_BYTES: usize = 4 << 20;

/// An entity that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: String,
    /// Counts its changes, from 1.
    pub version: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Its state as JSON.
    pub entity: Bytes,
}

impl Seen {
    fn of(snapshot: Snapshot) -> Option<Self> {
        let Snapshot { key, version, entity, updated_at, .. } = snapshot;
        Some(Self { id: key.id, version, updated_at, entity: entity? })
    }
}

/// What stands in the store where an entity is, or may come to be.
pub(crate) struct Stored {
    /// 0 if nothing ever was there.
    pub(crate) version: u64,
    /// Its state as JSON, if it is there.
    pub(crate) bytes: Option<Bytes>,
    /// What the rules remember.
    pub(crate) marks: Map<String, Value>,
}

impl Stored {
    pub(crate) async fn read(engine: &Engine, key: &EntityKey) -> Result<Self, StoreError> {
        let Some(snapshot) = engine.ledger().snapshot(key).await? else {
            return Ok(Self { version: 0, bytes: None, marks: Map::new() });
        };
        let unreadable =
            |error| StoreError::Unreadable(format!("the marks of {} `{}`: {error}", key.kind, key.id));
        let marks = serde_json::from_slice(&snapshot.marks).map_err(unreadable)?;
        Ok(Self { version: snapshot.version, bytes: snapshot.entity, marks })
    }

    /// Its version, if it is there.
    pub(crate) fn present(&self) -> Option<u64> {
        self.bytes.as_ref().map(|_| self.version)
    }

    /// Its state as an object.
    pub(crate) fn object(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(self.bytes.as_ref()?).ok()
    }

    /// Its state. What an earlier version of the product wrote and this one reads otherwise still counts as far as it goes.
    pub(crate) fn entity(&self, key: &EntityKey) -> Option<Entity> {
        let object = self.object()?;
        let strictly = Entity::read(key.kind, object.clone());
        Some(strictly.unwrap_or_else(|_| Entity::read_leniently(key.kind, &key.id, object)))
    }
}

impl Engine {
    /// One entity; `None` if it is not there.
    pub async fn entity(&self, key: &EntityKey) -> Result<Option<Seen>, CaptureError> {
        self.check_key(key)?;
        Ok(self.ledger().snapshot(key).await?.and_then(Seen::of))
    }

    /// Entities of a kind by id, at most `limit` behind `after`, and whether there are more. A page of large entities may hold
    /// fewer.
    pub async fn entities(
        &self,
        shop: ShopId,
        kind: EntityKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Seen>, bool), CaptureError> {
        self.known_shop(shop)?;
        let (mut seen, mut bytes) = (Vec::<Seen>::new(), 0);
        loop {
            // One more than wanted tells whether there are more.
            let wanted = (limit + 1 - seen.len()).min(AT_ONCE);
            let after = seen.last().map(|last| last.id.as_str()).or(after);
            let read = self.ledger().snapshots(shop, kind, after, wanted).await?;
            let is_last = read.len() < wanted;
            seen.extend(read.into_iter().filter_map(Seen::of).inspect(|seen| bytes += seen.entity.len()));
            if seen.len() > limit {
                seen.truncate(limit);
                return Ok((seen, true));
            }
            if is_last || bytes > PAGE_BYTES {
                return Ok((seen, !is_last));
            }
        }
    }

    /// The id behind a number that stands for it on platforms that number everything.
    pub async fn id_behind(
        &self,
        shop: ShopId,
        kind: EntityKind,
        number: u64,
    ) -> Result<Option<String>, CaptureError> {
        self.known_shop(shop)?;
        if !shopwire_core::commerce::is_surrogate(number) {
            // Any other number is an id itself.
            return Ok(Some(number.to_string()));
        }
        Ok(self.ledger().id_behind(shop, kind.as_str(), number).await?)
    }

    pub(super) fn known_shop(&self, shop: ShopId) -> Result<(), CaptureError> {
        let known = self.directory().shops.get(shop);
        known.map(drop).ok_or(CaptureError::UnknownShop(shop))
    }

    /// Whether the shop is there and the id can be one.
    pub(super) fn check_key(&self, key: &EntityKey) -> Result<(), CaptureError> {
        self.known_shop(key.shop)?;
        let max = self.limits().subject_chars_max.saturating_sub(key.kind.as_str().len() + 1);
        check_text("id", &key.id, "subject_chars_max", max)?;
        if key.id.is_empty() {
            return Err(CaptureError::Text { what: "id", why: "is empty".to_owned() });
        }
        Ok(())
    }

    pub(super) fn check_words(&self, cause: Option<&str>, actor: Option<&str>) -> Result<(), CaptureError> {
        let max = self.limits().cause_chars_max;
        for (what, text) in [("cause", cause), ("actor", actor)] {
            check_text(what, text.unwrap_or_default(), "cause_chars_max", max)?;
        }
        Ok(())
    }

    pub(super) fn check_size(&self, bytes: Option<&Bytes>) -> Result<(), CaptureError> {
        let (bytes, max) = (bytes.map_or(0, Bytes::len), self.limits().entity_bytes_max);
        if bytes <= max {
            return Ok(());
        }
        Err(CaptureError::TooLarge { what: "the entity", bytes, limit: "entity_bytes_max", max })
    }
}

/// Text that is carried along for ever, into subjects, headers and lists.
fn check_text(what: &'static str, text: &str, limit: &str, max: usize) -> Result<(), CaptureError> {
    text_fault(text, limit, max).map_or(Ok(()), |why| Err(CaptureError::Text { what, why }))
}

/// What is wrong with such text.
pub(super) fn text_fault(text: &str, limit: &str, max: usize) -> Option<String> {
    let chars = text.chars().count();
    if chars > max {
        return Some(format!("has {chars} characters, at most {max} are accepted (limit `{limit}`)"));
    }
    text.chars().any(char::is_control).then(|| "holds a control character: leave it out".to_owned())
}
