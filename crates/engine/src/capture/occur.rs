//! What happens and shows in no state.

use serde_json::{Map, Value};
use shopwire_core::ShopId;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::commerce::diff::{Occurrence, occur};
use shopwire_store::EntityKey;

use super::CaptureError;
use super::look::Stored;
use super::record::{Given, Recorder, given};
use crate::Engine;

/// Something that happened and shows in no state, as it is told.
#[derive(Debug, Clone)]
pub struct Happening {
    /// What happened.
    pub event_type: CanonicalType,
    /// The id of the entity it happened to.
    pub id: String,
    /// What there is to say beyond the entity.
    pub details: Map<String, Value>,
    /// Why, in one word.
    pub cause: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
}

impl Engine {
    /// Takes in an occurrence. Its event tells the entity as far as it is known. `Ok` means that it is on disk.
    pub async fn occur(&self, shop: ShopId, happening: Happening) -> Result<Given, CaptureError> {
        let Happening { event_type, id, details, cause, actor } = happening;
        let key = EntityKey { shop, kind: event_type.kind(), id };
        let _shop_stays = self.0.capture.shops.read().await;
        self.check_key(&key)?;
        self.check_words(cause.as_deref(), actor.as_deref())?;
        let known = Stored::read(self, &key).await?.entity(&key);
        let occurrence = Occurrence { event_type, id: &key.id, object: known.as_ref(), details: &details };
        let recorder = Recorder {
            shop,
            cause: cause.as_deref(),
            actor: actor.as_deref(),
            version: 0,
            now: self.timer().now(),
            random: self.random(),
            bytes_max: self.limits().change_events_bytes_max,
        };
        let events = recorder.events(vec![occur(&occurrence)?])?;
        let told = given(&events).pop().ok_or(CaptureError::Broken)?;
        self.0.ledger.append_all(events).await?;
        self.metrics().occurrences.add(1);
        self.metrics().arisen.add(1);
        Ok(told)
    }
}
